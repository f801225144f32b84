import type { Address } from '../../base/address.ts';
import type { ShapeFault } from '../elements.ts';
import { Ring } from './ring.ts';
import type { LinkFault } from './ring.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hex, hexAt } from './shape.ts';

/** A circular list of list_heads. */
export const list: Shape = (job) => {
  const { locator, root, space, budget, elements } = job;
  const links = { next: locator.at('list_head', 'next'), prev: locator.at('list_head', 'prev') };
  const link = locator.link?.offset ?? 0;
  const ring = new Ring(space, root.head, links, budget, locator.model.limit);
  let taken = 0;
  let begun = false;
  const take = (): boolean => {
    for (; taken < ring.nodes.length; taken++)
      if (!add(job, (ring.nodes[taken] as Address) - link)) return false;
    return true;
  };
  return () => {
    if (!begun) {
      begun = true;
      if (!space.mapped(root.head)) {
        giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
        return false;
      }
      if (locator.model.including_head && !add(job, root.head - link)) return false;
    }
    const going = ring.advance();
    if (!take()) return false;
    if (going) return true;
    if (ring.exhausted) giveUp(job, 'BUDGET', `the list at ${root.place} has no end`);
    if (!ring.complete) elements.complete = false;
    for (const one of ring.faults) report(job, one, links[one.side], link);
    return false;
  };
};

const SAYING: Readonly<Record<LinkFault['code'], string>> = {
  LIST_NULL: 'no link of a ring is NULL',
  LIST_NEXT_POISON: 'the poison of a deleted entry',
  LIST_PREV_POISON: 'the poison of a deleted entry',
  LIST_NEXT_WILD: 'it leads to no entry',
  LIST_PREV_WILD: 'it leads to no entry',
  LIST_CYCLE: 'it closes the ring without its head',
  LIST_BACKLINK: 'who stands there does not point back',
};

function report(job: ShapeJob, one: LinkFault, offset: number, link: number): void {
  const { root, locator, space } = job;
  const address = one.node + offset;
  const of_head = one.node === root.head && !locator.model.including_head;
  const should = one.expected === undefined ? '' : `; its neighbours say ${hex(one.expected, space.fold)}`;
  const via = locator.link?.path ?? '';
  const found: Omit<ShapeFault, 'root'> = {
    code: one.code,
    address,
    bytes: 8,
    element: of_head ? NaN : one.node - link,
    member: of_head ? `.${one.side}` : `${via === '' ? '' : `.${via}`}.${one.side}`,
    message: `${hexAt(space, address)}: ${SAYING[one.code]}${should}`,
    ...(one.expected === undefined ? {} : { expected: one.expected }),
  };
  fault(job, found);
}
