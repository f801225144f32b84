import { expect, test } from 'vitest';
import { openElfCore } from '../../src/formats/elf-core.ts';
import { writeElfCoreHead } from '../../src/formats/elf-core-write.ts';
import { readCoreNotes } from '../../src/formats/core-file.ts';
import { writePrstatus, writeQemuState } from '../../src/formats/elf-registers.ts';
import { writeNotes } from '../../src/formats/notes.ts';
import { fileOf } from '../support/core-files.ts';

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
  const opened = openElfCore(fileOf(core()));
  if (!opened.ok) throw new Error(opened.message);
  const { value } = opened;
  expect(value.cpus.map(({ rip }) => rip)).toEqual([0xffff_ffff_8100_0000n, 5n]);
  expect(value.cpus[0]).toMatchObject({ rsp: 1n, rax: 0n });
  expect(Buffer.from(value.vmcoreinfo ?? []).toString()).toBe('OSRELEASE=6.1\n');
  const into = new Uint8Array(4);
  expect(value.read(0x10_0010, into)).toBe(true);
  expect([...into]).toEqual([0x10, 0x11, 0x12, 0x13]);
});

test("what QEMU adds to a CPU's registers is not added to those of another whose own are missing", () => {
  const state = (rsp: bigint, gs_base: bigint): Uint8Array => {
    const desc = writeQemuState({ gs_base });
    new DataView(desc.buffer).setBigUint64(8 + 6 * 8, rsp, true);
    return desc;
  };
  const notes = writeNotes([
    { name: 'CORE', type: 1, desc: writePrstatus({ rsp: 0x2000n }) },
    { name: 'QEMU', type: 0, desc: state(0x1000n, 7n) },
    { name: 'QEMU', type: 0, desc: state(0x2000n, 8n) },
  ]);
  expect(readCoreNotes(notes).cpus).toMatchObject([{ rsp: 0x2000n, gs_base: 8n }]);
});

test('memory has a second address without a second copy of it, and is counted once', () => {
  const head = writeElfCoreHead({
    memory: [{ physical: 0x10_0000, bytes: LOW.length, virtual: 0xff11n << 48n }],
    windows: [{ physical: 0x10_1000, bytes: 0x800, virtual: 0xffff_ffff_8100_0000n }],
    cpus: [],
  });
  const bytes = Buffer.concat([head, LOW]);
  const second = Buffer.from(bytes.subarray(64 + 2 * 56));
  expect(second.readBigUInt64LE(16)).toBe(0xffff_ffff_8100_0000n);
  expect(second.readBigUInt64LE(24)).toBe(0x10_1000n);
  expect(Number(second.readBigUInt64LE(8))).toBe(head.length + 0x1000);
  const opened = openElfCore(fileOf(bytes));
  expect(opened).toMatchObject({ ok: true, value: { held_bytes: LOW.length, shortcomings: [] } });
  const cut = openElfCore(fileOf(bytes.subarray(0, head.length + 0x1000)));
  expect(cut).toMatchObject({
    value: { shortcomings: ['the file is cut short: 50 % of its memory is there'] },
  });
  const windows = [{ physical: 0x10_1000, bytes: 0x2000, virtual: 0n }];
  expect(() =>
    writeElfCoreHead({ memory: [{ physical: 0x10_0000, bytes: LOW.length }], windows, cpus: [] }),
  ).toThrow('no run of memory holds 0x101000 +8192');
});

test('a QEMU note holds all that is known of a processor, each where QEMU has it', () => {
  const known = { rax: 1n, rsp: 2n, r8: 3n, rflags: 4n, cs: 0x10n, ss: 0x18n, gs_base: 5n, cr0: 6n, cr4: 7n };
  const view = new DataView(writeQemuState(known).buffer);
  const words = [8, 8 + 6 * 8, 8 + 8 * 8, 8 + 17 * 8, 152, 152 + 5 * 24, 152 + 4 * 24 + 16, 392, 392 + 32];
  expect(words.map((at) => view.getBigUint64(at, true))).toEqual([1n, 2n, 3n, 4n, 0x10n, 0x18n, 5n, 6n, 7n]);
});

