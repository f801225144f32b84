// Apps of the language written by hand: one of each shape that the simulated guest builds.
import type { AppField, AppFill, AppModel, AppValue } from '../../src/model/machine.ts';
import type { StructModel } from '../../src/model/structure.ts';
import {
  binary,
  cast,
  element,
  every,
  index,
  int,
  member,
  named,
  pointer_to,
  range,
  span,
  symbol,
} from './formulas.ts';
import { array, locator, struct, u16, u32, u64 } from './locators.ts';

export const counter = (from: number, step = 1): AppValue => ({
  kind: 'counter',
  from: BigInt(from),
  step: BigInt(step),
});
export const drawn = (low: number, high: number): AppValue => ({
  kind: 'range',
  low: BigInt(low),
  high: BigInt(high),
});
export const field = (path: string, value: AppValue): AppField => ({ member: path.split('.'), value, span });
export const constant = (value: number): AppValue => ({ kind: 'constant', value: BigInt(value) });

export const NODE: StructModel = struct(
  'node',
  [
    ['count', u16],
    ['leaf', u16],
    ['key', array(u64, 15)],
    ['child', array(pointer_to(named('node')), 16)],
  ],
  256,
);
const space = { comm: 'ledger' };

/** `app ledger { accounts COUNT { … } }`: the B-tree of the design's eighth spec. */
export function ledger(count: number): AppModel {
  const accounts = locator({
    name: 'accounts',
    shape: 'graph',
    of: named('node'),
    from: [symbol('ledger_root')],
    space,
    limit: 1_000_000,
    key: ['key'],
    step: [index(member(element, 'child'), range(int(0), member(element, 'count')))],
  });
  const fields = [
    field('count', drawn(7, 15)),
    // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
    field('leaf', { kind: 'childless', then: constant(1), otherwise: constant(0) }),
    field('key', counter(1)),
  ];
  return {
    name: 'ledger',
    fills: [{ locator: accounts, count, fields, span }],
    words: [
      {
        symbol: 'ledger_size',
        bytes: 8,
        value: { kind: 'sum', locator: 'accounts', member: ['count'] },
        span,
      },
    ],
    locks: ['ledger_lock'],
    structs: [NODE],
    span,
  };
}

const ITEM = struct('item', [
  ['link', named('list_head')],
  ['node', named('rb_node')],
  ['id', u64],
  ['qty', u32],
  ['next', pointer_to(named('item'))],
]);
const comm = { comm: 'store' };
const item = named('item');
const list_node = (name: string): StructModel =>
  struct(name, [
    ['next', u64],
    ['pprev', u64],
  ]);
/** As the kernel's, which a spec would take from the guest. */
const SMALL = [
  list_node('hlist_node'),
  struct('item2', [
    ['hash', named('hlist_node')],
    ['id', u64],
    ['qty', u32],
  ]),
];

/** One structure of each shape. */
export function store(): AppModel {
  const fill = (part: Parameters<typeof locator>[0], count: number, ...fields: AppField[]): AppFill => ({
    locator: locator({ space: comm, ...part }),
    count,
    fields: [field('id', counter(100)), field('qty', drawn(1, 9)), ...fields],
    span,
  });
  const item2 = named('item2');
  return {
    name: 'store',
    fills: [
      fill(
        {
          name: 'orders',
          shape: 'list',
          of: item,
          via: ['link'],
          from: [symbol('s_list')],
          guard: symbol('s_lock'),
        },
        40,
      ),
      fill(
        {
          name: 'index',
          shape: 'tree',
          of: item,
          via: ['node'],
          from: [cast(symbol('s_tree'), named('rb_root_cached'))],
          key: ['id'],
        },
        37,
      ),
      fill(
        {
          name: 'table',
          shape: 'hash',
          of: item2,
          via: ['hash'],
          from: [every(cast(symbol('s_hash'), array(named('hlist_head'), 8)))],
          key: ['id'],
        },
        30,
      ),
      fill(
        {
          name: 'free',
          shape: 'freelist',
          of: item,
          from: [symbol('s_free')],
          step: [member(element, 'next')],
        },
        12,
      ),
      fill({ name: 'stack', shape: 'llist', of: item, via: ['next'], from: [symbol('s_stack')] }, 9),
      fill({ name: 'shelf', shape: 'array', of: item2, from: [symbol('s_array')], length: int(11) }, 11),
      fill(
        {
          name: 'belt',
          shape: 'ring',
          of: item2,
          from: [symbol('s_ring')],
          length: int(16),
          first: cast(symbol('s_first'), u32),
          last: cast(symbol('s_last'), u32),
        },
        10,
      ),
      fill({ name: 'till', shape: 'one', of: item2, from: [cast(symbol('s_one'), pointer_to(item2))] }, 1),
      fill(
        {
          name: 'chain',
          shape: 'graph',
          of: item,
          from: [symbol('s_chain')],
          step: [member(element, 'next')],
        },
        5,
      ),
      {
        locator: locator({
          name: 'map',
          shape: 'bitmap',
          of: u64,
          from: [symbol('s_map')],
          length: int(200),
          space: comm,
        }),
        count: 50,
        fields: [],
        span,
      },
    ],
    words: [
      { symbol: 's_count', bytes: 4, value: { kind: 'count', locator: 'orders' }, span },
      { symbol: 's_limit', bytes: 8, value: { kind: 'constant', value: 5_000_000_000n }, span },
    ],
    locks: ['s_lock'],
    structs: [ITEM, ...SMALL],
    span,
  };
}

/** What cannot be built before the process runs. */
export function impossible(): AppModel {
  const wrong = locator({
    name: 'wrong',
    shape: 'freelist',
    of: item,
    from: [symbol('w_free')],
    step: [binary('^', cast(element, u64), int(7))],
    space: comm,
  });
  return { ...store(), fills: [{ locator: wrong, count: 4, fields: [], span }], words: [], locks: [] };
}
