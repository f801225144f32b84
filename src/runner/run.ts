import type { Diagnostic } from '../text/diagnostic.ts';
import type { Environment, Job, Reporter } from './events.ts';
import type { Executor } from './executor.ts';
import { EXIT, type ExitCode, exitCodeOf, worst } from './exit-codes.ts';
import { type Finished, InOrder } from './in-order.ts';
import { type ReporterFailure, Reporters } from './reporters.ts';

/** Everything a run needs; who calls has found, compiled and selected. */
export interface RunRequest {
  readonly files: readonly string[];
  readonly sources: ReadonlyMap<string, string>;
  /** What the compiler said of them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly jobs: readonly Job[];
  readonly target: string;
  readonly seed_override?: number;
  readonly executor: Executor;
  readonly reporters: readonly Reporter[];
  /** Stop after so many runs that need attention, counted in the order of the jobs. */
  readonly bail?: number;
  readonly allow_empty: boolean;
  readonly environment: Pick<Environment, 'date' | 'node' | 'platform'>;
  /** Stops the run: nothing more is reported and no report is written. */
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly exit_code: ExitCode;
  readonly failures: readonly ReporterFailure[];
  /** The signal came: reports were not written. */
  readonly interrupted: boolean;
}

/** Runs the jobs and tells the reporters, in the order of the jobs, whatever the executor does. */
export async function runJobs(request: RunRequest): Promise<RunResult> {
  const { jobs, executor, signal } = request;
  const begun = performance.now();
  const reporters = new Reporters(request.reporters);
  const { files, sources, diagnostics } = request;
  const seed = request.seed_override === undefined ? {} : { seed_override: request.seed_override };
  reporters.event({ type: 'compiled', files, sources, diagnostics });
  reporters.event({ type: 'started', jobs, target: request.target, ...seed });

  const enough = new AbortController();
  let exit_code: ExitCode = initialCode(request);
  let bad = 0;
  let bailed = false;
  const outcomes = new InOrder(({ job, outcome, wall_ms }: Finished) => {
    if (bailed || signal.aborted) return;
    const parts = outcome.occurrences ?? [outcome];
    for (const one of parts) {
      const code = exitCodeOf(one.status);
      exit_code = worst(exit_code, code);
      const of = one.occurrence === undefined ? job : { ...job, occurrence: one.occurrence };
      reporters.event({ type: 'outcome', job: of, outcome: one, wall_ms: wall_ms / parts.length });
      if (code !== EXIT.ok) bad++;
    }
    if (request.bail === undefined || bad < request.bail || outcomes.emitted === jobs.length) return;
    bailed = true;
    enough.abort();
  });

  const running = new Set<string>();
  let done = 0;
  const progress = (): void => {
    if (bailed || signal.aborted) return;
    reporters.event({ type: 'progress', done, total: jobs.length, running: [...running] });
  };
  const listener = {
    started(job: Job): void {
      running.add(job.scenario.name);
      progress();
    },
    finished(job: Job, outcome: Finished['outcome'], wall_ms: number): void {
      running.delete(job.scenario.name);
      done++;
      outcomes.add({ job, outcome, wall_ms });
      progress();
    },
  };
  try {
    if (jobs.length > 0) await executor.run(jobs, listener, AbortSignal.any([signal, enough.signal]));
  } finally {
    await executor.close();
  }
  if (signal.aborted) return { exit_code, failures: reporters.failures, interrupted: true };

  const wall_ms = performance.now() - begun;
  const environment = { ...request.environment, workers: executor.workers, wall_ms };
  reporters.event({ type: 'finished', environment, exit_code, bailed });
  await reporters.finish();
  const { failures } = reporters;
  return { exit_code: failures.length === 0 ? exit_code : EXIT.harness, failures, interrupted: false };
}

function initialCode(request: RunRequest): ExitCode {
  if (request.diagnostics.some(({ severity }) => severity === 'error')) return EXIT.spec;
  return request.jobs.length === 0 && !request.allow_empty ? EXIT.empty : EXIT.ok;
}
