import { describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import { substream } from '../../src/base/random.ts';
import type { Action } from '../../src/model/scenario.ts';
import { AttendedGuest, MS, verdicts } from '../support/attended-guest.ts';
import { delegate } from '../support/damaged-patient.ts';
import { action, trigger } from '../support/scenarios.ts';
import { SHIPPED } from '../support/library.ts';

const PAUSES = 25;

/** Everything that is neither intact nor, being read in the middle of an update, unsettled. */
function alarms(guest: AttendedGuest, seed: number, pauses: number, fault?: Action): string[] {
  const random = substream(seed, 'pauses');
  const alarming: string[] = [];
  for (let pause = 0; pause < pauses; pause++) {
    const time_ns = MS + random.below(60 * MS);
    const triggers = fault ? [trigger(time_ns, fault)] : [];
    const { patient, run } = guest.patientAt(time_ns + (fault ? 5 * MS : 0), triggers);
    const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
    run.machine.release();
    for (const { structure, verdict, code } of report.verdicts) {
      if (verdict !== 'intact' && verdict !== 'unsettled' && verdict !== 'unchecked')
        alarming.push(`${time_ns}: ${structure} ${verdict} ${code}`);
    }
    for (const { cause } of report.diagnosis) if (!fault) alarming.push(`${time_ns}: ${cause}`);
  }
  return alarming;
}

describe('a guest that has nothing is not told that it has', () => {
  it.each([0, 7, 4711])('at any instant, members laid out by seed %i', (layout_seed) => {
    expect(alarms(new AttendedGuest({ layout_seed }), layout_seed + 1, PAUSES)).toEqual([]);
  });

  it('in the middle of a fork or an exit it is read again, and no torn update is called damage', () => {
    const guest = new AttendedGuest();
    const random = substream(5, 'torn');
    const { run: scout } = guest.patientAt(30 * MS);
    const busy = scout.events.filter(
      ({ kind, time_ns }) => (kind === 'fork' || kind === 'exit') && time_ns > MS,
    );
    let rereads = 0;
    for (let pause = 0; pause < 50; pause++) {
      const { subject, time_ns } = random.pick(busy);
      const { patient, run } = guest.patientAt(time_ns - random.below(600), [], subject);
      const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
      run.machine.release();
      expect(Object.values(verdicts(report)).every((one) => one !== 'corrupt' && one !== 'unreachable')).toBe(
        true,
      );
      expect(report.diagnosis).toEqual([]);
      for (const one of report.verdicts) rereads += one.rereads;
    }
    expect(rereads).toBeGreaterThan(3);
  });

  it('an update that is half done and cannot be seen finished is unsettled, not corrupt', () => {
    const guest = new AttendedGuest();
    const { run: scout } = guest.patientAt(30 * MS);
    const fork = scout.events.find(
      ({ kind, subject, time_ns }) => kind === 'fork' && subject === 'web' && time_ns > MS,
    );
    const { patient } = guest.patientAt((fork?.time_ns as number) - 200);
    const { report } = attend(
      delegate(patient, (physical, into) => patient.read(physical, into)),
      { ambulance: 'rescue', library: SHIPPED },
    );
    expect(verdicts(report)).toMatchObject({ tasks: 'unsettled', locks: 'intact', stacks: 'intact' });
    expect(report.findings).toEqual([]);
  });

  it('stopped by a panic wherever it was, its structures are as they were', () => {
    expect(alarms(new AttendedGuest(), 11, 20, action('panic', 'web'))).toEqual([]);
  });

  it('stopped in the middle of whatever one CPU did, the other damage is not imagined', () => {
    expect(alarms(new AttendedGuest(), 12, 20, action('stop', 'web.cpus[1]'))).toEqual([]);
  });
});

describe('what a guest says of itself decides what is looked at', () => {
  it('what it does not describe is unchecked', () => {
    const { report } = new AttendedGuest({ describes: ['tasks', 'locks'] }).attendAt(40 * MS);
    expect(verdicts(report)).toMatchObject({
      metadata: 'intact',
      tasks: 'intact',
      locks: 'intact',
      run_queues: 'unchecked',
      orders: 'unchecked',
    });
    expect(report.verdicts.find(({ structure }) => structure === 'log')?.code).toBe('NO_LOCATOR');
  });

  it('with members permuted the same damage has the same verdict, code and place', () => {
    const seen = [0, 7, 4711].map((layout_seed) => {
      const wild = action('leak', 'web.locks["sb_lock"]');
      const { report } = new AttendedGuest({ layout_seed }).attendAt(41 * MS, [trigger(40 * MS, wild)]);
      return {
        verdicts: verdicts(report),
        findings: report.findings.map(({ code, place }) => `${code} ${place}`),
      };
    });
    expect(seen[0]?.findings).toEqual(['LOCK_NO_HOLDER web.locks["sb_lock"]']);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });
});
