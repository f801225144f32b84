import { beforeAll, describe, expect, it } from 'vitest';
import type { Expression } from '../../src/model/expression.ts';
import type { TopologyModel } from '../../src/model/machine.ts';
import type { Action, Trigger } from '../../src/model/scenario.ts';
import { Run } from '../../src/execute/run.ts';
import { Simulation } from '../../src/execute/simulation.ts';
import { Injector } from '../../src/fault/injector.ts';
import type { Receipt } from '../../src/record/record.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { comparePartition } from '../../src/targets/sim/compare.ts';
import { locatorsOf } from '../support/attended-guest.ts';
import { bareTopology } from '../support/bare-kernel.ts';
import { int, place, word } from '../support/expressions.ts';
import { action, on, scenario, trigger } from '../support/scenarios.ts';

const MS = 1_000_000;
const MIB = 1_048_576;
const span = { file: 'a.spec', start: 0, end: 0 };
const size = (value: number): Expression => ({ kind: 'size', value, span });
const LINK = 'web.tasks["nginx"].tasks.next';
const POISON = 0xdead_0000_0000_0100n;

function topologyOf(): TopologyModel {
  const bare = bareTopology(['web', 'db']);
  const describes = ['tasks', 'run_queues', 'locks', 'stacks', 'timers', 'hrtimers', 'log', 'app.orders'];
  const lpars = bare.lpars.map((lpar, index) => ({
    ...lpar,
    cpus: { mode: 'owned', cpus: index === 0 ? [0, 1] : [2, 3], vcpus: 2, weight: 1 } as const,
    memory_bytes: 64 * MIB,
    devices: index === 0 ? lpar.devices : [],
    metadata: { size_bytes: 65_536, seal: 'crc32c', describes, locators: locatorsOf(describes) } as const,
  }));
  const machine = { ...bare.machine, cpus: [0, 1, 2, 3, 4], memory_bytes: 256 * MIB };
  const ambulances = bare.ambulances.map((one) => ({
    ...one,
    cpus: { ...one.cpus, cpus: [4] },
    memory_bytes: MIB,
  }));
  return { machine, lpars, ambulances };
}

const topology = topologyOf();
let booted: Simulation;

interface Driven {
  readonly run: Run<Simulation>;
  readonly receipts: readonly Receipt[];
  /** Kinds and signs of a partition's events from t = 0 on, but for the everyday ones. */
  story(partition: string): string[];
}

/** Runs the booted machine with triggers up to a time. */
function drive(triggers: readonly Trigger[], until_ms: number, start: Simulation = booted.fork()): Driven {
  const run = new Run(start, until_ms * MS, []);
  const injector = new Injector({
    scenario: scenario({ triggers, topology }),
    seed: 1,
    target: start.target,
    hooks: { summon: () => true, service: () => true, kill: () => true },
    twin: (now_ns) => {
      const twin = booted.fork();
      twin.target.runUntil(now_ns);
      return twin.target;
    },
  });
  run.drive(injector);
  run.advance(until_ms * MS);
  const everyday = new Set(['heartbeat', 'fork', 'exit', 'run', 'log', 'complete']);
  const tell = ({ kind, detail }: TraceEvent): string =>
    `${kind} ${detail['sign'] ?? detail['code'] ?? ''}`.trim();
  return {
    run,
    receipts: injector.receipts(),
    story: (partition) =>
      run.events.filter((event) => event.subject === partition && !everyday.has(event.kind)).map(tell),
  };
}

const fault = (one: Action, at_ms = 10): Trigger[] => [trigger(at_ms * MS, one, 'x')];
const lastBeat = ({ run }: Driven): number =>
  (run.events.findLast((event) => event.subject === 'web' && event.kind === 'heartbeat')?.time_ns ?? 0) / MS;

beforeAll(() => {
  booted = Simulation.powerOn(topology, 1);
  expect(booted.target.bootAll()).toBe(true);
});

