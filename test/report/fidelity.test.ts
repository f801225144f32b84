import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../src/record/outcome.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { agreement, fidelityOf } from '../../src/report/fidelity.ts';
import { diagnosis, event, finding, receipt, report, verdict } from '../support/records.ts';

function ran(record: Partial<RunRecord>, more: Partial<RunOutcome> = {}): RunOutcome {
  const whole = {
    seed: 1,
    duration_ns: 1,
    trace_hash: '',
    events: [],
    events_dropped: 0,
    receipts: [],
    reports: [],
    services: [],
    audit: [],
    partitions: [],
    twins: [],
    ...record,
  };
  return {
    id: 'a',
    scenario: 'a',
    seed: 1,
    status: 'passed',
    claims: [],
    complaints: [],
    record: whole,
    replay: '',
    ...more,
  };
}

const LOCK = 'web.locks["tasklist_lock"]';
const leaked = report({
  verdicts: [verdict('tasks'), verdict('locks', 'corrupt')],
  findings: [finding('locks', 'LOCK_NO_HOLDER', LOCK)],
  diagnosis: [diagnosis('lock_leak', LOCK)],
});
const bark = event(700, 'web', 'failing', { sign: 'heartbeat' });
const aspects = (one: RunOutcome, other: RunOutcome): string[] =>
  fidelityOf(one, other).differences.map(({ aspect, sim, real }) => `${aspect}: ${sim} | ${real}`);

