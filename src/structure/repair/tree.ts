import type { Address } from '../../base/address.ts';
import type { Elements } from '../elements.ts';
import { layoutOf } from '../shapes/tree-layout.ts';
import type { Writes } from './plan.ts';

const BLACK = 1;

/** A red-black tree of the same nodes in the same order, without one of them: as level as can be, the lowest level red unless it is full. */
export function rebuiltTree(writes: Writes, elements: Elements, root_index: number, without: number): void {
  const root = elements.roots[root_index];
  if (!root || !elements.complete) return writes.decline('NO_VALUE', 'not all of the tree can be reached');
  const { locator } = elements;
  const at = layoutOf(locator, root);
  const link = locator.link?.offset ?? 0;
  const via = locator.link ? `.${locator.link.path}` : '';
  const [start, end] = [elements.starts[root_index] ?? 0, elements.starts[root_index + 1] ?? elements.length];
  const order: number[] = [];
  for (let index = start; index < end; index++) if (index !== without) order.push(index);
  const node = (index: number | undefined): Address => (index === undefined ? 0 : (elements.bases[index] as Address) + link); // prettier-ignore
  // Every level but the last is full and black.
  const levels = Math.floor(Math.log2(order.length + 1));
  const build = (low: number, high: number, parent: Address, depth: number): Address => {
    if (low >= high) return 0;
    const middle = low + ((high - low) >>> 1);
    const index = order[middle] as number;
    const here = node(index);
    const colour = depth > levels ? 0 : BLACK;
    const name = `${elements.name(index)}${via}`;
    writes.pointer(root.space, here + at.left, build(low, middle, here, depth + 1), `${name}.rb_left`);
    writes.pointer(root.space, here + at.right, build(middle + 1, high, here, depth + 1), `${name}.rb_right`);
    writes.pointer(root.space, here + at.parent, parent + colour, `${name}.__rb_parent_color`);
    return here;
  };
  const top = build(0, order.length, 0, 1);
  writes.pointer(root.space, at.root, top, `${root.place}${at.root_member}`);
  if (at.leftmost !== undefined) writes.pointer(root.space, at.leftmost, node(order[0]), `${root.place}${at.leftmost_member}`); // prettier-ignore
}
