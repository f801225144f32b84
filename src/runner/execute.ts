import { runScenario } from '../execute/scenario.ts';
import { TwinLines } from '../execute/twin-line.ts';
import type { TargetName } from '../model/scenario.ts';
import type { RunOutcome } from '../record/outcome.ts';
import { judge } from '../verdict/judge.ts';
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

/** Boots and checkpoints of this thread: a cache, on which no outcome depends. */
const lines = new TwinLines();

/** Runs and judges one job. Deterministic: the outcome depends on the arguments alone. */
export function executeJob(job: Job, context: ExecuteContext): RunOutcome {
  const { scenario, seed } = job;
  const id = runId(job);
  const replay = replayCommand(job, context.replay);
  const undone = { id, scenario: scenario.id, seed, claims: [], complaints: [], replay } as const;
  if (scenario.skip) return { ...undone, status: 'skipped', reason: scenario.skip.reason };
  if (!scenario.targets.includes(context.target))
    return { ...undone, status: 'skipped', reason: `its targets are ${scenario.targets.join(', ')}` };
  if (context.target !== 'sim')
    return { ...undone, status: 'errored', reason: `the target ${context.target} comes in a later version` };
  const finished = runScenario(scenario, seed, lines);
  try {
    const { record, facts } = finished;
    return judge({ id, scenario, record, facts, replay, target: 'sim', today: context.today });
  } finally {
    finished.release();
  }
}
