import type { Address } from '../../base/address.ts';
import { findMember } from '../../model/type-source.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hexAt, plausible } from './shape.ts';

/**
 * include/linux/xarray.h: six bits of the index a level; entries with the low bits 10 beyond the first page are nodes.
 */
const SLOTS = 64;
const CHUNK_SHIFT = 6;
const NODE_TAG = 2;
const TAG_MASK = 3;
const INTERNAL_LIMIT = 4096;
/** Internal entries that are no nodes: siblings of a slot that several share, and marks (XA_RETRY_ENTRY, XA_ZERO_ENTRY). */
const SIBLINGS_END: number = SLOTS << 2;
const MARKS: readonly number[] = [0x402, 0x406];
/**
 * XA_FLAGS_TRACK_FREE: mark 0 says which slots are free, as in an IDR, which gives out numbers before it knows what
 * they stand for.
 */
const TRACK_FREE = 4;

interface Node {
  readonly at: Address;
  readonly parent: Address;
  readonly offset: number;
  readonly shift: number;
  readonly index: number;
  readonly field: Address;
}

/**
 * An xarray, as the pid table and the page cache are: every pointer in it, by index. Values (numbers kept in the entry
 * itself) are passed over.
 */
export const xarray: Shape = (job) => () => {
  const { locator, root, space } = job;
  const head = root.head + locator.at('xarray', 'xa_head');
  const entry = space.u64(head);
  if (Number.isNaN(entry)) giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
  else if (isNode(entry)) walkNodes(job, entry, head);
  else if (entry !== 0) element(job, entry, head, 0, undefined);
  return false;
};

function isNode(entry: Address): boolean {
  return (entry & TAG_MASK) === NODE_TAG && !isFirstPage(entry);
}

/** Nothing lies there. */
function isFirstPage(entry: Address): boolean {
  return entry >= 0 && entry < INTERNAL_LIMIT;
}

function isSibling(entry: Address): boolean {
  return (entry & TAG_MASK) === NODE_TAG && entry >= 0 && entry < SIBLINGS_END;
}

function walkNodes(job: ShapeJob, first: Address, head: Address): void {
  const { locator, space, budget } = job;
  const of = (member: string): number => locator.at('xa_node', member);
  const seen = new Set<Address>();
  const free_marks = marksOf(job);
  const values = memberAt(job, 'xa_node', 'nr_values');
  const waiting: Node[] = [{ at: first - NODE_TAG, parent: 0, offset: 0, shift: -1, index: 0, field: head }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { at, parent, field } = next;
    const shift = plausible(at) ? space.u8(at + of('shift')) : NaN;
    if (Number.isNaN(shift) || !space.mapped(at + of('slots') + SLOTS * 8 - 1)) {
      wrong(job, 'XA_WILD', field, 'it leads to no node');
      continue;
    }
    if (seen.has(at)) {
      wrong(job, 'XA_WILD', field, 'it leads to a node that was passed before');
      continue;
    }
    seen.add(at);
    if (next.shift >= 0 ? shift !== next.shift : shift % CHUNK_SHIFT !== 0 || shift > 60) {
      wrong(
        job,
        'XA_SHIFT',
        at + of('shift'),
        `the node's shift is ${shift}, ${next.shift >= 0 ? next.shift : 'no multiple of 6'}`,
        1,
      );
      if (next.shift < 0) continue;
    }
    if (space.u8(at + of('offset')) !== next.offset)
      wrong(job, 'XA_OFFSET', at + of('offset'), `the node hangs in slot ${next.offset}`, 1, next.offset);
    if (space.u64(at + of('parent')) !== parent)
      wrong(job, 'XA_PARENT', at + of('parent'), 'it does not lead to the parent', 8, parent);
    const level = next.shift >= 0 ? next.shift : shift;
    let count = 0;
    const inner: Node[] = [];
    const node = { values: values > 0 ? space.u8(at + values) : SLOTS };
    for (let slot = 0; slot < SLOTS; slot++) {
      const place = at + of('slots') + slot * 8;
      const entry = space.u64(place);
      if (entry === 0) {
        if (level === 0 && free_marks > 0 && !isMarked(space, at + free_marks, slot)) count++;
        continue;
      }
      count++;
      if (!budget.step()) return giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
      const index = next.index + slot * 2 ** level;
      if (isNode(entry) && level > 0)
        inner.push({
          at: entry - NODE_TAG,
          parent: at,
          offset: slot,
          shift: level - CHUNK_SHIFT,
          index,
          field: place,
        });
      else if (isNode(entry)) wrong(job, 'XA_WILD', place, 'a node below the lowest level');
      else if (!element(job, entry, place, index, node)) return;
    }
    if (space.u8(at + of('count')) !== count)
      wrong(job, 'XA_COUNT', at + of('count'), `${count} slots are in use`, 1, count);
    waiting.push(...inner.reverse());
  }
}

/** Where a node's marks of free slots are; 0 where none are kept, or the kernel's types do not tell. */
function marksOf(job: ShapeJob): number {
  const flags = memberAt(job, 'xarray', 'xa_flags');
  const kept = flags > 0 && (job.space.u32(job.root.head + flags) & TRACK_FREE) !== 0;
  return kept ? memberAt(job, 'xa_node', 'marks') : 0;
}

/** 0 where the kernel's types do not tell. */
function memberAt({ locator }: ShapeJob, type: string, name: string): number {
  const found = findMember({ kind: 'named', name: type }, name, locator.source);
  return found === undefined || found === 'opaque' ? 0 : found.offset;
}

function isMarked(space: ShapeJob['space'], marks: Address, slot: number): boolean {
  return ((space.u8(marks + (slot >>> 3)) >>> (slot & 7)) & 1) === 1;
}

/** False when there are too many. */
function element(
  job: ShapeJob,
  entry: Address,
  field: Address,
  index: number,
  node: { readonly values: number } | undefined,
): boolean {
  if ((entry & 1) !== 0) {
    // A number kept in the entry itself, of which each node counts its own: else a pointer, one bit of which is wrong.
    if (node?.values === 0) wrong(job, 'XA_WILD', field, 'it is a value, and its node counts none');
    return true;
  }
  if (MARKS.includes(entry) || (node && isSibling(entry))) return true;
  const base = entry - (entry & TAG_MASK);
  if (isFirstPage(entry) || !plausible(base) || !job.space.mapped(base)) {
    wrong(job, 'XA_WILD', field, 'it leads to no mapped memory');
    return true;
  }
  job.elements.numbers.push(index);
  return add(job, base);
}

function wrong(
  job: ShapeJob,
  code: string,
  address: Address,
  why: string,
  bytes = 8,
  expected?: number,
): void {
  if (code === 'XA_WILD') job.elements.complete = false;
  const value = bytes === 1 ? `${job.space.u8(address)}` : hexAt(job.space, address);
  fault(job, {
    code,
    address,
    bytes,
    number: bytes < 8,
    element: NaN,
    member: '',
    message: `${value}: ${why}`,
    ...(expected === undefined ? {} : { expected }),
    place: '',
  });
}
