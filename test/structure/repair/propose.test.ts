// What would be written, and what would not; nothing is.
import { describe, expect, it } from 'vitest';
import type { LocatorModel, RepairModel, Statement } from '../../../src/model/structure.ts';
import { propose } from '../../../src/structure/repair/propose.ts';
import { link } from '../../../src/structure/link.ts';
import {
  binary,
  call,
  cast,
  collection,
  element,
  int,
  member,
  name,
  symbol,
} from '../../support/formulas.ts';
import { FlatSpace } from '../../support/flat-space.ts';
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
} from '../../support/structures.ts';
import { span } from '../../support/formulas.ts';

const LOCK = struct('spin', { locked: 'u8', pending: 'u8', tail: 'u16' });
const TASK = struct('task', { link: 'list_head', lock: 'spin', qty: 'u32', next_free: '*task' }, [
  ...KERNEL_STRUCTS,
  LOCK,
]);
const tasks = collection('tasks');
const t = name('t');
const BODY: readonly Statement[] = [
  each(
    't',
    tasks,
    require_(binary('<=', member(t, 'qty'), int(1000)), 'RANGE'),
    require_(binary('==', member(t, 'lock', 'pending'), int(0)), 'HELD'),
  ),
  let_('said', cast(symbol('count'), typeOf('u64'))),
  require_(binary('==', call('count', tasks), name('said')), 'COUNT'),
];
const repair = (code: string, verb: RepairModel['verb'], more: Partial<RepairModel> = {}): RepairModel => ({
  code,
  verb,
  unless_loss: false,
  span,
  ...more,
});
const [HEAD, COUNT] = [0x4000, 0x4100];
const at = (index: number): number => 0x1_0000 + index * 0x40;

function list(many: number): FlatSpace {
  const memory = new FlatSpace();
  const nodes = [HEAD, ...Array.from({ length: many }, (_, index) => at(index))];
  nodes.forEach((node, index) => {
    memory.put(node, nodes[(index + 1) % nodes.length] as number);
    memory.put(node + 8, nodes[(index + nodes.length - 1) % nodes.length] as number);
  });
  memory.put(COUNT, many);
  return memory;
}

const numberOf = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);

/** The plan for the finding of a code. */
function plan(memory: FlatSpace, code: string, ...more: (RepairModel | LocatorModel)[]) {
  const repairs = more.filter((one): one is RepairModel => 'verb' in one);
  const over =
    more.find((one): one is LocatorModel => 'shape' in one) ??
    locator('tasks', 'list', 'task', symbol('head'), { via: ['link'] });
  const of = library([LOCK, TASK], [over], [validator('tasks', BODY, repairs)]);
  const session = sessionOn(of, memory, { head: HEAD, count: COUNT });
  const drafts = session.validate('tasks')?.drafts ?? [];
  const draft = drafts.find((one) => one.code === code);
  if (!draft) throw new Error(`no ${code} among ${drafts.map((one) => one.code).join()}`);
  const made = propose(session, link(of, undefined), draft, drafts);
  return (
    made && {
      declined: made.declined?.code,
      writes: made.writes.map((one) => [one.address, numberOf(one.before), numberOf(one.after), one.place]),
    }
  );
}

