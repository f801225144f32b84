import type { Address } from '../../base/address.ts';
import { foldBits } from '../../base/fold.ts';
import type { TypeModel } from '../../model/structure.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import type { TypeSource } from '../../model/type-source.ts';
import type { Elements } from '../elements.ts';
import type { Draft } from '../findings.ts';
import type { Reader } from '../reader.ts';
import type { Writes } from './plan.ts';
import { rebuiltTree } from './tree.ts';

/** Fields of links whose value the rest of the structure gives: they are put right one by one. */
const LINKS = /^(LIST|HLIST|XA|MAPLE)_|^RB_(PARENT|LEFTMOST|COLOUR)$/;

/** Puts right every link of the same structure of which both neighbours agree what it should be. */
export function relink(writes: Writes, draft: Draft, shaped: readonly Draft[]): void {
  const own = draft.of_shape ? [draft] : shaped;
  const sure = own.filter((one) => LINKS.test(one.code) && one.expected !== undefined);
  const pending = own.filter((one) => LINKS.test(one.code) && one.expected === undefined);
  if (sure.length === 0 || (pending.length > 0 && !draft.of_shape))
    return writes.decline('NO_VALUE', 'its neighbours do not agree on what the link should be');
  for (const one of sure) {
    const kept = one.code === 'RB_PARENT' ? BigInt(one.space.u8(one.address) & 1) : 0n;
    writes.put(one.space, one.address, (one.expected_bits ?? 0n) + kept, one.bytes, one.place);
  }
}

/** The lock is free: its writer's byte or its locked byte is 0. Who waits for it goes on by itself. */
export function release(
  writes: Writes,
  space: Reader,
  address: Address,
  type: TypeModel | undefined,
  place: string,
  source: TypeSource,
): void {
  const writer = type && byteNamed(type, 'wlocked', source, 0);
  const locked = writer ?? (type && byteNamed(type, 'locked', source, 0));
  if (locked === undefined) return writes.decline('NO_WAY', `${place} is no lock whose words are known`);
  if (writer !== undefined && space.u8(address + writer) === 0) {
    // Readers hold it: the count above the writer's and the waiters' bits.
    const word = space.u32(address + writer);
    return writes.put(space, address + writer, BigInt(Number.isNaN(word) ? 0 : word & 0x1ff), 4, place);
  }
  writes.put(space, address + locked, 0n, 1, place);
}

/** Offset of a one-byte member, however deep inside a lock. */
function byteNamed(type: TypeModel, name: string, source: TypeSource, depth: number): number | undefined {
  const seen = resolveType(type, source);
  if (seen === undefined || seen === 'opaque' || seen.kind !== 'aggregate' || depth > 6) return undefined;
  const own = findMember(seen, name, source);
  if (own && own !== 'opaque') return own.offset;
  for (const member of seen.members) {
    const inner = byteNamed(member.type, name, source, depth + 1);
    if (inner !== undefined) return member.offset + inner;
  }
  return undefined;
}

