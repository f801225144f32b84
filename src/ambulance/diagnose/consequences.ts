import type { Finding } from '../../patient/report.ts';
import type { Draft } from '../draft.ts';
import { listBugLine, oopsLine } from './case.ts';

/**
 * Which findings only follow from another, by index: what is about a walk as a whole, such as a count, from a broken
 * link of it; a lock that nobody holds from the damage that killed its holder.
 */
export function consequences(
  entries: readonly { readonly finding: Finding; readonly draft: Draft }[],
  log: readonly string[],
): ReadonlyMap<number, number> {
  const follows = new Map<number, number>();
  const oopsed = oopsLine(log) !== '' || listBugLine(log) !== '';
  const links = entries.filter(({ draft }) => draft.link);
  for (const { finding, draft } of entries) {
    let root: Finding | undefined;
    if (draft.sums) root = links.find((one) => one.draft.structure === draft.structure)?.finding;
    // What one element says wrongly is wrong in the total, too.
    if (draft.sums && (draft.means ?? 'bad_count') === 'bad_count')
      root ??= entries.find((one) => one.draft.structure === draft.structure && !one.draft.sums)?.finding;
    else if (draft.means === 'lock_leak' && oopsed) root = links[0]?.finding;
    if (root && root.index !== finding.index) follows.set(finding.index, root.index);
  }
  return follows;
}