describe('a repair', () => {
  it('relinks where both neighbours agree, and declines where they do not', () => {
    const memory = list(4);
    memory.put(at(1), 0x7000_0000);
    expect(plan(memory, 'LIST_NEXT_WILD', repair('LIST_NEXT_WILD', 'relink'))).toEqual({
      declined: undefined,
      writes: [[at(1), 0x7000_0000, at(2), 'tasks[1].link.next']],
    });
    memory.put(at(3) + 8, 0x7000_0000);
    memory.put(at(2), 0x7000_0000);
    memory.put(at(2) + 8, 0x7000_0000);
    expect(plan(memory, 'LIST_NEXT_WILD', repair('LIST_NEXT_WILD', 'relink'))).toEqual({
      declined: 'NO_VALUE',
      writes: [],
    });
  });

  it('recounts by what the requirement compares with, and sets what it is told', () => {
    const memory = list(4);
    memory.put(COUNT, 3);
    expect(plan(memory, 'COUNT', repair('COUNT', 'recount'))?.writes).toEqual([
      [COUNT, 3, 4, 'symbols["count"]'],
    ]);
    const set = repair('COUNT', 'set', {
      subject: symbol('count'),
      to: call('count', tasks, binary('==', member(element, 'qty'), int(0))),
    });
    expect(plan(memory, 'COUNT', set)?.writes).toEqual([[COUNT, 3, 4, 'symbols["count"]']]);
  });

  it('of a count of what hangs by links is made when more are found, and not when fewer are', () => {
    const memory = list(4);
    const recount = repair('COUNT', 'recount', { unless_loss: true });
    memory.put(COUNT, 3);
    expect(plan(memory, 'COUNT', recount)?.writes).toHaveLength(1);
    memory.put(COUNT, 5);
    expect(plan(memory, 'COUNT', recount)).toMatchObject({ declined: 'WOULD_LOSE_DATA', writes: [] });
    expect(plan(memory, 'COUNT', { ...recount, unless_loss: false })?.writes).toHaveLength(1);
  });

  it('that would hide what is cut off is declined', () => {
    const memory = list(0);
    // A chain of four, cut behind the second; the count is of all.
    const chain = locator('tasks', 'freelist', 'task', symbol('head'), {
      step: [member(element, 'next_free')],
    });
    memory.put(HEAD, at(0));
    memory.put(at(0) + 24, at(1));
    memory.put(at(1) + 24, 0);
    memory.put(COUNT, 4);
    const set = (more: Partial<RepairModel>): RepairModel =>
      repair('COUNT', 'set', {
        subject: symbol('count'),
        to: call('count', tasks),
        unless_loss: true,
        ...more,
      });
    expect(plan(memory, 'COUNT', repair('COUNT', 'recount', { unless_loss: true }), chain)?.declined).toBe(
      'WOULD_LOSE_DATA',
    );
    expect(plan(memory, 'COUNT', set({}), chain)?.declined).toBe('WOULD_LOSE_DATA');
    expect(plan(memory, 'COUNT', set({ to: int(1) }), chain)?.writes).toHaveLength(1);
    expect(plan(memory, 'COUNT', set({ unless_loss: false }), chain)?.writes).toHaveLength(1);
    memory.put(COUNT, 1);
    expect(plan(memory, 'COUNT', set({}), chain)?.writes).toHaveLength(1);
  });

  it('sees the names of the requirement that failed', () => {
    const memory = list(4);
    memory.put(at(2) + 20, 5000);
    const set = repair('RANGE', 'set', { subject: member(t, 'qty'), to: int(7) });
    expect(plan(memory, 'RANGE', set)?.writes).toEqual([[at(2) + 20, 5000, 7, 'tasks[2].qty']]);
    const never = { ...set, only_if: binary('==', member(t, 'qty'), int(1)) };
    expect(plan(memory, 'RANGE', never)?.declined).toBe('CONDITION');
    const then = { ...set, only_if: binary('==', member(t, 'qty'), int(5000)) };
    expect(plan(memory, 'RANGE', never, then)?.writes).toHaveLength(1);
  });

  it('unlinks a node from its neighbours, and releases a lock by the members of its type', () => {
    const memory = list(4);
    memory.put(at(2) + 16, 0x0101);
    memory.put(at(2) + 20, 0);
    memory.put(at(2) + 16, 0x0101);
    expect(plan(memory, 'HELD', repair('HELD', 'release', { subject: member(t, 'lock') }))?.writes).toEqual([
      [at(2) + 16, 1, 0, 'tasks[2].lock'],
    ]);
    expect(plan(memory, 'HELD', repair('HELD', 'unlink', { subject: t }))?.writes).toEqual([
      [at(1), at(2), at(3), 'tasks[1].link.next'],
      [at(3) + 8, at(2), at(1), 'tasks[3].link.prev'],
    ]);
    expect(plan(memory, 'HELD', repair('HELD', 'quarantine', { subject: t }))?.writes).toHaveLength(2);
    expect(
      plan(memory, 'HELD', repair('HELD', 'abandon', { subject: member(t, 'link', 'next') }))?.writes,
    ).toEqual([[at(2), at(3), 0, 'tasks[2].link.next']]);
  });

  it.each([
    [
      0,
      [
        [0x4008, at(0), at(1), 'symbols["table"][1].first'],
        [at(1) + 8, at(0), 0x4008, 'entries[1].link.pprev'],
        [at(0) + 8, 0x4008, 0, 'entries[0].link.pprev'],
      ],
    ],
    [
      1,
      [
        [at(0), at(1), 0, 'entries[0].link.next'],
        [at(1) + 8, at(0), 0, 'entries[1].link.pprev'],
      ],
    ],
    [
      2,
      [
        [0x4018, at(2), 0, 'symbols["table"][3].first'],
        [at(2) + 8, 0x4018, 0, 'entries[2].link.pprev'],
      ],
    ],
  ])('unlinks entry %i of a hash from its own bucket', (entry, writes) => {
    const memory = new FlatSpace();
    for (const [field, node] of [
      [0x4008, at(0)],
      [at(0), at(1)],
      [0x4018, at(2)],
    ] as const) {
      memory.put(field, node);
      memory.put(node + 8, field);
    }
    memory.put(at(entry) + 16, 7);
    const ENTRY = struct('entry', { link: 'hlist_node', value: 'u64' }, KERNEL_STRUCTS);
    const body = each('t', collection('entries'), require_(binary('==', member(t, 'value'), int(0)), 'BAD'));
    const table = locator('entries', 'hash', 'entry', symbol('table'), { via: ['link'], length: int(4) });
    const of = library(
      [ENTRY],
      [table],
      [validator('entries', [body], [repair('BAD', 'unlink', { subject: t })])],
    );
    const session = sessionOn(of, memory, { table: 0x4000 });
    const drafts = session.validate('entries')!.drafts;
    const made = propose(session, link(of, undefined), drafts[0]!, drafts)!;
    expect(made.declined).toBeUndefined();
    expect(
      made.writes.map((one) => [one.address, numberOf(one.before), numberOf(one.after), one.place]),
    ).toEqual(writes);
  });

  it('of several steps is all of them, or none', () => {
    const memory = list(4);
    memory.put(at(2) + 16, 0x0101);
    memory.put(at(2) + 20, 0);
    const free = repair('HELD', 'release', { subject: member(t, 'lock') });
    const off = repair('HELD', 'unlink', { subject: t });
    const set = repair('HELD', 'set', { subject: member(t, 'qty'), to: int(7) });
    expect(plan(memory, 'HELD', { ...off, more: [free, set] })?.writes.map(([address]) => address)).toEqual([
      at(1),
      at(3) + 8,
      at(2) + 16,
      at(2) + 20,
    ]);
    const never = { ...set, only_if: binary('==', int(1), int(2)) };
    expect(plan(memory, 'HELD', { ...off, more: [free, never] })).toEqual({
      declined: 'CONDITION',
      writes: [],
    });
  });

  it.each([
    [0, [0, 1, 2, 3]],
    [15, [1, 0, 2, 3]],
    [20, [1, 2, 0, 3]],
    [99, [1, 2, 3, 0]],
  ])('hangs a node of key %i into a tree, behind its equals', (key, order) => {
    const memory = new FlatSpace();
    const [ROOT, LEFT, RIGHT] = [0x4000, 16, 8];
    const put = (index: number, own: number, parent: number, left = 0, right = 0): void => {
      memory.put(at(index), parent);
      memory.put(at(index) + RIGHT, right);
      memory.put(at(index) + LEFT, left);
      memory.put(at(index) + 24, own);
    };
    memory.put(ROOT, at(2));
    memory.put(ROOT + 8, at(1));
    put(2, 20, 1, at(1), at(3));
    put(1, 10, at(2) + 1);
    put(3, 30, at(2) + 1);
    put(0, key, 1);
    memory.put(0x5000, at(0));
    const ITEM = struct('item', { node: 'rb_node', key: 'u64' }, KERNEL_STRUCTS);
    const items = locator('items', 'tree', 'item', cast(symbol('root'), typeOf('rb_root_cached')), {
      via: ['node'],
      key: ['key'],
    });
    const lost = cast(symbol('lost'), typeOf('*item'));
    const body = [let_('t', lost), require_(binary('in', name('t'), collection('items')), 'LOST')];
    const mend = repair('LOST', 'rearm', { subject: name('t'), to: int(ROOT) });
    const of = library([ITEM], [items], [validator('items', body, [mend])]);
    const session = sessionOn(of, memory, { root: ROOT, lost: 0x5000 });
    const drafts = session.validate('items')!.drafts;
    const made = propose(session, link(of, undefined), drafts[0]!, drafts)!;
    expect(made.declined).toBeUndefined();
    for (const one of made.writes) memory.put(one.address, numberOf(one.after));
    const found = sessionOn(of, memory, { root: ROOT, lost: 0x5000 });
    expect(found.validate('items')?.drafts).toEqual([]);
    expect(found.elements('items').all().bases).toEqual(order.map(at));
  });

  it('takes an entry off a bucket that is a list_head', () => {
    const memory = new FlatSpace();
    const heads = [0x4000, 0x4010];
    for (const ring of [
      [heads[0], at(0), at(1)],
      [heads[1], at(2)],
    ] as number[][]) {
      ring.forEach((node, index) => {
        memory.put(node, ring[(index + 1) % ring.length] as number);
        memory.put(node + 8, ring[(index + ring.length - 1) % ring.length] as number);
      });
    }
    const ENTRY = struct('entry', { link: 'list_head', value: 'u64' }, KERNEL_STRUCTS);
    const table = locator('entries', 'hash', 'entry', cast(symbol('table'), typeOf('list_head[2]')), {
      via: ['link'],
    });
    const body = each('t', collection('entries'), require_(binary('==', member(t, 'value'), int(0)), 'BAD'));
    const of = library(
      [ENTRY],
      [table],
      [validator('entries', [body], [repair('BAD', 'unlink', { subject: t })])],
    );
    for (const [entry, field, left] of [
      [1, at(0), 1],
      [2, heads[1], 0],
    ] as [number, number, number][]) {
      for (const one of [0, 1, 2]) memory.put(at(one) + 16, one === entry ? 7 : 0);
      const session = sessionOn(of, memory, { table: heads[0] as number });
      const drafts = session.validate('entries')!.drafts;
      const made = propose(session, link(of, undefined), drafts[0]!, drafts)!;
      expect(made.declined).toBeUndefined();
      expect(made.writes).toHaveLength(2);
      expect(made.writes[0]?.address).toBe(field);
      for (const write of made.writes) memory.put(write.address, numberOf(write.after));
      const after = sessionOn(of, memory, { table: heads[0] as number });
      expect(after.validate('entries')?.drafts).toEqual([]);
      expect(after.elements('entries').all().bases).toHaveLength(left + 1);
    }
  });

  it('takes a node out of a tree: what is left is one', () => {
    const { memory, of, symbols } = tree();
    for (const one of [2, 1, 3]) {
      memory.put(at(one) + 24, 0xbad);
      const session = sessionOn(of, memory, symbols);
      const draft = session.validate('items')!.drafts.find(({ code }) => code === 'BAD')!;
      const made = propose(session, link(of, undefined), draft, [draft])!;
      expect(made.declined).toBeUndefined();
      for (const write of made.writes) memory.put(write.address, numberOf(write.after));
      const after = sessionOn(of, memory, symbols);
      expect(after.validate('items')?.drafts).toEqual([]);
      expect(after.elements('items').all().indexOf(at(one))).toBe(-1);
    }
    expect(sessionOn(of, memory, symbols).elements('items').all().bases).toEqual([]);
  });

  it.each([
    ['XA_PARENT', 8, 8, 0x1_1000],
    ['XA_OFFSET', 1, 1, 4],
    ['XA_COUNT', 2, 1, 7],
  ])('%s of an xarray is what the rest of it says', (code, offset, bytes, wrong) => {
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
    const ENTRY = struct('entry', { value: 'u64' }, KERNEL_STRUCTS);
    const [ROOT, TOP, LOW] = [0x4000, 0x1_0000, 0x1_1000];
    const memory = new FlatSpace();
    memory.put(ROOT, TOP + 2);
    memory.put(TOP, 0x01_00_06);
    memory.put(TOP + 16 + 8 * 3, LOW + 2);
    memory.put(LOW, 0x01_03_00);
    memory.put(LOW + 8, TOP);
    memory.put(LOW + 16 + 8 * 5, 0x2_0000);
    memory.put(0x2_0000, 1);
    const pids = locator('pids', 'xarray', 'entry', cast(symbol('root'), typeOf('xarray')));
    const sound = each('t', collection('pids'), require_(binary('==', member(t, 'value'), int(1)), 'BAD'));
    const of = library([...STRUCTS, ENTRY], [pids], [validator('pids', [sound], [repair(code, 'relink')])]);
    const look = () => sessionOn(of, memory, { root: ROOT });
    expect(look().validate('pids')?.drafts).toEqual([]);
    const before = memory.space.bytes(LOW, 16) as Uint8Array;
    const word = new DataView(before.slice().buffer);
    if (bytes === 8) word.setBigUint64(offset, BigInt(wrong), true);
    else word.setUint8(offset, wrong);
    memory.put(LOW, Number(word.getBigUint64(0, true)));
    memory.put(LOW + 8, Number(word.getBigUint64(8, true)));
    const session = look();
    const drafts = session.validate('pids')!.drafts;
    expect(drafts.map((one) => one.code)).toEqual([code]);
    const made = propose(session, link(of, undefined), drafts[0]!, drafts)!;
    expect(made.writes.map((one) => [one.address, one.after.length])).toEqual([[LOW + offset, bytes]]);
    expect(made.writes[0]?.after).toEqual(before.slice(offset, offset + bytes));
  });

  it('there is none for a code that the validator has none for', () => {
    const memory = list(4);
    memory.put(COUNT, 3);
    expect(plan(memory, 'COUNT', repair('RANGE', 'recount'))).toBeUndefined();
  });
});

/** Keys 10, 20 and 30, the middle one on top: none may be 0xbad. */
function tree(): { memory: FlatSpace; of: ReturnType<typeof library>; symbols: Record<string, number> } {
  const memory = new FlatSpace();
  const put = (index: number, key: number, parent: number, left = 0, right = 0): void => {
    [parent, right, left, key].forEach((word, place) => memory.put(at(index) + place * 8, word));
  };
  memory.put(0x4000, at(2));
  memory.put(0x4008, at(1));
  put(2, 20, 1, at(1), at(3));
  put(1, 10, at(2) + 1);
  put(3, 30, at(2) + 1);
  const ITEM = struct('item', { node: 'rb_node', key: 'u64' }, KERNEL_STRUCTS);
  const items = locator('items', 'tree', 'item', cast(symbol('root'), typeOf('rb_root_cached')), {
    via: ['node'],
  });
  const body = each('t', collection('items'), require_(binary('!=', member(t, 'key'), int(0xbad)), 'BAD'));
  const of = library(
    [ITEM],
    [items],
    [validator('items', [body], [repair('BAD', 'unlink', { subject: t })])],
  );
  return { memory, of, symbols: { root: 0x4000 } };
}
