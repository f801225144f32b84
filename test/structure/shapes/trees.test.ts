// Red-black trees and graphs.
import { describe, expect, it } from 'vitest';
import {
  binary,
  call,
  cast,
  collection,
  element,
  int,
  member,
  name,
  range,
  symbol,
  index,
} from '../../support/formulas.ts';
import { FlatSpace } from '../../support/flat-space.ts';
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
} from '../../support/structures.ts';

const ITEM = struct('item', { pad: 'u64', node: 'rb_node', key: 'u64' }, KERNEL_STRUCTS);
const items = collection('items');
const black = binary('==', binary('&', member(element, 'node', '__rb_parent_color'), int(1)), int(1));
const i = name('i');
const TREE = library(
  [ITEM],
  [
    locator('items', 'tree', 'item', cast(symbol('root'), typeOf('rb_root_cached')), {
      via: ['node'],
      key: ['key'],
      id: ['key'],
    }),
  ],
  [
    validator('items', [
      each(
        'i',
        items,
        require_(binary('in', call('depth', i), range(int(1), call('depth', items))), 'DEPTH'),
        require_(binary('==', call('depth', i, black), int(2)), 'BLACKS'),
      ),
    ]),
  ],
);
const ROOT = 0x4000;
const at = (key: number): number => 0x1_0000 + key * 0x40;
const NODE = 8;
const [PARENT, RIGHT, LEFT, KEY] = [NODE, NODE + 8, NODE + 16, NODE + 24];

/** Seven nodes 1 … 7: 4 on top, 2 and 6, all black; the leaves red. */
function seven(): FlatSpace {
  const memory = new FlatSpace();
  const put = (key: number, parent: number, colour: number, left: number, right: number): void => {
    memory.put(at(key) + PARENT, (parent === 0 ? 0 : at(parent) + NODE) + colour);
    memory.put(at(key) + LEFT, left === 0 ? 0 : at(left) + NODE);
    memory.put(at(key) + RIGHT, right === 0 ? 0 : at(right) + NODE);
    memory.put(at(key) + KEY, key);
  };
  put(4, 0, 1, 2, 6);
  put(2, 4, 1, 1, 3);
  put(6, 4, 1, 5, 7);
  for (const key of [1, 3, 5, 7]) put(key, key < 4 ? 2 : 6, 0, 0, 0);
  memory.put(ROOT, at(4) + NODE);
  memory.put(ROOT + 8, at(1) + NODE);
  return memory;
}

const validate = (memory: FlatSpace) => sessionOn(TREE, memory, { root: ROOT }).validate('items');
/** Of shape findings, what and where. */
const shaped = (memory: FlatSpace) =>
  validate(memory)
    ?.drafts.filter((one) => one.of_shape)
    .map((one) => [one.code, one.place, one.expected]);

describe('a red-black tree', () => {
  it('is walked in order, with depths and black heights', () => {
    const result = validate(seven());
    expect(result).toMatchObject({ elements: 7, failure: undefined });
    // The root alone has one black on its way.
    expect(result?.drafts.map((one) => one.code)).toEqual(['BLACKS']);
    expect(result?.drafts[0]?.object).toEqual({ type: 'item', base: at(4) });
  });

  it('blames a parent link, a colour, a key, the cached leftmost', () => {
    const parent = seven();
    parent.put(at(3) + PARENT, at(7) + NODE);
    expect(shaped(parent)).toEqual([['RB_PARENT', 'items[3].node.__rb_parent_color', at(2) + NODE]]);
    const colour = seven();
    colour.put(at(5) + PARENT, at(6) + NODE + 1);
    expect(shaped(colour)).toEqual([['RB_COLOUR', 'items[5].node.__rb_parent_color', at(6) + NODE]]);
    const key = seven();
    key.put(at(2) + KEY, 99);
    expect(shaped(key)).toEqual([['RB_ORDER', 'items[99].key', undefined]]);
    const leftmost = seven();
    leftmost.put(ROOT + 8, at(2) + NODE);
    expect(shaped(leftmost)).toEqual([['RB_LEFTMOST', 'symbols["root"].rb_leftmost', at(1) + NODE]]);
  });

  it('blames the link that leads to no element, and the link that leads to another', () => {
    const wild = seven();
    wild.put(at(2) + LEFT, 0x7000_0000);
    expect(shaped(wild)).toEqual([['RB_POINTER', 'items[2].node.rb_left', undefined]]);
    const other = seven();
    other.put(at(2) + LEFT, at(5) + NODE);
    expect(shaped(other)).toEqual([['RB_POINTER', 'items[2].node.rb_left', undefined]]);
    const branch = seven();
    branch.put(at(2) + LEFT, at(6) + NODE);
    expect(shaped(branch)?.[0]).toEqual(['RB_POINTER', 'items[2].node.rb_left', undefined]);
    const endless = seven();
    endless.put(at(7) + RIGHT, at(4) + NODE);
    expect(shaped(endless)).toEqual([['RB_POINTER', 'items[7].node.rb_right', undefined]]);
    const nothing = seven();
    nothing.put(at(3) + RIGHT, 0x9_0000);
    expect(shaped(nothing)).toEqual([['RB_POINTER', 'items[3].node.rb_right', undefined]]);
    nothing.put(ROOT, 0x9_0000);
    expect(shaped(nothing)).toEqual([['RB_POINTER', 'symbols["root"].rb_node', undefined]]);
  });
});

