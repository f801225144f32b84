import { describe, expect, it } from 'vitest';
import { Dispatcher } from '../../src/execute/rescue.ts';
import { Run } from '../../src/execute/run.ts';
import { TwinLine } from '../../src/execute/twin-line.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { attendedTopology } from '../support/attended-guest.ts';

const MS = 1_000_000;
const topology = attendedTopology();
const line = new TwinLine(topology, 1);

function dispatched(): { run: Run; dispatcher: Dispatcher; firsts: number[] } {
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
const story = (run: Run): string[] =>
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
    expect(run.simulation.target.partitionNamed('web').parked).toBe(false);
    expect(beats('web', diagnosed_ns, 60 * MS)).toBeGreaterThan(5);
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

  it('comes unasked when the hypervisor notices, once while it waits, and again only when it has failed outright', () => {
    const { run, dispatcher } = dispatched();
    expect(dispatcher.onEvent(notice('heartbeat'))).toBe(false);
    expect(dispatcher.onEvent(notice('failing'))).toBe(true);
    expect(dispatcher.onEvent(notice('failed'))).toBe(false);
    run.advance(40 * MS);
    expect(run.reports).toHaveLength(1);
    expect(dispatcher.onEvent(notice('failing'))).toBe(false);
    expect(dispatcher.onEvent(notice('failed'))).toBe(true);
    run.advance(60 * MS);
    expect(run.reports).toHaveLength(2);
  });
});