test('segments that touch are read across; beyond them there is nothing', () => {
  const opened = openElfCore(fileOf(core()));
  if (!opened.ok) throw new Error(opened.message);
  const into = new Uint8Array(4);
  expect(opened.value.read(0x10_1ffe, into)).toBe(true);
  expect([...into]).toEqual([0xfe, 0xff, 0x77, 0x77]);
  expect(opened.value.read(0x10_2ffe, into)).toBe(false);
  expect(opened.value.read(0xf_fffe, into)).toBe(false);
  expect([...into]).toEqual([0xfe, 0xff, 0x77, 0x77]);
});

test('memory that is mapped twice, and in pieces that overlap, is read as it is', () => {
  const head = writeElfCoreHead({
    memory: [
      { physical: 0x1000, bytes: 0x3000 },
      { physical: 0x2000, bytes: 0x1000 },
    ],
    cpus: [],
  });
  const bytes = Buffer.concat([head, new Uint8Array(0x3000).fill(1), new Uint8Array(0x1000).fill(1)]);
  const opened = openElfCore(fileOf(bytes));
  if (!opened.ok) throw new Error(opened.message);
  const into = new Uint8Array(0x2800);
  expect(opened.value.read(0x1800, into)).toBe(true);
  expect(into.every((byte) => byte === 1)).toBe(true);
});

test('a core that is cut short is read as far as it goes, and says how far', () => {
  const opened = openElfCore(fileOf(core().subarray(0, 4096 + 0x1800)));
  if (!opened.ok) throw new Error(opened.message);
  expect(opened.value.shortcomings).toEqual(['the file is cut short: 50 % of its memory is there']);
  const into = new Uint8Array(4);
  expect(opened.value.read(0x10_17fc, into)).toBe(true);
  expect(opened.value.read(0x10_17fd, into)).toBe(false);
  expect(opened.value.read(0x10_2000, into)).toBe(false);
});

test('more headers than e_phnum can count stand in the first section header', () => {
  const bytes = core();
  const end = bytes.length;
  const section = Buffer.alloc(64);
  section.writeUInt32LE(3, 44);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(56, 0xffff, true);
  view.setBigUint64(40, BigInt(end), true);
  const opened = openElfCore(fileOf(Buffer.concat([bytes, section])));
  expect(opened.ok && opened.value.read(0x10_2000, new Uint8Array(1))).toBe(true);
  expect(openElfCore(fileOf(bytes))).toMatchObject({ ok: false, code: 'TRUNCATED' });
});

test.each([
  ['no ELF file', 0, 0x4d, 'MALFORMED', /no ELF/],
  ['a 32-bit one', 4, 1, 'UNSUPPORTED', /32-bit/],
  ['a big-endian one', 5, 2, 'UNSUPPORTED', /big-endian/],
  ['a class that does not exist', 4, 9, 'MALFORMED', /class/],
  ['a program', 16, 2, 'MALFORMED', /no core/],
  ['a 32-bit processor', 18, 3, 'UNSUPPORTED', /32-bit x86/],
  ['an Arm', 18, 183, 'UNSUPPORTED', /aarch64/],
  ['program headers of another size', 54, 32, 'MALFORMED', /size/],
  ['headers beyond the end', 36, 1, 'TRUNCATED', /program headers/],
  ['notes beyond the end', 64 + 8 + 5, 1, 'TRUNCATED', /notes/],
  ['endless notes', 64 + 32 + 5, 1, 'LIMIT', /notes/],
  ['an endless segment', 64 + 56 + 32 + 7, 1, 'LIMIT', /segment/],
])('%s is refused', (_, at, value, code, message) => {
  const bytes = core();
  bytes[at] = value;
  const opened = openElfCore(fileOf(bytes));
  expect(opened).toMatchObject({ ok: false, code });
  expect(opened.ok ? '' : opened.message).toMatch(message);
});

test('a core without memory is refused', () => {
  expect(openElfCore(fileOf(writeElfCoreHead({ memory: [], cpus: [] })))).toMatchObject({
    ok: false,
    code: 'MALFORMED',
  });
});
