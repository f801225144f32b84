import { expect, test } from 'vitest';
import { substream } from '../../../src/base/random.ts';
import {
  assemble,
  BLOCKS,
  disassemble,
  disassembleLines,
} from '../../../src/formats/locator-code/assemble.ts';
import type { BlockName } from '../../../src/formats/locator-code/assemble.ts';
import {
  decodeLocator,
  encodeLocator,
  ENTRY_NAMES,
  LOCATOR_SHAPES,
} from '../../../src/formats/locator-code/entry.ts';
import type { EntryName, LocatorEntry } from '../../../src/formats/locator-code/entry.ts';
import { randomCode, TEXTS } from './support.ts';

function bytesOf(text: string): number[] {
  const assembled = assemble(text, TEXTS);
  return assembled.ok ? [...(assembled.blocks.get('roots') ?? [])] : [-1];
}

test('a text is instructions, apart by lines or semicolons, with comments and places', () => {
  expect(bytesOf('loop 0')).toEqual([0x31, 0]);
  expect(bytesOf('symbol init_task # the first\n\n const 0x80;load64')).toEqual([2, 0, 1, 0x80, 1, 0x23]);
  expect(bytesOf('again:\n const 1\n branch out\n loop again\nout: \n')).toEqual([1, 1, 0x30, 6, 0x31, 0]);
});

test('jumps grow with the code between them', () => {
  const far = `const 0\nbranch out\n${'const 300\ndrop\n'.repeat(40)}out:`;
  expect(bytesOf(far).slice(0, 5)).toEqual([1, 0, 0x30, 0xa5, 0x01]);
});

test('names that the entry has keep their place; new ones come behind', () => {
  const assembled = assemble('symbol runqueues; symbol brand_new', TEXTS);
  expect(assembled).toMatchObject({ ok: true, texts: [...TEXTS, 'brand_new'] });
});

test('blocks are named with a dot, and what no name precedes is roots', () => {
  const assembled = assemble('loop 0\n.guard\n cpus\n.step');
  const blocks = assembled.ok ? [...assembled.blocks] : [];
  expect(blocks.map(([name, code]) => [name, [...code]])).toEqual([
    ['roots', [0x31, 0]],
    ['guard', [4]],
    ['step', []],
  ]);
});

test.each([
  ['', 'no instruction', 0, 0],
  ['cpus; lop 0', 'no instruction lop', 6, 11],
  ['loop', 'one operand', 0, 4],
  ['cpus 3', 'no operand', 0, 6],
  ['const ten', 'a number', 0, 9],
  ['const 0x1ffffffffffffffff', 'a number', 0, 25],
  ['const 99999999999999999999', '64 bits', 0, 26],
  ['symbol a"b', 'a name', 0, 10],
  ['branch out', 'no place out', 0, 10],
  ['a: ; a:', 'twice', 5, 7],
  ['byte 256', '0..255', 0, 8],
  ['.roofs', 'no block', 0, 6],
  ['.step; cpus; .guard; cpus; .step', 'twice', 27, 32],
])('%j is no code, and it is said why and where', (text, why, start, end) => {
  const assembled = assemble(text);
  expect(assembled).toMatchObject({ ok: false, start, end });
  expect(assembled.ok ? '' : assembled.message).toContain(why);
});

test('disassembled and assembled again, any bytes are the same bytes', () => {
  for (let seed = 0; seed < 4_000; seed++) {
    const random = substream(seed, 'bytes');
    const code =
      seed % 2 === 0
        ? randomCode(random, 20)
        : Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    if (code.length === 0) continue;
    expect([seed, bytesOf(disassemble(code, TEXTS))]).toEqual([seed, [...code]]);
  }
});

test('a disassembled line says at which byte it stands', () => {
  expect(disassembleLines(Uint8Array.from([1, 0x80, 1, 0x23, 0x77, 0x01]), [])).toEqual([
    { offset: 0, text: 'const 128' },
    { offset: 3, text: 'load64' },
    { offset: 4, text: 'byte 0x77' },
    { offset: 5, text: 'byte 0x01' },
  ]);
});

function randomEntry(seed: number): LocatorEntry {
  const random = substream(seed, 'entry');
  const words = ['task_struct', 'se.run_node', 'comm', '*node', 'u64[15]', 'nginx', 'php-fpm', ''];
  const names = Object.fromEntries(ENTRY_NAMES.map((name) => [name, random.pick(words)])) as Record<
    EntryName,
    string
  >;
  const texts = ['x1', ...TEXTS.slice(0, random.below(TEXTS.length + 1))];
  for (const name of ['tasks', ...Object.values(names)])
    if (name !== '' && !texts.includes(name)) texts.push(name);
  const blocks = new Map<BlockName, Uint8Array>();
  for (const block of BLOCKS) {
    if (block === 'roots' || random.below(2) === 0) blocks.set(block, randomCode(random, random.below(12)));
  }
  return {
    shape: random.pick(LOCATOR_SHAPES),
    including_head: random.below(2) === 1,
    limit: 1 + random.below(2 ** 32 - 1),
    names: { ...names, name: 'tasks' },
    texts,
    blocks,
  };
}

test('an entry written and read back is the same', () => {
  for (let seed = 0; seed < 500; seed++) {
    const entry = randomEntry(seed);
    const decoded = decodeLocator(encodeLocator(entry));
    expect(decoded).toEqual({ ok: true, value: entry });
  }
});

test('an entry cut short anywhere is refused, and says whose it is once that could be read', () => {
  const bytes = encodeLocator(randomEntry(3));
  for (let length = 0; length < bytes.length; length++) {
    const decoded = decodeLocator(bytes.subarray(0, length));
    expect(decoded).toMatchObject({ ok: false, code: 'TRUNCATED' });
  }
  const lying = bytes.slice();
  lying[2] = bytes.length - 3;
  expect(decodeLocator(lying)).toMatchObject({ ok: false, code: 'MALFORMED', name: 'tasks' });
});

test('what lies behind an entry is not looked at', () => {
  const bytes = encodeLocator(randomEntry(5));
  expect(decodeLocator(Uint8Array.from([...bytes, 1, 2, 3])).ok).toBe(true);
});

test('any damaged byte gives an entry or a refusal with a byte, never an exception', () => {
  const bytes = encodeLocator(randomEntry(8));
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const damaged = bytes.slice();
      damaged[at] = value;
      const decoded = decodeLocator(damaged);
      if (decoded.ok) continue;
      refused++;
      expect(decoded.offset).toBeLessThanOrEqual(bytes.length);
    }
  }
  expect(refused).toBeGreaterThan(50);
});

test.each([
  ['another version', 0, 9, 'VERSION'],
  ['a shape that is none', 1, 99, 'MALFORMED'],
  ['flags that are none', 4, 8, 'MALFORMED'],
  ['more texts than there are', 6, 60, 'MALFORMED'],
  ['more texts than are allowed', 6, 200, 'MALFORMED'],
  ['more blocks than there are', 7, 7, 'MALFORMED'],
  ['no code', 7, 0, 'MALFORMED'],
])('%s is refused', (_, at, value, code) => {
  const bytes = encodeLocator({ ...randomEntry(1), blocks: new Map([['roots', Uint8Array.from([4])]]) });
  bytes[at] = value;
  expect(decodeLocator(bytes)).toMatchObject({ ok: false, code });
});
