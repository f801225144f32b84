import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Meter } from '../limits.ts';
import type { Space } from '../memory.ts';

/** Offsets of `next` and `prev` in a list_head. */
export interface Links {
  readonly next: number;
  readonly prev: number;
}

type LinkCode =
  | 'LIST_NEXT_POISON'
  | 'LIST_PREV_POISON'
  | 'LIST_NULL'
  | 'LIST_NEXT_WILD'
  | 'LIST_PREV_WILD'
  | 'LIST_BACKLINK'
  | 'LIST_CYCLE';

/** A link whose value is wrong. */
export interface LinkFault {
  /** Address of the list_head that holds it. */
  readonly node: Address;
  readonly side: 'next' | 'prev';
  readonly code: LinkCode;
  /** What it should be, when the links from the other side say so. */
  readonly expected?: Address;
}

export interface Ring {
  /** list_heads of the entries in order, the head not among them. With a gap: those before it, then those behind it. */
  readonly nodes: readonly Address[];
  readonly faults: readonly LinkFault[];
  /** False when part of the ring could be reached from neither side. */
  readonly complete: boolean;
  /** More entries than the limit, or out of steps. */
  readonly exhausted: boolean;
}

const POISON_HIGH = 0xdead_0000;
const POISON_PAGE = 0x1000;
const BRIDGES = 8;

/**
 * Walks a circular list from its head, forwards as long as next and prev agree, and where they do not, backwards from the head: a link
 * that is wrong is known by its neighbours, and costs one finding, not the rest of the ring.
 */
export function walkRing(space: Space, head: Address, links: Links, meter: Meter, limit: number): Ring {
  const next = (at: Address): Address => space.u64(at + links.next);
  const prev = (at: Address): Address => space.u64(at + links.prev);
  const sound = (at: Address): boolean =>
    isCanonical(at) && (at & 7) === 0 && at !== 0 && !Number.isNaN(next(at)) && !Number.isNaN(prev(at));
  const apart = links.prev - links.next;
  const before: Address[] = [];
  const behind: Address[] = [];
  const faults: LinkFault[] = [];
  let exhausted = false;

  /** Goes on as long as the links agree; the last entry reached. True when it came round to the head. */
  const forwards = (): boolean => {
    for (let at = before.at(-1) ?? head; ;) {
      const to = next(at);
      if (to === head) return prev(head) === at;
      // One word off a real entry, an entry of two would seem to point back.
      if (!sound(to) || prev(to) !== at || prev(at) === to + apart) return false;
      before.push(to);
      at = to;
      if (before.length > limit || !meter.step()) {
        exhausted = true;
        return true;
      }
    }
  };
  const backwards = (): void => {
    for (let at = behind.at(-1) ?? head; ;) {
      const to = prev(at);
      if (to === head || !sound(to) || next(to) !== at || next(at) === to - apart) return;
      behind.push(to);
      at = to;
      if (behind.length > limit || !meter.step()) {
        exhausted = true;
        return;
      }
    }
  };
  const fault = (node: Address, side: 'next' | 'prev', expected?: Address): void => {
    const code = codeOf(space, node + links[side], side, sound, () =>
      side === 'next' ? node === next(node) || before.includes(next(node)) : node === prev(node) || behind.includes(prev(node)),
    ); // prettier-ignore
    faults.push({ node, side, code, ...(expected === undefined ? {} : { expected }) });
  };

  if (forwards() || exhausted) return { nodes: before, faults, complete: !exhausted, exhausted };
  backwards();
  let complete = false;
  for (let bridge = 0; bridge < BRIDGES && !exhausted && !complete; bridge++) {
    const left = before.at(-1) ?? head;
    const right = behind.at(-1) ?? head;
    const to = next(left);
    const from = prev(right);
    complete = true;
    if (from === left) fault(left, 'next', right);
    else if (to === right) fault(right, 'prev', left);
    else if (to === from && sound(to) && !before.includes(to)) {
      // Between the two stands an entry whose own links are wrong.
      if (prev(to) !== left) fault(to, 'prev', left);
      if (next(to) !== right) fault(to, 'next', right);
      before.push(to);
    } else if (sound(from) && from !== head && isOrphan(from, prev, next, sound) && !known(from)) {
      fault(from, 'next', right);
      behind.push(from);
      backwards();
      complete = false;
    } else if (sound(to) && to !== head && isOrphan(to, next, prev, sound) && !known(to)) {
      fault(to, 'prev', left);
      before.push(to);
      forwards();
      complete = false;
    } else {
      fault(left, 'next');
      fault(right, 'prev');
      return { nodes: [...before, ...behind.reverse()], faults, complete: false, exhausted };
    }
  }
  return { nodes: [...before, ...behind.reverse()], faults, complete: complete && !exhausted, exhausted };

  function known(at: Address): boolean {
    return before.includes(at) || behind.includes(at);
  }
}

/**
 * True for an entry that is well linked on its far side and on its near side with nobody: it belongs to the ring, and its near link
 * is what is wrong.
 */
function isOrphan(
  at: Address,
  away: (at: Address) => Address,
  near: (at: Address) => Address,
  sound: (at: Address) => boolean,
): boolean {
  const beyond = away(at);
  if (!sound(beyond) || near(beyond) !== at) return false;
  const claimed = near(at);
  return !(sound(claimed) && away(claimed) === at);
}

/** What is wrong with a link, by its value alone. */
function codeOf(
  space: Space,
  field: Address,
  side: 'next' | 'prev',
  sound: (at: Address) => boolean,
  cycles: () => boolean,
): LinkCode {
  const low = space.u32(field);
  const high = space.u32(field + 4);
  if (low === 0 && high === 0) return 'LIST_NULL';
  if (high === POISON_HIGH && low < POISON_PAGE)
    return side === 'next' ? 'LIST_NEXT_POISON' : 'LIST_PREV_POISON';
  if (!sound(space.u64(field))) return side === 'next' ? 'LIST_NEXT_WILD' : 'LIST_PREV_WILD';
  return cycles() ? 'LIST_CYCLE' : 'LIST_BACKLINK';
}
