import { describe, expect, it } from 'vitest';
import type { Address } from '../../../../src/base/address.ts';
import { translate } from '../../../../src/formats/page-tables.ts';
import { openKernel } from '../../../../src/place/kernel.ts';
import { layoutOf } from '../../../../src/targets/sim/guest/layout.ts';
import { locatorTypes } from '../../../../src/targets/sim/guest/locator-types.ts';
import { substream } from '../../../../src/base/random.ts';
import { buildAppData } from '../../../../src/targets/sim/guest/user/app/data.ts';
import { levelsOf } from '../../../../src/targets/sim/guest/user/app/graph.ts';
import { coprime, layOutApp } from '../../../../src/targets/sim/guest/user/app/layout.ts';
import { impossible, ledger, store } from '../../../support/apps.ts';
import { cast, every, int, named, symbol } from '../../../support/formulas.ts';
import { array } from '../../../support/locators.ts';
import { Booted } from './support.ts';

/** A process's own memory, read through its own page tables. */
class Process {
  readonly guest: Booted;
  readonly comm: string;
  readonly #root: number;

  constructor(guest: Booted, comm: string) {
    this.guest = guest;
    this.comm = comm;
    const mm = guest.u64(guest.task(comm) + guest.offset('task_struct', 'mm'));
    this.#root = guest.physical(guest.u64(mm + guest.offset('mm_struct', 'pgd')));
  }

