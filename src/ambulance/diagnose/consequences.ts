import type { Finding } from '../../patient/report.ts';
import type { Draft } from '../validate/validator.ts';
import { listBugLine, oopsLine } from './case.ts';

const POINTER = /^(?:LIST_|RB_POINTER|RB_PARENT|HLIST_|STACK_POINTER)/;
const COUNT = /^(?:TASK_COUNT|RQ_COUNT|ORDER_COUNT|TIMER_LOST)$/;

/**
 * Which findings only follow from another, by index: a count over a broken walk, or what it did not come to, from the break; a lock that nobody holds from the damage
 * that killed its holder.
 */
export function consequences(
  entries: readonly { readonly finding: Finding; readonly draft: Draft }[],
  log: readonly string[],
): ReadonlyMap<number, number> {
  const follows = new Map<number, number>();
  const oopsed = oopsLine(log) !== '' || listBugLine(log) !== '';
  const pointers = entries.filter(({ draft }) => POINTER.test(draft.code));
  for (const { finding, draft } of entries) {
    let root: Finding | undefined;
    if (COUNT.test(draft.code))
      root = pointers.find((one) => one.draft.structure === draft.structure)?.finding;
    else if (draft.code === 'LOCK_NO_HOLDER' && oopsed)
      root = (pointers.find((one) => one.draft.structure === 'tasks') ?? pointers[0])?.finding; // prettier-ignore
    else if (draft.code === 'RQ_TASK')
      root = pointers.find((one) => one.draft.structure === 'run_queues')?.finding;
    if (root && root.index !== finding.index) follows.set(finding.index, root.index);
  }
  return follows;
}
