import { expect, test } from 'vitest';
import type { Address } from '../../../src/base/address.ts';
import { NO_FOLD } from '../../../src/base/fold.ts';
import { compileLocator } from '../../../src/formats/locator-code/compile.ts';
import type { CompileOptions } from '../../../src/formats/locator-code/compile.ts';
import { disassemble } from '../../../src/formats/locator-code/assemble.ts';
import type { BlockName } from '../../../src/formats/locator-code/assemble.ts';
import { decodeLocator, encodeLocator } from '../../../src/formats/locator-code/entry.ts';
import type { LocatorEntry } from '../../../src/formats/locator-code/entry.ts';
import { LocatorInterpreter } from '../../../src/formats/locator-code/interpreter.ts';
import type { LocatorHost } from '../../../src/formats/locator-code/host.ts';
import type { LocatorTypes } from '../../../src/formats/locator-code/types.ts';
import { memberOf, sizeOf } from '../../../src/formats/locator-code/types.ts';
import type { Formula, LocatorModel, StructModel, TypeModel } from '../../../src/model/structure.ts';
import {
  binary,
  cast,
  element,
  every,
  index,
  int,
  member,
  named,
  pointer_to as pointer,
  range,
  symbol,
} from '../../support/formulas.ts';
import { array, locator, struct, u16, u32, u64 } from '../../support/locators.ts';

const list_head = struct('list_head', [
  ['next', pointer(named('list_head'))],
  ['prev', pointer(named('list_head'))],
]);
const node = struct(
  'node',
  [
    ['count', u16],
    ['leaf', u16],
    ['key', array(u64, 15)],
    ['child', array(pointer(named('node')), 16)],
  ],
  256,
);
const base = struct('base', [
  ['lock', u32],
  ['pad', u32],
  ['bucket', array(u64, 4)],
  ['more', pointer(named('node'))],
]);
const STRUCTS = new Map([list_head, node, base].map((one) => [one.name, one]));
const VARIABLES: Readonly<Record<string, TypeModel>> = {
  bases: array(named('base'), 2),
  head: named('list_head'),
};
const SYMBOLS: Readonly<Record<string, Address>> = {
  bases: 0x100,
  head: -0x7000,
  tree: 0x5000,
  lone: -0x4000,
};

const types: LocatorTypes = {
  named: (name) => model(STRUCTS.get(name)),
  variable: (name) => VARIABLES[name],
  perCpu: (name) => name === 'bases',
};

function model(known: StructModel | undefined): TypeModel | undefined {
  return known && { kind: 'aggregate', union: false, members: known.members, bytes: known.bytes };
}

/** Words of memory that a test sets; everything else is not mapped. */
function hostOf(words: ReadonlyMap<Address, number>): LocatorHost {
  const bytes = (address: Address, count: number): number => {
    const [start, value] = [...words].find(([at]) => address >= at && address + count <= at + 8) ?? [0, NaN];
    return Math.floor(value / 256 ** (address - start)) % 256 ** count;
  };
  return {
    fold: NO_FOLD,
    cpus: 3,
    symbol: (name) => SYMBOLS[name],
    perCpuBase: (cpu) => 0x1_0000 * (cpu + 1),
    u8: (address) => bytes(address, 1),
    u16: (address) => bytes(address, 2),
    u32: (address) => bytes(address, 4),
    member(path) {
      const [type = '', ...rest] = path.split('.');
      let [at, inner]: [number, TypeModel | undefined] = [0, named(type)];
      for (const name of rest) {
        const found = memberOf(types, inner, name);
        if (!found) return undefined;
        [at, inner] = [at + found.offset, found.type];
      }
      return at;
    },
    size: (type) => sizeOf(types, named(type)),
  };
}

function entryOf(written: LocatorModel, options?: CompileOptions): LocatorEntry {
  const compiled = compileLocator(written, types, options);
  if (!compiled.ok) throw new Error(compiled.message);
  const again = decodeLocator(encodeLocator(compiled.entry));
  if (!again.ok) throw new Error(again.message);
  return again.value;
}

/** Runs a block; what it gave and what it left. */
function run(
  entry: LocatorEntry,
  block: BlockName,
  host: LocatorHost,
  at?: Address,
): { objects: Address[]; heads: Address[]; value: Address; failure: string } {
  const machine = new LocatorInterpreter(host);
  const failure = machine.run(entry.blocks.get(block) ?? new Uint8Array(0), entry.texts, at);
  const { objects, heads, value } = machine;
  return { objects, heads, value, failure: failure ? `${failure.code} ${failure.message}` : '' };
}

const NOTHING: ReadonlyMap<Address, number> = new Map();
const rootsOf = (from: Formula, words = NOTHING, part: Partial<LocatorModel> = {}): ReturnType<typeof run> =>
  run(
    entryOf(locator({ name: 'x', shape: 'list', of: named('node'), from: [from], ...part })),
    'roots',
    hostOf(words),
  );