  physical(address: Address): number {
    const { memory } = this.guest.target.partitions[0]!;
    return translate((at, into) => memory.read(at, into), this.#root, 4, address);
  }

  number(address: Address, bytes: 1 | 2 | 4 | 8): number {
    const into = new Uint8Array(8);
    const at = this.physical(address);
    if (at < 0) throw new Error(`${address.toString(16)} is not mapped`);
    this.guest.target.partitions[0]!.memory.read(at, into.subarray(0, bytes));
    return Number(new DataView(into.buffer).getBigInt64(0, true));
  }

  word(symbol: string, bytes: 2 | 4 | 8 = 8): number {
    return this.number(this.symbol(symbol), bytes);
  }

  symbol(name: string): Address {
    const kernel = openKernel(this.guest.target.partitions[0]!);
    const address = kernel.ok ? kernel.value.symbol(name) : undefined;
    if (address === undefined) throw new Error(`no symbol ${name}`);
    return address;
  }
}

interface Visited {
  readonly nodes: Address[];
  readonly keys: number[];
  readonly depths: Set<number>;
  readonly sum: number;
}

/** The whole B-tree, in order; throws where a node is none. */
function tree(process: Process): Visited {
  const visited = { nodes: [] as Address[], keys: [] as number[], depths: new Set<number>(), sum: 0 };
  const visit = (node: Address, depth: number): void => {
    const count = process.number(node, 2);
    const leaf = process.number(node + 2, 2);
    if (count > 15 || (count < 7 && depth > 0) || leaf > 1)
      throw new Error(`node ${node.toString(16)}: ${count} keys, kind ${leaf}`);
    visited.nodes.push(node);
    visited.sum += count;
    if (leaf === 1) visited.depths.add(depth);
    for (let entry = 0; entry <= count; entry++) {
      if (leaf === 0) visit(process.number(node + 128 + entry * 8, 8), depth + 1);
      if (entry < count) visited.keys.push(process.number(node + 8 + entry * 8, 8));
    }
  };
  visit(process.word('ledger_root'), 0);
  return visited;
}

describe('a B-tree in a process', () => {
  const guest = new Booted({ apps: [ledger(400)] });
  const process = new Process(guest, 'ledger');

  it('has as many nodes as were asked for, all leaves on one level, its keys in order and its size right', () => {
    const { nodes, keys, depths, sum } = tree(process);
    expect(new Set(nodes).size).toBe(400);
    expect(depths.size).toBe(1);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(keys).toEqual(Array.from({ length: keys.length }, (_, index) => index + 1));
    expect(process.word('ledger_size')).toBe(sum);
  });

  it('lies in pages of its own that are no neighbours in physical memory', () => {
    const pages = [...new Set(tree(process).nodes.map((node) => node - (node % 4096)))].toSorted(
      (a, b) => a - b,
    );
    expect(pages.length).toBeGreaterThan(20);
    const steps = pages
      .slice(1)
      .map((page, index) => process.physical(page) - process.physical(pages[index]!));
    expect(steps.filter((step) => step === 4096)).toEqual([]);
    expect(new Process(guest, 'nginx').physical(pages[0]!)).toBeLessThan(0);
  });

  it('is worked on: keys leave and come back under its lock, and it is whole whenever the lock is free', () => {
    const before = tree(process).sum;
    const lock = process.physical(process.symbol('ledger_lock'));
    const { memory } = guest.target.partitions[0]!;
    const byte = new Uint8Array(1);
    const sums = new Set<number>();
    let [held, torn, turns] = [0, 0, 0];
    for (let was = 0; turns < 5; was = byte[0]!) {
      guest.target.runUntil(guest.target.now() + 100);
      memory.read(lock, byte);
      if (byte[0] !== 0) {
        held++;
        if (tree(process).sum !== process.word('ledger_size')) torn++;
      } else if (was !== 0) {
        const { sum } = tree(process);
        expect(process.word('ledger_size')).toBe(sum);
        sums.add(sum);
        turns++;
      }
    }
    expect([...sums].toSorted((a, b) => a - b)).toEqual([before - 1, before]);
    expect(torn).toBeGreaterThan(0);
    expect(held).toBeGreaterThan(torn);
  });

  it('is another tree under another seed, and the same under the same', () => {
    const shape = (seed: number): number[] => {
      const other = new Process(new Booted({ apps: [ledger(40)], seed }), 'ledger');
      return tree(other).nodes.map((node) => other.number(node, 2));
    };
    expect(shape(1)).toEqual(shape(1));
    expect(shape(1)).not.toEqual(shape(2));
  });
});

describe('an app with one structure of each shape', () => {
  const guest = new Booted({ apps: [store(), ledger(1)], workload: 'idle' });
  const process = new Process(guest, 'store');
  const item = { link: 0, node: 16, id: 40, qty: 48, next: 56 };
  const item2 = { hash: 0, id: 16, qty: 24, bytes: 32 };

  it('has a ring of orders that are numbered in order', () => {
    const head = process.symbol('s_list');
    const ids: number[] = [];
    for (
      let [at, before] = [process.number(head, 8), head];
      at !== head;
      [at, before] = [process.number(at, 8), at]
    ) {
      expect(process.number(at + 8, 8)).toBe(before);
      ids.push(process.number(at + item.id, 8));
      expect(process.number(at + item.qty, 4)).toBeGreaterThanOrEqual(1);
      expect(process.number(at + item.qty, 4)).toBeLessThanOrEqual(9);
    }
    expect(ids).toEqual(Array.from({ length: 40 }, (_, index) => 100 + index));
    expect(process.word('s_count', 4)).toBe(40);
    expect(process.word('s_limit')).toBe(5_000_000_000);
  });

  it('has a red-black tree that is one', () => {
    const ids: number[] = [];
    const heights = new Set<number>();
    const visit = (node: Address, parent: Address, parent_red: boolean, black: number): void => {
      if (node === 0) return void heights.add(black);
      const word = process.number(node, 8);
      const red = word % 2 === 0;
      expect(word - (word % 2)).toBe(parent);
      expect(red && parent_red).toBe(false);
      visit(process.number(node + 16, 8), node, red, black + (red ? 0 : 1));
      ids.push(process.number(node - item.node + item.id, 8));
      visit(process.number(node + 8, 8), node, red, black + (red ? 0 : 1));
    };
    const root = process.word('s_tree');
    expect(process.number(root, 8) % 2).toBe(1);
    visit(root, 0, false, 0);
    expect(heights.size).toBe(1);
    expect(ids).toEqual(Array.from({ length: 37 }, (_, index) => 100 + index));
    expect(process.number(process.number(process.symbol('s_tree') + 8, 8) - item.node + item.id, 8)).toBe(
      100,
    );
  });

  it('has a hash table in whose buckets everything is where its key says', () => {
    let found = 0;
    for (let bucket = 0; bucket < 8; bucket++) {
      const head = process.symbol('s_hash') + bucket * 8;
      for (
        let [at, from] = [process.number(head, 8), head];
        at !== 0;
        [at, from] = [process.number(at, 8), at]
      ) {
        expect(process.number(at + 8, 8)).toBe(from);
        expect(process.number(at + item2.id, 8) % 8).toBe(bucket);
        found++;
      }
    }
    expect(found).toBe(30);
  });

  it.each([
    ['s_free', 12, item.next, 0],
    ['s_stack', 9, 0, item.next],
    ['s_chain', 5, item.next, 0],
  ])('has a chain at %s of %i', (symbol, count, next, link) => {
    const ids: number[] = [];
    for (let at = process.word(symbol); at !== 0; at = process.number(at + next, 8))
      ids.push(process.number(at - link + item.id, 8));
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => 100 + index));
  });

