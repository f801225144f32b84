import { type Batch, serveBatch } from './batch.ts';
import { executeJob } from './execute.ts';

/** Entry of a worker thread: the pool calls it with one batch after the other. */
export default function work(batch: Batch): void {
  serveBatch(batch, executeJob);
}

/** Asked for before there is work, so that the code is loaded when it comes. */
export function warm(): void {}
