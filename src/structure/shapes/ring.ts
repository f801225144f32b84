import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Budget, Reader } from '../reader.ts';

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

const POISON_HIGH = 0xdead_0000;
const POISON_PAGE = 0x1000;
const BRIDGES = 8;
const BATCH = 256;

/**
 * A walk of a circular list from its head, forwards as long as next and prev agree, and where they do not, backwards
 * from the head: a link that is wrong is known by its neighbours, and costs one finding, not the rest of the ring. It
 * needs no record of where it has been: two entries cannot both be the one that a third points back to.
 */
export class Ring {
  /** list_heads of the entries in order, the head not among them. With a gap: those before it, then those behind it. */
  readonly nodes: Address[] = [];
  readonly faults: LinkFault[] = [];
  /** False when part of the ring could be reached from neither side. */
  complete = false;
  /** More entries than the limit, or out of steps. */
  exhausted = false;
  readonly #space: Reader;
  readonly #head: Address;
  readonly #next: number;
  readonly #prev: number;
  readonly #budget: Budget;
  readonly #limit: number;
  readonly #behind: Address[] = [];

  constructor(space: Reader, head: Address, links: Links, budget: Budget, limit: number) {
    this.#space = space;
    this.#head = head;
    this.#next = links.next;
    this.#prev = links.prev;
    this.#budget = budget;
    this.#limit = limit;
  }

  /** Finds a few more entries; false when all have been found that can be. */
  advance(): boolean {
    const outcome = this.#forwards(BATCH);
    if (outcome === 'more') return true;
    if (outcome === 'stuck') this.#bridge();
    else this.complete = !this.exhausted;
    this.nodes.push(...this.#behind.reverse());
    this.#behind.length = 0;
    return false;
  }

  /** Goes on as long as the links agree. */
  #forwards(most: number): 'more' | 'round' | 'stuck' {
    const { nodes } = this;
    const [space, head, next, prev] = [this.#space, this.#head, this.#next, this.#prev];
    const apart = prev - next;
    let at = nodes.at(-1) ?? head;
    let to = space.u64(at + next);
    let back = space.u64(at + prev);
    for (let count = 0; ; count++) {
      if (to === head) return space.u64(head + prev) === at ? 'round' : 'stuck';
      if (count >= most) return 'more';
      if (!isCanonical(to) || (to & 7) !== 0 || to === 0) return 'stuck';
      const beyond = space.u64(to + next);
      const returning = space.u64(to + prev);
      // One word off a real entry, an entry of two would seem to point back.
      if (beyond !== beyond || returning !== at || back === to + apart) return 'stuck';
      nodes.push(to);
      if (nodes.length > this.#limit || !this.#budget.step()) {
        this.exhausted = true;
        return 'round';
      }
      at = to;
      to = beyond;
      back = returning;
    }
  }

  #backwards(): void {
    const apart = this.#prev - this.#next;
    for (let at = this.#behind.at(-1) ?? this.#head; ;) {
      const to = this.#prevOf(at);
      if (to === this.#head || !this.#sound(to) || this.#nextOf(to) !== at || this.#nextOf(at) === to - apart)
        return;
      this.#behind.push(to);
      at = to;
      if (this.#behind.length > this.#limit || !this.#budget.step()) {
        this.exhausted = true;
        return;
      }
    }
  }

  /** Where the two sides meet something is wrong: what, the neighbours tell. */
  #bridge(): void {
    const next = (at: Address): Address => this.#nextOf(at);
    const prev = (at: Address): Address => this.#prevOf(at);
    const sound = (at: Address): boolean => this.#sound(at);
    this.#backwards();
    for (let bridge = 0; bridge < BRIDGES && !this.exhausted; bridge++) {
      const left = this.nodes.at(-1) ?? this.#head;
      const right = this.#behind.at(-1) ?? this.#head;
      const to = next(left);
      const from = prev(right);
      if (from === left) return this.#settle(() => this.#fault(left, 'next', right));
      if (to === right) return this.#settle(() => this.#fault(right, 'prev', left));
      if (to === from && sound(to) && !this.nodes.includes(to)) {
        // Between the two stands an entry whose own links are wrong.
        return this.#settle(() => {
          if (prev(to) !== left) this.#fault(to, 'prev', left);
          if (next(to) !== right) this.#fault(to, 'next', right);
          this.nodes.push(to);
        });
      }
      if (sound(from) && from !== this.#head && isOrphan(from, prev, next, sound) && !this.#has(from)) {
        this.#fault(from, 'next', right);
        this.#behind.push(from);
        this.#backwards();
      } else if (sound(to) && to !== this.#head && isOrphan(to, next, prev, sound) && !this.#has(to)) {
        this.#fault(to, 'prev', left);
        this.nodes.push(to);
        const outcome = this.#forwards(this.#limit);
        if (outcome === 'round') return this.#settle(() => undefined);
      } else {
        this.#fault(left, 'next');
        this.#fault(right, 'prev');
        return;
      }
    }
  }

  #settle(last: () => void): void {
    last();
    this.complete = !this.exhausted;
  }

  #has(at: Address): boolean {
    return this.nodes.includes(at) || this.#behind.includes(at);
  }

  #nextOf(at: Address): Address {
    return this.#space.u64(at + this.#next);
  }

  #prevOf(at: Address): Address {
    return this.#space.u64(at + this.#prev);
  }

  #sound(at: Address): boolean {
    return (
      isCanonical(at) &&
      (at & 7) === 0 &&
      at !== 0 &&
      !Number.isNaN(this.#nextOf(at)) &&
      !Number.isNaN(this.#prevOf(at))
    );
  }

  #fault(node: Address, side: 'next' | 'prev', expected?: Address): void {
    const code = this.#codeOf(node, side);
    this.faults.push({ node, side, code, ...(expected === undefined ? {} : { expected }) });
  }

  /** What is wrong with a link, by its value alone. */
  #codeOf(node: Address, side: 'next' | 'prev'): LinkCode {
    const field = node + (side === 'next' ? this.#next : this.#prev);
    const low = this.#space.u32(field);
    const high = this.#space.u32(field + 4);
    if (low === 0 && high === 0) return 'LIST_NULL';
    if (high === POISON_HIGH && low < POISON_PAGE)
      return side === 'next' ? 'LIST_NEXT_POISON' : 'LIST_PREV_POISON';
    const to = this.#space.u64(field);
    if (!this.#sound(to)) return side === 'next' ? 'LIST_NEXT_WILD' : 'LIST_PREV_WILD';
    const passed = side === 'next' ? this.nodes : this.#behind;
    return to === node || passed.includes(to) ? 'LIST_CYCLE' : 'LIST_BACKLINK';
  }
}

/**
 * True for an entry that is well linked on its far side and on its near side with nobody: it belongs to the ring, and
 * its near link is what is wrong.
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
