import type { Address } from '../base/address.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';

/** More than this in one ring, bucket or tree is no structure that a place is looked for in. */
const ELEMENT_LIMIT = 65_536;

/** The entries of a list_head ring, without its head, as addresses of the links. */
export function ring(kernel: Kernel, head: Address, at: string, space?: number): Outcome<readonly Address[]> {
  return follow(kernel, head, head, at, 'the ring', space);
}

/** The nodes of an hlist, from the address of its head. */
export function chain(kernel: Kernel, head: Address, at: string): Outcome<readonly Address[]> {
  return follow(kernel, head, 0, at, 'a bucket');
}

/** First words followed from `start` to `end`; an entry that comes again ends it at once. */
function follow(
  kernel: Kernel,
  start: Address,
  end: Address,
  at: string,
  what: string,
  space?: number,
): Outcome<readonly Address[]> {
  const entries = new Set<Address>();
  for (let entry = kernel.u64(start, space); entry !== end; entry = kernel.u64(entry, space)) {
    if (entry === undefined)
      return lost('UNMAPPED', at, `${what} leaves mapped memory after ${entries.size} entries`);
    if (entries.has(entry)) return lost('WALK', at, `${what} comes back to an entry after ${entries.size}`);
    if (entries.size >= ELEMENT_LIMIT)
      return lost('WALK', at, `${what} does not end within ${ELEMENT_LIMIT} entries`);
    entries.add(entry);
  }
  return found([...entries]);
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
