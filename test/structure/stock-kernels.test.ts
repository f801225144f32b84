// What stock kernels have and the simulated one has not: arrays of pointers cut short, numbers given out ahead, members
// that may be missing.
import { describe, expect, it } from 'vitest';
import type { Formula, LocatorModel, Statement, StructModel } from '../../src/model/structure.ts';
import {
  binary,
  call,
  cast,
  collection,
  conditional,
  element,
  every,
  index,
  int,
  member,
  name,
  not,
  range,
  span,
  symbol,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  KERNEL_STRUCTS,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const ITEM = struct('item', { value: 'u64', next: '*item', link: 'list_head' }, KERNEL_STRUCTS);
const NODE = struct('node', { lock: 'u64', head: 'list_head' }, KERNEL_STRUCTS);
const TABLE = struct('table', { node: '*node[4]' }, [...KERNEL_STRUCTS, NODE]);
const x = name('x');

function said(
  memory: FlatSpace,
  locators: readonly LocatorModel[],
  body: readonly Statement[],
  symbols: Record<string, number>,
  structs: readonly StructModel[] = [ITEM, NODE, TABLE],
) {
  const result = sessionOn(library(structs, locators, [validator('v', body)]), memory, symbols).validate('v');
  return { drafts: result?.drafts ?? [], failure: result?.failure };
}

/** A ring of one item. */
function ring(memory: FlatSpace, head: number, item: number): void {
  const link = item + 16;
  memory.put(head, link);
  memory.put(head + 8, link);
  memory.put(link, head);
  memory.put(link + 8, head);
}

const told = require_(binary('!=', member(x, 'value'), member(x, 'value')), 'AT', [
  { value: member(x, 'value'), format: 'plain' },
]);

describe('where a locator begins', () => {
  const memory = new FlatSpace();
  for (const [entry, node] of [
    [0, 0x5000],
    [2, 0x6000],
  ] as const)
    memory.put(0x4000 + 8 * entry, node);
  ring(memory, 0x5008, 0x1_0000);
  ring(memory, 0x6008, 0x1_1000);
  memory.put(0x1_0000, 10);
  memory.put(0x1_1000, 11);
  memory.put(0x4018, 0x7000_0000);
  const nodes = member(cast(symbol('table'), typeOf('table')), 'node');
  const items = (from: Formula): LocatorModel =>
    locator('things', 'list', 'item', member(from, 'head'), { via: ['link'] });
  const all = [each('x', collection('things'), told)];

  it('a pointer that is NULL leads to nothing, and the others are gone through', () => {
    memory.put(0x4018, 0);
    const { drafts, failure } = said(memory, [items(every(nodes))], all, { table: 0x4000 });
    expect(failure).toBeUndefined();
    expect(drafts.map(({ message }) => message)).toEqual(['10', '11']);
  });

  it('a range says how many entries an array really has', () => {
    memory.put(0x4018, 0x7000_0000);
    const { drafts, failure } = said(memory, [items(index(nodes, range(int(0), int(1))))], all, {
      table: 0x4000,
    });
    expect(failure).toBeUndefined();
    expect(drafts.map(({ message }) => message)).toEqual(['10']);
  });
});

describe('the locks around a finding', () => {
  it('are those of all that is gone through to get there', () => {
    const memory = new FlatSpace();
    memory.put(0x4000, 0x5000);
    ring(memory, 0x5008, 0x1_0000);
    const outer = locator('nodes', 'one', 'node', cast(symbol('node'), typeOf('node')), {
      guard: symbol('outer'),
    });
    const inner = locator('things', 'list', 'item', member(element, 'head'), {
      parent: 'nodes',
      via: ['link'],
      guard: member(element, 'lock'),
    });
    const body = [each('n', collection('nodes'), each('x', member(name('n'), 'things'), told))];
    const [draft] = said(memory, [outer, inner], body, { node: 0x5000, outer: 0x9000 }).drafts;
    expect(draft?.guard?.address).toBe(0x5000);
    expect(draft?.around.map(({ address }) => address)).toEqual([0x9000]);
  });
});

describe('a member that a kernel may lack', () => {
  const memory = new FlatSpace();
  memory.put(0x4000, 7);
  const things = locator('things', 'one', 'item', cast(symbol('item'), typeOf('item')));
  const check = (condition: Formula) =>
    said(memory, [things], [each('x', collection('things'), require_(condition, 'NO'))], { item: 0x4000 });
  const has = (of: string): Formula => call('has', member(x, of));

  it('makes what hangs on it no part of the formula', () => {
    const absent = binary('and', has('absent'), binary('==', member(x, 'absent'), int(7)));
    expect(check(not(absent))).toMatchObject({ drafts: [], failure: undefined });
    expect(check(absent).drafts).toHaveLength(1);
    const either = conditional(has('absent'), member(x, 'absent'), member(x, 'value'));
    expect(check(binary('==', either, int(7)))).toMatchObject({ drafts: [], failure: undefined });
  });

  it('takes the body of an `if` with it, places and all', () => {
    const asks = (of: string): Statement => ({
      kind: 'if',
      condition: has(of),
      body: [require_(binary('==', member(x, of), int(8)), 'NO', [], { at: member(x, of) })],
      span,
    });
    const run = (of: string) =>
      said(memory, [things], [each('x', collection('things'), asks(of))], { item: 0x4000 });
    expect(run('absent')).toMatchObject({ drafts: [], failure: undefined });
    expect(run('value').drafts).toMatchObject([{ code: 'NO', address: 0x4000 }]);
  });

  it('is as good as any where it is there', () => {
    const there = binary('and', has('value'), binary('==', member(x, 'value'), int(7)));
    expect(check(there)).toMatchObject({ drafts: [], failure: undefined });
    expect(check(not(there)).drafts).toHaveLength(1);
  });
});

describe('a walk', () => {
  it('says how far it has come', () => {
    const memory = new FlatSpace();
    for (const at of [0x4000, 0x4100, 0x4200]) memory.put(at + 8, at === 0x4200 ? 0 : at + 0x100);
    const body: Statement = {
      kind: 'walk',
      name: 'x',
      from: cast(int(0x4000), typeOf('*item')),
      step: member(x, 'next'),
      limit: int(9),
      cycle: 'CYCLE',
      over_limit: 'OVER',
      body: [
        require_(binary('==', member(x, 'index'), int(1)), 'AT', [
          { value: member(x, 'index'), format: 'plain' },
        ]),
      ],
      span,
    };
    expect(said(memory, [], [body], {}).drafts.map(({ message }) => message)).toEqual(['0', '2']);
  });
});

describe('an xarray that gives out numbers', () => {
  const ROOT = struct('xarray', { xa_lock: 'u32', xa_flags: 'u32', xa_head: '*void' });
  const XNODE = struct('xa_node', {
    shift: 'u8',
    offset: 'u8',
    count: 'u8',
    nr_values: 'u8',
    parent: '*void',
    slots: '*void[64]',
    marks: 'u64[3]',
  });
  const pids = locator('things', 'xarray', 'item', cast(symbol('root'), typeOf('xarray')));
  const [TOP, MARKS] = [0x1_0000, 0x1_0000 + 16 + 64 * 8];
  /** A node that says of two slots that they are in use; one holds something. */
  const reserved = (flags: number, free: bigint): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(0x4000, BigInt(flags) << 32n);
    memory.put(0x4008, TOP + 2);
    memory.put(TOP, 0x02_00_00);
    memory.put(TOP + 16 + 8 * 5, 0x2_0000);
    memory.put(MARKS, free);
    return memory;
  };
  const codes = (memory: FlatSpace) =>
    said(
      memory,
      [pids],
      [each('x', collection('things'), require_(binary('==', int(1), int(1)), 'AT'))],
      { root: 0x4000 },
      [ITEM, ROOT, XNODE],
    ).drafts.map(({ code }) => code);

  it('counts one that stands for nothing yet', () => {
    expect(codes(reserved(4, ~((1n << 5n) | (1n << 9n))))).toEqual([]);
    expect(codes(reserved(4, ~(1n << 5n)))).toEqual(['XA_COUNT']);
    expect(codes(reserved(0, ~((1n << 5n) | (1n << 9n))))).toEqual(['XA_COUNT']);
  });
});