test('a symbol is a root that is its own object', () => {
  expect(rootsOf(symbol('head'))).toMatchObject({ objects: [-0x7000], heads: [-0x7000] });
});

test('the object of a root is what its members are taken from', () => {
  expect(rootsOf(member(cast(symbol('lone'), named('base')), 'bucket'))).toMatchObject({
    objects: [-0x4000],
    heads: [-0x4000 + 8],
  });
});

test('what is found alone is its own object, though it is part of another', () => {
  const more = member(cast(symbol('lone'), named('base')), 'bucket');
  const entry = entryOf(
    locator({ name: 'x', shape: 'one', of: array(u64, 4), from: [more], guard: index(element, int(1)) }),
  );
  expect(run(entry, 'roots', hostOf(NOTHING))).toMatchObject({
    objects: [-0x4000 + 8],
    heads: [-0x4000 + 8],
  });
  expect(run(entry, 'guard', hostOf(NOTHING), -0x4000 + 8).value).toBe(-0x4000 + 16);
});

test('each CPU, each entry of its array, each bucket in that: the object is the entry', () => {
  const { objects, heads } = rootsOf(every(member(every(every(symbol('bases'))), 'bucket')));
  const bytes = base.bytes;
  const expected = [0, 1, 2].flatMap((cpu) =>
    [0, 1].map((entry) => 0x100 + 0x1_0000 * (cpu + 1) + entry * bytes),
  );
  expect(objects).toEqual(expected.flatMap((at) => [at, at, at, at]));
  expect(heads).toEqual(expected.flatMap((at) => [0, 1, 2, 3].map((bucket) => at + 8 + bucket * 8)));
});

test('one CPU, one entry; an entry that is not there is refused', () => {
  const at = (cpu: number, entry: number): Formula => index(index(symbol('bases'), int(cpu)), int(entry));
  expect(rootsOf(at(2, 1)).heads).toEqual([0x100 + 0x3_0000 + base.bytes]);
  expect(rootsOf(at(2, 2)).failure).toContain('INDEX');
  expect(rootsOf(at(3, 0)).failure).toContain('no CPU 3');
});

test('a pointer is followed for its members; one that a shape begins with is left to who walks', () => {
  const words = new Map([[-0x4000 + 40, 0x9000]]);
  const more = member(cast(symbol('lone'), named('base')), 'more');
  expect(rootsOf(member(more, 'child'), words).heads).toEqual([0x9000 + 128]);
  expect(rootsOf(more, words).heads).toEqual([-0x4000 + 40]);
  expect(rootsOf(more, words, { shape: 'one' }).heads).toEqual([-0x4000 + 40]);
  expect(rootsOf(member(more, 'child')).failure).toContain('UNMAPPED');
});

test('several places are roots one after the other', () => {
  const both = locator({
    name: 'x',
    shape: 'list',
    of: named('node'),
    from: [symbol('head'), symbol('tree')],
  });
  expect(run(entryOf(both), 'roots', hostOf(NOTHING)).heads).toEqual([-0x7000, 0x5000]);
});

const TREE = locator({
  name: 'accounts',
  shape: 'graph',
  of: named('node'),
  from: [symbol('tree')],
  limit: 1_000_000,
  space: { comm: 'ledger' },
  step: [index(member(element, 'child'), range(int(0), member(element, 'count')))],
});

test('a step follows the pointers of a range', () => {
  const words = new Map([
    [0x8000, 2],
    [0x8080, 0x9000],
    [0x8088, 0x9100],
    [0x8090, 0],
    [0x8098, 7],
  ]);
  const step = run(entryOf(TREE), 'step', hostOf(words), 0x8000);
  expect(step).toMatchObject({ objects: [0x8000, 0x8000, 0x8000], heads: [0x9000, 0x9100, 0], failure: '' });
});

test('a range whose end is beyond the array stops there, and says so', () => {
  const words = new Map([
    [0x8000, 0xffff],
    ...Array.from({ length: 16 }, (_, child) => [0x8080 + child * 8, 1] as const),
  ]);
  const step = run(entryOf(TREE), 'step', hostOf(words), 0x8000);
  expect(step.heads).toHaveLength(16);
  expect(step.failure).toBe('INDEX 16 is outside of 16');
});

test('a bound that wraps is an index outside, not an empty range', () => {
  const wraps = {
    ...TREE,
    step: [index(member(element, 'child'), range(int(0), binary('-', member(element, 'count'), int(1))))],
  };
  const words = new Map([
    [0x8000, 0],
    ...Array.from({ length: 16 }, (_, child) => [0x8080 + child * 8, 1] as const),
  ]);
  expect(run(entryOf(wraps), 'step', hostOf(words), 0x8000).failure).toContain('INDEX');
});

test('a step may be a number that stands for an address: an encoded link', () => {
  const encoded = { ...TREE, step: [binary('^', cast(element, u64), int(0xff))] };
  expect(run(entryOf(encoded), 'step', hostOf(new Map([[0x8000, 0x90ff]])), 0x8000).heads).toEqual([0x9000]);
});

