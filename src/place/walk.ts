import type { Address } from '../base/address.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';

/** More than this in one ring, bucket or tree is no structure that a place is looked for in. */
const ELEMENT_LIMIT = 65_536;

/** The entries of a list_head ring, without its head, as addresses of the links. */
export function ring(
  kernel: Kernel,
  head: Address,
  at: string,
  space?: number,
  limit: number = ELEMENT_LIMIT,
): Outcome<readonly Address[]> {
  const links: Address[] = [];
  let link = kernel.u64(head, space);
  while (link !== head) {
    if (link === undefined) return lost('UNMAPPED', at, `the ring leaves mapped memory after ${links.length} entries`); // prettier-ignore
    if (links.length >= limit) return lost('WALK', at, `the ring does not close within ${limit} entries`);
    links.push(link);
    link = kernel.u64(link, space);
  }
  return found(links);
}

/** The nodes of an hlist, from the address of its head. */
export function chain(kernel: Kernel, head: Address, at: string): Outcome<readonly Address[]> {
  const nodes: Address[] = [];
  let node = kernel.u64(head);
  while (node !== 0) {
    if (node === undefined) return lost('UNMAPPED', at, 'a bucket leaves mapped memory');
    if (nodes.length >= ELEMENT_LIMIT) return lost('WALK', at, 'a bucket does not end');
    nodes.push(node);
    node = kernel.u64(node);
  }
  return found(nodes);
}

/** The nodes of an rb_root in order. `left` and `right` are the offsets of rb_left and rb_right in an rb_node. */
export function tree(
  kernel: Kernel,
  root: Address,
  left: number,
  right: number,
  at: string,
): Outcome<readonly Address[]> {
  const nodes: Address[] = [];
  const above: Address[] = [];
  let node = kernel.u64(root);
  while (node !== 0 || above.length > 0) {
    if (node === undefined) return lost('UNMAPPED', at, 'the tree leaves mapped memory');
    if (above.length > 128 || nodes.length >= ELEMENT_LIMIT) return lost('WALK', at, 'the tree does not end');
    if (node !== 0) {
      above.push(node);
      node = kernel.u64(node + left);
    } else {
      const next = above.pop() as Address;
      nodes.push(next);
      node = kernel.u64(next + right);
    }
  }
  return found(nodes);
}
