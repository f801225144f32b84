import type { RunOutcome } from '../record/outcome.ts';
import type { ExecuteContext } from './execute.ts';
import type { Job } from './events.ts';
import { replayCommand, runId } from './identity.ts';

/** What an executor tells while it works. `finished` comes once for each job, in any order. */
export interface ExecutorListener {
  started(job: Job): void;
  /** It does what counts against no time limit of its own, in words for the user. */
  aside?(job: Job, words: string): void;
  finished(job: Job, outcome: RunOutcome, wall_ms: number): void;
}

/** Runs jobs, in the main thread or in workers. The two differ in nothing that a report shows, but for wall times. */
export interface Executor {
  /** How many workers it has; 0 in the main thread. */
  readonly workers: number;
  /** Settles when every job is finished or `signal` has aborted. */
  run(jobs: readonly Job[], listener: ExecutorListener, signal: AbortSignal): Promise<void>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** A run that the harness could not bring to an end. */
export function erroredOutcome(job: Job, context: ExecuteContext, reason: string): RunOutcome {
  return {
    id: runId(job),
    scenario: job.scenario.id,
    seed: job.seed,
    status: 'errored',
    reason,
    claims: [],
    complaints: [],
    replay: replayCommand(job, context.replay),
  };
}

/** For a run without jobs: nothing is loaded, nothing is started. */
export function idleExecutor(workers: number): Executor {
  return { workers, run: () => Promise.resolve(), close: () => Promise.resolve() };
}
