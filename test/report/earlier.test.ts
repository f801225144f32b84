import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../src/record/outcome.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { earlierRuns } from '../../src/report/earlier.ts';
import { fidelityOf } from '../../src/report/fidelity.ts';
import { runResult } from '../../src/report/run-result.ts';
import { event, finding, record, report, verdict } from '../support/records.ts';
import { outcome } from '../support/outcomes.ts';
import { scenarioNamed } from '../support/spec-fixture.ts';

const leaked = report({
  verdicts: [verdict('tasks'), verdict('locks', 'corrupt')],
  findings: [finding('locks', 'LOCK_NO_HOLDER', 'web.locks["tasklist_lock"]')],
});
/** Longer than what is kept of a run that passed: the sign comes last. */
const events = [
  ...Array.from({ length: 40 }, (_, index) => event(index, 'web', 'park', {})),
  event(900, 'web', 'failing', { sign: 'heartbeat' }),
];

function ran(more: Partial<RunRecord> = {}): RunOutcome {
  return outcome(scenarioNamed('a leak'), 'passed', {
    record: { ...record(), events, reports: [leaked], ...more },
  });
}

function written(run: RunOutcome, target = 'qemu'): string {
  const runs = [
    runResult({ index: 0, scenario: scenarioNamed('a leak'), seed: run.seed }, run, () => undefined, 'brief'),
  ];
  return JSON.stringify({ format: 'siren-results', version: 3, siren: '0', target, runs });
}

describe('runs that results.json tells of', () => {
  it('are compared as if they had just been run', () => {
    const one = ran();
    const { target, runs } = earlierRuns(written(one), 'results.json');
    expect(target).toBe('qemu');
    const told = runs.get(one.id);
    if (told === undefined) throw new Error('it is not there');
    expect(fidelityOf(one, told)).toEqual(fidelityOf(one, one));
    expect(fidelityOf(one, told).seen?.real.signs).toEqual([
      { sign: 'web failing heartbeat', time_ns: 900e6 },
    ]);
    const other = ran({ reports: [{ ...leaked, verdicts: [verdict('tasks'), verdict('locks')] }] });
    expect(fidelityOf(other, told).differences.map(({ aspect }) => aspect)).toEqual(['verdict']);
  });

  it('are none where the file is no results.json, ran on something else, or was changed', () => {
    expect(() => earlierRuns('{}', 'x.json')).toThrow('x.json');
    expect(() => earlierRuns(written(ran(), 'core'), 'x.json')).toThrow('ran on');
    expect(() => earlierRuns(written(ran()).replace('"findings":[', '"findings":1,"f":['), 'x.json')).toThrow(
      'x.json',
    );
    expect(() =>
      earlierRuns(written(ran()).replace('"time_ns":900000000', '"time_ns":"now"'), 'x.json'),
    ).toThrow('x.json');
  });
});
