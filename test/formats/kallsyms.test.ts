import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { KallsymsAddresses } from '../../src/formats/kallsyms.ts';
import { kallsymsAddresses, openKallsyms } from '../../src/formats/kallsyms.ts';
import type { Kallsyms } from '../../src/formats/kallsyms.ts';
import type { KallsymsBlock, KernelSymbol } from '../../src/formats/kallsyms-write.ts';
import { kallsymsNames, writeKallsyms } from '../../src/formats/kallsyms-write.ts';
import { contentMemo } from '../../src/formats/memo.ts';
import type { NameTable } from '../../src/formats/kallsyms-names.ts';
import type { ReadMemory } from '../../src/formats/result.ts';
import { memoryOf, withoutPages } from '../support/flat-memory.ts';

const BASE = -0x7e00_0000;
const TEXT = -0x7f00_0000;

function addressesOf({ tables }: KallsymsBlock): KallsymsAddresses {
  const { names, num_syms, token_table, token_index, offsets, relative_base } = tables;
  const at = { names, num_syms, token_table, token_index, offsets, relative_base };
  return Object.fromEntries(
    Object.entries(at).map(([key, value]) => [key, BASE + value]),
  ) as unknown as KallsymsAddresses;
}

function open(block: KallsymsBlock, read: ReadMemory = memoryOf([BASE, block.bytes])): Kallsyms {
  const opened = openKallsyms(read, addressesOf(block));
  if (!opened.ok) throw new Error(opened.message);
  return opened.value;
}

