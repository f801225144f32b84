import type { Claim, Scenario } from '../../src/model/scenario.ts';
import { lost } from '../../src/place/outcome.ts';
import type { RunOutcome } from '../../src/record/outcome.ts';
import type { RunRecord } from '../../src/record/record.ts';
import type { RunFacts } from '../../src/verdict/facts.ts';
import type { JudgeInput } from '../../src/verdict/judge.ts';
import { judge } from '../../src/verdict/judge.ts';
import { record } from '../support/records.ts';
import { scenario } from '../support/scenarios.ts';

/** Nothing can be asked of a machine that is no more. */
export const NO_FACTS: RunFacts = {
  place: () => lost('UNSUPPORTED', '', 'there is no machine'),
  value: () => lost('UNSUPPORTED', '', 'there is no machine'),
};

export function judged(
  claims: readonly Claim[],
  run: Partial<RunRecord> = {},
  more: Partial<Scenario> = {},
  input: Partial<JudgeInput> = {},
): RunOutcome {
  return judge({
    id: 'a.spec :: x seed 1',
    scenario: scenario({ claims, ...more }),
    record: record(run),
    target: 'sim',
    facts: NO_FACTS,
    replay: 'npx siren run a.spec:1 --seed 1',
    today: '2026-11-22',
    ...input,
  });
}

/** `met`, `unmet: what was seen` … of each claim. */
export function outcomes(...args: Parameters<typeof judged>): string[] {
  return judged(...args).claims.map((claim) =>
    claim.status === 'met' ? 'met' : `${claim.status}: ${claim.seen}`,
  );
}