/** Takes an element off the structure that it hangs in; what it says of its neighbours itself is not believed. */
export function unlink(writes: Writes, elements: Elements, index: number): void {
  const { locator } = elements;
  const { shape } = locator.model;
  const root_index = elements.rootOf(index);
  const root = elements.roots[root_index];
  const link = locator.link?.offset ?? 0;
  const via = locator.link ? `.${locator.link.path}` : '';
  const chain = elements.chainOf(index);
  if (!root || !chain) return writes.decline('NO_WAY', 'the element hangs off no root');
  const { space } = root;
  const neighbour = (at: number): number | undefined =>
    at >= chain.first && at < chain.end ? at : undefined;
  const [left, right] = [neighbour(index - 1), neighbour(index + 1)];
  const nodeOf = (at: number | undefined): Address =>
    at === undefined || isHead(elements, at) ? chain.head : (elements.bases[at] as Address) + link;
  const nameOf = (at: number | undefined): string =>
    at === undefined ? chain.place : `${elements.name(at)}${via}`;
  const node = (elements.bases[index] as Address) + link;
  switch (shape) {
    case 'list':
      return ofRing();
    case 'hash':
    case 'hlist': {
      // Buckets may be list_heads, too.
      if (shape === 'hash' && !hasMember(locator.link?.type, 'pprev', locator.source)) return ofRing();
      const [next, pprev] = [locator.at('hlist_node', 'next'), locator.at('hlist_node', 'pprev')];
      const field = left === undefined ? chain.head + locator.at('hlist_head', 'first') : nodeOf(left) + next;
      const beyond = right === undefined ? 0 : nodeOf(right);
      writes.pointer(space, field, beyond, `${nameOf(left)}${left === undefined ? '.first' : '.next'}`);
      if (beyond !== 0) writes.pointer(space, beyond + pprev, field, `${nameOf(right)}.pprev`);
      // list_del_init: a timer that hangs nowhere has no pprev.
      return writes.pointer(space, node + pprev, 0, `${nameOf(index)}.pprev`);
    }
    case 'llist': {
      const next = locator.at('llist_node', 'next');
      const field = left === undefined ? chain.head + locator.at('llist_head', 'first') : nodeOf(left) + next;
      return writes.pointer(
        space,
        field,
        right === undefined ? 0 : nodeOf(right),
        `${nameOf(left)}${left === undefined ? '.first' : '.next'}`,
      );
    }
    case 'tree':
      return rebuiltTree(writes, elements, root_index, { without: index });
    default:
      return writes.decline('NO_WAY', `an element of a ${shape} cannot be taken off it`);
  }

  function ofRing(): void {
    const [next, prev] = [locator.at('list_head', 'next'), locator.at('list_head', 'prev')];
    const [before, behind] = [nodeOf(left), nodeOf(right)];
    if (space.u64(before + next) !== node && space.u64(behind + prev) !== node)
      return writes.decline('NO_VALUE', 'neither neighbour leads to it');
    writes.pointer(space, before + next, behind, `${nameOf(left)}.next`);
    writes.pointer(space, behind + prev, before, `${nameOf(right)}.prev`);
  }
}

function hasMember(type: TypeModel | undefined, name: string, source: TypeSource): boolean {
  const member = type && findMember(type, name, source);
  return member !== undefined && member !== 'opaque';
}

/** True for the element that the list's head is part of. */
function isHead(elements: Elements, index: number): boolean {
  return elements.locator.model.including_head && index === 0;
}

/** Hangs an element into the bucket or the tree at an address: where a timer that got lost belongs. */
export function rearm(
  writes: Writes,
  elements: Elements,
  base: Address,
  bucket: Address,
  place: string,
): void {
  const { locator } = elements;
  if (locator.model.shape === 'tree') {
    if (elements.indexOf(base) >= 0) return writes.decline('NO_WAY', `${place} is in a tree`);
    const tree = elements.roots.findIndex(({ head }) => head === bucket);
    if (tree < 0) return writes.decline('NO_WAY', 'there is no such tree');
    return rebuiltTree(writes, elements, tree, { also: { base, name: place } });
  }
  if (locator.model.shape !== 'hlist')
    return writes.decline('NO_WAY', `an element of a ${locator.model.shape} cannot be hung in again`);
  const index = elements.indexOf(base);
  if (index >= 0) unlink(writes, elements, index);
  const space = elements.roots[0]?.space ?? undefined;
  if (!space) return writes.decline('NO_WAY', 'there is no bucket');
  const [next, pprev] = [locator.at('hlist_node', 'next'), locator.at('hlist_node', 'pprev')];
  const node = base + (locator.link?.offset ?? 0);
  const via = locator.link ? `.${locator.link.path}` : '';
  // The bucket as it will be, should the element have been the first in it.
  const first = writes.list.findLast((one) => one.address === bucket)?.after ?? space.bytes(bucket, 8);
  if (!first) return writes.decline('UNMAPPED', 'the bucket cannot be read');
  writes.bytes(space, node + next, first, `${place}${via}.next`);
  writes.pointer(space, node + pprev, bucket, `${place}${via}.pprev`);
  writes.pointer(space, bucket, node, `address(bucket)`);
  const old = foldBits(space.fold, new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (old !== 0) writes.pointer(space, old + pprev, node + next, 'the next in the bucket');
}
