import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import type { RunOutcome } from '../record/outcome.ts';
import type { Batch, WorkerMessage } from './batch.ts';
import { batchesOf } from './batches.ts';
import type { ExecuteContext } from './execute.ts';
import { erroredOutcome, type Executor, type ExecutorListener } from './executor.ts';
import type { Job } from './events.ts';
import { describeError } from './guarded.ts';

export interface ParallelOptions {
  /** At least 1. */
  readonly workers: number;
  /** Wall milliseconds that one job may take. */
  readonly timeout_ms: number;
  /** The worker's module; another one in tests. */
  readonly worker?: URL;
  /**
   * JavaScript heap of one worker, MiB: a run that allocates without end is errored and does not take the machine
   * along.
   */
  readonly heap_mib?: number;
}

const HEAP_MIB = 1024;
/**
 * Loading the code counts against no job. On a busy host it takes its time; a worker that cannot start says so at once.
 */
const START_LIMIT_MS = 300_000;
/** A worker takes about as long to start as this many short runs; the others start when these turn out to be long. */
const JOBS_FOR_A_WORKER = 16;
const MORE_AFTER_MS = 250;
/** After so many workers in a row that never came up, the rest are not tried. */
const START_ATTEMPTS = 3;

/**
 * A simulated machine is a thousand small functions, all warm and none hot, and every worker compiles them for itself:
 * a third of a short run's CPU time. So they are optimized later than V8 would (after 400,000 bytes of bytecode, not
 * 132 KiB), when they have seen all kinds of data, and with less of their callees in each (400 bytes of bytecode, not
 * 920); and until then they run as plain machine code, not interpreted. Young objects are collected by the worker
 * alone: helpers each keep room of their own, a sixth of the memory in all, and find no processor free. And what often
 * survived is not made among the old objects from then on: there it lives until all is collected, with everything that
 * it leads to, which made V8 take more and more for long-lived (350 KB of a run's 1.8 MB, now 54 KB). Only the V8 of
 * Node 20 knows these names; one that does not would complain on the terminal.
 */
const V8_FLAGS: readonly string[] = process.versions.v8.startsWith('11.')
  ? [
      '--interrupt-budget=400000',
      '--max-inlined-bytecode-size-cumulative=400',
      '--always-sparkplug',
      '--no-parallel-scavenge',
      '--no-allocation-site-pretenuring',
    ]
  : [];

/**
 * Runs jobs in worker threads. A worker that hangs or dies costs the job it was at; the rest of its batch goes to a new
 * one.
 */
export function parallelExecutor(context: ExecuteContext, options: ParallelOptions): Executor {
  const { workers, heap_mib = HEAP_MIB } = options;
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  // Not import.meta.resolve: the extension is that of the built file.
  const filename = fileURLToPath(options.worker ?? new URL('./worker.js', import.meta.url));
  const pool = new Tinypool({
    runtime: 'worker_threads',
    // The first one loads its code while the specs are compiled; the others come when there is work for them, and stay.
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: 2 ** 31 - 1,
    resourceLimits: { maxOldGenerationSizeMb: heap_mib },
  });
  // A worker that dies between two batches is replaced when the next one is sent.
  pool.on('error', () => undefined);
  // A failure to start is told when the first batch meets it.
  pool.run(undefined, { filename, name: 'warm' }).catch(() => undefined);
  let failedStarts = 0;

  const runBatch = async (
    jobs: readonly Job[],
    listener: ExecutorListener,
    signal: AbortSignal,
  ): Promise<readonly Job[]> => {
    const run = new BatchRun(jobs, listener, options.timeout_ms);
    const why = await run.through(pool, filename, context, signal);
    const rest = jobs.slice(run.done);
    const [victim, ...others] = rest;
    if (victim === undefined || signal.aborted) return [];
    failedStarts = run.ready ? 0 : failedStarts + 1;
    listener.finished(victim, erroredOutcome(victim, context, why), run.elapsed());
    if (failedStarts < START_ATTEMPTS) return others;
    for (const job of others) listener.finished(job, erroredOutcome(job, context, why), 0);
    return [];
  };

  return {
    workers,
    async run(jobs, listener, signal) {
      // A worker that is ended in the middle of a run removes nothing itself.
      if (context.target === 'qemu')
        (await import('../targets/qemu/process/folders.ts')).removeFoldersAtExit();
      // A real run takes seconds: each is told when it is over, in the order of the specs.
      const queue = context.target === 'qemu' ? jobs.map((job) => [job]) : [...batchesOf(jobs, workers)];
      const lane = async (): Promise<void> => {
        for (let batch = queue.shift(); batch !== undefined && !signal.aborted; batch = queue.shift()) {
          const rest = await runBatch(batch, listener, signal);
          if (rest.length > 0) queue.unshift(rest);
        }
      };
      const most = Math.min(workers, queue.length);
      const lanes = Array.from({ length: Math.min(most, Math.ceil(jobs.length / JOBS_FOR_A_WORKER)) }, lane);
      const more = setTimeout(() => {
        while (lanes.length < most && queue.length > 0) lanes.push(lane());
      }, MORE_AFTER_MS);
      for (let index = 0; index < lanes.length; index++) await lanes[index];
      clearTimeout(more);
    },
    close: () => pool.destroy(),
  };
}

