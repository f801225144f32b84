import { beforeAll, describe, expect, it } from 'vitest';
import { Injector } from '../../src/fault/injector.ts';
import type { Expression } from '../../src/model/expression.ts';
import type { Action } from '../../src/model/scenario.ts';
import type { Receipt } from '../../src/record/record.ts';
import { int, place, word } from '../support/expressions.ts';
import { action, scenario, trigger } from '../support/scenarios.ts';
import { cacheOf } from '../targets/sim/guest/slabs.ts';
import type { Shape } from '../targets/sim/guest/support.ts';
import { Booted, topologyOf } from '../targets/sim/guest/support.ts';

const MS = 1_000_000;
const OBJECT = (index: number): string => `web.slabs["kmalloc-64"].objects[${index}]`;
const by = (cpu: number): Record<string, Expression[]> => ({ by: [place(`web.cpus[${cpu}]`)] });

/** A booted guest to which something is done at 40 ms. */
function after(
  actions: readonly Action[],
  until_ms: number,
  shape: Shape = {},
): { readonly guest: Booted; receipts(): readonly Receipt[] } {
  const guest = new Booted(shape).run(40);
  const { target } = guest;
  const injector = new Injector({
    scenario: scenario({ triggers: [trigger(40 * MS, actions)], topology: topologyOf(shape) }),
    seed: 1,
    target,
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  for (
    let next = injector.nextTime();
    next !== undefined && next <= until_ms * MS;
    next = injector.nextTime()
  ) {
    target.runUntil(next);
    injector.fire(next);
  }
  guest.run(until_ms);
  return { guest, receipts: () => injector.receipts() };
}

const lockedBy = (guest: Booted, lock: string): number => guest.u32(guest.symbol(lock)) & 0xff;

/** The memory map's entry of a page of the direct map. */
const slabAt = (page: number): number => -0x1600_0000_0000 + ((page + 0x7780_0000_0000) / 4096) * 64;

describe('free', () => {
  it("puts the object at the head of its CPU's freelist, by the guest's own code", () => {
    const { guest, receipts } = after([action('free', OBJECT(4))], 40.05);
    const cache = cacheOf(guest, 'kmalloc-64');
    const [slab] = cache.slabs();
    const freelists = [0, 1].map((cpu) => cache.cpuFreelist(cpu)[0]);
    expect(freelists).toContain(slab!.page + 4 * 64);
    expect(receipts()[0]).toMatchObject({ place: OBJECT(4), kind: 'fault', bytes: 0 });
    expect(receipts()[0]!.note).toMatch(
      /^kfree\(0xffff[0-9a-f]{12}\) on CPU (\d), asked by lkdtm_queue.requests\[0\] from 0{64} to (?!0{64})[0-9a-f]{64}; pid [1-9]\d* on CPU \1 has done it$/,
    );
    expect(receipts()[0]!.activated_ns).toBeGreaterThan(40 * MS);
    expect(guest.of('oops')).toEqual([]);
  });

  it('of the same object twice in a row is a BUG, and the freelist stays as it was', () => {
    const { guest } = after([action('free', OBJECT(4)), action('free', OBJECT(4))], 41);
    expect(guest.of('oops').map(({ detail }) => [detail['sign'], detail['comm']])).toEqual([
      ['slub_bug', 'lkdtm/0'],
    ]);
    expect(guest.log().some((line) => line.includes('kernel BUG at mm/slub.c:'))).toBe(true);
    expect(() => cacheOf(guest, 'kmalloc-64').cpuFreelist(0)).not.toThrow();
    expect(guest.of('panic')).toEqual([]);
  });

  it('of the same object with another between makes a ring of the freelist', () => {
    const { guest } = after(
      [4, 5, 4].map((index) => action('free', OBJECT(index))),
      40.05,
    );
    expect(() => cacheOf(guest, 'kmalloc-64').cpuFreelist(0)).toThrow('does not end');
    expect(guest.of('oops')).toEqual([]);
  });

  it('of an object of a full slab brings the slab back, frozen, to the partial list of that CPU', () => {
    const full = 'web.slabs["kmalloc-256"].objects[3]';
    const { guest } = after([action('free', full, by(1))], 40.2);
    const cache = cacheOf(guest, 'kmalloc-256');
    const [slab] = cache.slabs();
    expect(slab).toMatchObject({ frozen: true, inuse: 15, free: [slab!.page + 3 * 256] });
    const partial = guest.u64(cache.cpuSlab(1) + guest.offset('kmem_cache_cpu', 'partial'));
    expect(partial).toBe(slabAt(slab!.page));
    expect(guest.u32(partial + guest.offset('slab', 'slabs'))).toBe(1);
  });

  it("with too many partial slabs the CPU gives those that it had to the node, thawed, under the node's lock", () => {
    const few = action('set', 'web.slabs["task_struct"].cpu_partial_slabs', { to: [int(1)] });
    const free = (index: number): Action =>
      action('free', `web.slabs["task_struct"].objects[${index}]`, by(1));
    const { guest } = after([few, free(2), free(9)], 40.2, { workload: 'idle', cpus: 4 });
    const cache = cacheOf(guest, 'task_struct');
    const [first, second] = cache.slabs();
    expect(first).toMatchObject({ frozen: false, inuse: 6 });
    expect(second).toMatchObject({ frozen: true, inuse: 6 });
    const listed = guest.ring(cache.node('partial'), guest.offset('slab', 'slab_list'));
    expect(listed).toEqual([slabAt(first!.page)]);
    expect(guest.u64(cache.node('nr_partial'))).toBe(1);
    expect(guest.u32(cache.node('list_lock'))).toBe(0);
  });

  it('runs on the CPU that it is told', () => {
    const { guest } = after([action('free', OBJECT(4), by(1))], 40.1);
    const [slab] = cacheOf(guest, 'kmalloc-64').slabs();
    // Not CPU 1's slab: the object goes to the slab's own freelist.
    expect(slab!.free).toContain(slab!.page + 4 * 64);
  });

  it('is put off while the queue of the CPU is full', () => {
    const frees = Array.from({ length: 18 }, () => action('release', 'web.locks["sb_lock"]', by(0)));
    const { receipts } = after(frees, 45);
    const fired = receipts().map((receipt) => receipt.fired_ns);
    expect(fired.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 40 * MS));
    expect(fired[16]).toBeGreaterThan(40 * MS);
    expect(fired[17]).toBeDefined();
  });

  it('asks for an object of a cache', () => {
    const { receipts } = after([action('free', 'web.tasks["nginx"].comm')], 41);
    expect(receipts()[0]).toMatchObject({ note: 'web.tasks["nginx"].comm is no object of a slab cache' });
  });
});

describe('acquire and release', () => {
  it('take a lock and give it back, on the CPU that is named', () => {
    const taken = after([action('acquire', 'web.locks["sb_lock"]', by(1))], 41);
    expect(lockedBy(taken.guest, 'sb_lock')).toBe(1);
    const given = after(
      [action('acquire', 'web.locks["sb_lock"]', by(1)), action('release', 'web.locks["sb_lock"]')],
      41,
    );
    expect(lockedBy(given.guest, 'sb_lock')).toBe(0);
    given.guest.run(200);
    expect(given.guest.of('stall')).toEqual([]);
  });

  it('are done in the order in which they are written, over CPUs: each waits for what the other has', () => {
    const [a, b] = ['web.locks["sb_lock"]', 'web.locks["inode_hash_lock"]'] as const;
    const cross = [
      action('acquire', a, by(0)),
      action('acquire', b, by(1)),
      action('acquire', b, by(0)),
      action('acquire', a, by(1)),
    ];
    const { guest } = after(cross, 42);
    const waits = [0, 1].map((cpu) => guest.target.partitions[0]!.cpus[cpu]!.get('rdi'));
    expect(waits).toEqual(
      ['inode_hash_lock', 'sb_lock'].map((lock) => BigInt.asUintN(64, BigInt(guest.symbol(lock)))),
    );
  });

  it('of an rwlock, for reading', () => {
    const { guest } = after(
      [action('acquire', 'web.locks["tasklist_lock"]', { ...by(1), mode: [word('read')] })],
      40.1,
    );
    expect(guest.u32(guest.symbol('tasklist_lock')) >>> 9).toBeGreaterThan(0);
  });
});

describe('loop', () => {
  it('with interrupts on the CPU goes on ticking, with interrupts off it does not', () => {
    const ticks = (irqs: string): number => {
      const { guest } = after([action('loop', 'web.cpus[1]', { irqs: [word(irqs)] })], 41);
      const count = (): number => guest.u32(guest.perCpu(1, 'irq_stat') + 4);
      const before = count();
      guest.run(81);
      return count() - before;
    };
    expect(ticks('on')).toBeGreaterThan(8);
    expect(ticks('off')).toBe(0);
  });
});

describe('the receipt of what the guest is asked to do', () => {
  const ended = (receipts: readonly Receipt[]): string[] =>
    receipts.map(({ note }) => note.split('; ')[1] ?? '').map((said) => said.replace(/pid \d+/, 'pid N'));
  const took = (mode = by(0)): Action => action('acquire', 'web.locks["sb_lock"]', mode);

  it('says who has done it, and who waits', () => {
    const { receipts } = after([took(), took(by(1)), action('free', OBJECT(4), by(1))], 42);
    expect(ended(receipts())).toEqual([
      'pid N on CPU 0 has done it',
      'pid N on CPU 1 began it and has not come to its end',
      'CPU 1 has not come to it',
    ]);
  });

  it('says of a lock that was given back that both were done', () => {
    const { receipts } = after([took(), action('release', 'web.locks["sb_lock"]', by(0))], 42);
    expect(ended(receipts())).toEqual(['pid N on CPU 0 has done it', 'pid N on CPU 0 has done it']);
  });

  it('says that a loop has no end, and that what kills its task has none', () => {
    const { receipts } = after(
      [
        action('loop', 'web.cpus[1]', { irqs: [word('off')] }),
        action('free', OBJECT(4), by(0)),
        action('free', OBJECT(4), by(0)),
      ],
      42,
    );
    expect(ended(receipts())).toEqual([
      'pid N on CPU 1 began it and has not come to its end',
      'pid N on CPU 0 has done it',
      'pid N on CPU 0 began it and has not come to its end',
    ]);
  });

  it('says where it cannot be known any more', () => {
    const frees = Array.from({ length: 18 }, () => action('release', 'web.locks["sb_lock"]', by(0)));
    const said = ended(after(frees, 45).receipts());
    expect(said[0]).toBe('what became of it is not known: its place in the queue was needed again');
    expect(said[17]).toBe('pid N on CPU 0 has done it');
  });
});

describe('copy', () => {
  let run: ReturnType<typeof after>;
  beforeAll(() => {
    const ranges = action('copy', 'web.tasks["nginx"].comm[0..2]', {
      to: [place('web.tasks["sshd"].comm[1..3]')],
    });
    const wider = action('copy', 'web.tasks["nginx"].pid', {
      to: [place(`web.tasks["php-fpm"].start_time`)],
    });
    run = after([ranges, wider], 41);
  });

  it('writes the bytes of one range over another', () => {
    expect(run.guest.tasks().map(({ comm }) => comm)).toContain('sngi');
    const [receipt] = run.receipts();
    expect(receipt).toMatchObject({
      place: 'web.tasks["sshd"].comm[1..3]',
      before: '736864',
      after: '6e6769',
      note: 'from web.tasks["nginx"].comm[0..2]',
    });
  });

  it('writes nothing where the sizes differ', () => {
    expect(run.receipts()[1]).toMatchObject({
      after: '',
      note: expect.stringContaining('has 4 bytes') as string,
    });
    expect(run.receipts()[1]!.fired_ns).toBeUndefined();
  });
});
