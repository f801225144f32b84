// Arrays, rings, bitmaps, hashes, xarrays and maple trees.
import { describe, expect, it } from 'vitest';
import type { LocatorModel, StructModel } from '../../../src/model/structure.ts';
import { binary, call, cast, collection, int, member, name, symbol } from '../../support/formulas.ts';
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

const ENTRY = struct('entry', { value: 'u64', link: 'hlist_node' }, KERNEL_STRUCTS);
const x = name('x');

/** What the last findings say. */
const messages: string[] = [];
/** What a locator finds: each element's number and address, and the findings. */
function found(
  memory: FlatSpace,
  of: LocatorModel,
  symbols: Record<string, number>,
  more: readonly StructModel[] = [],
) {
  const said = validator('things', [
    each(
      'x',
      collection('things'),
      require_(binary('!=', member(x, 'index'), member(x, 'index')), 'AT', [
        { value: member(x, 'index'), format: 'plain' },
        ' ',
        { value: x, format: 'hex' },
      ]),
    ),
  ]);
  const result = sessionOn(library([ENTRY, ...more], [of], [said]), memory, symbols).validate('things');
  const shaped = result?.drafts.filter((one) => one.of_shape) ?? [];
  messages.splice(0, Infinity, ...shaped.map(({ message }) => message));
  const elements =
    result?.drafts.filter((one) => !one.of_shape).map((one) => Number(one.message.split(' ')[0])) ?? [];
  return {
    elements,
    shaped: shaped.map((one) => [one.code, one.address, one.expected]),
    failure: result?.failure?.code,
  };
}

describe('an array', () => {
  const pointed = locator('things', 'array', 'entry', cast(symbol('base'), typeOf('*entry')), {
    length: cast(symbol('length'), typeOf('u32')),
  });

  it('is as long as its type or its length says', () => {
    const memory = new FlatSpace();
    memory.put(0x4000, 0x1_0000);
    memory.put(0x4100, 3);
    expect(found(memory, pointed, { base: 0x4000, length: 0x4100 })).toMatchObject({ elements: [0, 1, 2] });
    const held = locator('things', 'array', 'entry', cast(symbol('base'), typeOf('entry[4]')));
    expect(found(memory, held, { base: 0x1_0000 })).toMatchObject({ elements: [0, 1, 2, 3] });
  });

  it('that is longer than it can be, or lies nowhere, is no array', () => {
    const memory = new FlatSpace();
    memory.put(0x4100, 9);
    const held = locator('things', 'array', 'entry', cast(symbol('base'), typeOf('entry[4]')), {
      length: cast(symbol('length'), typeOf('u32')),
    });
    expect(found(memory, held, { base: 0x1_0000, length: 0x4100 })).toMatchObject({ failure: 'INDEX' });
    memory.put(0x4000, 0xdead_0000_0000_0000n);
    expect(found(memory, pointed, { base: 0x4000, length: 0x4100 })).toMatchObject({ failure: 'UNMAPPED' });
  });
});

