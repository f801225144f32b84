import type { TargetName } from '../model/scenario.ts';
import type { RunOutcome } from '../record/outcome.ts';
import type { Job } from './events.ts';
import { replayCommand, runId } from './identity.ts';

/** What a run may know of its surroundings. */
export interface ExecuteContext {
  /** `YYYY-MM-DD`: an `xfail … until` an earlier day no longer excuses. */
  readonly today: string;
  /** The command that replays a run, up to the path: `npx siren run`. */
  readonly replay: string;
  readonly target: TargetName;
}

/** Runs and judges one job. Deterministic: the outcome depends on the arguments alone. */
export function executeJob(job: Job, context: ExecuteContext): RunOutcome {
  return {
    id: runId(job),
    scenario: job.scenario.id,
    seed: job.seed,
    status: 'errored',
    reason: `the target ${context.target} is not built yet`,
    claims: [],
    complaints: [],
    replay: replayCommand(job, context.replay),
  };
}
