import { describe, expect, it } from 'vitest';
import type { Expression } from '../../src/model/expression.ts';
import type { Action, Scenario } from '../../src/model/scenario.ts';
import { Injector } from '../../src/fault/injector.ts';
import type { InjectorOptions } from '../../src/fault/injector.ts';
import { readRegion } from '../../src/formats/region.ts';
import type { Receipt } from '../../src/record/record.ts';
import type { Target } from '../../src/target/target.ts';
import { BareKernel, bareTarget } from '../support/bare-kernel.ts';
import type { BareTarget } from '../support/bare-kernel.ts';
import { int, place, word } from '../support/expressions.ts';
import { action, on, scenario, trigger } from '../support/scenarios.ts';

const MS = 1_000_000;
const span = { file: 'a.spec', start: 0, end: 0 };
const size = (value: number): Expression => ({ kind: 'size', value, span });

interface Bench {
  readonly web: BareKernel;
  readonly db: BareKernel;
  readonly target: BareTarget;
  readonly summoned: string[];
  injector(more: Partial<Scenario>, options?: Partial<InjectorOptions>): Injector;
  /** Fires one action at 1 ms and gives its receipt. */
  once(one: Action): Receipt;
}

function bench(): Bench {
  const web = new BareKernel('web');
  const db = new BareKernel('db');
  const target = bareTarget([web, db]);
  const summoned: string[] = [];
  const hooks = {
    summon: (ambulance: string, partition: string, purpose: string): boolean =>
      partition === 'web' && summoned.push(`${ambulance} ${partition} ${purpose}`) > 0,
    service: (): boolean => false,
    kill: (): boolean => false,
  };
  const injector: Bench['injector'] = (more, options = {}) =>
    new Injector({ scenario: scenario(more), seed: 1, target, hooks, ...options });
  const once: Bench['once'] = (one) => {
    const driven = injector({ triggers: [trigger(MS, one, 'x')] });
    driven.fire(MS);
    return driven.receipts()[0] as Receipt;
  };
  return { web, db, target, summoned, injector, once };
}

const nginx = (web: BareKernel, member: string): number =>
  (web.tasks.get('nginx') as number) + web.offset('task_struct', member);

