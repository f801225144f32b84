import { describe, expect, it } from 'vitest';
import { Dispatcher } from '../../src/execute/rescue.ts';
import type { Simulation } from '../../src/execute/simulation.ts';
import { Run } from '../../src/execute/run.ts';
import { TwinLine } from '../../src/execute/twin-line.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { attendedTopology } from '../support/attended-guest.ts';

const MS = 1_000_000;
const topology = attendedTopology();
const line = new TwinLine(topology, 1);

function dispatched(): { run: Run<Simulation>; dispatcher: Dispatcher; firsts: number[] } {
  const run = new Run(line.at(10 * MS), 60 * MS, []);
  const firsts: number[] = [];
  const dispatcher = new Dispatcher(run, topology, () => firsts.push(run.now));
  run.add(dispatcher);
  return { run, dispatcher, firsts };
}

const notice = (kind: string, subject = 'web'): TraceEvent => ({
  time_ns: 10 * MS,
  subject,
  kind,
  detail: {},
});
const story = (run: Run<Simulation>): string[] =>
  run.events
    .filter(({ kind }) => ['summoned', 'attach', 'diagnosed', 'release'].includes(kind))
    .map(({ kind, detail }) => `${kind} ${detail['patient']}`);

describe('the ambulance', () => {
  it('attends one patient at a time; the other waits', () => {
    const { run, dispatcher, firsts } = dispatched();
    expect(dispatcher.summon('rescue', 'web')).toBe(true);
    expect(dispatcher.summon('rescue', 'db')).toBe(true);
    run.advance(60 * MS);
    const one = (patient: string): string[] =>
      ['attach', 'diagnosed', 'release'].map((kind) => `${kind} ${patient}`);
    expect(story(run)).toEqual(['summoned web', 'summoned db', ...one('web'), ...one('db')]);
    expect(run.reports.map((report) => report.patient)).toEqual(['web', 'db']);
    expect(firsts).toHaveLength(1);
  });

  it('takes time to come and to work, in which the others go on and the patient does not', () => {
    const { run, dispatcher } = dispatched();
    dispatcher.summon('rescue', 'web');
    const beats = (subject: string, from: number, to: number): number =>
      run.events.filter((event) => event.subject === subject && event.time_ns > from && event.time_ns < to)
        .length;
    run.advance(60 * MS);
    const [report] = run.reports;
    const { attached_ns = 0, diagnosed_ns = 0 } = report ?? {};
    expect(attached_ns).toBeGreaterThan(10 * MS);
    expect(diagnosed_ns).toBeGreaterThan(attached_ns);
    expect(beats('web', attached_ns, diagnosed_ns)).toBe(0);
    expect(run.machine.target.partitionNamed('web').parked).toBe(false);
    expect(beats('web', diagnosed_ns, 60 * MS)).toBeGreaterThan(5);
  });

  it('lets a guest that oopsed come to the end of it first', () => {
    const { dispatcher } = dispatched();
    const { dispatcher: other } = dispatched();
    dispatcher.onEvent({ ...notice('failing'), detail: { sign: 'heartbeat' } });
    other.onEvent({ ...notice('failing'), detail: { sign: 'oops' } });
    expect((other.nextTime() ?? 0) - (dispatcher.nextTime() ?? 0)).toBeGreaterThan(MS);
  });

  it('has concluded nothing when the run ends while it is at work, or before it comes', () => {
    for (const [late_ns, heard] of [
      [10_000, ['summoned web']],
      [50_000, ['summoned web', 'attach web']],
    ] as const) {
      const { run, dispatcher } = dispatched();
      run.advance(60 * MS - late_ns);
      dispatcher.summon('rescue', 'web');
      run.advance(60 * MS);
      expect(story(run)).toEqual(heard);
      expect(run.reports).toEqual([]);
    }
  });

  it('does not come to whom it does not attend', () => {
    const { run, dispatcher } = dispatched();
    expect(dispatcher.summon('rescue', 'nobody')).toBe(false);
    expect(dispatcher.summon('another', 'web')).toBe(false);
    expect(dispatcher.onEvent(notice('failed', 'nobody'))).toBe(false);
    expect(dispatcher.nextTime()).toBeUndefined();
    run.advance(20 * MS);
    expect(story(run)).toEqual([]);
  });

  it('comes unasked when the hypervisor notices, once while it waits, and again only when it has failed outright, or had recovered', () => {
    const { run, dispatcher } = dispatched();
    expect(dispatcher.onEvent(notice('heartbeat'))).toBe(false);
    expect(dispatcher.onEvent(notice('failing'))).toBe(true);
    expect(dispatcher.onEvent(notice('failed'))).toBe(false);
    run.advance(40 * MS);
    expect(run.reports).toHaveLength(1);
    expect(dispatcher.onEvent(notice('failing'))).toBe(false);
    expect(dispatcher.onEvent(notice('failed'))).toBe(true);
    run.advance(50 * MS);
    expect(run.reports).toHaveLength(2);
    expect(dispatcher.onEvent(notice('failing'))).toBe(false);
    expect(dispatcher.onEvent(notice('recovered'))).toBe(false);
    expect(dispatcher.onEvent(notice('failing'))).toBe(true);
  });
});

