import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Meter } from '../limits.ts';
import type { Space } from '../memory.ts';

/** Offsets in struct rb_node. */
export interface NodeLayout {
  readonly parent: number;
  readonly left: number;
  readonly right: number;
}

export interface TreeShape {
  /** Address of `rb_root.rb_node`. */
  readonly root: Address;
  /** Address of `rb_leftmost`, when the root caches it. */
  readonly leftmost?: Address;
  /** Key of a node, by the node's address; NaN when it cannot be read. */
  readonly key: (node: Address) => number;
  readonly keyAddress: (node: Address) => Address;
  /** Says of a mapped address whether an element really is there. */
  readonly genuine: (node: Address) => boolean;
  /** True when something beside the order speaks against a node's key. */
  readonly doubtful?: (node: Address) => boolean;
}

/** A field of a tree whose value is wrong. `node` is 0 for the root's own fields. */
export interface TreeFault {
  readonly code: 'RB_POINTER' | 'RB_PARENT' | 'RB_COLOUR' | 'RB_ORDER' | 'RB_LEFTMOST';
  readonly field: Address;
  readonly node: Address;
  readonly member: 'rb_left' | 'rb_right' | '__rb_parent_color' | 'rb_node' | 'rb_leftmost' | 'key';
  readonly expected?: Address;
  readonly message: string;
}

export interface Tree {
  /** Nodes in order. */
  readonly nodes: readonly Address[];
  readonly faults: readonly TreeFault[];
  readonly exhausted: boolean;
}

const BLACK = 1;

interface Visit {
  readonly node: Address;
  readonly depth: number;
}

