import type { Address } from '../../base/address.ts';
import type { ShapeFault } from '../elements.ts';
import { Trail } from '../trail.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, full, giveUp, hexAt, plausible } from './shape.ts';

const BATCH = 256;

interface Codes {
  readonly wild: string;
  readonly cycle: string;
  /** What is met twice has been put in a second time: its own link is the one that was overwritten. */
  readonly again: boolean;
}

interface Next {
  readonly to: Address;
  readonly field: Address;
  readonly member: string;
}

/**
 * What ends with NULL: from `first` on, `next` says who follows. A link that leads nowhere or back is the one that is
 * wrong.
 */
function chain(
  job: ShapeJob,
  codes: Codes,
  first: () => Next | undefined,
  next: (base: Address) => Next | undefined,
): () => boolean {
  const { elements, budget, space, locator, root } = job;
  const trail = new Trail();
  const fields = new Map<Address, { element: Address; member: string }>();
  let at: Next | undefined;
  let last: Address = NaN;
  let begun = false;
  const wrong = (
    code: string,
    field: Address,
    element: Address,
    member: string,
    why: string,
    back?: ShapeFault['back'],
  ): false => {
    elements.complete = false;
    fault(job, {
      code,
      address: field,
      bytes: 8,
      element,
      member,
      message: `${hexAt(space, field)}: ${why}`,
      ...(back ? { back } : {}),
    });
    return false;
  };
  const goesRound = (): false => {
    elements.bases.length = distinct(elements.bases, elements.starts.at(-1) ?? 0);
    const none = { element: last, member: '' };
    const [closing, own] = [trail.closing(), trail.freedTwice()];
    const back = { address: closing, ...(fields.get(closing) ?? none) };
    // Where a step is worked out of several fields, it is not known which of them leads.
    if (!codes.again || Number.isNaN(own + closing))
      return wrong(
        codes.cycle,
        closing,
        back.element,
        back.member,
        'it leads back to what was passed before',
      );
    const { element, member } = fields.get(own) ?? none;
    if (own === closing)
      return wrong(codes.cycle, own, element, member, 'it leads back to where it stands', back);
    return wrong(codes.cycle, own, element, member, 'the object that it is of is met again', back);
  };
  return () => {
    if (!begun) {
      begun = true;
      at = first();
      if (!at || Number.isNaN(at.to)) {
        giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
        return false;
      }
    }
    for (let count = 0; count < BATCH; count++) {
      const edge = at;
      if (!edge || edge.to === 0) return false;
      const spent = !budget.step();
      if (!plausible(edge.to) || !space.mapped(edge.to))
        return wrong(codes.wild, edge.field, last, edge.member, 'it leads to no mapped memory');
      fields.set(edge.field, { element: last, member: edge.member });
      const met = trail.meets(edge.to, Math.floor(edge.to / 0x1_0000_0000) | 0, edge.to | 0, edge.field);
      if (met || ((spent || full(job)) && trail.comesBack())) return goesRound();
      if (spent) {
        giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
        return false;
      }
      if (!add(job, edge.to)) return false;
      last = edge.to;
      at = next(edge.to);
      if (at && Number.isNaN(at.to))
        return wrong(codes.wild, edge.field, NaN, '', 'it leads to no mapped memory');
    }
    return true;
  };
}

/** How many are there before the first that was there already. */
function distinct(bases: readonly Address[], start: number): number {
  const seen = new Set<Address>();
  for (let index = start; index < bases.length; index++) {
    if (seen.has(bases[index] as Address)) return index;
    seen.add(bases[index] as Address);
  }
  return bases.length;
}

/** A lock-less list: llist_head.first, llist_node.next, NULL. */
export const llist: Shape = (job) => {
  const { locator, root, space } = job;
  const link = locator.link?.offset ?? 0;
  const via = locator.link ? `.${locator.link.path}` : '';
  const head = root.head + locator.at('llist_head', 'first');
  const next = locator.at('llist_node', 'next');
  const based = (to: Address): Address => (to === 0 ? 0 : to - link);
  return chain(
    job,
    { wild: 'LLIST_WILD', cycle: 'LLIST_CYCLE', again: false },
    () => ({ to: based(space.u64(head)), field: head, member: '.first' }),
    (base) => ({
      to: based(space.u64(base + link + next)),
      field: base + link + next,
      member: `${via}.next`,
    }),
  );
};

/** Free objects, each naming the next by the locator's `step`. */
export const freelist: Shape = (job) =>
  chain(
    job,
    { wild: 'FREELIST_WILD', cycle: 'FREELIST_CYCLE', again: true },
    () => ({ to: job.space.u64(job.root.head), field: job.root.head, member: '' }),
    (base) => {
      let found: Next | undefined;
      job.successors(base, (to, field, member) => (found = { to, field, member }));
      return found;
    },
  );
