// Xarrays, maple trees and hashes of rings, as apps build them and work on them.
import { describe, expect, it } from 'vitest';
import type { Address } from '../../../../src/base/address.ts';
import { substream } from '../../../../src/base/random.ts';
import type { AppField, AppFill, AppModel } from '../../../../src/model/machine.ts';
import { layoutOf } from '../../../../src/targets/sim/guest/layout.ts';
import { locatorTypes } from '../../../../src/targets/sim/guest/locator-types.ts';
import { buildAppData } from '../../../../src/targets/sim/guest/user/app/data.ts';
import { layOutApp } from '../../../../src/targets/sim/guest/user/app/layout.ts';
import { counter, drawn, field } from '../../../support/apps.ts';
import { cast, int, named, span, symbol } from '../../../support/formulas.ts';
import { array, locator, struct, u32, u64 } from '../../../support/locators.ts';

// Heads and nodes are the kernel's, as they are in Linux 6.1.
const XA_SLOTS = 40;
const MA_ROOT = 8;
const STRUCTS = [
  struct('item', [
    ['ring', named('list_head')],
    ['id', u64],
    ['qty', u32],
  ]),
];
const item = named('item');

function built(
  part: Partial<Parameters<typeof locator>[0]>,
  count: number,
  id: AppField['value'] | undefined,
) {
  const of = locator({
    name: 'items',
    shape: 'xarray',
    of: item,
    from: [symbol('root')],
    key: ['id'],
    space: { comm: 'store' },
    ...part,
  });
  const fill: AppFill = { locator: of, count, fields: id === undefined ? [] : [field('id', id)], span };
  const model: AppModel = { name: 'store', fills: [fill], words: [], locks: [], structs: STRUCTS, span };
  const layout = layOutApp(model, 0, locatorTypes(layoutOf(0), STRUCTS));
  const { data, problems } = buildAppData(layout, substream(1, 'x'));
  const read = (at: Address, bytes = 8): number => Number(data.read(at, bytes));
  return {
    root: layout.symbols.get('root')!,
    read,
    exact: (at: Address) => data.read(at, 8),
    problems,
    elements: Array.from({ length: count }, (_, index) => layout.fills[0]?.element(index)),
  };
}

describe('an xarray', () => {
  const made = (count: number, id: AppField['value'] | undefined) => {
    const { root, read, elements } = built({ from: [cast(symbol('root'), named('xarray'))] }, count, id);
    const found = new Map<number, Address>();
    const visit = (entry: Address, parent: Address, slot: number, base: number): void => {
      if ((entry & 3) !== 2) return void found.set(base, entry);
      const node = entry - 2;
      expect([read(node + 1, 1), read(node + 8)]).toEqual([slot, parent]);
      let used = 0;
      for (let number = 0; number < 64; number++) {
        const below = read(node + XA_SLOTS + number * 8);
        if (below === 0) continue;
        used++;
        if ((below & 3) === 2) expect(read(below - 2, 1)).toBe(read(node, 1) - 6);
        visit(below, node, number, base + number * 2 ** read(node, 1));
      }
      expect(read(node + 2, 1)).toBe(used);
      expect(used).toBeGreaterThan(0);
    };
    const head = read(root + 8);
    if (head !== 0) visit(head, 0, 0, 0);
    return { found: [...found], elements };
  };

  it.each([
    [1, 0, 1],
    [1, 5, 1],
    [64, 0, 1],
    [65, 0, 1],
    [200, 40, 7],
    [3, 1, 2_000_000_000],
  ])(
    'files %i elements from %i in steps of %i, each under its key, with no empty node',
    (count, from, step) => {
      const { found, elements } = made(count, counter(from, step));
      expect(found).toEqual(elements.map((at, index) => [from + index * step, at]));
    },
  );

  it('goes by position where nothing numbers its elements, and of none is empty', () => {
    const { found, elements } = made(70, undefined);
    expect(found).toEqual(elements.map((at, index) => [index, at]));
    expect(made(0, counter(1)).found).toEqual([]);
  });
});

describe('a maple tree', () => {
  it.each([
    [0, 0, 1],
    [1, 0, 1],
    [9, 3, 1],
    [60, 64, 16],
    [400, 0, 1],
    [2_000, 10, 4096],
  ])(
    'holds %i elements from %i on, each up to the next %i higher, its leaves on one level',
    (count, from, step) => {
      const { root, read, exact, elements } = built(
        { shape: 'maple', from: [cast(symbol('root'), named('maple_tree'))] },
        count,
        counter(from, step),
      );
      const ranges: [bigint, bigint, Address][] = [];
      const depths = new Set<number>();
      const visit = (entry: Address, parent: Address, low: bigint, high: bigint, depth: number): void => {
        const node = entry - (entry & 255);
        expect(read(node)).toBe(parent);
        for (let slot = 0, from_here = low; ; slot++) {
          const end = slot < 15 ? exact(node + 8 + slot * 8) : high;
          const below = read(node + 128 + slot * 8);
          if (((entry >>> 3) & 15) === 1) {
            depths.add(depth);
            if (below !== 0) ranges.push([from_here, end, below]);
          } else visit(below, node + slot * 8 + 6, from_here, end, depth + 1);
          expect(end).toBeGreaterThanOrEqual(from_here);
          if (end === high) return;
          from_here = end + 1n;
        }
      };
      const top = read(root + MA_ROOT);
      if (top !== 0) {
        expect(top & 2).toBe(2);
        visit(top, root + 1, 0n, 2n ** 64n - 1n, 0);
      }
      expect(depths.size).toBe(count === 0 ? 0 : 1);
      const at = (index: number): bigint => BigInt(from + index * step);
      // The last has nobody behind it: it is as long as the one before it.
      expect(ranges).toEqual(
        elements.map((one, index) => [at(index), at(index) + (count === 1 ? 1n : BigInt(step)) - 1n, one]),
      );
    },
  );
});

describe('a hash of rings', () => {
  it.each([
    ['by its length', { from: [symbol('root')], length: int(8) }],
    ['by its type', { from: [cast(symbol('root'), array(named('list_head'), 8))] }],
  ])('hangs everything where its key says, whatever that is filled with: %s', (_, part) => {
    const { root, read, problems, elements } = built(
      { shape: 'hash', via: ['ring'], ...part },
      40,
      drawn(1, 1_000_000),
    );
    expect(problems).toEqual([]);
    const found: Address[] = [];
    const keys = new Set<number>();
    for (let bucket = 0; bucket < 8; bucket++) {
      const head = root + bucket * 16;
      for (let [at, before] = [read(head), head]; ; [at, before] = [read(at), at]) {
        expect(read(at + 8)).toBe(before);
        if (at === head) break;
        expect(read(at + 16) % 8).toBe(bucket);
        keys.add(read(at + 16));
        found.push(at);
      }
    }
    expect(found.toSorted((a, b) => a - b)).toEqual(elements.toSorted((a, b) => a! - b!));
    expect(keys.size).toBeGreaterThan(30);
  });
});
