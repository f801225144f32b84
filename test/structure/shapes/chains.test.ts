// Buckets, lock-less lists, free lists: what ends with NULL.
import { describe, expect, it } from 'vitest';
import {
  binary,
  call,
  collection,
  every,
  index,
  int,
  member,
  name,
  symbol,
  cast,
  address,
  element,
} from '../../support/formulas.ts';
import type { LocatorModel } from '../../../src/model/structure.ts';
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

const TIMER = struct('timer', { entry: 'hlist_node', slot: 'u64' }, KERNEL_STRUCTS);
const BUCKETS = cast(symbol('buckets'), typeOf('hlist_head[4]'));
const timers = collection('timers');
const t = name('t');
const TIMERS = library(
  [TIMER],
  [locator('timers', 'hlist', 'timer', every(BUCKETS), { via: ['entry'] })],
  [
    validator('timers', [
      each(
        't',
        timers,
        require_(binary('==', call('head', t), address(index(BUCKETS, member(t, 'slot')))), 'BUCKET'),
      ),
    ]),
  ],
);
const [HEADS, FIRST] = [0x4000, 0x1_0000];
const node = (at: number): number => FIRST + at * 0x40;

/** Buckets by the numbers of the timers in them. */
function wheel(...buckets: number[][]): FlatSpace {
  const memory = new FlatSpace();
  buckets.forEach((of, bucket) => {
    let field = HEADS + bucket * 8;
    for (const one of of) {
      memory.put(field, node(one));
      memory.put(node(one) + 8, field);
      memory.put(node(one) + 16, bucket);
      field = node(one);
    }
  });
  return memory;
}

const validate = (memory: FlatSpace) => sessionOn(TIMERS, memory, { buckets: HEADS }).validate('timers');

describe('a hash bucket', () => {
  it('is walked to its end, and each entry knows which it is', () => {
    expect(validate(wheel([0, 1], [], [2, 3, 4]))).toEqual({
      drafts: [],
      left_out: 0,
      elements: 5,
      failure: undefined,
    });
    const wrong = wheel([0], [1]);
    wrong.put(node(1) + 16, 3);
    expect(validate(wrong)?.drafts).toMatchObject([{ code: 'BUCKET', place: 'timers[1].slot' }]);
    wrong.put(node(1) + 16, 4);
    expect(validate(wrong)).toMatchObject({
      drafts: [],
      failure: { code: 'INDEX', address: node(1) + 16, place: 'timers[1].slot' },
    });
  });

  it('with a pprev that is wrong costs that one field', () => {
    const memory = wheel([0, 1, 2]);
    memory.put(node(1) + 8, 0x1234_5678);
    expect(validate(memory)).toMatchObject({
      elements: 3,
      drafts: [
        { code: 'HLIST_PPREV', place: 'timers[1].entry.pprev', address: node(1) + 8, expected: node(0) },
      ],
    });
  });

  it('whose link leads away is blamed at that link', () => {
    const memory = wheel([0, 1, 2], [3]);
    memory.put(node(0), node(3));
    expect(validate(memory)?.drafts).toMatchObject([{ code: 'HLIST_WILD', place: 'timers[0].entry.next' }]);
    memory.put(node(0), 0x7777_0000);
    expect(validate(memory)?.drafts[0]).toMatchObject({
      code: 'HLIST_WILD',
      message: expect.stringContaining('no mapped memory'),
    });
    memory.put(HEADS, 0xdead_0000_0000_0100n);
    expect(validate(memory)?.drafts[0]).toMatchObject({
      place: 'symbols["buckets"][0].first',
      address: HEADS,
    });
    const endless = wheel([0, 1, 2]);
    endless.put(node(2), node(0));
    expect(validate(endless)?.drafts).toMatchObject([
      { code: 'HLIST_WILD', place: 'timers[2].entry.next', message: expect.stringContaining('never ends') },
    ]);
  });
});

const WORK = struct('work', { next: 'llist_node', done: 'u32' }, KERNEL_STRUCTS);
const CHAINS = library(
  [WORK],
  [
    locator('works', 'llist', 'work', cast(symbol('queue'), typeOf('llist_head')), { via: ['next'] }),
    locator('free', 'freelist', 'work', cast(symbol('head'), typeOf('*work')), {
      step: [binary('^', call('u64_at', address(member(element, 'next'))), int(0x5555_0000))],
    }),
  ],
  [
    validator('works', [
      each('w', collection('works'), require_(binary('<=', member(name('w'), 'done'), int(1)), 'DONE')),
    ]),
    validator('free', [require_(binary('<', call('count', collection('free')), int(100)), 'MANY')]),
  ],
);