describe('one scenario on the simulation and on a real kernel', () => {
  it('calls what was struck as the scenario does, also where a fork bore its name and it was told by its number', () => {
    const told = (place: string, address: string): RunOutcome['record'] =>
      ran({
        receipts: [receipt({ place: 'web.stacks["nginx"].end', address: 'ffff888000001000' })],
        reports: [
          report({
            verdicts: [verdict('stacks', 'corrupt')],
            findings: [finding('stacks', 'STACK_END', place, { address })],
            diagnosis: [diagnosis('stack_smash', place, { address })],
          }),
        ],
      }).record;
    const sim = ran({ ...told('web.stacks["nginx"].end', 'ffff888000001000') });
    expect(aspects(sim, ran({ ...told('web.stacks[107].end', 'ffff888000001000') }))).toEqual([]);
    // Another that was not struck stays another; and so does the same address in another partition.
    expect(aspects(sim, ran({ ...told('web.stacks[107].end', 'ffff888000009000') }))).toHaveLength(1);
    expect(aspects(sim, ran({ ...told('db.stacks[107].end', 'ffff888000001000') }))).toHaveLength(1);
  });

  it('is alike where signs, verdicts, codes, place and diagnosis are, whatever the times; what is well on both tells nothing', () => {
    const sim = ran({ events: [bark], reports: [leaked] });
    const real = ran({
      events: [event(950, 'web', 'failing', { sign: 'heartbeat' })],
      reports: [{ ...leaked, attached_ns: 9, verdicts: [...leaked.verdicts, verdict('pids')] }],
    });
    expect(fidelityOf(sim, real)).toMatchObject({
      // Outcome, sign, place, diagnosis, verdict and code of the locks, verdict of the tasks,
      compared: 7,
      // of which the outcome and the tasks tell nothing.
      telling: 5,
      differences: [],
      one_sided: ['pids'],
    });
  });

  it('differs by each of them alone', () => {
    const sim = ran({ events: [bark], reports: [leaked] });
    const with_ = (more: Partial<typeof leaked>): RunOutcome =>
      ran({ events: [bark], reports: [{ ...leaked, ...more }] });
    expect(aspects(sim, ran({ reports: [leaked] }))).toEqual(['sign: web failing heartbeat | none']);
    expect(
      aspects(sim, ran({ events: [event(900, 'web', 'failing', { sign: 'progress' })], reports: [leaked] })),
    ).toEqual(['sign: web failing heartbeat | none', 'sign: none | web failing progress']);
    expect(
      aspects(sim, with_({ verdicts: [verdict('tasks', 'unsettled'), verdict('locks', 'corrupt')] })),
    ).toEqual(['verdict: tasks intact | tasks unsettled']);
    expect(aspects(sim, with_({ findings: [finding('locks', 'LOCK_TAIL', LOCK)] }))).toEqual([
      'code: locks LOCK_NO_HOLDER | locks LOCK_TAIL',
    ]);
    expect(aspects(sim, with_({ diagnosis: [diagnosis('lock_leak', 'web.locks["sb_lock"]')] }))).toEqual([
      `place: ${LOCK} | web.locks["sb_lock"]`,
    ]);
    expect(aspects(sim, with_({ diagnosis: [diagnosis('deadlock', LOCK)] }))).toEqual([
      'diagnosis: lock_leak | deadlock',
    ]);
    expect(aspects(sim, ran({ events: [bark], reports: [leaked] }, { status: 'failed' }))).toEqual([
      'outcome: passed | failed',
    ]);
  });

  it('what is well on both sides tells something where a claim names it, and no other way', () => {
    const healthy = report({ verdicts: [verdict('tasks'), verdict('locks'), verdict('stacks')] });
    const telling = (...claims: string[]): number => {
      const run = ran(
        { reports: [healthy] },
        { claims: claims.map((text, index) => ({ index, text, status: 'met', seen: '' })) },
      );
      return fidelityOf(run, run).telling;
    };
    expect(telling('verdict web.* is not corrupt', 'guest web.tasks is healthy')).toBe(0);
    expect(telling('verdict web.tasks, web.stacks is intact')).toBe(2);
  });

  it('what one side finds and the other cannot look at is a difference; what is well there is not compared', () => {
    const blind = ran({ reports: [{ ...leaked, verdicts: [verdict('tasks', 'unchecked')], findings: [] }] });
    const found = ran({ reports: [leaked] });
    expect(fidelityOf(blind, found)).toMatchObject({
      differences: [{ aspect: 'verdict', sim: 'locks unchecked', real: 'locks corrupt' }],
      one_sided: ['tasks'],
    });
  });

  it('is not compared where one of them has nothing to show', () => {
    const { record: _, ...skipped } = ran({}, { status: 'skipped', reason: 'no QEMU' });
    expect(fidelityOf(ran({}), skipped)).toMatchObject({ compared: 0, left_out: 'skipped: no QEMU' });
    expect(fidelityOf(ran({}), ran({}, { status: 'inconclusive', reason: 'no twin' })).left_out).toContain(
      'no twin',
    );
    expect(agreement([fidelityOf(ran({}), skipped)])).toEqual({
      telling: 0,
      telling_alike: 0,
      compared: 0,
      alike: 0,
      scenarios: 0,
      identical: 0,
      left_out: 1,
    });
  });

  it('counts what tells and all of it, leaves out what one kernel lacks, and says when what was seen', () => {
    const sim = ran({
      events: [bark],
      reports: [{ ...leaked, verdicts: [...leaked.verdicts, verdict('pids', 'unchecked')] }],
    });
    const real = ran({
      reports: [{ ...leaked, verdicts: [verdict('tasks', 'unsettled'), verdict('locks'), verdict('pids')] }],
    });
    const one = fidelityOf(sim, real);
    expect(one.differences.map(({ aspect }) => aspect)).toEqual(['sign', 'verdict', 'verdict']);
    expect(one.differences[0]?.why).toBe('sim: at 700 ms; qemu: not until 1 ns');
    expect(one.one_sided).toEqual(['pids']);
    expect(agreement([one, fidelityOf(sim, sim)])).toEqual({
      telling: 11,
      telling_alike: 8,
      compared: 14,
      alike: 11,
      scenarios: 2,
      identical: 1,
      left_out: 0,
    });
  });
});
