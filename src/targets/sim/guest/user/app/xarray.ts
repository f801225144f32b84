import type { Address } from '../../../../../base/address.ts';
import type { LocatorTypes } from '../../../../../formats/locator-code/types.ts';
import { sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { AppData } from './data.ts';
import { childrenAt, type Filed, indexesOf } from './filed.ts';
import type { FillLayout } from './layout.ts';
import { memberAt, NotBuilt } from './spots.ts';

/** include/linux/xarray.h: six bits of the index a level, and nodes are told from entries by their two lowest bits. */
export const CHUNK_SHIFT = 6;
const SLOTS = 64;
export const NODE_TAG = 2;
/** A kmem_cache's objects are aligned to a pointer at least. */
const NODE_ALIGN = 64;

/** Where the members of the nodes lie. */
export interface XaNode {
  readonly bytes: number;
  readonly shift: number;
  readonly offset: number;
  readonly count: number;
  readonly parent: number;
  readonly slots: number;
}

export function xaNode(types: LocatorTypes): XaNode {
  const of = { kind: 'named', name: 'xa_node' } as const;
  const at = (name: string): number => memberAt(types, of, [name]).offset;
  const bytes = sizeOf(types, of);
  if (bytes === undefined) throw new NotBuilt('the size of an xa_node is not known');
  const slots = at('slots');
  if (slots + SLOTS * 8 > bytes) throw new NotBuilt(`an xa_node has ${SLOTS} slots`);
  return {
    bytes: Math.ceil(bytes / NODE_ALIGN) * NODE_ALIGN,
    shift: at('shift'),
    offset: at('offset'),
    count: at('count'),
    parent: at('parent'),
    slots,
  };
}

export function xaHead(types: LocatorTypes): number {
  return memberAt(types, { kind: 'named', name: 'xarray' }, ['xa_head']).offset;
}

/** A node as it will be. */
interface Draft {
  readonly shift: number;
  readonly slots: Map<number, Draft | Address>;
}

/**
 * The nodes of each head: as high as its last index needs. Undefined where the head leads to the one element itself, or
 * nowhere.
 */
function draft(filed: readonly Filed[]): Draft | undefined {
  const last = filed.at(-1);
  if (last === undefined || (filed.length === 1 && last.index === 0)) return undefined;
  let shift = 0;
  while (2 ** (shift + CHUNK_SHIFT) <= last.index) shift += CHUNK_SHIFT;
  const top: Draft = { shift, slots: new Map() };
  for (const { index, element } of filed) {
    let node = top;
    while (node.shift > 0) {
      const slot = slotOf(index, node.shift);
      const below = node.slots.get(slot);
      const next = typeof below === 'object' ? below : { shift: node.shift - CHUNK_SHIFT, slots: new Map() };
      node.slots.set(slot, next);
      node = next;
    }
    node.slots.set(slotOf(index, 0), element);
  }
  return top;
}

/** The slot of an index in a node of that shift. */
export function slotOf(index: number, shift: number): number {
  return Math.floor(index / 2 ** shift) % SLOTS;
}

/** How many nodes all heads together need. */
export function xaNodes(fill: FillLayout): number {
  return indexesOf(fill).reduce((sum, filed) => sum + nodesIn(draft(filed)), 0);
}

function nodesIn(node: Draft | undefined): number {
  return node === undefined ? 0 : 1 + childrenAt(node.slots).reduce((sum, one) => sum + nodesIn(one), 0);
}

/** Stores every element at its index, with the nodes above it, as xa_store would have left them. */
export function linkXarray(fill: FillLayout, types: LocatorTypes, data: AppData): void {
  const of = xaNode(types);
  const at_head = xaHead(types);
  let next = fill.nodes;
  const write = (node: Draft, parent: Address, offset: number): Address => {
    const at = next;
    next += of.bytes;
    data.write(at + of.shift, BigInt(node.shift), 1);
    data.write(at + of.offset, BigInt(offset), 1);
    data.write(at + of.count, BigInt(node.slots.size), 1);
    data.pointer(at + of.parent, parent);
    for (const [slot, below] of node.slots)
      data.pointer(
        at + of.slots + slot * 8,
        typeof below === 'object' ? write(below, at, slot) + NODE_TAG : below,
      );
    return at;
  };
  indexesOf(fill).forEach((filed, number) => {
    const head = (fill.heads[number]?.address ?? 0) + at_head;
    const top = draft(filed);
    data.pointer(head, top === undefined ? (filed[0]?.element ?? 0) : write(top, 0, 0) + NODE_TAG);
  });
}