/** A kernel's worth of names with common beginnings, over several blocks of 256. */
function manySymbols(count: number): KernelSymbol[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${['sched', 'timer', 'list'][index % 3]}_${['add', 'del'][index % 2]}_${index}`,
    type: index % 5 === 0 ? 't' : 'T',
    address: TEXT + index * 16,
  }));
}

const SYMBOLS: KernelSymbol[] = [
  { name: 'runqueues', type: 'A', address: 0x31980 },
  { name: '_stext', type: 'T', address: TEXT },
  { name: '_text', type: 'T', address: TEXT },
  { name: 'init_task', type: 'D', address: TEXT + 0x140_aa40 },
  { name: `long_${'x'.repeat(200)}`, type: 't', address: TEXT + 0x1000 },
];

test('names lead to addresses, per-CPU offsets among them', () => {
  const kallsyms = open(writeKallsyms(SYMBOLS));
  for (const { name, address } of SYMBOLS) expect(kallsyms.lookup(name)).toBe(address);
  expect(kallsyms.lookup('init_tas')).toBeUndefined();
  expect(kallsyms.lookup('init_task2')).toBeUndefined();
  expect(kallsyms.lookup('')).toBeUndefined();
});

test('addresses lead to the symbol before them, and never to a per-CPU offset', () => {
  const kallsyms = open(writeKallsyms(SYMBOLS));
  expect(kallsyms.symbolAt(TEXT + 0x1010)).toMatchObject({ name: SYMBOLS[4]?.name, type: 't', offset: 16 });
  expect(kallsyms.symbolAt(TEXT)).toMatchObject({ name: '_stext', offset: 0, bytes: 0x1000 });
  expect(kallsyms.symbolAt(TEXT - 1)).toBeUndefined();
  expect(kallsyms.symbolAt(0x31980)).toMatchObject({ name: 'init_task' });
  expect(kallsyms.describe(TEXT + 4)).toBe('_stext+0x4');
  expect(kallsyms.describe(TEXT - 1)).toBe('0xffffffff80ffffff');
});

test('the tables are 8-aligned and in the order of scripts/kallsyms.c', () => {
  const { tables, bytes } = writeKallsyms(manySymbols(300));
  const places = Object.values(tables) as number[];
  expect(Object.keys(tables)).toEqual([
    'offsets',
    'relative_base',
    'num_syms',
    'names',
    'markers',
    'seqs_of_names',
    'token_table',
    'token_index',
  ]);
  expect(places.every((place) => place % 8 === 0)).toBe(true);
  expect([...places].sort((a, b) => a - b)).toEqual(places);
  const view = new DataView(bytes.buffer);
  // The second marker is where the 257th name begins.
  let at = tables.names;
  for (let index = 0; index < 256; index++) at += 1 + (bytes[at] as number);
  expect(view.getUint32(tables.markers + 4, true)).toBe(at - tables.names);
});

test('seqs_of_names is the order of the names, big-endian', () => {
  const symbols = manySymbols(300);
  const { tables, bytes } = writeKallsyms(symbols);
  const in_order = Array.from({ length: 300 }, (_, index) => {
    const [high, middle, low] = bytes.subarray(tables.seqs_of_names + index * 3);
    return symbols[((high as number) << 16) | ((middle as number) << 8) | (low as number)]?.name as string;
  });
  expect(in_order).toEqual(symbols.map(({ name }) => name).sort());
});

test('names are compressed', () => {
  const symbols = manySymbols(500);
  const plain = symbols.reduce((total, { name }) => total + name.length + 2, 0);
  expect(kallsymsNames(symbols).names.length).toBeLessThan(plain / 2);
});

test('whatever is written is read back', () => {
  const symbol = fc.record({
    name: fc.stringMatching(/^[A-Za-z_.$][A-Za-z0-9_.$]{0,150}$/),
    type: fc.constantFrom(...'TtDdBbRrAa'),
    address: fc.oneof(fc.integer({ min: -0x8000_0000, max: -0x1_0000 }), fc.nat(0xffff)),
  });
  const distinct = fc.uniqueArray(symbol, { minLength: 1, maxLength: 40, selector: ({ name }) => name });
  fc.assert(
    fc.property(distinct, (symbols) => {
      const kallsyms = open(writeKallsyms(symbols));
      expect(kallsyms.readable).toBe(symbols.length);
      for (const { name, address } of symbols) expect(kallsyms.lookup(name)).toBe(address);
      for (let index = 0; index < symbols.length; index++) {
        expect(symbols).toContainEqual(kallsyms.symbol(index));
      }
    }),
    { numRuns: 60 },
  );
});

describe('a damaged table', () => {
  const symbols = manySymbols(1000);
  const block = writeKallsyms(symbols);

  test('a length that is wrong costs its block of 256 names and no other', () => {
    const bytes = block.bytes.slice();
    const view = new DataView(bytes.buffer);
    const second = block.tables.names + view.getUint32(block.tables.markers + 4, true);
    bytes[second] = (bytes[second] as number) ^ 1;
    const kallsyms = open({ ...block, bytes });
    expect(kallsyms.readable).toBe(1000 - 256);
    expect(kallsyms.lookup(symbols[255]?.name as string)).toBe(symbols[255]?.address);
    expect(kallsyms.lookup(symbols[256]?.name as string)).toBeUndefined();
    expect(kallsyms.lookup(symbols[999]?.name as string)).toBe(symbols[999]?.address);
  });

  test('an order of names that is wrong hides none of them', () => {
    const bytes = block.bytes.slice();
    const [from, to] = [block.tables.seqs_of_names, block.tables.seqs_of_names + 3000];
    bytes.set(bytes.slice(from, to).reverse(), from);
    const kallsyms = open({ ...block, bytes });
    for (const { name, address } of symbols.filter((_, index) => index % 50 === 0))
      expect(kallsyms.lookup(name)).toBe(address);
    expect(kallsyms.lookup('nobody')).toBeUndefined();
  });

  test('a page of names that is gone costs what began in it', () => {
    const page = Math.floor((BASE + block.tables.names) / 4096) + 1;
    const kallsyms = open(block, withoutPages(memoryOf([BASE, block.bytes]), page));
    expect(kallsyms.readable).toBeLessThan(1000);
    const found = symbols.filter(({ name }) => kallsyms.lookup(name) !== undefined);
    for (const { name, address } of found) expect(kallsyms.lookup(name)).toBe(address);
  });

  test('without markers the names are read from the first on', () => {
    const bytes = block.bytes.slice();
    bytes.fill(0xff, block.tables.markers, block.tables.markers + 16);
    const kallsyms = open({ ...block, bytes });
    expect(kallsyms.lookup(symbols[999]?.name as string)).toBe(symbols[999]?.address);
  });

  test('unsorted offsets still lead to the nearest symbol before', () => {
    const bytes = block.bytes.slice();
    const view = new DataView(bytes.buffer);
    const [first, last] = [
      view.getInt32(block.tables.offsets, true),
      view.getInt32(block.tables.offsets + 3996, true),
    ];
    view.setInt32(block.tables.offsets, last, true);
    view.setInt32(block.tables.offsets + 3996, first, true);
    const kallsyms = open({ ...block, bytes });
    expect(kallsyms.symbolAt(TEXT + 17)).toMatchObject({ name: symbols[1]?.name, offset: 1 });
    expect(kallsyms.symbolAt(TEXT + 1)).toMatchObject({ name: symbols[999]?.name, offset: 1 });
  });

  test.each([
    ['no symbols', 0, 'LIMIT'],
    ['2^32 symbols', 0xffff_ffff, 'LIMIT'],
  ])('%s is refused', (_, count, code) => {
    const bytes = block.bytes.slice();
    new DataView(bytes.buffer).setUint32(block.tables.num_syms, count, true);
    expect(openKallsyms(memoryOf([BASE, bytes]), addressesOf(block))).toMatchObject({ ok: false, code });
  });

  test('tables that are not there are a typed failure', () => {
    expect(openKallsyms(() => false, addressesOf(block))).toMatchObject({ ok: false, code: 'UNREADABLE' });
  });
});

test('a memo gives the same answers for the same names at another place', () => {
  const memo = contentMemo<NameTable>();
  const names = kallsymsNames(SYMBOLS);
  for (const slide of [0, 0x20_0000]) {
    const moved = SYMBOLS.map((symbol) => ({
      ...symbol,
      address: symbol.address < 0 ? symbol.address + slide : symbol.address,
    }));
    const block = writeKallsyms(moved, names);
    const opened = openKallsyms(memoryOf([BASE, block.bytes]), addressesOf(block), memo);
    expect(opened.ok && opened.value.lookup('init_task')).toBe(TEXT + 0x140_aa40 + slide);
  }
});

test('the addresses are complete or not there', () => {
  const names = ['names', 'num_syms', 'token_table', 'token_index', 'offsets', 'relative_base'];
  const symbols = new Map(names.map((name, index) => [`kallsyms_${name}`, -index - 1]));
  expect(kallsymsAddresses(symbols)?.relative_base).toBe(-6);
  symbols.delete('kallsyms_offsets');
  expect(kallsymsAddresses(symbols)).toBeUndefined();
});
