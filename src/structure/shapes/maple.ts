import type { Address } from '../../base/address.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hexAt, plausible } from './shape.ts';

/**
 * include/linux/maple_tree.h: nodes are aligned to 256; the low byte of a pointer to one holds its type from bit 3 on.
 */
const NODE_BYTES = 256;
const TYPES = { leaf: 1, range: 2, arange: 3 } as const;
/** A root that is no node has neither of these bits; 2 marks internal entries. */
const INTERNAL = 2;
const ENTRY_LIMIT = 4096;
/** Internal entries that hold a place free: XA_RETRY_ENTRY, XA_ZERO_ENTRY. */
const MARKS: readonly number[] = [0x402, 0x406];
const ROUND = 2 ** 64;

interface Node {
  readonly at: Address;
  readonly type: number;
  readonly parent: Address;
  readonly field: Address;
  readonly low: number;
  readonly high: number;
  readonly depth: number;
}

const DEPTH_LIMIT = 32;

/**
 * A maple tree, as an mm's areas are kept in: every pointer in it, by the first index of its range (rounded beyond
 * 2^53).
 */
export const maple: Shape = (job) => () => {
  const { locator, root, space } = job;
  const head = root.head + locator.at('maple_tree', 'ma_root');
  const entry = space.u64(head);
  if (Number.isNaN(entry)) giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
  else if ((entry & TAG_MASK) === INTERNAL && !(entry >= 0 && entry < ENTRY_LIMIT))
    walkNodes(job, nodeOf(entry, 0, head, 0, ROUND, 1));
  else if (entry !== 0) element(job, entry, head, 0);
  return false;
};

const TAG_MASK = 3;

function nodeOf(
  entry: Address,
  parent: Address,
  field: Address,
  low: number,
  high: number,
  depth: number,
): Node {
  const tag = ((entry % NODE_BYTES) + NODE_BYTES) % NODE_BYTES;
  return { at: entry - tag, type: (tag >>> 3) & 0xf, parent, field, low, high, depth };
}

function walkNodes(job: ShapeJob, first: Node): void {
  const { locator, space, budget } = job;
  const seen = new Set<Address>();
  const waiting: Node[] = [first];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const { at, type, field } = node;
    if (
      !plausible(at) ||
      !space.mapped(at) ||
      !space.mapped(at + NODE_BYTES - 1) ||
      type < TYPES.leaf ||
      type > TYPES.arange
    ) {
      wrong(job, 'MAPLE_WILD', field, 'it leads to no node');
      continue;
    }
    if (seen.has(at) || node.depth > DEPTH_LIMIT) {
      wrong(job, 'MAPLE_WILD', field, 'it leads to a node that was passed before');
      continue;
    }
    seen.add(at);
    // The parent's low bits say in which slot the node hangs; of the root, that it is the root.
    const parent = space.u64(at + locator.at('maple_range_64', 'parent'));
    const bare = parent - (((parent % NODE_BYTES) + NODE_BYTES) % NODE_BYTES);
    if (node.parent !== 0 && bare !== node.parent)
      wrong(job, 'MAPLE_PARENT', at, 'it does not lead to the parent', node.parent);
    const struct = type === TYPES.arange ? 'maple_arange_64' : 'maple_range_64';
    const [pivots, slots] = [locator.at(struct, 'pivot'), locator.at(struct, 'slot')];
    const count = Math.floor((slots - pivots) / 8) + 1;
    let low = node.low;
    const inner: Node[] = [];
    for (let slot = 0; slot < count; slot++) {
      if (!budget.step()) return giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
      const pivot = slot < count - 1 ? unsigned(space.u64(at + pivots + slot * 8)) : node.high;
      // Behind the last range in use the pivots are 0, and the last range goes up to what the node is for.
      const high = pivot === 0 && slot > 0 ? node.high : pivot;
      const place = at + slots + slot * 8;
      if (high < low || high > node.high) {
        wrong(job, 'MAPLE_ORDER', at + pivots + slot * 8, `${high} is not in ${low} to ${node.high}`);
        break;
      }
      const entry = space.u64(place);
      if (type === TYPES.leaf) {
        if (entry !== 0 && !element(job, entry, place, low)) return;
      } else if (entry !== 0) inner.push(nodeOf(entry, at, place, low, high, node.depth + 1));
      low = high + 1;
      if (high >= node.high) break;
    }
    waiting.push(...inner.reverse());
  }
}

function unsigned(value: number): number {
  return value < 0 ? value + ROUND : value;
}

/** False when there are too many. */
function element(job: ShapeJob, entry: Address, field: Address, index: number): boolean {
  // A number kept in the entry itself leads to nothing.
  if ((entry & 1) !== 0 || MARKS.includes(entry)) return true;
  if ((entry >= 0 && entry < ENTRY_LIMIT) || !plausible(entry) || !job.space.mapped(entry)) {
    wrong(job, 'MAPLE_WILD', field, 'it leads to no mapped memory');
    return true;
  }
  job.elements.numbers.push(index);
  return add(job, entry);
}

function wrong(job: ShapeJob, code: string, address: Address, why: string, expected?: number): void {
  if (code === 'MAPLE_WILD' || code === 'MAPLE_ORDER') job.elements.complete = false;
  fault(job, {
    code,
    address,
    bytes: 8,
    number: code === 'MAPLE_ORDER',
    element: NaN,
    member: '',
    message: `${hexAt(job.space, address)}: ${why}`,
    ...(expected === undefined ? {} : { expected }),
    place: '',
  });
}
