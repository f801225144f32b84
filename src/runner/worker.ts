import { type Batch, serveBatch } from './batch.ts';
import { executorOf, realFor } from './execute.ts';
import { shippedLibrary } from './library.ts';

/** Entry of a worker thread: the pool calls it with one batch after the other. */
export default async function work(batch: Batch): Promise<void> {
  serveBatch(batch, executorOf(await shippedLibrary(), await realFor(batch.context.target)));
}

/** Asked for before there is work, so that the code is loaded when it comes. */
export function warm(): void {}
