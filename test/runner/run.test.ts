import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunOutcome, Status } from '../../src/record/outcome.ts';
import type { Job, Reporter, RunnerEvent } from '../../src/runner/events.ts';
import type { ExecuteContext } from '../../src/runner/execute.ts';
import type { Executor } from '../../src/runner/executor.ts';
import { runJobs, type RunRequest } from '../../src/runner/run.ts';
import { serialExecutor } from '../../src/runner/serial.ts';
import { diagnosticAt, scenarioNamed } from '../support/spec-fixture.ts';

const CONTEXT: ExecuteContext = { today: '2026-01-01', replay: 'npx siren run', target: 'sim' };

function jobsOf(statuses: readonly Status[]): Job[] {
  return statuses.map((status, index) => ({ index, scenario: scenarioNamed(`${status} ${index}`), seed: 1 }));
}

function execute(job: Job): RunOutcome {
  const { id, name } = job.scenario;
  if (name.startsWith('errored')) throw new TypeError('x is not a function');
  const status = name.split(' ')[0] as Status;
  return { id, scenario: id, seed: job.seed, status, claims: [], complaints: [], replay: '' };
}

async function run(statuses: readonly Status[], changes: Partial<RunRequest> = {}) {
  const events: RunnerEvent[] = [];
  let finished = 0;
  const reporter: Reporter = {
    name: 'test',
    event: (event) => events.push(event),
    finish: () => Promise.resolve(void finished++),
  };
  const result = await runJobs({
    files: [],
    sources: new Map(),
    diagnostics: [],
    jobs: jobsOf(statuses),
    target: 'sim',
    executor: serialExecutor(execute, CONTEXT),
    reporters: [reporter],
    allow_empty: false,
    environment: { date: '', node: '', platform: '' },
    signal: new AbortController().signal,
    ...changes,
  });
  const outcomes = events.flatMap((event) => (event.type === 'outcome' ? [event.outcome] : []));
  return { ...result, events, outcomes, finished };
}

describe('what a run does aside', () => {
  it('is told to the reporters before its outcome, and done', async () => {
    const booting = (job: Job, { aside }: ExecuteContext): RunOutcome =>
      aside?.('boots', 1, () => execute(job)) as RunOutcome;
    const ran = await run(['passed'], { executor: serialExecutor(booting, CONTEXT) });
    const order = ran.events.flatMap((event) =>
      event.type === 'aside' ? [event.words] : event.type === 'outcome' ? [event.outcome.status] : [],
    );
    expect(order).toEqual(['boots', 'passed']);
  });
});

describe('exit codes', () => {
  it.each([
    [['passed', 'skipped', 'xfailed', 'inconclusive'], 0],
    [['passed', 'failed'], 1],
    [['xpassed'], 1],
    [['failed', 'errored'], 4],
    [['skipped', 'skipped'], 5],
    [['skipped', 'failed'], 1],
    [[], 5],
  ] as const)('%j gives %i', async (statuses, code) => {
    expect((await run(statuses)).exit_code).toBe(code);
  });

  it('a spec that does not compile gives 2, and the others still run', async () => {
    const diagnostics = [diagnosticAt('E0312', 'two owners', ['run 400 ms', 'here'])];
    expect(await run(['passed'], { diagnostics })).toMatchObject({ exit_code: 2, outcomes: [{}] });
    expect((await run(['failed'], { diagnostics })).exit_code).toBe(2);
    expect((await run(['errored'], { diagnostics })).exit_code).toBe(4);
    expect((await run([], { diagnostics })).exit_code).toBe(2);
    const warning = { ...diagnostics[0]!, severity: 'warning' as const };
    expect((await run(['passed'], { diagnostics: [warning] })).exit_code).toBe(0);
  });

  it('nothing selected is no error when it is allowed', async () => {
    expect((await run([], { allow_empty: true })).exit_code).toBe(0);
  });

  it('a reporter that throws gives 4, and the others get every event', async () => {
    const broken: Reporter = {
      name: 'broken',
      event: () => {
        throw new Error('no such thing');
      },
      finish: () => Promise.reject(new Error('is not asked any more')),
    };
    const late: Reporter = {
      name: 'late',
      event: () => undefined,
      finish: () => Promise.reject(new Error('full')),
    };
    let seen = 0;
    const good: Reporter = { name: 'good', event: () => void seen++, finish: () => Promise.resolve() };
    const result = await run(['passed'], { reporters: [broken, late, good] });
    expect(result.exit_code).toBe(4);
    expect(result.failures.map(({ reporter }) => reporter)).toEqual(['broken', 'late']);
    expect(seen).toBeGreaterThanOrEqual(4);
  });
});