describe('verbs that change bytes', () => {
  it('set writes a value in the width of the place, and its receipt has the bytes before and after', () => {
    const { web, once } = bench();
    const link = nginx(web, 'tasks.next');
    const before = Buffer.from(web.bytes.subarray(web.physical(link), web.physical(link) + 8)).toString(
      'hex',
    );
    const receipt = once(
      action('set', 'web.tasks["nginx"].tasks.next', { to: [int(0xdead_0000_0000_0100n)] }),
    );
    expect(web.get64(link)).toBe(0xdead_0000_0000_0100n);
    expect(receipt).toMatchObject({
      name: 'x',
      verb: 'set',
      kind: 'fault',
      partition: 'web',
      fired_ns: MS,
      before,
      after: '000100000000adde',
      bytes: 8,
      physical: web.physical(link),
      place: 'web.tasks["nginx"].tasks.next',
    });
    expect(receipt.activated_ns).toBeUndefined();
  });

  it('set to a place writes its address', () => {
    const { web, once } = bench();
    once(action('set', 'web.tasks["nginx"].tasks.next', { to: [place('web.tasks["nginx"].tasks')] }));
    expect(BigInt.asIntN(64, web.get64(nginx(web, 'tasks.next')))).toBe(BigInt(nginx(web, 'tasks')));
  });

  it('flip inverts just the bits that are named', () => {
    const { web, once } = bench();
    const link = nginx(web, 'tasks.next');
    const before = web.get64(link);
    once(action('flip', 'web.tasks["nginx"].tasks.next', { bit: [int(0), int(63)] }));
    expect(web.get64(link)).toBe(before ^ 0x8000_0000_0000_0001n);
    expect(bench().once(action('flip', 'web.tasks["nginx"].tasks.next', { bit: [int(64)] })).note).toContain(
      'bits 0..63',
    );
  });

  it('a receipt says when there was nothing to change', () => {
    const { once } = bench();
    const count = 'web.run_queues[1].nr_running';
    expect(once(action('zero', count)).note).toBe('');
    expect(once(action('zero', count)).note).toBe('changed nothing');
  });

  it('zero and fill write over as many bytes as they are told', () => {
    const { web, once } = bench();
    once(action('zero', 'web.metadata.bytes[0]', { bytes: [size(64)] }));
    const { physical } = web.region;
    expect(web.bytes.subarray(physical, physical + 64).every((byte) => byte === 0)).toBe(true);
    once(action('fill', 'web.tasks["nginx"].comm', { with: [int(0x41)] }));
    const comm = web.physical(nginx(web, 'comm'));
    expect(Buffer.from(web.bytes.subarray(comm, comm + 16)).toString()).toBe('A'.repeat(16));
  });

  it('smash writes over the end magic and nothing else', () => {
    const { web, once } = bench();
    const stack = web.stacks.get('nginx') as number;
    const receipt = once(action('smash', 'web.stacks["nginx"]'));
    expect(web.get64(stack)).toBe(0xa5a5_a5a5_a5a5_a5a5n);
    expect(web.get64(stack + 8)).toBe(0n);
    expect(receipt.place).toBe('web.stacks["nginx"].end');
  });

  it('a register is set and a table of the hypervisor is written', () => {
    const { target, once } = bench();
    once(action('flip', 'web.cpus[1].rip', { bit: [int(4)] }));
    expect(target.partitions[0]?.cpus[1]?.get('rip')).toBe(0xffff_ffff_8100_0000n);
    target.machine_bytes.fill(0xff, 0x90_0000, 0x90_0010);
    once(action('zero', 'web.disk0.iommu'));
    expect([...target.machine_bytes.subarray(0x90_0000, 0x90_000a)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 255, 255,
    ]);
  });

  it('the damage is watched: its first read is when it is activated', () => {
    const { web, target, injector } = bench();
    const [idle, driven] = ['zero', 'flip'].map((verb) =>
      injector({
        triggers: [
          trigger(MS, action(verb, 'web.locks["sb_lock"]', verb === 'flip' ? { bit: [int(0)] } : {})),
        ],
      }),
    );
    idle?.fire(MS);
    expect(target.watched).toEqual([]);
    driven?.fire(MS);
    expect(target.watched).toMatchObject([
      { kind: 'memory', partition: 'web', physical: web.physical(web.symbol('sb_lock')), bytes: 4 },
    ]);
    expect(driven?.receipts()[0]?.activated_ns).toBeUndefined();
    target.reads.set(0, 5 * MS);
    expect(driven?.receipts()[0]?.activated_ns).toBe(5 * MS);
  });
});

