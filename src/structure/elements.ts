import type { Address } from '../base/address.ts';
import type { LinkedLocator } from './locators.ts';
import type { Reader } from './reader.ts';

/** Of a text that a pointer leads to. */
const TEXT_LIMIT = 64;

/** Where a shape begins: one of the places that a locator's `from` names. */
export interface Root {
  /** Which of the locator's `from`. */
  readonly from: number;
  readonly space: Reader;
  /** Address of what the shape begins at: a list_head, a pointer, an array. */
  readonly head: Address;
  /** As a spec names it: `symbols["order_book"].orders`. */
  readonly place: string;
  /** The struct that it is part of. */
  readonly object: { readonly type: string; readonly base: Address };
  readonly guard?: Guard | undefined;
  readonly length?: number | undefined;
  readonly first?: number | undefined;
  readonly last?: number | undefined;
  /** Where `length`, `first` and `last` say so. */
  readonly length_at?: { readonly address: Address; readonly place: string } | undefined;
  readonly first_at?: { readonly address: Address; readonly place: string } | undefined;
  readonly last_at?: { readonly address: Address; readonly place: string } | undefined;
}

/** A lock. */
export interface Guard {
  readonly address: Address;
  /** C type, '' when it is not known. */
  readonly type: string;
  readonly place: string;
  readonly space: Reader;
}

/** A link whose value is wrong. */
export interface ShapeFault {
  readonly code: string;
  readonly address: Address;
  readonly bytes: number;
  /** True of what is no link: an index, a bound, how many there are. */
  readonly number?: boolean;
  /** Base of the element that it is part of; NaN for a root's own fields. */
  readonly element: Address;
  /** From the element or the root on: `.tasks.next`. */
  readonly member: string;
  readonly message: string;
  readonly expected?: Address;
  readonly expected_bits?: bigint;
  /**
   * Of a ring of free objects: the link that leads back to the object that this one is of. Which of the two is wrong,
   * the ring does not say.
   */
  readonly back?: { readonly address: Address; readonly element: Address; readonly member: string };
  /** Where it is neither an element's nor the root's: as a spec names it; '' by its address. */
  readonly place?: string;
  readonly root: number;
}

/** Why a structure cannot be gone through. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly place: string;
  readonly address: Address;
  readonly bytes: number;
}

/** The elements of a locator as they are found; the walk goes on as they are asked for. */
export class Elements {
  readonly locator: LinkedLocator;
  readonly bases: Address[] = [];
  /** As BTF and the shape tell them apart from what only looks so; parents by index, -1 at a root; depths from 1. */
  readonly parents: number[] = [];
  readonly depths: number[] = [];
  /**
   * Indexes that the shape itself gives to its elements (bitmap, ring, xarray, maple); empty where they are their
   * positions.
   */
  readonly numbers: number[] = [];
  readonly faults: ShapeFault[] = [];
  readonly roots: Root[] = [];
  /** Index of the first element of each root. */
  readonly starts: number[] = [];
  /**
   * Where elements hang in buckets: those that hold any, by their number, their head and the index of their first
   * element.
   */
  readonly bucket_numbers: number[] = [];
  readonly bucket_heads: Address[] = [];
  readonly bucket_starts: number[] = [];
  failure: Failure | undefined;
  /** Why there are none: not one element was reached of what they hang in. */
  orphaned: Failure | undefined;
  /** False when some could not be reached. */
  complete = true;
  #looking = false;
  #advance: (() => boolean) | undefined;
  #by_address: Map<Address, number> | undefined;
  #names: Map<string, number> | undefined;

  constructor(locator: LinkedLocator) {
    this.locator = locator;
  }

  /** What finds the next few: true when it may have found some and there may be more. */
  follow(advance: () => boolean): void {
    this.#advance = advance;
  }

  get length(): number {
    return this.bases.length;
  }

  /** Puts those that hang off one more parent behind the others. */
  take(inner: Elements): void {
    for (const one of inner.faults) this.faults.push({ ...one, root: this.roots.length + one.root });
    for (const root of inner.roots) this.roots.push(root);
    for (const start of inner.starts) this.starts.push(this.bases.length + start);
    for (const start of inner.bucket_starts) this.bucket_starts.push(this.bases.length + start);
    for (const head of inner.bucket_heads) this.bucket_heads.push(head);
    for (const number of inner.bucket_numbers) this.bucket_numbers.push(number);
    for (const base of inner.bases) this.bases.push(base);
    this.complete &&= inner.complete;
    this.failure ??= inner.failure;
  }