describe('a ring', () => {
  const word = (of: string) => cast(symbol(of), typeOf('u16'));
  const ring = locator('things', 'ring', 'entry', cast(symbol('base'), typeOf('entry[8]')), {
    first: word('first'),
    last: word('last'),
  });
  const at = (first: number, last: number) => {
    const memory = new FlatSpace();
    memory.put(0x4000, first);
    memory.put(0x4100, last);
    return found(memory, ring, { base: 0x1_0000, first: 0x4000, last: 0x4100 });
  };

  it('goes from the first to the last, around its end', () => {
    expect(at(2, 5).elements).toEqual([2, 3, 4]);
    expect(at(6, 1).elements).toEqual([6, 7, 0]);
    expect(at(14, 17).elements).toEqual([6, 7, 0]);
    expect(at(3, 3).elements).toEqual([]);
  });

  it('of no length is whole while nothing of it is in use', () => {
    const none = { ...ring, length: int(0) };
    const memory = new FlatSpace();
    const symbols = { base: 0x1_0000, first: 0x4000, last: 0x4100 };
    memory.put(0x4000, 5);
    memory.put(0x4100, 5);
    expect(found(memory, none, symbols)).toEqual({ elements: [], shaped: [], failure: undefined });
    memory.put(0x4100, 6);
    expect(found(memory, none, symbols).failure).toBe('WRAP');
  });

  it('whose counters are farther apart than it is long is out of bounds', () => {
    expect(at(10, 19).shaped).toEqual([['RING_BOUNDS', 0x4100, undefined]]);
    expect(messages[0]).toMatch(/ is 19: that is 9 entries from the first in use, 10, and the ring has 8$/);
    expect(at(19, 10).shaped).toEqual([['RING_BOUNDS', 0x4100, undefined]]);
    expect(messages[0]).toMatch(/ is 10: that is behind the first in use, 19, and the ring has 8$/);
  });

  it('whose first index alone is beyond it is wrong there', () => {
    expect(at(8, 5).shaped).toEqual([['RING_BOUNDS', 0x4000, undefined]]);
    expect(messages[0]).toMatch(/ is 8: what is in use ends before 5, and the ring has 8$/);
    expect(at(5, 20).shaped).toEqual([['RING_BOUNDS', 0x4100, undefined]]);
    const fixed = { ...ring, last: int(3) };
    const memory = new FlatSpace();
    memory.put(0x4000, 9);
    expect(found(memory, fixed, { base: 0x1_0000, first: 0x4000 }).shaped).toEqual([
      ['RING_BOUNDS', 0x4000, undefined],
    ]);
    memory.put(0x4000, 4);
    const ahead = { ...ring, last: int(13) };
    expect(found(memory, ahead, { base: 0x1_0000, first: 0x4000 }).shaped).toEqual([
      ['RING_BOUNDS', 0x4000, undefined],
    ]);
  });
});

describe('a bitmap', () => {
  it('has the bits that are set, by their numbers', () => {
    const memory = new FlatSpace();
    memory.put(0x1_0000, 0b1000_0000_0101);
    memory.put(0x1_0008, 1);
    const map = locator('things', 'bitmap', 'u64', cast(symbol('map'), typeOf('u64[2]')));
    expect(found(memory, map, { map: 0x1_0000 }).elements).toEqual([0, 2, 11, 64]);
    const short = { ...map, length: int(11) };
    expect(found(memory, short, { map: 0x1_0000 }).elements).toEqual([0, 2]);
  });
});

describe('a hash', () => {
  const hash = locator('things', 'hash', 'entry', cast(symbol('base'), typeOf('hlist_head[4]')), {
    via: ['link'],
  });

  it('is all of its buckets', () => {
    const memory = new FlatSpace();
    for (const [bucket, entry] of [
      [1, 0x1_0000],
      [3, 0x1_0040],
    ] as const) {
      memory.put(0x4000 + bucket * 8, entry + 8);
      memory.put(entry + 16, 0x4000 + bucket * 8);
    }
    expect(found(memory, hash, { base: 0x4000 })).toEqual({
      elements: [0, 1],
      shaped: [],
      failure: undefined,
    });
    const heads = validator('things', [
      each(
        'x',
        collection('things'),
        require_(binary('==', call('head', x), int(0)), 'AT', [{ value: call('head', x), format: 'hex' }]),
      ),
    ]);
    const result = sessionOn(library([ENTRY], [hash], [heads]), memory, { base: 0x4000 }).validate('things');
    expect(result?.drafts.map((one) => one.message)).toEqual(['0x4008', '0x4018']);
    memory.put(0x1_0040 + 16, 0);
    expect(found(memory, hash, { base: 0x4000 }).shaped).toEqual([['HLIST_PPREV', 0x1_0040 + 16, 0x4018]]);
  });
});