/** Walks a red-black tree and checks links, colours, order and the cached leftmost node. */
export function walkTree(space: Space, shape: TreeShape, layout: NodeLayout, meter: Meter): Tree {
  const parentOf = (node: Address): Address => {
    const word = space.u64(node + layout.parent);
    return word - (((word % 4) + 4) % 4);
  };
  const left = (node: Address): Address => space.u64(node + layout.left);
  const right = (node: Address): Address => space.u64(node + layout.right);
  const colour = (node: Address): number => space.u8(node + layout.parent) & 1;
  const readable = (node: Address): boolean =>
    isCanonical(node) && (node & 7) === 0 && !Number.isNaN(left(node)) && !Number.isNaN(right(node)) && !Number.isNaN(space.u64(node + layout.parent)); // prettier-ignore
  const faults: TreeFault[] = [];
  const seen = new Set<Address>();
  const nodes: Address[] = [];
  let exhausted = false;

  /** Judges one link; the child when it may be followed, else 0. */
  const follow = (from: Address, field: Address, member: 'rb_left' | 'rb_right' | 'rb_node'): Address => {
    const child = space.u64(field);
    if (child === 0) return 0;
    const wrong = (message: string): Address => {
      faults.push({ code: 'RB_POINTER', field, node: from, member, message });
      return 0;
    };
    if (!readable(child)) return wrong('leads to no mapped memory');
    if (seen.has(child)) return wrong('leads to a node that was passed before');
    if (!shape.genuine(child)) return wrong('leads to what is no element');
    const parent = parentOf(child);
    if (parent !== from || (space.u8(child + layout.parent) & 2) !== 0) {
      const other =
        parent !== from &&
        parent !== 0 &&
        readable(parent) &&
        shape.genuine(parent) &&
        (left(parent) === child || right(parent) === child);
      if (other) return wrong("leads to another node's child");
      faults.push({
        code: 'RB_PARENT',
        field: child + layout.parent,
        node: child,
        member: '__rb_parent_color',
        expected: from,
        message: 'does not lead to its parent',
      });
    }
    seen.add(child);
    return child;
  };

  // In order, with a stack of our own: the depth of what memory holds is not ours to trust.
  const stack: Visit[] = [];
  let next: Visit = { node: follow(0, shape.root, 'rb_node'), depth: 1 };
  for (;;) {
    while (next.node !== 0) {
      if (!meter.step() || next.depth > meter.limits.depth) {
        exhausted = true;
        break;
      }
      stack.push(next);
      next = { node: follow(next.node, next.node + layout.left, 'rb_left'), depth: next.depth + 1 };
    }
    const at = exhausted ? undefined : stack.pop();
    if (!at) break;
    nodes.push(at.node);
    next = { node: follow(at.node, at.node + layout.right, 'rb_right'), depth: at.depth + 1 };
  }
  if (!exhausted && faults.length === 0) {
    checkColours();
    checkOrder();
  }
  if (!exhausted && shape.leftmost !== undefined) {
    const cached = space.u64(shape.leftmost);
    const first = nodes[0] ?? 0;
    // With a broken link the first node found need not be the leftmost.
    if (cached !== first && !faults.some((fault) => fault.code === 'RB_POINTER')) {
      faults.push({ code: 'RB_LEFTMOST', field: shape.leftmost, node: 0, member: 'rb_leftmost', expected: first, message: 'is not the leftmost node' }); // prettier-ignore
    }
  }
  return { nodes, faults, exhausted };

  function checkColours(): void {
    const colours = new Map(nodes.map((node) => [node, colour(node)]));
    const children = new Map(nodes.map((node) => [node, [left(node), right(node)] as const]));
    const root = space.u64(shape.root);
    if (root === 0 || coloured(root, colours, children)) return;
    // One node of the other colour would make it right: that is the one that is wrong.
    const culprit = nodes.find((node) => {
      const before = colours.get(node) as number;
      colours.set(node, before ^ 1);
      const right_now = coloured(root, colours, children);
      colours.set(node, before);
      return right_now;
    });
    const node = culprit ?? nodes.find((one) => (colours.get(one) ?? BLACK) !== BLACK) ?? root;
    faults.push({ code: 'RB_COLOUR', field: node + layout.parent, node, member: '__rb_parent_color', message: colours.get(node) === BLACK ? 'should be red' : 'should be black' }); // prettier-ignore
  }

  function checkOrder(): void {
    const keys = nodes.map((node) => shape.key(node));
    for (let index = 1; index < keys.length; index++) {
      const [before, here] = [keys[index - 1] as number, keys[index] as number];
      if (before <= here) continue;
      // Which of the two is out of line: the one without which the rest is in order.
      const without = (skip: number): boolean => {
        const rest = keys.filter((_, at) => at !== skip);
        return rest.every((key, at) => at === 0 || (rest[at - 1] as number) <= key);
      };
      const [first, second] = [without(index - 1), without(index)];
      const doubt = shape.doubtful?.(nodes[index - 1] as Address) === true;
      const skip = first && (!second || doubt) ? index - 1 : index;
      const node = nodes[skip] as Address;
      faults.push({ code: 'RB_ORDER', field: shape.keyAddress(node), node, member: 'key', message: `${keys[skip]} is out of order` }); // prettier-ignore
      return;
    }
  }
}

/** Root black, no two reds in a row, as many blacks on every way down. */
function coloured(
  root: Address,
  colours: ReadonlyMap<Address, number>,
  children: ReadonlyMap<Address, readonly [Address, Address]>,
): boolean {
  if (colours.get(root) !== BLACK) return false;
  let expected = -1;
  const stack: { readonly node: Address; readonly blacks: number; readonly red: boolean }[] = [
    { node: root, blacks: 0, red: false },
  ];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const of = children.get(at.node);
    if (!of) {
      if (expected >= 0 && expected !== at.blacks) return false;
      expected = at.blacks;
      continue;
    }
    const red = colours.get(at.node) !== BLACK;
    if (red && at.red) return false;
    for (const child of of) stack.push({ node: child, blacks: at.blacks + (red ? 0 : 1), red });
  }
  return true;
}
