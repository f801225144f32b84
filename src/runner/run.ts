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
  /** Stops the run: what had ended is reported, as that of a run that was interrupted; nothing is when no run had. */
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly exit_code: ExitCode;
  readonly failures: readonly ReporterFailure[];
  /** The signal came. */
  readonly interrupted: boolean;
  /** Reports were not written: the signal came before the first run had ended. */
  readonly unreported?: true;
}

/** How often the progress is told although nothing has happened. */
const TICK_MS = 250;

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
  let told = 0;
  let ran = jobs.length === 0;
  const outcomes = new InOrder(({ job, outcome, wall_ms }: Finished) => {
    if (bailed) return;
    told++;
    const parts = outcome.occurrences ?? [outcome];
    for (const one of parts) {
      const code = exitCodeOf(one.status);
      exit_code = worst(exit_code, code);
      const of = one.occurrence === undefined ? job : { ...job, occurrence: one.occurrence };
      reporters.event({ type: 'outcome', job: of, outcome: one, wall_ms: wall_ms / parts.length });
      if (code !== EXIT.ok) bad++;
      ran ||= one.status !== 'skipped';
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
    aside(job: Job, words: string): void {
      if (!bailed && !signal.aborted) reporters.event({ type: 'aside', job, words });
    },
    finished(job: Job, outcome: Finished['outcome'], wall_ms: number): void {
      running.delete(job.scenario.name);
      done++;
      outcomes.add({ job, outcome, wall_ms });
      progress();
    },
  };
  // Seconds are seen to pass while nothing else happens.
  const ticking = setInterval(progress, TICK_MS);
  ticking.unref();
  try {
    progress();
    if (jobs.length > 0) await executor.run(jobs, listener, AbortSignal.any([signal, enough.signal]));
  } finally {
    clearInterval(ticking);
    await executor.close();
  }
  const interrupted = signal.aborted;
  if (interrupted) outcomes.flush();
  if (interrupted && told === 0)
    return { exit_code, failures: reporters.failures, interrupted, unreported: true };
  if (!ran && !interrupted && !request.allow_empty) exit_code = worst(exit_code, EXIT.empty);

  const wall_ms = performance.now() - begun;
  const environment = { ...request.environment, workers: executor.workers, wall_ms };
  reporters.event({
    type: 'finished',
    environment,
    exit_code,
    bailed,
    ...(interrupted ? { interrupted } : {}),
  });
  await reporters.finish();
  const { failures } = reporters;
  return { exit_code: failures.length === 0 ? exit_code : EXIT.harness, failures, interrupted };
}

function initialCode(request: RunRequest): ExitCode {
  if (request.diagnostics.some(({ severity }) => severity === 'error')) return EXIT.spec;
  return request.jobs.length === 0 && !request.allow_empty ? EXIT.empty : EXIT.ok;
}