describe('faults on the simulated guest', () => {
  it('without one nothing befalls anybody', () => {
    const driven = drive([], 60);
    expect([...driven.story('web'), ...driven.story('db')]).toEqual([]);
    expect(lastBeat(driven)).toBeGreaterThan(55);
  });

  it("a poisoned link trips the kernel's list check when the neighbour is reaped, and its heartbeat stops", () => {
    const set = action('set', LINK, { to: [int(POISON)] });
    const driven = drive(
      [...fault(set), trigger(20 * MS, action('exit', 'web.tasks["nginx"].successor'), 'reap')],
      100,
    );
    expect(driven.story('web')).toContain('oops list_bug');
    expect(driven.story('web')).toContain('failing heartbeat');
    expect(driven.story('db')).toEqual([]);
    const [first, second] = driven.receipts;
    expect(first).toMatchObject({ fired_ns: 10 * MS, after: '000100000000adde' });
    expect(second).toMatchObject({
      kind: 'stimulus',
      fired_ns: 20 * MS,
      place: 'web.tasks["nginx"].successor',
    });
    expect(first?.activated_ns).toBeGreaterThan(20 * MS);
  });

  it.each([
    ['a leaked lock', action('leak', 'web.locks["tasklist_lock"]'), 'failing heartbeat'],
    [
      'a lock leaked for reading',
      action('leak', 'web.locks["tasklist_lock"]', { mode: [word('read')] }),
      'failing heartbeat',
    ],
    ['a stopped CPU', action('stop', 'web.cpus[1]'), 'failing progress'],
    ['a smashed stack end', action('smash', 'web.stacks["nginx"]'), 'panic stack_end'],
    ['the magic key', action('panic', 'web'), 'panic request'],
    ['a page-table entry gone', action('zero', 'web.page_table[web.run_queues[1]]'), 'oops page_fault'],
    [
      'a second-level entry gone',
      action('zero', 'web.second_level[web.run_queues[0]]'),
      'stopped second_level',
    ],
    [
      'an instruction pointer bent',
      action('flip', 'web.cpus[1].rip', { bit: [int(20)] }),
      'oops invalid_opcode',
    ],
    ['a lost heartbeat timer', action('lose', 'web.hrtimers["heartbeat_timer"]'), 'failing heartbeat'],
  ])('%s shows, and its neighbour notices nothing', (_what, one, sign) => {
    const driven = drive(fault(one), 100);
    expect(driven.story('web')).toContain(sign);
    expect(driven.story('db')).toEqual([]);
    const [receipt] = driven.receipts;
    expect(receipt?.activated_ns ?? -1).toBeGreaterThanOrEqual(receipt?.kind === 'fault' ? 10 * MS : -1);
    expect(lastBeat(driven)).toBeLessThan(20);
  });

  it.each([
    [
      'a CPU stalled for less than a heartbeat misses',
      action('stall', 'web.cpus[1]', { for: [{ kind: 'time', value: 3 * MS, span }] }),
    ],
    ['an order of the shop', action('set', 'web.orders[3].qty', { to: [int(5000)] })],
    ['a lost timer of a worker', action('lose', 'web.timers[0]')],
  ])('%s does not fell the guest', (_what, one) => {
    const driven = drive(fault(one), 60);
    expect(driven.receipts[0]?.fired_ns).toBe(10 * MS);
    expect(driven.story('web')).toEqual([]);
    expect(lastBeat(driven)).toBeGreaterThan(55);
  });

  it('a task that is told to exit does', () => {
    const { run } = drive(fault(action('exit', 'web.tasks["nginx"]')), 60);
    const gone = run.events.find(
      ({ kind, subject, detail }) => kind === 'exit' && subject === 'web' && detail['comm'] === 'nginx',
    );
    expect(gone?.time_ns).toBeGreaterThan(10 * MS);
  });

  it('an IOMMU entry that is gone freezes the disk, and so does DMA to where it may not go', () => {
    expect(drive(fault(action('zero', 'web.disk0.iommu')), 100).story('web')).toEqual([
      'iommu_fault',
      'frozen',
    ]);
    const dma = drive(
      fault(action('dma', 'web.disk0', { to: [place('db.tasks["nginx"].comm')], bytes: [size(16)] })),
      60,
    );
    expect(dma.story('web')).toEqual(['iommu_fault', 'frozen']);
    expect(dma.receipts[0]?.note).toContain('the IOMMU stopped it');
    expect(dma.story('db')).toEqual([]);
  });

  it.each([
    ['OUTSIDE', ['refused OUTSIDE', 'boot_complete']],
    ['FOREIGN', ['refused FOREIGN', 'boot_complete']],
    ['TRUNCATED', ['refused TRUNCATED', 'boot_complete']],
    ['VERSION', ['refused VERSION', 'boot_complete']],
    ['STALE', ['refused STALE', 'boot_complete']],
    ['SEAL', ['refused SEAL', 'boot_complete']],
    ['MALFORMED', ['refused MALFORMED', 'boot_complete']],
    ['LATE', ['boot_complete', 'refused LATE']],
    ['TWICE', ['registered', 'refused TWICE', 'boot_complete']],
    ['NEVER', ['boot_complete']],
  ])('misregister %s is what the registry says of it, and the guest boots', (how, story) => {
    const triggers = [
      trigger(on('web.register'), action('misregister', 'web.metadata', { how: [word(how)] }), 'lie'),
    ];
    const driven = drive(triggers, 2, Simulation.powerOn(topology, 1, booted.target.origin));
    expect(driven.story('web')).toEqual(['power_on', 'register', ...story]);
    expect(driven.story('db')).toEqual(['power_on', 'register', 'registered', 'boot_complete']);
    expect(driven.receipts).toMatchObject([{ name: 'lie', note: how }]);
    expect(driven.receipts[0]?.fired_ns).toBeLessThan(0);
  });

  it('an event fires its trigger at the end of its step, the nth time', () => {
    const set = action('set', 'web.orders[3].qty', { to: [int(7)] });
    const driven = drive([trigger(on('web.tasks["shop"].run', 3), set, 'third')], 60);
    const runs = driven.run.events.filter(
      ({ kind, subject, detail }) => kind === 'run' && subject === 'web' && detail['comm'] === 'shop',
    );
    expect(driven.receipts[0]?.fired_ns).toBeGreaterThanOrEqual(runs[2]?.time_ns as number);
    expect(driven.receipts[0]?.fired_ns).toBeLessThan((runs[2]?.time_ns as number) + 10_000);
  });
});