/** One batch in one worker, watched. */
class BatchRun {
  readonly #jobs: readonly Job[];
  readonly #listener: ExecutorListener;
  readonly #timeout_ms: number;
  readonly #channel = new MessageChannel();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** When the job at hand began. */
  #since = performance.now();
  /** Of its time, what was left when the clock was last started, and when that was. */
  #left_ms = 0;
  #going_since = 0;
  /** What is done that takes none of its time. */
  #aside: string | undefined;
  /** Messages, of any kind. */
  #heard = 0;
  #why = '';
  /** The worker has loaded its code and begun. */
  ready = false;
  /** Jobs finished, from the first of the batch on. */
  done = 0;

  constructor(jobs: readonly Job[], listener: ExecutorListener, timeout_ms: number) {
    this.#jobs = jobs;
    this.#listener = listener;
    this.#timeout_ms = timeout_ms;
  }

  /** Wall milliseconds since the job at hand began. */
  elapsed(): number {
    return performance.now() - this.#since;
  }

  /** Settles when the worker is through with the batch or lost; says why it was lost. */
  async through(
    pool: Tinypool,
    filename: string,
    context: ExecuteContext,
    signal: AbortSignal,
  ): Promise<string> {
    const { port1: here, port2: there } = this.#channel;
    const stop = (): void => this.#abort.abort();
    signal.addEventListener('abort', stop, { once: true });
    // The pool does not notice a thread that exits by itself; its end of the channel closes then.
    here.on('close', () => void this.#closed());
    here.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#arm(START_LIMIT_MS);
    try {
      const batch: Batch = { jobs: this.#jobs, context, port: there };
      await pool.run(batch, { filename, transferList: [there], signal: this.#abort.signal });
    } catch (error) {
      this.#why ||= this.#lost(error);
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener('abort', stop);
      this.#drain();
      clearTimeout(this.#timer);
      here.close();
    }
    return this.#why || 'the worker ended before the run did';
  }

  #receive(message: WorkerMessage): void {
    this.#heard++;
    if (message.type === 'aside') return this.#stepAside(message.words, message.limit_ms);
    if (message.type === 'on') return this.#goOn();
    if (message.type === 'ready') {
      this.ready = true;
    } else {
      const job = this.#jobs[this.done] as Job;
      this.done++;
      this.#listener.finished(job, JSON.parse(message.outcome) as RunOutcome, message.wall_ms);
    }
    const next = this.#jobs[this.done];
    if (next === undefined) return clearTimeout(this.#timer);
    this.#listener.started(next);
    this.#since = performance.now();
    this.#left_ms = this.#timeout_ms;
    this.#goOn();
  }

  /** The job's clock stands. */
  #stepAside(words: string, limit_ms: number): void {
    this.#left_ms -= performance.now() - this.#going_since;
    this.#aside = words;
    this.#listener.aside?.(this.#jobs[this.done] as Job, words);
    this.#arm(limit_ms);
  }

  #goOn(): void {
    this.#aside = undefined;
    this.#going_since = performance.now();
    this.#arm(Math.max(0, this.#left_ms));
  }

  /** Takes what the worker has said and this thread, busy, has not heard yet. */
  #drain(): void {
    const { port1: here } = this.#channel;
    for (let entry = receiveMessageOnPort(here); entry !== undefined; entry = receiveMessageOnPort(here)) {
      this.#receive((entry as { message: WorkerMessage }).message);
    }
  }

  #arm(limit_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#expired(limit_ms), limit_ms);
  }

  #expired(limit_ms: number): void {
    const before = this.#heard;
    this.#drain();
    // What was heard has set a new limit: it was this thread that was late.
    if (this.#heard > before) return;
    this.#why = !this.ready
      ? `a worker did not start within ${limit_ms / 1000} s`
      : this.#aside === undefined
        ? `did not finish within ${this.#timeout_ms / 1000} s of wall time (--timeout)`
        : `was still at this after ${limit_ms / 1000} s: ${this.#aside}`;
    this.#abort.abort();
  }

  async #closed(): Promise<void> {
    if (this.done === this.#jobs.length) return;
    // A crash is told by the pool too, with its cause, a moment later.
    await pause(200, undefined, { ref: false });
    this.#abort.abort();
  }

  #lost(error: unknown): string {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'ran out of memory';
    if (error instanceof Error && error.name === 'AbortError')
      return 'the worker exited in the middle of the run';
    return `${this.ready ? 'the worker crashed' : 'a worker could not start'}: ${describeError(error)}`;
  }
}