const LEDGER = struct('ledger_node', { count: 'u16', leaf: 'u16', child: '*ledger_node[4]' });
const accounts = collection('accounts');
const n = name('n');
const GRAPH = library(
  [LEDGER],
  [
    locator('accounts', 'graph', 'ledger_node', symbol('ledger'), {
      step: [index(member(element, 'child'), range(int(0), member(element, 'count')))],
    }),
  ],
  [
    validator('accounts', [
      each(
        'n',
        accounts,
        require_(
          binary(
            'or',
            binary('==', member(n, 'leaf'), int(0)),
            binary('==', call('depth', n), call('depth', accounts)),
          ),
          'DEPTH',
          [{ value: n, format: 'plain' }],
        ),
      ),
      require_(binary('==', call('sum', accounts, member(element, 'count')), int(3)), 'SUM'),
      require_(
        binary('==', call('root', accounts), call('min', accounts, call('u64_at', int(0x4000)))),
        'ROOT',
      ),
    ]),
  ],
);

describe('a graph', () => {
  const ledger = (): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(0x4000, at(0));
    memory.put(at(0), 1);
    memory.put(at(0) + 8, at(1));
    memory.put(at(0) + 16, at(2));
    for (const leaf of [1, 2]) memory.put(at(leaf), 0x1_0001);
    return memory;
  };
  const check = (memory: FlatSpace) => sessionOn(GRAPH, memory, { ledger: 0x4000 }).validate('accounts');

  it('is walked from its root, with depths', () => {
    expect(check(ledger())).toEqual({ drafts: [], left_out: 0, elements: 3, failure: undefined });
    const deep = ledger();
    deep.put(at(1), 0x0_0000);
    deep.put(at(1) + 8, at(3));
    deep.put(at(3), 0x1_0001);
    deep.put(at(2), 0x1_0001);
    expect(check(deep)?.drafts).toMatchObject([
      { code: 'DEPTH', place: 'accounts[2].leaf', message: 'accounts[2]' },
    ]);
  });

  it('says which link leads back above, and which leads nowhere', () => {
    const cycle = ledger();
    cycle.put(at(2) + 8, at(0));
    expect(check(cycle)?.drafts).toMatchObject([
      { code: 'GRAPH_CYCLE', place: 'accounts[2].child[0]', address: at(2) + 8 },
    ]);
    const wild = ledger();
    wild.put(at(0) + 16, 0xdead_0000_0000_0100n);
    const result = check(wild);
    expect(result?.drafts).toMatchObject([
      { code: 'GRAPH_WILD', place: 'accounts[0].child[1]', address: at(0) + 16 },
    ]);
  });

  it('with a count that is too large says INDEX, and is judged no further', () => {
    const memory = ledger();
    memory.put(at(1), 0x1_0009);
    expect(check(memory)).toMatchObject({ failure: { code: 'INDEX' } });
  });
});
