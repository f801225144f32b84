// A guest that would fall over damage, and has not yet, stands still until it is mended: nothing is read again of it
// that would have it go on.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Patient } from '../../src/patient/patient.ts';
import { verdicts } from '../support/attended-guest.ts';
import { delegate } from '../support/damaged-patient.ts';
import { Faults, HARM_NS, look, signsIn } from '../support/fixtures.ts';

const BENT = 'set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100';
const MISCOUNTED = 'set web.symbols["nr_threads"] to 9';
/** Has to be read again before it is believed. */
const DOUBTFUL = 'set web.dentries[3].d_sb to web.dentries[3]';
const LOST = 'lose web.cpus[1].tick';
const OTHER_CLOCK = 'set web.run_queues[0].clock to web.run_queues[0].clock + 1_000_000_000';
const LONG_NS = 100e6;

let faults: Faults;
beforeAll(() => {
  faults = new Faults([
    `${BENT}; ${DOUBTFUL}`,
    `${MISCOUNTED}; ${DOUBTFUL}`,
    DOUBTFUL,
    `${BENT}; ${LOST}`,
    LOST,
    OTHER_CLOCK,
  ]);
});

/** What is said of a patient, and how often it was let run for that; it does not change while it runs. */
function attended(text: string, after_ns: number, of: Partial<Patient> = {}) {
  const { patient, release } = faults.patient(text, HARM_NS, after_ns);
  let runs = 0;
  const report = look({
    ...delegate(patient, (physical, into) => patient.read(physical, into)),
    letRun: () => ++runs > 0,
    reason: 'inspection',
    ...of,
  });
  release();
  return { runs, verdicts: verdicts(report), causes: report.diagnosis.map(({ cause }) => cause) };
}

describe('a guest that has not noticed a bent link', () => {
  it('is not let run for what would have to be read again', () => {
    const { runs, verdicts } = attended(`${BENT}; ${DOUBTFUL}`, 50_000);
    expect(runs).toBe(0);
    expect(verdicts).toMatchObject({ tasks: 'corrupt', dentries: 'unsettled' });
  });

  it('is let run when a watchdog has barked already', () => {
    const { runs, verdicts } = attended(`${BENT}; ${DOUBTFUL}`, 50_000, { reason: 'heartbeat' });
    expect(runs).toBeGreaterThan(1);
    expect(verdicts).toMatchObject({ tasks: 'corrupt', dentries: 'corrupt' });
  });

  it('is not let run to see whether a late tick comes', () => {
    expect(attended(LOST, LONG_NS)).toMatchObject({ causes: ['lost_interrupt'] });
    const { runs, causes } = attended(`${BENT}; ${LOST}`, LONG_NS);
    expect(runs).toBe(0);
    expect(causes).not.toContain('lost_interrupt');
  });
});

it.each([
  ['nothing else is wrong', DOUBTFUL],
  ['a count is wrong', `${MISCOUNTED}; ${DOUBTFUL}`],
])('where %s a guest is let run, and looked at again', (_what, text) => {
  const { runs, verdicts } = attended(text, 50_000);
  expect(runs).toBeGreaterThan(1);
  expect(verdicts).toMatchObject({ dentries: 'corrupt' });
});

it("a run queue's clock, which is none of the clock events', makes no event late", () => {
  const { patient, release } = faults.patient(OTHER_CLOCK, HARM_NS, 50_000);
  expect(signsIn(patient).map(({ code }) => code)).toEqual([]);
  release();
});
