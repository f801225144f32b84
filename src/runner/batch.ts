import type { MessagePort } from 'node:worker_threads';
import type { Aside } from '../target/aside.ts';
import type { ExecuteContext } from './execute.ts';
import type { Job } from './events.ts';
import { type ExecuteJob, guarded } from './guarded.ts';

/** What a worker is sent: one message, so that scenarios of one topology share it in the clone too. */
export interface Batch {
  readonly jobs: readonly Job[];
  readonly context: ExecuteContext;
  readonly port: MessagePort;
}

/** What a worker says on the port, in the order of the batch. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  /** From here on nothing counts against the job's time, for so long at most; */
  | { readonly type: 'aside'; readonly words: string; readonly limit_ms: number }
  /** from here on it does again. */
  | { readonly type: 'on' }
  /** `outcome` is JSON: made and read in half the time that a structured clone takes. */
  | {
      readonly type: 'finished';
      readonly index: number;
      readonly outcome: string;
      readonly wall_ms: number;
    };

/** The worker's side: runs the jobs of a batch in order and says each outcome as it comes. */
export function serveBatch(batch: Batch, execute: ExecuteJob): void {
  const { jobs, context, port } = batch;
  const say = (message: WorkerMessage): void => port.postMessage(message);
  const aside: Aside = (words, limit_ms, work) => {
    say({ type: 'aside', words, limit_ms });
    try {
      return work();
    } finally {
      say({ type: 'on' });
    }
  };
  say({ type: 'ready' });
  for (const job of jobs) {
    const begun = performance.now();
    const outcome = guarded(execute, job, { ...context, aside });
    const wall_ms = performance.now() - begun;
    say({ type: 'finished', index: job.index, outcome: JSON.stringify(outcome), wall_ms });
  }
  port.close();
}
