import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import { memberOf, objectAt } from '../typed.ts';
import { findTask } from './tasks.ts';

/** Physical address of the top page table of the first process of that comm. */
export function pageTable(kernel: Kernel, comm: string, at: string): Outcome<number> {
  const task = findTask(kernel, comm, at);
  if (!task.ok) return task;
  const object = objectAt(kernel, task.value, 'task_struct', { text: at });
  const mm = object.ok ? memberOf(kernel, object.value, 'mm') : object;
  const pgd = mm.ok ? memberOf(kernel, mm.value, 'pgd') : mm;
  if (!pgd.ok) return pgd;
  const top = kernel.u64(pgd.value.address as Address);
  const physical = top === undefined || !isCanonical(top) ? -1 : kernel.space().translate(top);
  return physical < 0 ? lost('UNMAPPED', at, `the page table of ${comm} is not mapped`) : found(physical);
}
