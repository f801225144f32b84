import { setImmediate as turn } from 'node:timers/promises';
import type { Aside } from '../target/aside.ts';
import type { ExecuteContext } from './execute.ts';
import type { Executor, ExecutorListener } from './executor.ts';
import type { Job } from './events.ts';
import { type ExecuteJob, guarded } from './guarded.ts';

/** Runs jobs one after the other in this thread. Nothing can interrupt a job here: there is no timeout. */
export function serialExecutor(execute: ExecuteJob, context: ExecuteContext): Executor {
  return {
    workers: 0,
    async run(jobs: readonly Job[], listener: ExecutorListener, signal: AbortSignal): Promise<void> {
      for (const job of jobs) {
        // Signals and timers get their turn between two jobs.
        await turn();
        if (signal.aborted) return;
        listener.started(job);
        const begun = performance.now();
        const aside: Aside = (words, _limit_ms, work) => (listener.aside?.(job, words), work());
        const outcome = guarded(execute, job, { ...context, aside });
        listener.finished(job, outcome, performance.now() - begun);
      }
    },
    close: () => Promise.resolve(),
  };
}