describe('verbs that the kernel would understand', () => {
  it('leak leaves a spinlock locked, an rwlock with a writer or one reader more', () => {
    const { web, once } = bench();
    once(action('leak', 'web.locks["sb_lock"]'));
    expect(web.get32(web.symbol('sb_lock'))).toBe(1);
    once(action('leak', 'web.locks["tasklist_lock"]', { mode: [word('read')] }));
    expect(web.get32(web.symbol('tasklist_lock'))).toBe(0x200);
    web.put32(web.symbol('tasklist_lock'), 0);
    once(action('leak', 'web.locks["tasklist_lock"]'));
    expect(web.get32(web.symbol('tasklist_lock'))).toBe(0xff);
  });

  it('a lock that is held is leaked as soon as it is free', () => {
    const { web, injector } = bench();
    web.put32(web.symbol('sb_lock'), 1);
    const driven = injector({ triggers: [trigger(MS, action('leak', 'web.locks["sb_lock"]'))] });
    driven.fire(MS);
    expect(driven.receipts()[0]?.fired_ns).toBeUndefined();
    const again = driven.nextTime() as number;
    expect(again).toBeGreaterThan(MS);
    web.put32(web.symbol('sb_lock'), 0);
    driven.fire(again);
    expect(driven.receipts()).toMatchObject([{ fired_ns: again, note: '' }]);
    expect(driven.nextTime()).toBeUndefined();
  });

  it('a lost timer is off its bucket and believes to be on it', () => {
    const { web, once } = bench();
    const [, first] = web.timers as [number, number];
    const heads = web.perCpu('timer_bases', 0) + web.offset('timer_base', 'vectors');
    once(action('lose', 'web.timers[0]'));
    expect(BigInt.asIntN(64, web.get64(heads + 3 * 8))).toBe(BigInt(web.timers[0] as number));
    expect(web.get64(first + 8)).not.toBe(0n);
    once(action('lose', 'web.timers[0]'));
    const pending = web.perCpu('timer_bases', 0) + web.offset('timer_base', 'pending_map');
    expect(web.get64(pending) & 8n).toBe(0n);
    expect(web.get64(pending + 8)).toBe(1n << 6n);
  });

  it('a lost high-resolution timer leaves a sound tree behind', () => {
    const { web, once } = bench();
    const node = (index: number): bigint => BigInt.asUintN(64, BigInt(web.hrtimers[index] as number));
    const active =
      web.perCpu('hrtimer_bases', 0) + web.offset('hrtimer_cpu_base', 'clock_base[0].active.rb_root');
    const leftmost = active + web.offset('rb_root_cached', 'rb_leftmost');
    once(action('lose', 'web.hrtimers[0]'));
    expect(web.get64(leftmost)).toBe(node(1));
    const root = Number(BigInt.asIntN(64, web.get64(active)));
    expect(web.get64(root) & 1n).toBe(1n);
    once(action('lose', 'web.hrtimers[0]'));
    once(action('lose', 'web.hrtimers[0]'));
    expect(web.get64(active)).toBe(0n);
    expect(web.get64(leftmost)).toBe(0n);
    expect(web.get32(web.perCpu('hrtimer_bases', 0) + web.offset('hrtimer_cpu_base', 'active_bases'))).toBe(
      0,
    );
  });

  it('exit leaves a SIGKILL pending', () => {
    const { web, once } = bench();
    const receipt = once(action('exit', 'web.tasks["nginx"]'));
    expect(receipt).toMatchObject({ kind: 'stimulus', fired_ns: MS });
    expect(receipt.activated_ns).toBeUndefined();
    expect(web.get64(nginx(web, 'pending.signal.sig'))).toBe(0x100n);
    expect(web.get64(nginx(web, 'thread_info.flags'))).toBe(4n);
  });
});

describe('verbs that act on the machine', () => {
  it('stop, stall, lose, dma and panic ask the machine', () => {
    const { target, once } = bench();
    once(action('stop', 'web.cpus[1]'));
    once(action('stall', 'web.cpus[0]', { for: [{ kind: 'time', value: 2 * MS, span }] }));
    once(action('lose', 'web.cpus[1].tick'));
    once(action('lose', 'web.disk0.interrupt'));
    once(
      action('dma', 'web.disk0', { to: [place('db.orders[3].qty')], bytes: [size(4)], fill: [int(0xff)] }),
    );
    once(action('panic', 'web'));
    expect(target.calls).toEqual([
      'stop web 1',
      'stall web 0 2000000',
      'lose tick web',
      'lose device web',
      expect.stringMatching(/^dma web disk0 0x[0-9a-f]+ 4 255$/),
      'raise web 0 0x2f',
    ]);
  });

  it('what takes effect at once is activated when it fires', () => {
    expect(bench().once(action('stop', 'web.cpus[1]')).activated_ns).toBe(MS);
  });

  it('summon calls the ambulance, and says when it does not attend', () => {
    const { summoned, once } = bench();
    expect(once(action('summon', 'rescue', { to: [place('web')], for: [word('inspection')] })).fired_ns).toBe(
      MS,
    );
    expect(summoned).toEqual(['rescue web inspection']);
    expect(once(action('summon', 'rescue', { to: [place('db')] }))).toMatchObject({
      note: 'rescue does not attend db',
    });
  });
});

