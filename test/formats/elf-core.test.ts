import { expect, test } from 'vitest';
import { openElfCore, writeElfCoreHead } from '../../src/formats/elf-core.ts';
import { memoryOf } from '../support/flat-memory.ts';

const LOW = Uint8Array.from({ length: 0x2000 }, (_, index) => index & 0xff);
const HIGH = new Uint8Array(0x1000).fill(0x77);

function core(): Uint8Array {
  const head = writeElfCoreHead({
    memory: [
      { physical: 0x10_0000, bytes: LOW.length },
      { physical: 0x10_2000, bytes: HIGH.length },
    ],
    cpus: [{ rip: 0xffff_ffff_8100_0000n, rsp: 1n }, { rip: 5n }],
    vmcoreinfo: 'OSRELEASE=6.1\n',
  });
  return Buffer.concat([head, LOW, HIGH]);
}

test('a machine that is written is read back: memory, registers, VMCOREINFO', () => {
  const opened = openElfCore(memoryOf([0, core()]));
  if (!opened.ok) throw new Error(opened.message);
  const { value } = opened;
  expect(value.cpus.map(({ rip }) => rip)).toEqual([0xffff_ffff_8100_0000n, 5n]);
  expect(value.cpus[0]).toMatchObject({ rsp: 1n, rax: 0n });
  expect(Buffer.from(value.vmcoreinfo ?? []).toString()).toBe('OSRELEASE=6.1\n');
  const into = new Uint8Array(4);
  expect(value.read(0x10_0010, into)).toBe(true);
  expect([...into]).toEqual([0x10, 0x11, 0x12, 0x13]);
});

test('segments that touch are read across; beyond them there is nothing', () => {
  const opened = openElfCore(memoryOf([0, core()]));
  if (!opened.ok) throw new Error(opened.message);
  const into = new Uint8Array(4);
  expect(opened.value.read(0x10_1ffe, into)).toBe(true);
  expect([...into]).toEqual([0xfe, 0xff, 0x77, 0x77]);
  expect(opened.value.read(0x10_2ffe, into)).toBe(false);
  expect(opened.value.read(0xf_fffe, into)).toBe(false);
  expect([...into]).toEqual([0xfe, 0xff, 0x77, 0x77]);
});

test.each([
  ['no ELF file', 0, 0x4d, 'MALFORMED'],
  ['a 32-bit one', 4, 1, 'MALFORMED'],
  ['a program', 16, 2, 'MALFORMED'],
  ['another processor', 18, 3, 'MALFORMED'],
  ['too many headers', 57, 0xff, 'LIMIT'],
  ['headers beyond the end', 36, 1, 'TRUNCATED'],
  ['notes beyond the end', 64 + 8 + 5, 1, 'TRUNCATED'],
  ['endless notes', 64 + 32 + 5, 1, 'LIMIT'],
])('%s is refused', (_, at, value, code) => {
  const bytes = core();
  bytes[at] = value;
  expect(openElfCore(memoryOf([0, bytes]))).toMatchObject({ ok: false, code });
});
