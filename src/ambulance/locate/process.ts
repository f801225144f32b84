import { Space } from '../memory.ts';
import type { Census } from './census.ts';
import type { Subject } from './subject.ts';

/** The address space of the first process of that comm, through its own page tables; a text when there is none. */
export function processSpace(subject: Subject, census: Census | undefined, comm: string): Space | string {
  const task = census?.tasks.find((one) => one.leader && one.comm === comm);
  if (!census || !task) return `there is no process ${comm}`;
  const mm = subject.space.u64(task.address + census.layout.mm);
  const pgd = subject.space.u64(mm + subject.offset('mm_struct', 'pgd'));
  const root = subject.space.physical(pgd);
  if (root < 0 || root % 4096 !== 0) return `the page table of ${comm} is not mapped`;
  return new Space(subject.memory, root, subject.space.levels);
}