  /** Looks for more; true when some were found. */
  more(): boolean {
    const before = this.bases.length;
    // Whoever is looking for these elements may ask for them again, by way of those that hang off them: there are no
    // more as yet.
    if (this.#looking) return false;
    this.#looking = true;
    try {
      while (this.#advance && this.bases.length === before) if (!this.#advance()) this.#advance = undefined;
    } finally {
      this.#looking = false;
    }
    return this.bases.length > before;
  }

  all(): this {
    while (this.more());
    return this;
  }

  depthOf(index: number): number {
    return this.depths[index] ?? 1;
  }

  parentOf(index: number): number {
    return this.parents[index] ?? -1;
  }

  get height(): number {
    return this.depths.reduce((most, one) => Math.max(most, one), 0);
  }

  /** Index of the element at an address, or -1. */
  indexOf(base: Address): number {
    if (this.#by_address?.size !== this.bases.length)
      this.#by_address = new Map(this.bases.map((one, index) => [one, index]));
    return this.#by_address.get(base) ?? -1;
  }

  numberOf(index: number): number {
    return this.numbers[index] ?? index;
  }

  /** Address of what the shape that an element hangs off begins at. */
  headOf(index: number): Address {
    return this.chainOf(index)?.head ?? NaN;
  }

  /** The bucket, or the whole root, that an element hangs off; its elements are those from `first` to before `end`. */
  chainOf(
    index: number,
  ):
    | { readonly head: Address; readonly place: string; readonly first: number; readonly end: number }
    | undefined {
    const root = this.roots[this.rootOf(index)];
    if (!root) return undefined;
    const of_buckets = this.bucket_starts.length > 0;
    const starts = of_buckets ? this.bucket_starts : this.starts;
    const at = lastUpTo(starts, index);
    const bounds = { first: starts[at] ?? 0, end: starts[at + 1] ?? this.length };
    if (!of_buckets) return { head: root.head, place: root.place, ...bounds };
    return {
      head: this.bucket_heads[at] ?? NaN,
      place: `${root.place}[${this.bucket_numbers[at]}]`,
      ...bounds,
    };
  }

  /** Index of the root that an element hangs off: the last that begins at or before it. */
  rootOf(index: number): number {
    return lastUpTo(this.starts, index);
  }

  /** As a spec names an element: by its label where that is one of a kind, else its id, else its position. */
  name(index: number): string {
    const { locator } = this;
    const label = locator.label && this.labelOf(index);
    if (
      label !== undefined &&
      /^[\x20-\x7e]+$/.test(label) &&
      !/["\\]/.test(label) &&
      this.#labels().get(label) === 1
    )
      return `${locator.model.name}["${label}"]`;
    if (locator.id) {
      const id = locator.readId(this.readerOf(index), this.bases[index] as Address);
      if (!Number.isNaN(id)) return `${locator.model.name}[${id}]`;
    }
    return `${locator.model.name}[${this.numberOf(index)}]`;
  }

  labelOf(index: number): string | undefined {
    const { label } = this.locator;
    if (!label) return undefined;
    const space = this.readerOf(index);
    const at = (this.bases[index] as Address) + label.offset;
    return label.type.kind === 'pointer'
      ? textAt(space, space.u64(at), TEXT_LIMIT)
      : textAt(space, at, label.bytes);
  }

  readerOf(index: number): Reader {
    return (this.roots[this.rootOf(index)] as Root).space;
  }

  #labels(): Map<string, number> {
    if (this.#names) return this.#names;
    this.#names = new Map();
    for (let index = 0; index < this.bases.length; index++) {
      const label = this.labelOf(index) ?? '';
      this.#names.set(label, (this.#names.get(label) ?? 0) + 1);
    }
    return this.#names;
  }
}

/** Index of the last of ascending numbers that is at most `value`; 0 when none is. */
function lastUpTo(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A char array up to its first zero; what is not printable ASCII shows as U+FFFD. Undefined when it cannot be read. */
export function textAt(space: Reader, address: Address, bytes: number): string | undefined {
  let text = '';
  for (let index = 0; index < bytes; index++) {
    const byte = space.u8(address + index);
    if (byte !== byte) return undefined;
    if (byte === 0) break;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '\ufffd';
  }
  return text;
}