  it('has an array and a ring at their symbols, an object behind a pointer, and a bitmap', () => {
    const entries = (at: Address, count: number): number[] =>
      Array.from({ length: count }, (_, entry) => process.number(at + entry * item2.bytes + item2.id, 8));
    expect(entries(process.symbol('s_array'), 11)).toEqual(
      Array.from({ length: 11 }, (_, index) => 100 + index),
    );
    expect(entries(process.symbol('s_ring'), 10)).toEqual(
      Array.from({ length: 10 }, (_, index) => 100 + index),
    );
    expect([process.word('s_first', 4), process.word('s_last', 4)]).toEqual([0, 10]);
    expect(process.number(process.word('s_one') + item2.id, 8)).toBe(100);
    let bits = 0;
    for (let byte = 0; byte < 32; byte++)
      for (let set = process.number(process.symbol('s_map') + byte, 1); set > 0; set >>= 1) bits += set & 1;
    expect(bits).toBe(50);
  });

  it('keeps all of them whole while it works on them', () => {
    guest.run(300);
    const head = process.symbol('s_list');
    for (let turn = 0; turn < 4_000 && process.word('s_lock', 4) !== 0; turn++)
      guest.target.runUntil(guest.target.now() + 200);
    const ids: number[] = [];
    for (let at = process.number(head, 8); at !== head; at = process.number(at, 8))
      ids.push(process.number(at + item.id, 8));
    expect(ids).toHaveLength(40);
    expect(ids[0]).toBeGreaterThan(100);
    expect(process.word('s_count', 4)).toBe(40);
    expect(guest.log().filter((line) => line.includes('segfault'))).toEqual([]);
  });
});

describe('the builder', () => {
  const types = (app: ReturnType<typeof store>): ReturnType<typeof locatorTypes> =>
    locatorTypes(layoutOf(0), app.structs);

  it('says what cannot be built, and leaves it out', () => {
    const app = impossible();
    const built = buildAppData(layOutApp(app, 0, types(app)), substream(1, 'x'));
    expect(built.problems).toEqual(['wrong: binary is no place before the process runs']);
    expect(built.data.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['an array by its type', { from: [cast(symbol('t'), array(named('hlist_head'), 8))] }],
    ['as many as its length says', { from: [symbol('t')], length: int(8) }],
    ['each of the buckets', { from: [every(cast(symbol('t'), array(named('hlist_head'), 8)))] }],
  ])('begins a hash in all of its buckets: %s', (_, part) => {
    const app = store();
    const fills = app.fills
      .filter(({ locator }) => locator.name === 'table')
      .map((fill) => ({ ...fill, locator: { ...fill.locator, ...part } }));
    const layout = layOutApp({ ...app, fills, words: [], locks: ['lock'] }, 0, types(app));
    const table = layout.symbols.get('t')!;
    expect(layout.problems).toEqual([]);
    expect(layout.fills[0]!.heads.map(({ address }) => address - table)).toEqual([
      0, 8, 16, 24, 32, 40, 48, 56,
    ]);
    expect(layout.fills[0]!.first).toBeGreaterThanOrEqual(table + 64);
  });

  it('has the kernel tell it in its log', () => {
    const log = new Booted({ apps: [{ ...impossible(), name: 'wrong' }] }).log();
    expect(
      log.some((line) => line.includes('wrong: wrong: binary is no place before the process runs')),
    ).toBe(true);
  });

  it('finds levels for every number of nodes that a B-tree can have', () => {
    for (let total = 1; total <= 2_000; total++) {
      if (total === 2) continue;
      let levels: readonly number[];
      try {
        levels = levelsOf(total, 8, 16);
      } catch {
        // Between a full tree of one height and the thinnest of the next there is none.
        expect(total === 2 || (total > 17 && total < 19)).toBe(true);
        continue;
      }
      expect(levels.reduce((sum, one) => sum + one, 0)).toBe(total);
      levels.slice(1).forEach((count, level) => {
        const above = levels[level]!;
        expect(count).toBeLessThanOrEqual(above * 16);
        expect(count).toBeGreaterThanOrEqual(level === 0 ? 2 : above * 8);
      });
    }
  });

  it('spreads elements so that each index is met once', () => {
    for (const total of [1, 2, 3, 4, 5, 6, 12, 48, 400, 4096]) {
      const met = new Set(Array.from({ length: total }, (_, index) => (index * coprime(total)) % total));
      expect(met.size).toBe(total);
    }
  });
});