test('a guard, lengths and the offset of a link are values', () => {
  const ring = entryOf(
    locator({
      name: 'x',
      shape: 'ring',
      of: named('node'),
      from: [member(cast(symbol('lone'), named('base')), 'bucket')],
      via: ['key'],
      guard: member(element, 'lock'),
      length: member(element, 'lock'),
      first: int(3),
      last: binary('*', member(element, 'lock'), int(2)),
    }),
  );
  const host = hostOf(new Map([[-0x4000, 21]]));
  expect(run(ring, 'guard', host, -0x4000).value).toBe(-0x4000);
  expect(run(ring, 'length', host, -0x4000).value).toBe(21);
  expect(run(ring, 'first', host, -0x4000).value).toBe(3);
  expect(run(ring, 'last', host, -0x4000).value).toBe(42);
  expect(run(ring, 'link', host).value).toBe(8);
  expect(ring.names).toMatchObject({
    via: 'key',
    guard_type: 'u32',
    object_type: 'base',
    head_type: 'u64[4]',
  });
});

test('a nested locator begins at its parent’s element', () => {
  const nested = locator({
    name: 'threads',
    parent: 'tasks',
    shape: 'list',
    of: named('node'),
    from: [member(element, 'more')],
  });
  const entry = entryOf(nested, { offsets: 'constants', parent: named('base') });
  expect(run(entry, 'roots', hostOf(NOTHING), 0x8000).heads).toEqual([0x8000 + 40]);
  expect(entry.names.parent).toBe('tasks');
});

test('with names for offsets the code says nothing of a layout, and means the same', () => {
  const options: CompileOptions = { offsets: 'names' };
  const words = new Map([[-0x4000 + 40, 0x9000]]);
  const from = every(member(every(every(symbol('bases'))), 'bucket'));
  const more = member(cast(symbol('lone'), named('base')), 'more', 'child');
  for (const formula of [from, more, index(member(cast(symbol('lone'), named('base')), 'bucket'), int(3))]) {
    const written = locator({ name: 'x', shape: 'list', of: named('node'), from: [formula], via: ['child'] });
    const [constants, names] = [entryOf(written), entryOf(written, options)];
    expect(run(names, 'roots', hostOf(words))).toEqual(run(constants, 'roots', hostOf(words)));
    expect(run(names, 'link', hostOf(words))).toEqual(run(constants, 'link', hostOf(words)));
  }
  const entry = entryOf(locator({ name: 'x', shape: 'list', of: named('node'), from: [more] }), options);
  expect(disassemble(entry.blocks.get('roots') as Uint8Array, entry.texts)).toBe(
    'symbol lone\ndup\nmember base.more\nswap\ndrop\nload64\ndup\nmember node.child\nroot',
  );
});

test.each([
  ['an unknown member', member(cast(symbol('lone'), named('base')), 'nothing'), 'no member nothing'],
  ['an unknown type', member(cast(symbol('lone'), named('nobody')), 'x'), 'no member x'],
  ['an untyped symbol’s member', member(symbol('lone'), 'x'), 'unknown type'],
  ['every entry of what is no array', every(symbol('lone')), 'no array'],
  ['a member of what each CPU has', member(symbol('bases'), 'lock'), 'each CPU'],
  ['a call', { kind: 'call', function: 'swab64', args: [], span: TREE.span } as Formula, 'call'],
])('%s is refused with the reason', (_, from, why) => {
  const compiled = compileLocator(
    locator({ name: 'x', shape: 'list', of: named('node'), from: [from] }),
    types,
  );
  expect(compiled.ok ? '' : compiled.message).toContain(why);
});

test('bit-fields and signed numbers are read as such', () => {
  const flags: StructModel = {
    ...struct('flags', []),
    bytes: 8,
    members: [
      { name: 'low', type: u32, offset: 0, bits: { from: 3, width: 5 }, span: TREE.span },
      {
        name: 'minus',
        type: { kind: 'int', name: 's16', bytes: 2, signed: true, big_endian: false },
        offset: 4,
        span: TREE.span,
      },
    ],
  };
  const with_flags: LocatorTypes = {
    ...types,
    named: (name) => (name === 'flags' ? model(flags) : types.named(name)),
  };
  const value = (name: string): number => {
    const compiled = compileLocator(
      locator({
        name: 'x',
        shape: 'array',
        of: u64,
        from: [cast(symbol('lone'), named('flags'))],
        length: member(element, name),
      }),
      with_flags,
    );
    if (!compiled.ok) throw new Error(compiled.message);
    return run(compiled.entry, 'length', hostOf(new Map([[-0x4000, 0xfffe_0000_00a8]])), -0x4000).value;
  };
  expect(value('low')).toBe(0x15);
  expect(value('minus')).toBe(-2);
});
