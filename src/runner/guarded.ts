import type { RunOutcome } from '../record/outcome.ts';
import type { ExecuteContext } from './execute.ts';
import { erroredOutcome } from './executor.ts';
import type { Job } from './events.ts';

export type ExecuteJob = (job: Job, context: ExecuteContext) => RunOutcome;

/** Runs a job; an exception, which is a mistake of Siren's own, becomes an errored outcome and the rest go on. */
export function guarded(execute: ExecuteJob, job: Job, context: ExecuteContext): RunOutcome {
  try {
    return execute(job, context);
  } catch (error) {
    return erroredOutcome(job, context, `siren itself failed: ${describeError(error)}`);
  }
}

/** One line: what was thrown and the place in Siren's own code, without machine paths. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = error.message.split('\n', 1)[0] as string;
  const message = line.replace(/(?:file:\/\/)?\/[^\s'"]*\/(?=(?:dist|src|node_modules)\/)/g, '');
  const frame = /\/(?:dist|src)\/([\w/-]+\.[jt]s:\d+)/.exec(error.stack ?? '');
  return `${error.name}: ${message}${frame === null ? '' : ` (in ${frame[1]})`}`;
}
