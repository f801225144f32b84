import { countOf, rootPlace, rootType } from '../locate/roots.ts';
import type { Root } from '../locate/roots.ts';
import { reportRing } from './tasks.ts';
import { walkRing } from './ring.ts';
import type { Inspection, Validator } from './validator.ts';

const QUANTITY = { low: 1, high: 1000 } as const;

/** The shop's book: a list in a process's own memory, with its author's invariants. */
export const ORDERS: Validator = {
  structure: 'orders',
  run(inspection) {
    const root = inspection.roots()[0];
    if (root) checkBook(inspection, root);
  },
};

function checkBook(inspection: Inspection, root: Root): void {
  const { locator, space, subject, meter } = inspection;
  const type = locator.keys.get('TYPE') ?? 'order';
  const at = inspection.offsets(type, {
    link: locator.keys.get('LINK') ?? 'link',
    qty: 'qty',
    state: 'state',
  });
  const links = inspection.offsets('list_head', { next: 'next', prev: 'prev' });
  if (!at || !links) return;
  if (!space.mapped(root.head)) return inspection.unreachable('UNMAPPED', 'the book is not mapped');
  inspection.under(root);
  const limit = Number(locator.keys.get('LIMIT') ?? 4096) || 4096;
  const ring = walkRing(space, root.head, links, meter, limit);
  if (ring.exhausted) inspection.unreachable('BUDGET', 'the list has no end');
  const orders = ring.nodes.map((node) => node - at.link);
  const names = new Map(orders.map((order, index) => [order, `orders[${index}]`]));
  const link = locator.keys.get('LINK') ?? 'link';
  reportRing(inspection, ring, (node) => {
    const name = names.get(node - at.link);
    if (name !== undefined) return { place: `${name}.${link}`, object: { type, base: node - at.link } };
    return { place: `${rootPlace(locator, root)}.${locator.root.member || 'head'}`, object: { type: rootType(locator), base: root.base } }; // prettier-ignore
  });
  const states = enumerators(inspection, type);
  const state_bytes = subject.member(type, 'state')?.bytes ?? 1;
  orders.forEach((order, index) => {
    inspection.elements++;
    if (!meter.step()) return inspection.unreachable('BUDGET', 'too many orders');
    const object = { type, base: order };
    const qty = space.u32(order + at.qty);
    if (!(qty >= QUANTITY.low && qty <= QUANTITY.high)) {
      inspection.report({ code: 'ORDER_RANGE', place: `orders[${index}].qty`, address: order + at.qty, bytes: 4, object, message: `a quantity of ${qty}, not ${QUANTITY.low}..${QUANTITY.high}` }); // prettier-ignore
    }
    const state = space.unsigned(order + at.state, state_bytes);
    if (!states.has(state)) {
      inspection.report({ code: 'ORDER_STATE', place: `orders[${index}].state`, address: order + at.state, bytes: state_bytes, object, message: `${state} is no state of an order` }); // prettier-ignore
    }
  });
  const count = countOf(subject, locator, root);
  if (!count || !ring.complete) return;
  const said = space.unsigned(count.address, count.bytes);
  if (said === orders.length) return;
  inspection.report({
    code: 'ORDER_COUNT',
    place: `${rootPlace(locator, root)}.${count.name}`,
    address: count.address,
    bytes: count.bytes,
    object: { type: rootType(locator), base: root.base },
    message: `the book says ${said}, there are ${orders.length}`,
    expected: orders.length,
  });
}

/** What BTF says `state` can be; open, filled and void where it says nothing. */
function enumerators(inspection: Inspection, type: string): ReadonlySet<number> {
  const { btf } = inspection.subject;
  const member = inspection.subject.member(type, 'state');
  const values = btf && member ? btf.enumerators(btf.resolve(member.type)).map(({ value }) => value) : [];
  return new Set(values.length > 0 ? values : [0, 1, 2]);
}
