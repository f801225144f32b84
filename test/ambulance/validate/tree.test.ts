import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../src/ambulance/validate/tree.ts';
import { walkTree } from '../../../src/ambulance/validate/tree.ts';
import { substream } from '../../../src/base/random.ts';
import { FlatSpace } from '../../support/flat-space.ts';

const ROOT = 0x8000;
const LEFTMOST = 0x8008;
const COUNT = 10;
const BLACK = 1;
/** Keys 0..9; a node's rb_node is followed by its key. */
const node = (key: number): number => 0x9000 + key * 0x40;
const LAYOUT = { parent: 0, right: 8, left: 16 };

/** A sound tree of ten: black but for 0, 7 (with black children) and 9. */
const SHAPE: readonly (readonly [key: number, parent: number, left: number, right: number, colour: number])[] = [
  [3, -1, 1, 7, BLACK], [1, 3, 0, 2, BLACK], [0, 1, -1, -1, 0], [2, 1, -1, -1, 0],
  [7, 3, 5, 8, 0], [5, 7, 4, 6, BLACK], [4, 5, -1, -1, 0], [6, 5, -1, -1, 0], [8, 7, -1, 9, BLACK], [9, 8, -1, -1, 0],
]; // prettier-ignore

function sound(): FlatSpace {
  const flat = new FlatSpace();
  const at = (key: number): number => (key < 0 ? 0 : node(key));
  for (const [key, parent, left, right, colour] of SHAPE) {
    flat.put(node(key) + LAYOUT.parent, at(parent) + colour);
    flat.put(node(key) + LAYOUT.left, at(left));
    flat.put(node(key) + LAYOUT.right, at(right));
    flat.put(node(key) + 24, key);
  }
  flat.put(ROOT, node(3));
  flat.put(LEFTMOST, node(0));
  return flat;
}

function walk(flat: FlatSpace): Tree {
  const shape = {
    root: ROOT,
    leftmost: LEFTMOST,
    key: (at: number) => flat.space.u64(at + 24),
    keyAddress: (at: number) => at + 24,
    genuine: (at: number) => (at - 0x9000) % 0x40 === 0 && at >= 0x9000 && at < node(COUNT),
  };
  return walkTree(flat.space, shape, LAYOUT, flat.meter);
}

const brief = ({ faults }: Tree): unknown[] =>
  faults.map(({ code, field, expected }) => [code, field, expected]);

describe('a red-black tree', () => {
  it('that is sound gives its nodes in order and no fault', () => {
    const tree = walk(sound());
    expect(tree.nodes).toEqual(Array.from({ length: COUNT }, (_, key) => node(key)));
    expect(tree.faults).toEqual([]);
  });

  it('that is empty is sound', () => {
    const flat = new FlatSpace();
    expect(walk(flat)).toEqual({ nodes: [], faults: [], exhausted: false });
  });

  it.each([
    ['a child that is no node', node(7) + LAYOUT.left, 0xdead0000n, [['RB_POINTER', node(7) + LAYOUT.left, undefined]]],
    ["a child that is another's", node(7) + LAYOUT.left, BigInt(node(1)), [['RB_POINTER', node(7) + LAYOUT.left, undefined]]],
    ['a child that was passed before', node(9) + LAYOUT.right, BigInt(node(3)), [['RB_POINTER', node(9) + LAYOUT.right, undefined]]],
    ['a node that is its own child', node(9) + LAYOUT.right, BigInt(node(9)), [['RB_POINTER', node(9) + LAYOUT.right, undefined]]],
    ["a child's parent", node(5) + LAYOUT.parent, BigInt(node(9)) + 1n, [['RB_PARENT', node(5) + LAYOUT.parent, node(7)]]],
    ['a red root', node(3) + LAYOUT.parent, 0n, [['RB_COLOUR', node(3) + LAYOUT.parent, undefined]]],
    ['two reds in a row', node(5) + LAYOUT.parent, BigInt(node(7)), [['RB_COLOUR', node(5) + LAYOUT.parent, undefined]]],
    ['a black leaf too many', node(6) + LAYOUT.parent, BigInt(node(5)) + 1n, [['RB_COLOUR', node(6) + LAYOUT.parent, undefined]]],
    ['a key out of order', node(4) + 24, 90n, [['RB_ORDER', node(4) + 24, undefined]]],
    ['a leftmost that is not', LEFTMOST, BigInt(node(1)), [['RB_LEFTMOST', LEFTMOST, node(0)]]],
  ] as const)('%s is found at the field that is wrong, in one pass', (_what, field, value, faults) => {
    const flat = sound();
    flat.put(field, value);
    const tree = walk(flat);
    expect(brief(tree)).toEqual(faults);
    expect(flat.meter.steps).toBeLessThanOrEqual(COUNT);
  }); // prettier-ignore

  it('whose links are anything at all ends within its nodes', () => {
    const random = substream(9, 'tree');
    for (let turn = 0; turn < 300; turn++) {
      const flat = sound();
      for (let word = 0; word < 1 + random.below(12); word++) {
        flat.put(
          node(random.below(COUNT)) + 8 * random.below(3),
          node(random.below(COUNT)) + random.below(2),
        );
      }
      const tree = walk(flat);
      expect(tree.nodes.length).toBeLessThanOrEqual(COUNT);
      expect(flat.meter.steps).toBeLessThanOrEqual(COUNT);
    }
  });
});
