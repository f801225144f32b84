import type { Scenario } from '../../src/model/scenario.ts';
import type { RunOutcome } from '../../src/record/outcome.ts';
import type { Environment, Reporter, RunnerEvent } from '../../src/runner/events.ts';
import type { Diagnostic } from '../../src/text/diagnostic.ts';
import { LISTS_FILE, LISTS_TEXT } from './spec-fixture.ts';

export interface Judged {
  readonly scenario: Scenario;
  readonly outcome: RunOutcome;
}

export interface StreamOptions {
  readonly environment?: Partial<Environment>;
  readonly diagnostics?: readonly Diagnostic[];
  readonly sources?: ReadonlyMap<string, string>;
  readonly exit_code?: number;
  readonly wall_ms?: number;
  readonly seed_override?: number;
}

const ENVIRONMENT: Environment = {
  date: '2026-11-22T15:40:12.345Z',
  node: 'v20.20.2',
  platform: 'linux x64',
  workers: 2,
  wall_ms: 1234.5,
};

/** The events of a whole run, as the runner sends them. */
export function* streamOf(judged: readonly Judged[], options: StreamOptions = {}): Generator<RunnerEvent> {
  const sources = options.sources ?? new Map([[LISTS_FILE, LISTS_TEXT]]);
  yield { type: 'compiled', files: [...sources.keys()], sources, diagnostics: options.diagnostics ?? [] };
  const jobs = judged.map(({ scenario, outcome }, index) => ({ index, scenario, seed: outcome.seed }));
  const seed = options.seed_override;
  yield {
    type: 'started',
    jobs,
    target: 'sim',
    ...(seed === undefined ? {} : { seed_override: seed }),
  };
  for (const [index, { outcome }] of judged.entries()) {
    const job = jobs[index] as (typeof jobs)[number];
    yield { type: 'progress', done: index, total: jobs.length, running: [job.scenario.name] };
    yield { type: 'outcome', job, outcome, wall_ms: options.wall_ms ?? 12.25 + index };
  }
  const environment = { ...ENVIRONMENT, ...options.environment };
  yield { type: 'finished', environment, exit_code: options.exit_code ?? 1, bailed: false };
}

/** Sends a run through a reporter and lets it finish. */
export async function feed(reporter: Reporter, events: Iterable<RunnerEvent>): Promise<void> {
  for (const event of events) reporter.event(event);
  await reporter.finish();
}
