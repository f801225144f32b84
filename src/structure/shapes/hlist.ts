import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { LocatorModel } from '../../model/structure.ts';
import type { Reader } from '../reader.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hexAt, plausible } from './shape.ts';

/** A bucket: hlist_head.first, hlist_node.next and pprev, NULL. */
export const hlist: Shape = (job) => () => {
  walkBucket(job, job.root.head, '');
  return false;
};

/** Where nothing hangs, such a structure does not begin: of its heads those are told that hold an entry. */
export function beginsWhereHeld(shape: LocatorModel['shape']): boolean {
  return shape === 'hlist' || shape === 'llist';
}

/** A wheel has hundreds of buckets, most of them empty. What cannot be read is gone to, and told. */
export function holdsEntry(space: Reader, bucket: Address): boolean {
  return space.u64(bucket) !== 0;
}

/** Goes through one bucket whose head lies at an address, `prefix` from the root on. */
export function walkBucket(job: ShapeJob, head: Address, prefix: string): void {
  const { locator, space, budget, elements, root } = job;
  const [next, back] = [locator.at('hlist_node', 'next'), locator.at('hlist_node', 'pprev')];
  const link = locator.link?.offset ?? 0;
  const via = locator.link ? `.${locator.link.path}` : '';
  const start = elements.bases.length;
  let field = head + locator.at('hlist_head', 'first');
  let last: Address = NaN;
  for (;;) {
    const node = space.u64(field);
    if (node === 0) return;
    if (Number.isNaN(node)) return giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
    const wild = (why: string): void => {
      elements.complete = false;
      fault(job, {
        code: 'HLIST_WILD',
        address: field,
        bytes: 8,
        element: last,
        member: Number.isNaN(last) ? `${prefix}.first` : `${via}.next`,
        message: `${hexAt(space, field)}: ${why}`,
      });
    };
    if (!budget.step()) return giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
    const pprev = space.u64(node + back);
    if (!plausible(node) || Number.isNaN(pprev)) return wild('it leads to no mapped memory');
    const base = node - link;
    if (pprev !== field) {
      // Whom another link leads to is not ours; what leads back into the bucket makes it endless.
      if (elements.bases.indexOf(base, start) >= 0) return wild('the bucket never ends');
      if (isCanonical(pprev) && pprev !== 0 && space.u64(pprev) === node)
        return wild('it leads into another bucket');
      if (!isEntry(job, base, node, next, back)) return wild('no entry stands there');
    }
    if (!add(job, base)) return;
    if (pprev !== field) {
      fault(job, {
        code: 'HLIST_PPREV',
        address: node + back,
        bytes: 8,
        element: base,
        member: `${via}.pprev`,
        message: `${hexAt(space, node + back)}: it is not the link that leads here`,
        expected: field,
      });
    }
    last = base;
    field = node + next;
  }
}

/**
 * Whether an entry stands at an address although its pprev is wrong: it is known, it looks like one, or who follows
 * points back to it.
 */
function isEntry(job: ShapeJob, base: Address, node: Address, next: number, back: number): boolean {
  if (job.known(base)) return true;
  const looks = job.looks(base);
  if (looks !== undefined) return looks;
  const beyond = job.space.u64(node + next);
  return beyond === 0 || (plausible(beyond) && job.space.u64(beyond + back) === node + next);
}