describe('a hash of rings', () => {
  const RINGED = struct('ringed', { value: 'u64', ring: 'list_head' }, KERNEL_STRUCTS);
  const hash = locator('things', 'hash', 'ringed', symbol('base'), { via: ['ring'], length: int(3) });

  it('is known by the links of its elements where nothing says what its buckets are', () => {
    const memory = new FlatSpace();
    const heads = [0x4000, 0x4010, 0x4020];
    for (const ring of [[0x4000], [0x4010, 0x1_0008, 0x1_0048], [0x4020, 0x1_0088]]) {
      ring.forEach((node, index) => {
        memory.put(node, ring[(index + 1) % ring.length] as number);
        memory.put(node + 8, ring[(index + ring.length - 1) % ring.length] as number);
      });
    }
    expect(found(memory, hash, { base: heads[0] as number }, [RINGED])).toEqual({
      elements: [0, 1, 2],
      shaped: [],
      failure: undefined,
    });
    memory.put(0x1_0050, 0);
    const broken = found(memory, hash, { base: heads[0] as number }, [RINGED]);
    expect(broken.shaped).toEqual([['LIST_NULL', 0x1_0050, 0x1_0008]]);
  });
});

describe('an xarray', () => {
  const STRUCTS = [
    struct('xarray', { xa_head: '*void' }),
    struct('xa_node', {
      shift: 'u8',
      offset: 'u8',
      count: 'u8',
      nr_values: 'u8',
      parent: '*void',
      slots: '*void[64]',
    }),
  ];
  const pids = locator('things', 'xarray', 'entry', cast(symbol('root'), typeOf('xarray')));
  const [TOP, LOW] = [0x1_0000, 0x1_1000];
  const two = (): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(0x4000, TOP + 2);
    memory.put(TOP, 0x02_00_06);
    memory.put(TOP + 16, 0x2_0000);
    memory.put(TOP + 16, LOW + 2);
    memory.put(TOP + 16 + 8 * 3, LOW + 0x402);
    memory.put(LOW, 0x01_00_00);
    memory.put(LOW + 8, TOP);
    memory.put(LOW + 16 + 8 * 5, 0x2_0000);
    memory.put(LOW + 0x400, 0x01_03_00);
    memory.put(LOW + 0x408, TOP);
    memory.put(LOW + 0x410, 0x2_0040);
    return memory;
  };
  const walk = (memory: FlatSpace) => found(memory, pids, { root: 0x4000 }, STRUCTS);

  it('has its entries by their index', () => {
    expect(walk(two())).toEqual({ elements: [5, 192], shaped: [], failure: undefined });
  });

  it('blames a parent, an offset, a count, a slot', () => {
    const memory = two();
    memory.put(LOW + 8, LOW);
    expect(walk(memory).shaped).toEqual([['XA_PARENT', LOW + 8, TOP]]);
    memory.put(LOW + 8, TOP);
    memory.put(LOW + 0x400, 0x01_04_00);
    expect(walk(memory).shaped).toEqual([['XA_OFFSET', LOW + 0x401, 3]]);
    memory.put(LOW + 0x400, 0x07_03_00);
    expect(walk(memory).shaped).toEqual([['XA_COUNT', LOW + 0x402, 1]]);
    memory.put(LOW + 0x400, 0x01_03_06);
    expect(walk(memory).shaped).toEqual([['XA_SHIFT', LOW + 0x400, undefined]]);
    memory.put(LOW + 0x400, 0x01_03_00);
    memory.put(LOW + 0x410, 0x7000_0000);
    expect(walk(memory).shaped).toEqual([['XA_WILD', LOW + 0x410, undefined]]);
    memory.put(LOW + 0x410, 0x2_0040);
    memory.put(TOP + 16 + 8 * 3, TOP + 2);
    expect(walk(memory).shaped).toEqual(
      [
        ['XA_COUNT', TOP + 2, 1],
        ['XA_WILD', TOP + 40, undefined],
      ].slice(1),
    );
  });

  const [WILD, SLOT] = ['XA_WILD', LOW + 16 + 8 * 5];

  it('blames what is neither a pointer nor a value, a sibling or a mark', () => {
    const memory = two();
    for (const entry of [8, 0xff8, 0x102, 0x40a, 0xffe]) {
      memory.put(SLOT, entry);
      expect(walk(memory).shaped).toEqual([[WILD, SLOT, undefined]]);
    }
    for (const entry of [2, 0xfe, 0x402, 0x406]) {
      memory.put(SLOT, entry);
      expect(walk(memory).shaped).toEqual([]);
    }
    for (const entry of [2, 8, 0xfe]) {
      memory.put(0x4000, entry);
      expect(walk(memory).shaped).toEqual([[WILD, 0x4000, undefined]]);
    }
  });

  it('knows a value from a pointer with a bit too many: the node counts its values', () => {
    const memory = two();
    memory.put(SLOT, 0x2_0001);
    expect(walk(memory)).toEqual({ elements: [192], shaped: [[WILD, SLOT, undefined]], failure: undefined });
    memory.put(LOW, 0x0101_00_00);
    expect(walk(memory)).toEqual({ elements: [192], shaped: [], failure: undefined });
  });
});