describe('when triggers fire', () => {
  const set = (value: number): Action => action('set', 'web.run_queues[0].nr_running', { to: [int(value)] });
  const nrRunning = (web: BareKernel): number =>
    web.get32(web.perCpu('runqueues', 0) + web.offset('rq', 'nr_running'));

  it('at its time, and no earlier', () => {
    const { web, injector } = bench();
    const driven = injector({ triggers: [trigger(5 * MS, set(50)), trigger(3 * MS, set(30))] });
    expect(driven.nextTime()).toBe(3 * MS);
    driven.fire(3 * MS);
    expect(nrRunning(web)).toBe(30);
    expect(driven.nextTime()).toBe(5 * MS);
    driven.fire(5 * MS);
    expect(nrRunning(web)).toBe(50);
    expect(driven.nextTime()).toBeUndefined();
  });

  it('every period from and to, both ends included, each with a receipt', () => {
    const { injector } = bench();
    const every = { kind: 'every', period_ns: 2 * MS, from_ns: 4 * MS, to_ns: 8 * MS } as const;
    const driven = injector({ triggers: [trigger(every, set(7), 'many')] });
    const times: number[] = [];
    for (let time = driven.nextTime(); time !== undefined; time = driven.nextTime()) {
      times.push(time);
      driven.fire(time);
    }
    expect(times).toEqual([4 * MS, 6 * MS, 8 * MS]);
    expect(driven.receipts().map((receipt) => receipt.fired_ns)).toEqual(times);
  });

  it('on the nth event of its kind, subject and object', () => {
    const { web, injector } = bench();
    const driven = injector({ triggers: [trigger(on('web.tasks["nginx"].run', 2), set(9))] });
    expect([...driven.awaits]).toEqual(['run']);
    const run = (subject: string, comm: string): boolean =>
      driven.onEvent({ time_ns: MS, subject, kind: 'run', detail: { comm, pid: 3 } });
    expect([
      run('db', 'nginx'),
      run('web', 'shop'),
      run('web', 'nginx'),
      run('web', 'nginx'),
      run('web', 'nginx'),
    ]).toEqual([false, false, false, true, false]);
    driven.fire(MS);
    expect(nrRunning(web)).toBe(9);
  });

  it('a condition that is false leaves no receipt', () => {
    const { injector } = bench();
    const condition: Expression = { kind: 'bool', value: false, span };
    const driven = injector({ triggers: [{ ...trigger(MS, set(1)), condition }] });
    driven.fire(MS);
    expect(driven.receipts()).toEqual([]);
  });

  it('a condition is asked at each firing', () => {
    const { web, injector } = bench();
    const every = { kind: 'every', period_ns: MS, from_ns: MS, to_ns: 2 * MS } as const;
    const condition: Expression = {
      kind: 'binary',
      operator: '==',
      left: place('web.run_queues[1].nr_running'),
      right: int(9),
      span,
    };
    const driven = injector({ triggers: [{ ...trigger(every, set(1)), condition }] });
    driven.fire(MS);
    expect(driven.receipts()).toEqual([]);
    web.put32(web.perCpu('runqueues', 1) + web.offset('rq', 'nr_running'), 9);
    driven.fire(2 * MS);
    expect(driven.receipts()).toMatchObject([{ fired_ns: 2 * MS, verb: 'set' }]);
  });

  it('a fault that never fired has a receipt that is armed only', () => {
    const driven = bench().injector({ triggers: [trigger(on('web.oops'), set(1), 'late')] });
    expect(driven.receipts()).toMatchObject([
      { name: 'late', armed_ns: 0, place: 'web.run_queues[0].nr_running' },
    ]);
    expect(driven.receipts()[0]?.fired_ns).toBeUndefined();
  });

  it('a place that is not there is told in the receipt', () => {
    const receipt = bench().once(action('set', 'web.tasks["nobody"].pid', { to: [int(1)] }));
    expect(receipt.fired_ns).toBeUndefined();
    expect(receipt.note).toContain('there is none');
    expect(receipt.note).toContain('"nginx"');
  });

  it('after the first fault, places are looked up on the fault-free twin', () => {
    const { web, injector } = bench();
    const twin = bareTarget([new BareKernel('web'), new BareKernel('db')]);
    const first = action('zero', 'web.tasks["nginx"].tasks.next');
    const second = action('set', 'web.tasks["shop"].pid', { to: [int(77)] });
    const triggers = [trigger(MS, first), trigger(2 * MS, second)];
    const alone = bench().injector({ triggers });
    alone.fire(MS);
    alone.fire(2 * MS);
    expect(alone.receipts()[1]?.fired_ns).toBeUndefined();
    const driven = injector({ triggers }, { twin: () => twin });
    driven.fire(MS);
    driven.fire(2 * MS);
    expect(driven.receipts()[1]?.fired_ns).toBe(2 * MS);
    expect(web.get32((web.tasks.get('shop') as number) + web.offset('task_struct', 'pid'))).toBe(77);
  });

  it('a fork goes on from where it was and leaves the first alone', () => {
    const { injector } = bench();
    const driven = injector({ triggers: [trigger(MS, set(1)), trigger(2 * MS, set(2))] });
    driven.fire(MS);
    const fork = driven.fork();
    fork.fire(2 * MS);
    expect(fork.nextTime()).toBeUndefined();
    expect(driven.nextTime()).toBe(2 * MS);
    expect(structuredClone(driven.state())).toEqual(driven.state());
  });
});

