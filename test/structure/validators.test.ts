// What validators say of memory that lies, and of what only the rescuer sees.
import { describe, expect, it } from 'vitest';
import type { Statement } from '../../src/model/structure.ts';
import type { CpuView } from '../../src/structure/session.ts';
import {
  address,
  binary,
  call,
  cast,
  collection,
  cpus,
  element,
  index,
  int,
  member,
  name,
  range,
  span,
  symbol,
  text,
  truth,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  KERNEL_STRUCTS,
  let_,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const OBJECT = struct('object', {
  free: '*object',
  size: 'u32',
  count: 'u32',
  table: 'u32[4]',
  comm: 'char[8]',
  other: '*object',
});
const [BASE, SLAB] = [0x4000, 0x1_0000];
const SYMBOLS = { object: BASE, slab: SLAB, counter: 0x4200 };
const object = cast(symbol('object'), typeOf('object'));
const o = name('o');

/** What a body says of a memory. */
function say(memory: FlatSpace, body: readonly Statement[], more: Parameters<typeof sessionOn>[3] = {}) {
  const things = locator('things', 'one', 'object', cast(symbol('object'), typeOf('object')), {
    guard: member(element, 'size'),
  });
  const of = library([OBJECT], [things], [validator('v', body)]);
  return sessionOn(of, memory, SYMBOLS, more).validate('v');
}

describe('a walk', () => {
  const walk = (limit: number, ...body: Statement[]): Statement => ({
    kind: 'walk',
    name: 'o',
    from: member(object, 'free'),
    step: call('u64_at', o),
    limit: int(limit),
    cycle: 'CYCLE',
    over_limit: 'OVER',
    body,
    span,
  });
  const chain = (...links: number[]): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(BASE, links[0] ?? 0);
    links.forEach((link, at) => memory.put(link, links[at + 1] ?? 0));
    return memory;
  };

  it('ends well at 0', () => {
    expect(say(chain(0x1_0000, 0x1_0040, 0x1_0080), [walk(3)])).toMatchObject({
      drafts: [],
      failure: undefined,
    });
  });

  it('that meets itself says which link led back', () => {
    const memory = chain(0x1_0000, 0x1_0040, 0x1_0080, 0x1_00c0);
    memory.put(0x1_00c0, 0x1_0040);
    expect(say(memory, [walk(100)])?.drafts).toMatchObject([{ code: 'CYCLE', address: 0x1_00c0 }]);
    memory.put(0x1_00c0, 0x1_00c0);
    expect(say(memory, [walk(100)])?.drafts).toMatchObject([{ code: 'CYCLE', address: 0x1_00c0 }]);
  });

  it.each([2, 3, 4, 10, 15, 16])(
    'that goes round %i nodes is a cycle, where so many may be gone through',
    (nodes) => {
      const links = Array.from({ length: nodes }, (_, at) => 0x1_0000 + at * 0x40);
      const memory = chain(...links);
      const last = links.at(-1) as number;
      memory.put(last, 0x1_0000);
      expect(say(memory, [walk(16)])?.drafts).toMatchObject([{ code: 'CYCLE', address: last }]);
      expect(say(memory, [walk(nodes)])?.drafts).toMatchObject([{ code: 'CYCLE', address: last }]);
      expect(say(memory, [walk(nodes - 1)])?.drafts).toMatchObject([{ code: 'OVER' }]);
    },
  );

  it('over what is freed names the link of the object that is met again, and that which leads back to it', () => {
    const memory = chain(0x1_0000, 0x1_0040, 0x1_0080);
    const freed = (): Statement => ({ ...(walk(9) as Statement & { kind: 'walk' }), means: 'double_free' });
    memory.put(0x1_0080, 0x1_0040);
    expect(say(memory, [freed()])?.drafts).toMatchObject([
      {
        address: 0x1_0040,
        message: expect.stringContaining('met again through address(0x0000000000010080)'),
      },
    ]);
    memory.put(0x1_0080, 0x1_0080);
    expect(say(memory, [freed()])?.drafts).toMatchObject([
      { address: 0x1_0080, message: expect.stringContaining('it leads back to where it stands') },
    ]);
  });

  it('that is too long, or leads nowhere, says where it was last', () => {
    const memory = chain(0x1_0000, 0x1_0040, 0x1_0080);
    expect(say(memory, [walk(2)])?.drafts).toMatchObject([{ code: 'OVER', address: 0x1_0040 }]);
    memory.put(0x1_0040, 0x7777_0000);
    expect(say(memory, [walk(9)])).toMatchObject({
      drafts: [],
      failure: { code: 'UNMAPPED', address: 0x1_0040 },
    });
  });

  it('goes no further than a value that its own requirement blames', () => {
    const memory = chain(0x1_0000, 0x2_0000, 0x1_0080);
    const inside = require_(binary('in', o, range(int(0x1_0000), int(0x1_ffff))), 'OUTSIDE', [
      { value: o, format: 'address' },
    ]);
    const result = say(memory, [walk(9, inside)]);
    expect(result?.drafts).toMatchObject([
      { code: 'OUTSIDE', address: 0x1_0000, message: '0x0000000000020000' },
    ]);
  });
});