describe('a maple tree', () => {
  const STRUCTS = [
    struct('maple_tree', { ma_root: '*void' }),
    struct('maple_range_64', { parent: '*void', pivot: 'u64[15]', slot: '*void[16]' }),
    struct('maple_arange_64', { parent: '*void', pivot: 'u64[9]', slot: '*void[10]' }),
  ];
  const areas = locator('things', 'maple', 'entry', cast(symbol('tree'), typeOf('maple_tree')));
  const [TOP, LEFT, RIGHT] = [0x1_0000, 0x1_0100, 0x1_0200];
  const LEAF = (1 << 3) | 6;
  const ARANGE = (3 << 3) | 6;
  const tree = (): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(0x4000, TOP + ARANGE);
    memory.put(TOP, 0x4001);
    memory.put(TOP + 8, 0xfff);
    memory.put(TOP + 80, LEFT + LEAF);
    memory.put(TOP + 88, RIGHT + LEAF);
    for (const [node, slot] of [
      [LEFT, 0],
      [RIGHT, 1],
    ] as const)
      memory.put(node, TOP + slot * 8 + 6);
    memory.put(LEFT + 8, 0xff);
    memory.put(LEFT + 16, 0x1ff);
    memory.put(LEFT + 128 + 8, 0x2_0000);
    memory.put(RIGHT + 8, 0x1fff);
    memory.put(RIGHT + 128, 0x2_0040);
    return memory;
  };
  const walk = (memory: FlatSpace) => found(memory, areas, { tree: 0x4000 }, STRUCTS);

  it('has its entries by the first index of their ranges', () => {
    expect(walk(tree())).toEqual({ elements: [0x100, 0x1000], shaped: [], failure: undefined });
  });

  it('blames a parent, a pivot, a slot', () => {
    const memory = tree();
    memory.put(RIGHT, LEFT);
    expect(walk(memory).shaped).toEqual([['MAPLE_PARENT', RIGHT, TOP]]);
    memory.put(RIGHT, TOP + 8 + 6);
    memory.put(LEFT + 16, 0x55);
    expect(walk(memory).shaped).toEqual([['MAPLE_ORDER', LEFT + 16, undefined]]);
    memory.put(LEFT + 16, 0x1ff);
    memory.put(LEFT + 128 + 8, 0x7000_0000);
    expect(walk(memory).shaped).toEqual([['MAPLE_WILD', LEFT + 136, undefined]]);
    memory.put(LEFT + 128 + 8, 0);
    memory.put(TOP + 88, TOP + ARANGE);
    expect(walk(memory).shaped).toEqual([['MAPLE_WILD', TOP + 88, undefined]]);
  });

  it('blames what is neither a pointer nor a value or a mark', () => {
    const memory = tree();
    const slot = LEFT + 128 + 8;
    for (const entry of [8, 2, 0xff8, 0x40a, 0x2_0002]) {
      memory.put(slot, entry);
      expect(walk(memory).shaped).toEqual([['MAPLE_WILD', slot, undefined]]);
    }
    for (const entry of [0x402, 0x406, 0x11]) {
      memory.put(slot, entry);
      expect(walk(memory)).toEqual({ elements: [0x1000], shaped: [], failure: undefined });
    }
  });
});