describe('a chain that ends with NULL', () => {
  const chained = (codes: (target: number) => number): FlatSpace => {
    const memory = new FlatSpace();
    memory.put(0x4100, node(0));
    for (let at = 0; at < 5; at++) memory.put(node(at), codes(at === 4 ? 0 : node(at + 1)));
    return memory;
  };

  it('is walked as a lock-less list', () => {
    const memory = chained((to) => to);
    const session = () => sessionOn(CHAINS, memory, { queue: 0x4100 }).validate('works');
    expect(session()).toEqual({ drafts: [], left_out: 0, elements: 5, failure: undefined });
    memory.put(node(3), node(1));
    expect(session()).toMatchObject({
      elements: 4,
      drafts: [{ code: 'LLIST_CYCLE', place: 'works[3].next.next' }],
    });
    memory.put(node(3), 3);
    expect(session()?.drafts).toMatchObject([{ code: 'LLIST_WILD', address: node(3) }]);
  });

  it('is walked as a free list whose links are encoded', () => {
    const memory = chained((to) => (to ^ 0x5555_0000) >>> 0);
    const session = () => sessionOn(CHAINS, memory, { head: 0x4100 }).validate('free');
    expect(session()).toEqual({ drafts: [], left_out: 0, elements: 5, failure: undefined });
    memory.put(node(2), (node(0) ^ 0x5555_0000) >>> 0);
    expect(session()?.drafts).toMatchObject([{ code: 'FREELIST_CYCLE', address: node(0) }]);
    // What was freed after it hangs before it, and is sound.
    memory.put(node(2), (node(1) ^ 0x5555_0000) >>> 0);
    expect(session()?.drafts).toMatchObject([
      { code: 'FREELIST_CYCLE', address: node(1), means: 'double_free' },
    ]);
    memory.put(node(2), 0x1234);
    expect(session()?.drafts).toMatchObject([{ code: 'FREELIST_WILD', address: node(2) }]);
  });

  const bounded = (limit: number, more: Partial<LocatorModel> = { beyond: 'damage' }) =>
    library(
      [WORK],
      [
        locator('works', 'llist', 'work', cast(symbol('queue'), typeOf('llist_head')), {
          via: ['next'],
          limit,
          ...more,
        }),
        locator('free', 'freelist', 'work', cast(symbol('queue'), typeOf('*work')), {
          step: [binary('^', call('u64_at', address(member(element, 'next'))), int(0))],
          limit,
          ...more,
        }),
      ],
      [validator('works', []), validator('free', [])],
    );
  const judge = (structure: string, memory: FlatSpace, of: ReturnType<typeof bounded>, steps = 1000) =>
    sessionOn(of, memory, { queue: 0x4100 }, { budget: { step: () => steps-- > 0 } }).validate(structure);

  it('comes back before it can be too long, or run out of steps', () => {
    for (const back of [0, 2, 4]) {
      const memory = chained((to) => to);
      memory.put(node(4), node(back));
      const wrong = { drafts: [{ code: 'LLIST_CYCLE', address: node(4) }], failure: undefined };
      expect(judge('works', memory, bounded(5))).toMatchObject(wrong);
      expect(judge('works', memory, bounded(100), 6)).toMatchObject(wrong);
      expect(judge('free', memory, bounded(5))).toMatchObject({
        drafts: [{ code: 'FREELIST_CYCLE', address: node(back) }],
        failure: undefined,
      });
    }
    expect(
      judge(
        'works',
        chained((to) => to),
        bounded(100),
        3,
      ),
    ).toMatchObject({ drafts: [], failure: { code: 'BUDGET' } });
  });

  it('of free objects names both links of the ring, one of which is wrong', () => {
    const memory = chained((to) => to);
    memory.put(node(4), node(3));
    expect(judge('free', memory, bounded(9))?.drafts[0]?.message).toBe(
      'free[3] is 0x0000000000010100: the object that it is of is met again through free[4]: one of the two links is wrong',
    );
    memory.put(node(4), node(4));
    expect(judge('free', memory, bounded(9))?.drafts[0]?.message).toContain(
      'it leads back to where it stands',
    );
  });

  it('with more elements than its limit is damage where that is said, and else not judged', () => {
    const memory = chained((to) => to);
    expect(judge('works', memory, bounded(5))).toMatchObject({ drafts: [], failure: undefined });
    expect(judge('works', memory, bounded(4))).toMatchObject({
      elements: 4,
      drafts: [{ code: 'TOO_MANY', place: 'symbols["queue"]', means: 'bad_count' }],
      failure: undefined,
    });
    expect(judge('works', memory, bounded(4, {}))).toMatchObject({ drafts: [], failure: { code: 'BUDGET' } });
    expect(judge('works', memory, bounded(4, { beyond: 'disputed' }))).toMatchObject({
      drafts: [],
      failure: { code: 'LOCATOR_LIMIT' },
    });
  });
});