describe('memory that lies', () => {
  it('is UNMAPPED at the pointer that led there, and the next requirement is judged', () => {
    const memory = new FlatSpace();
    memory.put(BASE + 40, 0x7777_0000);
    const result = say(memory, [
      require_(binary('==', member(object, 'other', 'free', 'size'), int(1)), 'A'),
      require_(binary('==', member(object, 'size'), int(1)), 'B'),
    ]);
    expect(result?.failure).toMatchObject({
      code: 'UNMAPPED',
      address: BASE + 40,
      place: 'symbols["object"].other',
    });
    expect(result?.drafts.map((one) => one.code)).toEqual(['B']);
  });

  it('gives no let, and then the rest of its body neither', () => {
    const memory = new FlatSpace();
    memory.put(BASE + 40, 0x7777_0000);
    const result = say(memory, [
      each(
        'i',
        range(int(0), int(1)),
        let_('x', member(object, 'other', 'size')),
        require_(truth(false), 'INNER'),
      ),
      require_(truth(false), 'OUTER'),
    ]);
    expect(result?.drafts.map((one) => one.code)).toEqual(['OUTER']);
    expect(result?.failure?.code).toBe('UNMAPPED');
  });

  it('with a bound that wraps is WRAP, an empty range is none, an index outside is INDEX', () => {
    const memory = new FlatSpace();
    const loop = (low: number): Statement =>
      each(
        'i',
        range(int(low), binary('-', member(object, 'count'), int(1))),
        require_(binary('==', index(member(object, 'table'), name('i')), int(0)), 'TABLE'),
      );
    expect(say(memory, [loop(0)])).toMatchObject({
      drafts: [],
      failure: { code: 'WRAP', address: BASE + 12, place: 'symbols["object"].count' },
    });
    memory.put(BASE + 8, 1n << 32n);
    expect(say(memory, [loop(1)])).toMatchObject({ drafts: [], failure: undefined });
    memory.put(BASE + 8, 5n << 32n);
    expect(say(memory, [loop(0)])).toMatchObject({
      drafts: [],
      failure: { code: 'INDEX', place: 'symbols["object"].count', address: BASE + 12, bytes: 4 },
    });
    memory.put(BASE + 16, 1n << 32n);
    expect(say(memory, [loop(0)])?.drafts).toMatchObject([
      { code: 'TABLE', place: 'symbols["object"].table[1]', address: BASE + 20 },
    ]);
  });

  it('that goes on and on uses up its steps', () => {
    const memory = new FlatSpace();
    memory.put(BASE + 8, 0xffff_ffffn << 32n);
    let steps = 0;
    const result = say(
      memory,
      [each('i', range(int(0), member(object, 'count')), require_(truth(true), 'X'))],
      { budget: { step: () => ++steps <= 1000 } },
    );
    expect(result?.failure?.code).toBe('BUDGET');
    expect(steps).toBe(1001);
  });

  it('is not the ground for what is said of all, when not all were found', () => {
    const list = struct('item', { link: 'list_head' }, KERNEL_STRUCTS);
    const items = collection('items');
    const of = library(
      [list],
      [locator('items', 'list', 'item', symbol('object'), { via: ['link'] })],
      [validator('items', [require_(binary('==', call('count', items), int(99)), 'COUNT')])],
    );
    const memory = new FlatSpace();
    memory.put(BASE, SLAB);
    memory.put(BASE + 8, SLAB);
    memory.put(SLAB, BASE);
    memory.put(SLAB + 8, BASE);
    const check = () =>
      sessionOn(of, memory, SYMBOLS)
        .validate('items')
        ?.drafts.map((one) => one.code);
    expect(check()).toEqual(['COUNT']);
    memory.put(BASE, 0x7777_0000);
    memory.put(BASE + 8, 0x7777_0000);
    expect(check()).toEqual(['LIST_NEXT_WILD', 'LIST_PREV_WILD']);
  });
});