describe('lies at the registration', () => {
  function lie(how: string) {
    const { web, db, injector } = bench();
    const driven = injector({
      triggers: [
        trigger(on('web.register'), action('misregister', 'web.metadata', { how: [word(how)] }), 'lie'),
      ],
    });
    const { physical, bytes } = web.region;
    const asked = { partition: 'web', time_ns: -MS, address: physical, bytes, boot_id: 7n };
    const altered = driven.onRegister(asked);
    const region = web.bytes.slice(physical, physical + bytes);
    return { web, db, altered, region, physical, bytes, receipt: driven.receipts()[0] as Receipt };
  }

  it.each(['VERSION', 'SEAL', 'MALFORMED'])('%s changes the region so that it reads as that', (how) => {
    const { region, altered, physical, receipt } = lie(how);
    const read = readRegion(region);
    expect(read.ok ? 'well' : read.code).toBe(how);
    expect(altered).toMatchObject({ when: 'now', address: physical, again: false });
    expect(receipt).toMatchObject({ fired_ns: -MS, note: how });
    expect(receipt.before).not.toBe(receipt.after);
  });

  it('STALE keeps the seal and has another boot id', () => {
    const read = readRegion(lie('STALE').region);
    expect(read.ok && read.value.boot_id).toBe(6n);
  });

  it('TRUNCATED says fewer bytes than the header', () => {
    const { altered, bytes } = lie('TRUNCATED');
    expect(altered?.bytes).toBe(bytes / 2);
  });

  it('OUTSIDE reaches beyond the partition, FOREIGN into another', () => {
    const outside = lie('OUTSIDE');
    expect((outside.altered?.address ?? 0) + outside.bytes).toBeGreaterThan(outside.web.bytes.length);
    const foreign = lie('FOREIGN');
    expect(foreign.altered?.address).toBe(2 * 2 ** 40 + foreign.db.region.physical);
  });

  it('LATE, TWICE and NEVER change the moment', () => {
    expect(lie('LATE').altered?.when).toBe('after_boot');
    expect(lie('TWICE').altered?.again).toBe(true);
    expect(lie('NEVER').altered?.when).toBe('never');
  });

  it('a registration that nobody waits for is left alone', () => {
    const driven = bench().injector({});
    expect(
      driven.onRegister({ partition: 'web', time_ns: 0, address: 0, bytes: 64, boot_id: 1n }),
    ).toBeUndefined();
  });
});

describe('what a target cannot do', () => {
  it('is said for each thing with its reason, and held against the target, not against the scenario', () => {
    const { target, injector } = bench();
    const stopCpu = (): boolean => true;
    const poor: Target = { ...target, controls: { stopCpu }, cannot: { stallCpu: 'it knows no time' } };
    const tried = (one: Action): Receipt => {
      const driven = injector({ triggers: [trigger(MS, one, 'x')] }, { target: poor });
      driven.fire(MS);
      return driven.receipts()[0] as Receipt;
    };
    expect(tried(action('stop', 'web.cpus[0]')).fired_ns).toBe(MS);
    const stall = tried(action('stall', 'web.cpus[0]', { for: [{ kind: 'time', value: MS, span }] }));
    expect(stall).toMatchObject({ unsupported: true });
    expect(stall.note).toContain('it knows no time');
    expect(tried(action('lose', 'web.cpus[0].tick')).note).toContain('cannot be broken that way');
  });
});
