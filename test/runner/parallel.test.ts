import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../src/record/outcome.ts';
import { batchesOf } from '../../src/runner/batches.ts';
import type { Job } from '../../src/runner/events.ts';
import { parallelExecutor } from '../../src/runner/parallel.ts';
import { builtFolder } from '../support/built.ts';
import { scenarioNamed, SHARED, TWO_PARTITIONS } from '../support/spec-fixture.ts';

const CONTEXT = { today: '2026-01-01', replay: 'npx siren run', target: 'sim' } as const;
const FAKE = new URL('../support/fake-worker.mjs', import.meta.url);

function jobsOf(names: readonly string[]): Job[] {
  return names.map((name, index) => ({ index, scenario: scenarioNamed(name), seed: 1 }));
}

interface Options {
  workers?: number;
  timeout_ms?: number;
  worker?: URL;
  signal?: AbortSignal;
  heap_mib?: number;
  aside?: (job: Job, words: string) => void;
}

/** `passed`, or `errored: why`, in the order of the jobs. */
async function run(names: readonly string[], options: Options = {}): Promise<string[]> {
  builtFolder();
  const { signal = new AbortController().signal, aside = () => undefined, ...others } = options;
  const executor = parallelExecutor(CONTEXT, { workers: 2, timeout_ms: 20_000, worker: FAKE, ...others });
  const outcomes = new Map<number, RunOutcome>();
  const finished = (job: Job, outcome: RunOutcome): void => {
    expect(outcomes.has(job.index)).toBe(false);
    outcomes.set(job.index, outcome);
  };
  try {
    await executor.run(jobsOf(names), { started: () => undefined, aside, finished }, signal);
  } finally {
    await executor.close();
  }
  return names.flatMap((_, index) => {
    const outcome = outcomes.get(index);
    if (outcome === undefined) return [];
    return [outcome.status === 'errored' ? `errored: ${outcome.reason}` : outcome.status];
  });
}

describe('worker threads', () => {
  it('finish every job once', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `quick ${index}`);
    expect(await run(names, { workers: 3 })).toEqual(names.map(() => 'passed'));
  });

  it('a run that never ends is errored after the timeout, and the rest of its batch goes on', async () => {
    const outcomes = await run(['quick', 'hang', 'quick', 'quick', 'hang', 'quick'], {
      workers: 1,
      timeout_ms: 1000,
    });
    const late = 'errored: did not finish within 1 s of wall time (--timeout)';
    expect(outcomes).toEqual(['passed', late, 'passed', 'passed', late, 'passed']);
  });

  it('what is done aside, as a boot is, takes none of a run’s time; it is told, and has a limit of its own', async () => {
    const told: string[] = [];
    const names = ['boot 1500', 'boots', 'boot-then-hang', 'boot-and-hang', 'quick'];
    const aside = (job: Job, words: string): void => void told.push(`${job.index} ${words}`);
    expect(await run(names, { workers: 1, timeout_ms: 1200, aside })).toEqual([
      'passed',
      'passed',
      'errored: did not finish within 1.2 s of wall time (--timeout)',
      'errored: was still at this after 0.2 s: boots',
      'passed',
    ]);
    expect(told).toEqual(['0 boots for 1500 ms', '1 boots', '1 boots', '1 boots', '2 boots', '3 boots']);
  });

  it('a worker that exits costs the run it was at', async () => {
    const outcomes = await run(['quick', 'exit', 'quick'], { workers: 1 });
    expect(outcomes).toEqual(['passed', 'errored: the worker exited in the middle of the run', 'passed']);
  });

  it('a run that throws is errored, in its worker', async () => {
    const [thrown, other] = await run(['throw', 'quick'], { workers: 1 });
    expect(thrown).toMatch(/^errored: siren itself failed: TypeError: x is not a function/);
    expect(other).toBe('passed');
  });

  it('a run that takes all the memory is errored and takes nobody along', async () => {
    const outcomes = await run(['grow', 'quick'], { workers: 1, heap_mib: 64 });
    expect(outcomes).toEqual(['errored: ran out of memory', 'passed']);
  });

  it('workers that cannot start are not tried for ever', async () => {
    const names = Array.from({ length: 50 }, () => 'quick');
    const worker = new URL('../support/broken-worker.mjs', import.meta.url);
    const outcomes = await run(names, { worker });
    expect(new Set(outcomes)).toEqual(
      new Set([expect.stringMatching(/^errored: a worker could not start: Error: no such library/)]),
    );
    expect(outcomes).toHaveLength(50);
  });

  it('join when the first turns out to be long at work', async () => {
    builtFolder();
    const executor = parallelExecutor(CONTEXT, { workers: 2, timeout_ms: 20_000, worker: FAKE });
    let running = 0;
    let most = 0;
    const started = (): void => void (most = Math.max(most, ++running));
    const finished = (): void => void running--;
    const { signal } = new AbortController();
    await executor.run(jobsOf(Array(4).fill('busy 300')), { started, finished }, signal);
    expect(most).toBe(2);
    most = 0;
    await executor.run(jobsOf(Array(4).fill('quick')), { started, finished }, signal);
    expect(most).toBe(1);
    await executor.close();
  });

  it('a busy main thread does not make a run late', async () => {
    const stop = performance.now() + 100;
    const running = run(['busy 150', 'busy 150', 'busy 150'], { workers: 1, timeout_ms: 1200 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const end = stop + 1700; performance.now() < end;);
    expect(await running).toEqual(['passed', 'passed', 'passed']);
  });

  it('stop at once when they are told to', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const begun = performance.now();
    expect(await run(['hang', 'hang'], { signal: stop.signal })).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('batches', () => {
  const mixed = Array.from({ length: 300 }, (_, index): Job => {
    // Each scenario has a topology of its own that says the same as others.
    const topology = structuredClone(index % 2 === 0 ? TWO_PARTITIONS : SHARED);
    return { index, scenario: scenarioNamed(`n ${index}`, { topology }), seed: index % 3 };
  });

  it('hold every job once', () => {
    const indices = batchesOf(mixed, 2)
      .flat()
      .map(({ index }) => index);
    expect(indices.toSorted((a, b) => a - b)).toEqual(mixed.map(({ index }) => index));
  });

  it('bring runs of one topology and seed together', () => {
    const keys = batchesOf(mixed, 2)
      .flat()
      .map(({ scenario, seed }) => `${scenario.topology.lpars.length} ${seed}`);
    const changes = keys.filter((key, place) => key !== keys[place - 1]).length;
    expect(changes).toBe(6);
  });

  it('make equal topologies one object, so that a clone holds it once', () => {
    const topologies = new Set(
      batchesOf(mixed, 2)
        .flat()
        .map(({ scenario }) => scenario.topology),
    );
    expect(topologies.size).toBe(2);
  });

  it('are small enough that no worker waits long for another', () => {
    const workers = Math.max(2, availableParallelism());
    expect(Math.max(...batchesOf(mixed, workers).map((batch) => batch.length))).toBeLessThanOrEqual(32);
    expect(batchesOf(mixed.slice(0, 3), 2)).toHaveLength(3);
  });

  it('leave jobs that are far apart in the order they have', () => {
    const many = Array.from({ length: 2000 }, (_, index): Job => ({ ...mixed[index % 300]!, index }));
    const order = batchesOf(many, 4)
      .flat()
      .map(({ index }) => index);
    for (const [place, index] of order.entries()) expect(Math.abs(place - index)).toBeLessThan(512);
  });
});
