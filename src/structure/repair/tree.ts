import type { Address } from '../../base/address.ts';
import type { Elements } from '../elements.ts';
import { layoutOf } from '../shapes/tree-layout.ts';
import { readField } from '../locators.ts';
import type { Writes } from './plan.ts';

const BLACK = 1;

/** What a tree gets or loses. */
export interface TreeChange {
  /** Index of an element. */
  readonly without?: number;
  /** An object that is in no tree, and what it is called. */
  readonly also?: { readonly base: Address; readonly name: string };
}

/**
 * A red-black tree of the same nodes in the same order, but for one of them: as level as can be, the lowest level red
 * unless it is full.
 */
export function rebuiltTree(
  writes: Writes,
  elements: Elements,
  root_index: number,
  { without, also }: TreeChange,
): void {
  const root = elements.roots[root_index];
  if (!root || !elements.complete) return writes.decline('NO_VALUE', 'not all of the tree can be reached');
  const { locator } = elements;
  const at = layoutOf(locator, root);
  const link = locator.link?.offset ?? 0;
  const via = locator.link ? `.${locator.link.path}` : '';
  const [start, end] = [elements.starts[root_index] ?? 0, elements.starts[root_index + 1] ?? elements.length];
  const order: { readonly base: Address; readonly name: string }[] = [];
  for (let index = start; index < end; index++)
    if (index !== without) order.push({ base: elements.bases[index] as Address, name: elements.name(index) });
  if (also) {
    const { key } = locator;
    if (!key) return writes.decline('NO_VALUE', 'nothing says what the tree is ordered by');
    const own = readField(root.space, also.base, key);
    if (Number.isNaN(own)) return writes.decline('UNMAPPED', `${also.name} cannot be read`);
    // Behind its equals, as the kernel inserts.
    const behind = order.findIndex(({ base }) => readField(root.space, base, key) > own);
    order.splice(behind < 0 ? order.length : behind, 0, also);
  }
  const node = (one: { readonly base: Address } | undefined): Address =>
    one === undefined ? 0 : one.base + link;
  // Every level but the last is full and black.
  const levels = Math.floor(Math.log2(order.length + 1));
  const build = (low: number, high: number, parent: Address, depth: number): Address => {
    if (low >= high) return 0;
    const middle = low + ((high - low) >>> 1);
    const one = order[middle] as { readonly base: Address; readonly name: string };
    const here = node(one);
    const colour = depth > levels ? 0 : BLACK;
    const name = `${one.name}${via}`;
    writes.pointer(root.space, here + at.left, build(low, middle, here, depth + 1), `${name}.rb_left`);
    writes.pointer(root.space, here + at.right, build(middle + 1, high, here, depth + 1), `${name}.rb_right`);
    writes.pointer(root.space, here + at.parent, parent + colour, `${name}.__rb_parent_color`);
    return here;
  };
  const top = build(0, order.length, 0, 1);
  writes.pointer(root.space, at.root, top, `${root.place}${at.root_member}`);
  if (at.leftmost !== undefined)
    writes.pointer(root.space, at.leftmost, node(order[0]), `${root.place}${at.leftmost_member}`);
}