describe('an injection has no other effect than its bytes', () => {
  /** The same machine with bytes poked into it by nobody's verb. */
  function poked(poke: (simulation: Simulation) => void, until_ms: number): Run<Simulation> {
    const run = new Run(booted.fork(), until_ms * MS, []);
    let time: number | undefined = 10 * MS;
    run.add({
      nextTime: () => time,
      onEvent: () => false,
      fire: (now) => {
        if (time === undefined || now < time) return;
        time = undefined;
        poke(run.machine);
      },
    });
    run.advance(until_ms * MS);
    return run;
  }

  it.each([
    ['set', action('set', LINK, { to: [int(POISON)] })],
    ['flip', action('flip', LINK, { bit: [int(3)] })],
    ['leak', action('leak', 'web.locks["tasklist_lock"]')],
    ['smash', action('smash', 'web.stacks["nginx"]')],
    ['zero', action('zero', 'web.page_table[web.run_queues[1]]')],
    ['fill', action('fill', 'web.tasks["nginx"].comm', { with: [int(65)] })],
  ])('%s gives the same trace and the same machine as the same bytes written raw', (_verb, one) => {
    const driven = drive(fault(one), 60);
    const [receipt] = driven.receipts;
    const raw = poked(({ target }) => {
      const bytes = Buffer.from(receipt?.after ?? '', 'hex');
      expect(target.partitionNamed('web').memory.write(receipt?.physical ?? -1, bytes)).toBe(true);
    }, 60);
    expect(receipt?.after).not.toBe('');
    expect(raw.machine.target.traceHash()).toBe(driven.run.machine.target.traceHash());
    for (const name of ['web', 'db']) {
      expect(comparePartition(raw.machine.target, driven.run.machine.target, name)).toBe('');
    }
  });

  it('a fault that is armed and never fires leaves the run as it is', () => {
    const driven = drive([trigger(on('web.panic'), action('zero', LINK), 'never')], 60);
    const free = poked(() => undefined, 60);
    expect(driven.run.machine.target.traceHash()).toBe(free.machine.target.traceHash());
    expect(driven.receipts[0]?.fired_ns).toBeUndefined();
  });
});
