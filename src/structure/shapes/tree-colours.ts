import type { Address } from '../../base/address.ts';
import type { Reader } from '../reader.ts';
import type { TreeLayout } from './tree-layout.ts';

const BLACK = 1;

/** The node whose colour is wrong, when a tree that is well linked has not the colours of a red-black tree. */
export function checkColours(
  nodes: readonly Address[],
  space: Reader,
  at: TreeLayout,
): { node: Address; message: string; certain: boolean } | undefined {
  const colours = new Map(nodes.map((node) => [node, space.u8(node + at.parent) & 1]));
  const children = new Map(
    nodes.map((node) => [node, [space.u64(node + at.left), space.u64(node + at.right)] as const]),
  );
  const root = space.u64(at.root);
  if (root === 0 || coloured(root, colours, children)) return undefined;
  // One node of the other colour would make it right: that is the one that is wrong.
  const culprit =
    nodes.length > SEARCH_LIMIT
      ? undefined
      : nodes.find((node) => {
          const before = colours.get(node) as number;
          colours.set(node, before ^ 1);
          const right_now = coloured(root, colours, children);
          colours.set(node, before);
          return right_now;
        });
  const node = culprit ?? nodes.find((one) => (colours.get(one) ?? BLACK) !== BLACK) ?? root;
  return {
    node,
    certain: culprit !== undefined,
    message: colours.get(node) === BLACK ? 'should be red' : 'should be black',
  };
}

/** Trying every node costs the square of their number. */
const SEARCH_LIMIT = 2048;

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