describe('the events of a run', () => {
  it('come as compiled, started, progress and outcomes, finished', async () => {
    const { events, finished } = await run(['passed', 'failed']);
    const types = events.map(({ type }) => type);
    expect([types[0], types[1], types.at(-1)]).toEqual(['compiled', 'started', 'finished']);
    expect(types.filter((type) => type === 'outcome')).toHaveLength(2);
    expect(events.findLast((event) => event.type === 'progress')).toMatchObject({ done: 2, total: 2 });
    expect(finished).toBe(1);
  });

  it('an exception in a run is an errored outcome in one line, and the rest go on', async () => {
    const { outcomes } = await run(['errored', 'passed']);
    expect(outcomes.map(({ status }) => status)).toEqual(['errored', 'passed']);
    expect(outcomes[0]!.reason).toMatch(/^siren itself failed: TypeError: x is not a function/);
    expect(outcomes[0]!.reason).not.toContain('\n');
    expect(outcomes[0]!.replay).toMatch(/^npx siren run specs/);
  });

  it('--bail stops after so many that need attention, and says so', async () => {
    const statuses: Status[] = ['passed', 'failed', 'passed', 'xpassed', 'passed', 'failed'];
    const two = await run(statuses, { bail: 2 });
    expect(two.outcomes).toHaveLength(4);
    expect(two.events.at(-1)).toMatchObject({ type: 'finished', bailed: true, exit_code: 1 });
    expect((await run(statuses, { bail: 3 })).events.at(-1)).toMatchObject({ bailed: false });
  });

  it('stop at a signal: what had ended is reported, as of a run that was interrupted', async () => {
    const stop = new AbortController();
    const executor = serialExecutor((job) => {
      if (job.index === 1) stop.abort();
      return execute(job);
    }, CONTEXT);
    const { outcomes, finished, interrupted, events } = await run(['passed', 'passed', 'passed'], {
      executor,
      signal: stop.signal,
    });
    expect([outcomes.length, finished, interrupted]).toEqual([2, 1, true]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', interrupted: true, bailed: false });
  });

  it('a signal before the first run has ended leaves no report', async () => {
    const { finished, events, ...rest } = await run(['passed'], { signal: AbortSignal.abort() });
    expect(rest).toMatchObject({ interrupted: true, unreported: true });
    expect([finished, events.some(({ type }) => type === 'finished')]).toEqual([0, false]);
  });

  it('what ended behind a run that did not is told too, in the order of the jobs', async () => {
    const stop = new AbortController();
    const lanes: Executor = {
      workers: 3,
      async run(jobs, listener) {
        for (const job of [jobs[3], jobs[1]]) listener.finished(job as Job, execute(job as Job), 1);
        stop.abort();
      },
      close: () => Promise.resolve(),
    };
    const { outcomes } = await run(['passed', 'failed', 'passed', 'xfailed'], {
      executor: lanes,
      signal: stop.signal,
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'xfailed']);
  });

  it('tell that time passes although nothing else happens', async () => {
    const slow: Executor = { workers: 1, run: () => pause(600), close: () => Promise.resolve() };
    const { events } = await run(['passed'], { executor: slow });
    expect(events.filter(({ type }) => type === 'progress').length).toBeGreaterThanOrEqual(2);
  });
});