describe('whose CPUs the rescue works on', () => {
  type Cpus = (typeof topology)['ambulances'][number]['cpus'];
  const OWN: Cpus = { mode: 'owned', cpus: [4], vcpus: 1, weight: 1 };
  const BORROWED: Cpus = { mode: 'borrowed', cpus: [], vcpus: 1, weight: 1 };

  /** web and db on CPUs 0 and 1, in slots of 20 us or on their own; web is inspected at 20 ms. */
  function rescued(
    cpus: Cpus,
    shared: boolean,
  ): { run: Run<Simulation>; took_ns: number; used: (who: string) => number } {
    const slots = { mode: 'shared', cpus: [0, 1], vcpus: 2, weight: 1 } as const;
    const lpars = topology.lpars.map((lpar) => (shared ? { ...lpar, cpus: slots } : lpar));
    const ambulances = topology.ambulances.map((one) => ({ ...one, cpus }));
    const machine = { ...topology.machine, slice_ns: 20_000 };
    const here = { ...topology, machine, lpars, ambulances };
    const run = new Run(new TwinLine(here, 1).at(20 * MS), 40 * MS, []);
    const dispatcher = new Dispatcher(run, here, () => undefined);
    run.add(dispatcher);
    dispatcher.summon('rescue', 'web');
    const { target } = run.machine;
    run.advance(20 * MS + 20_000);
    const at_attach = new Map(['web', 'db'].map((who) => [who, target.cpuTime(who)]));
    let at_end: ReadonlyMap<string, number> = at_attach;
    target.onTrace(({ kind }) => {
      if (kind === 'resume') at_end = new Map(['web', 'db'].map((who) => [who, target.cpuTime(who)]));
      return false;
    });
    run.advance(40 * MS);
    const [report] = run.reports;
    if (report === undefined) throw new Error('nobody came');
    const used = (who: string): number => (at_end.get(who) ?? 0) - (at_attach.get(who) ?? 0);
    return { run, took_ns: report.diagnosed_ns - report.attached_ns, used };
  }

  it('of its own: the patient pays nothing and others go on', () => {
    const { used } = rescued(OWN, false);
    expect(used('web')).toBe(0);
    expect(used('db')).toBeGreaterThan(0);
  });

  it('borrowed: just what it takes is paid by the patient and by nobody else', () => {
    const [own, borrowed] = [rescued(OWN, false), rescued(BORROWED, false)];
    expect(borrowed.took_ns).toBe(own.took_ns);
    expect(borrowed.used('web')).toBe(borrowed.took_ns);
    expect(borrowed.used('db')).toBe(own.used('db'));
  });

  it("borrowed: it works in the patient's slots only, so it takes longer where those are few", () => {
    const [own, borrowed] = [rescued(OWN, true), rescued(BORROWED, true)];
    expect(borrowed.used('web')).toBe(own.took_ns);
    // At least one slot of the neighbour lies in between.
    expect(borrowed.took_ns).toBeGreaterThanOrEqual(own.took_ns + 20_000);
    const slots = borrowed.run.machine.target.cpuNamed('web', 0)?.slots;
    const { diagnosed_ns = 0 } = borrowed.run.reports[0] ?? {};
    const end = diagnosed_ns + borrowed.run.machine.target.origin;
    expect(slots?.next(end - 1)).toBe(end - 1);
  });

  it('shared: it works in slots of its own', () => {
    const { took_ns } = rescued({ mode: 'shared', cpus: [0], vcpus: 1, weight: 1 }, true);
    expect(took_ns).toBeGreaterThan(rescued(OWN, true).took_ns + 20_000);
  });
});