describe('what is read', () => {
  it('of bytes: runs, checksums, texts', () => {
    const memory = new FlatSpace();
    for (let at = 0; at < 64; at += 8) memory.put(SLAB + at, 0xbbbb_bbbb_bbbb_bbbbn);
    const zone = [cast(symbol('slab'), typeOf('u64')), int(64), int(0xbb)] as const;
    const run = [address(zone[0]), zone[1], zone[2]] as const;
    const requirement = require_(call('filled', ...run), 'ZONE', [], {
      at: call('u8_at', call('first_other', ...run)),
    });
    expect(say(memory, [requirement])).toMatchObject({ drafts: [] });
    memory.put(SLAB + 40, 0xbbbb_bb00_bbbb_bbbbn);
    expect(say(memory, [requirement])?.drafts).toMatchObject([
      { code: 'ZONE', address: SLAB + 44, bytes: 1 },
    ]);
    memory.put(BASE + 32, 0x6e_6967_6e78n);
    const named = require_(
      binary(
        'and',
        call('printable', member(object, 'comm')),
        binary('==', member(object, 'comm'), text('xngin')),
      ),
      'COMM',
      [{ value: member(object, 'comm'), format: 'plain' }],
    );
    expect(say(memory, [named])).toMatchObject({ drafts: [] });
    memory.put(BASE + 32, 0xffff_ffff_ffff_ff41n);
    expect(say(memory, [named])?.drafts).toMatchObject([
      {
        code: 'COMM',
        place: 'symbols["object"].comm',
        bytes: 8,
        message: 'A\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd',
      },
    ]);
    const crc = require_(binary('==', call('crc32c', int(SLAB + 48), int(9)), int(0)), 'CRC', [
      { value: call('crc32c', int(0x5_0000), int(9)), format: 'hex' },
    ]);
    memory.put(0x5_0000, 0x3837_3635_3433_3231n);
    memory.put(0x5_0008, 0x39n);
    expect(say(memory, [crc])?.drafts[0]?.message).toBe('0xe3069283');
  });

  it("of CPUs is the rescuer's view", () => {
    const cpu = (number: number, waits_for: number): CpuView => ({
      index: number,
      mode: 'waiting',
      rip: 0,
      rsp: 0,
      at: '',
      runs_in: '',
      caller: '',
      waits_for,
      waits_to: 'spin',
      waits_on: '',
      current: 0,
      depth: 0,
      live: true,
      stuck: false,
      running: true,
      interrupts_off: false,
      frames: ['take_it'],
    });
    const waited = require_(
      call('any', cpus, binary('==', member(element, 'waits_for'), address(member(object, 'size')))),
      'NOBODY',
    );
    const taken = each(
      'c',
      cpus,
      require_(call('takes', name('c'), { kind: 'set', items: [text('leave_it')], span }), 'NOT', [
        'cpu ',
        { value: member(name('c'), 'index'), format: 'plain' },
      ]),
    );
    const memory = new FlatSpace();
    const result = say(memory, [waited, taken], { cpus: [cpu(0, 0), cpu(1, BASE + 8)] });
    expect(result?.drafts.map((one) => [one.code, one.message])).toEqual([
      ['NOT', 'cpu 0'],
      ['NOT', 'cpu 1'],
    ]);
    expect(say(memory, [waited], { cpus: [cpu(0, 0)] })?.drafts).toMatchObject([{ code: 'NOBODY' }]);
  });

  it('of one element carries the lock that guards it', () => {
    const memory = new FlatSpace();
    const things = each(
      't',
      collection('things'),
      require_(binary('==', member(name('t'), 'count'), int(3)), 'COUNT'),
    );
    const [draft] = say(memory, [things])?.drafts ?? [];
    expect(draft?.guard).toMatchObject({ address: BASE + 8, place: 'symbols["object"].size' });
    expect(draft).toMatchObject({ place: 'things[0].count', expected: 3 });
  });
});
