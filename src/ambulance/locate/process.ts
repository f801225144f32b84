import { Space } from '../memory.ts';
import type { Census, Task } from './census.ts';
import { UNPRINTABLE } from './census.ts';
import type { Subject } from './subject.ts';

/** The address space of the first process of that comm, through its own page tables; a text when there is none. */
export function processSpace(subject: Subject, census: Census | undefined, comm: string): Space | string {
  const task = census && findProcess(subject, census, comm);
  if (!census || !task) return `there is no process ${comm}`;
  const mm = subject.space.u64(task.address + census.layout.mm);
  const pgd = subject.space.u64(mm + subject.offset('mm_struct', 'pgd'));
  const root = subject.space.physical(pgd);
  if (root < 0 || root % 4096 !== 0) return `the page table of ${comm} is not mapped`;
  return new Space(subject.memory, root, subject.space.levels);
}

/** By its name; where that is damaged, the one process whose name is nearly it, or is no name. */
function findProcess(subject: Subject, census: Census, comm: string): Task | undefined {
  const named = census.tasks.find((one) => one.leader && one.comm === comm);
  if (named) return named;
  const processes = census.tasks.filter(
    (one) => one.leader && subject.space.u64(one.address + census.layout.mm) !== 0,
  );
  const near = processes.filter((one) => distance(one.comm, comm) <= NEAR);
  const nameless = processes.filter((one) => one.comm === '' || one.comm.includes(UNPRINTABLE));
  return near.length === 1 ? near[0] : nameless.length === 1 ? nameless[0] : undefined;
}

/** Characters in which two names differ. */
const NEAR = 2;

function distance(left: string, right: string): number {
  let differing = Math.abs(left.length - right.length);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index] !== right[index]) differing++;
  }
  return differing;
}
