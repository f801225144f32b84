import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../scripts/same-real/compare.mjs';

const rescue = {
  ambulance: 'rescue',
  patient: 'web',
  health: 'failing',
  verdicts: [{ structure: 'locks', verdict: 'corrupt' }],
  findings: [{ structure: 'locks', code: 'LOCK_NO_HOLDER' }],
  diagnosis: [{ cause: 'lock_leak', place: 'web.locks["sb_lock"]' }],
};
const results = (rescues: readonly object[], status = 'met'): object => ({
  runs: [
    {
      id: 'a',
      status: 'passed',
      claims: [{ text: 'guest web is healthy', status }],
      record: { rescues, services: [] },
    },
  ],
});
const apart = (...all: readonly object[]): string[] =>
  compareRuns(all).differences.map(
    ({ aspect, seen }) =>
      `${aspect}: ${seen.map(({ runs, value }) => `${runs.join()} ${value}`).join(' | ')}`,
  );

describe('runs on a stock kernel', () => {
  it('came to the same where claims, verdicts, codes and causes are, whatever else they show', () => {
    const other = { ...rescue, attached_ns: 9, diagnosis: [{ ...rescue.diagnosis[0], evidence: ['so'] }] };
    expect(compareRuns([results([rescue]), results([other])])).toEqual({
      scenarios: 1,
      same: 1,
      differences: [],
    });
  });

  it('came to the same where one place is told by two names', () => {
    const at = (place: string, address: string): object => ({
      ...rescue,
      diagnosis: [{ cause: 'bit_flip', place, address }],
    });
    expect(
      apart(results([at('web.tasks["nginx"]', 'ffff')]), results([at('web.tasks[105]', 'ffff')])),
    ).toEqual([]);
    expect(
      apart(results([at('web.tasks["nginx"]', 'ffff')]), results([at('web.tasks[105]', 'fff0')])),
    ).toHaveLength(1);
  });

  it('came to the same where what was struck bears another name, and in another boot another address', () => {
    const struck = (place: string, address: string, hit = address): object => {
      const { runs } = results([{ ...rescue, diagnosis: [{ cause: 'wild_pointer', place, address }] }]) as {
        runs: { record: object }[];
      };
      const receipts = [
        { kind: 'fault', place: 'web.tasks["nginx"]', address: hit },
        { kind: 'request', place: 'rescue' },
      ];
      return { runs: runs.map((run) => ({ ...run, record: { ...run.record, receipts } })) };
    };
    expect(apart(struck('web.tasks["nginx"]', 'ffff'), struck('web.tasks[107]', 'eeee'))).toEqual([]);
    expect(apart(struck('web.tasks["nginx"]', 'ffff'), struck('web.tasks[107]', 'eeee', 'eee0'))).toEqual([
      'rescue 1: diagnosis: 1 wild_pointer at web.tasks["nginx"] | 2 wild_pointer at web.tasks[107]',
    ]);
  });

  it('differ by each of them alone', () => {
    expect(apart(results([rescue]), results([rescue], 'unmet'))).toEqual([
      'claim guest web is healthy: 1 met | 2 unmet',
    ]);
    const unseen = { ...rescue, findings: [], verdicts: [{ structure: 'locks', verdict: 'intact' }] };
    expect(apart(results([rescue]), results([unseen]), results([rescue]))).toEqual([
      'rescue 1: locks: 1,3 corrupt LOCK_NO_HOLDER | 2 intact',
    ]);
    const code = { ...rescue, findings: [{ structure: 'locks', code: 'LOCK_VALUE' }] };
    expect(apart(results([rescue]), results([code]))).toHaveLength(1);
    expect(apart(results([rescue]), results([{ ...rescue, diagnosis: [] }]))).toEqual([
      'rescue 1: diagnosis: 1 lock_leak at web.locks["sb_lock"] | 2 ',
    ]);
  });

  it('differ by a rescue that only one has, and by a scenario that only one ran', () => {
    expect(apart(results([rescue]), results([]))).toEqual(['rescues: 1 rescue to web | 2 ']);
    expect(compareRuns([results([rescue]), { runs: [] }])).toMatchObject({ scenarios: 1, same: 0 });
  });
});
