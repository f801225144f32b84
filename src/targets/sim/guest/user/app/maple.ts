import type { Address } from '../../../../../base/address.ts';
import type { LocatorTypes } from '../../../../../formats/locator-code/types.ts';
import { resolved } from '../../../../../formats/locator-code/types.ts';
import type { AppData } from './data.ts';
import { indexesOf } from './filed.ts';
import type { FillLayout } from './layout.ts';
import { memberAt, NotBuilt } from './spots.ts';

/**
 * include/linux/maple_tree.h: a node's address says of what type it is, its link to the parent in which slot it hangs.
 */
export const MAPLE_BYTES = 256;
export const TYPES = { leaf: 1, range: 2 } as const;
export const TYPE_SHIFT = 3;
const ENODE_NULL = 4;
const ROOT_NODE = 2;
const ROOT_PARENT = 1;
const PARENT_RANGE64 = 6;
const SLOT_SHIFT = 3;
/**
 * The last slot holds what an allocator wants to know; half of the others stay free, as in a tree that has been filled
 * one by one.
 */
const SPARE = 6;
const ULONG_MAX = 0xffff_ffff_ffff_ffffn;

/** Where the members of the nodes lie. */
export interface MapleNode {
  readonly parent: number;
  readonly pivot: number;
  readonly slot: number;
  readonly slots: number;
}

export function mapleNode(types: LocatorTypes): MapleNode {
  const of = { kind: 'named', name: 'maple_range_64' } as const;
  const at = (name: string): number => memberAt(types, of, [name]).offset;
  const entries = resolved(types, memberAt(types, of, ['slot']).type);
  const slots = entries?.kind === 'array' ? entries.count : 0;
  const last = Math.max(at('slot') + slots * 8, at('pivot') + (slots - 1) * 8, at('parent') + 8);
  if (slots < 4 || slots > 31 || last > MAPLE_BYTES)
    throw new NotBuilt(`a maple_range_64 of ${slots} slots and ${last} bytes is none`);
  return { parent: at('parent'), pivot: at('pivot'), slot: at('slot'), slots };
}

export function mapleRoot(types: LocatorTypes): number {
  return memberAt(types, { kind: 'named', name: 'maple_tree' }, ['ma_root']).offset;
}

/** A range up to and including `high`, and what is filed there: an element, nothing, or what stands below. */
interface Range {
  readonly high: bigint;
  readonly below: Address | readonly Range[];
}

/** What is filed from an index up to the next one's; before the first and behind the last there is nothing. */
function rangesOf(filed: ReturnType<typeof indexesOf>[number]): readonly Range[] {
  const ranges: Range[] = [];
  filed.forEach(({ index, element }, number) => {
    if (number === 0 && index > 0) ranges.push({ high: BigInt(index) - 1n, below: 0 });
    const step = index - (filed[number - 1]?.index ?? index - 1);
    const next = filed[number + 1]?.index ?? index + step;
    ranges.push({ high: BigInt(next) - 1n, below: element });
  });
  if (ranges.length > 0) ranges.push({ high: ULONG_MAX, below: 0 });
  return ranges;
}

/** Level by level up to one node. */
function raised(ranges: readonly Range[], slots: number): readonly Range[] {
  let level = ranges;
  const most = slots - SPARE > 2 ? slots - SPARE : slots - 1;
  while (level.length > most) {
    const nodes = Math.ceil(level.length / most);
    level = Array.from({ length: nodes }, (_, number) => {
      const part = level.slice(
        Math.floor((number * level.length) / nodes),
        Math.floor(((number + 1) * level.length) / nodes),
      );
      return { high: part.at(-1)?.high ?? 0n, below: part };
    });
  }
  return level;
}

function nodesIn(level: readonly Range[]): number {
  return 1 + level.reduce((sum, { below }) => sum + (typeof below === 'object' ? nodesIn(below) : 0), 0);
}

/** How many nodes all heads together need. */
export function mapleNodes(fill: FillLayout, types: LocatorTypes): number {
  const { slots } = mapleNode(types);
  return indexesOf(fill).reduce(
    (sum, filed) => sum + (filed.length === 0 ? 0 : nodesIn(raised(rangesOf(filed), slots))),
    0,
  );
}

/** Stores every element from its index up to the next one's, as mas_store would have left them. */
export function linkMaple(fill: FillLayout, types: LocatorTypes, data: AppData): void {
  const of = mapleNode(types);
  const at_root = mapleRoot(types);
  let next = fill.nodes;
  /** Writes a node; gives its address with its type, as a slot holds it. */
  const write = (level: readonly Range[], parent: Address): Address => {
    const at = next;
    next += MAPLE_BYTES;
    data.pointer(at + of.parent, parent);
    const leaf = level.every(({ below }) => typeof below !== 'object');
    level.forEach(({ high, below }, slot) => {
      if (slot < of.slots - 1) data.write(at + of.pivot + slot * 8, high, 8);
      data.pointer(
        at + of.slot + slot * 8,
        typeof below === 'object' ? write(below, at + slot * 2 ** SLOT_SHIFT + PARENT_RANGE64) : below,
      );
    });
    return at + ((leaf ? TYPES.leaf : TYPES.range) << TYPE_SHIFT) + ENODE_NULL;
  };
  indexesOf(fill).forEach((filed, number) => {
    const tree = fill.heads[number]?.address ?? 0;
    if (filed.length > 0)
      data.pointer(tree + at_root, write(raised(rangesOf(filed), of.slots), tree + ROOT_PARENT) + ROOT_NODE);
  });
}
