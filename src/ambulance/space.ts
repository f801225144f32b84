import type { Address } from '../base/address.ts';
import { fromHalves, isCanonical } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { foldHalves, NO_FOLD } from '../base/fold.ts';
import type { PagingLevels } from '../formats/page-tables.ts';
import { FRAME_HIGH, FRAME_LOW, PTE, translate, walk } from '../formats/page-tables.ts';
import type { ReadMemory } from '../formats/result.ts';
import type { Reader } from '../structure/reader.ts';
import { firstChanged } from './changed.ts';
import type { PageBuffer } from './pages.ts';
import { bytesOf, NO_PAGE, startOf, viewOf } from './pages.ts';
import type { PhysicalCache } from './physical-cache.ts';

const PAGE_BYTES = 4096;
/**
 * Slots of a translation cache: few at first, for most patients are looked at briefly; more when many pages are gone
 * through.
 */
const FIRST_SLOTS = 128;
const LAST_SLOTS = 65_536;
/**
 * Misses after which a cache of that many slots is too small, for each of them; one that was too small once is sooner
 * so again.
 */
const GROWTH = 2;
const GROWTH_AGAIN = 0.5;
/** What one table of the last level maps. */
const REGION_BYTES = 0x20_0000;
/**
 * Words of a slot: the virtual page's number, its buffer, its physical address; one is left over, so that a slot lies
 * in one line of the cache.
 */
const WORDS = 4;
const EMPTY = NaN;
const NO_VIEW: DataView = new DataView(new ArrayBuffer(0));

/** Pages full of one byte, by the byte. */
const FULL = new Map<number, Uint8Array>();

function fullOf(byte: number): Uint8Array {
  let page = FULL.get(byte);
  if (!page) FULL.set(byte, (page = new Uint8Array(PAGE_BYTES).fill(byte)));
  return page;
}

/**
 * One address space of the patient, read through its page tables. What cannot be read is an ordinary value: NaN for
 * numbers, undefined for bytes, -1 for a physical address.
 */
export class Space implements Reader {
  readonly root: number;
  readonly levels: PagingLevels;
  readonly fold: Fold;
  readonly #physical: PhysicalCache;
  readonly #lowest: Address;
  #generation = -1;
  /** A direct-mapped translation cache. */
  #slots = FIRST_SLOTS;
  #known = new Float64Array(FIRST_SLOTS * WORDS);
  #misses = 0;
  /**
   * The page that was read last, by its number, and where it lies: what belongs together lies together, so most reads
   * are of one page.
   */
  #last = EMPTY;
  #view: DataView = NO_VIEW;
  #start = 0;
  /** By region: where its table lies; of one that a large page maps, -1 less where the region lies. */
  readonly #regions = new Map<number, number>();

  /** `lowest`: what lies below is out of its reach, though its tables map it. */
  constructor(
    physical: PhysicalCache,
    root: number,
    levels: PagingLevels,
    fold: Fold = NO_FOLD,
    lowest: Address = -Infinity,
  ) {
    this.#physical = physical;
    this.#lowest = lowest;
    this.root = root;
    this.levels = levels;
    this.fold = fold;
  }

  u8(address: Address): number {
    return this.#reach(address) ? this.#view.getUint8(this.#start + (address & 0xfff)) : NaN;
  }

  u16(address: Address): number {
    if ((address & 0xfff) > PAGE_BYTES - 2) return this.#slow(address, 2);
    return this.#reach(address) ? this.#view.getUint16(this.#start + (address & 0xfff), true) : NaN;
  }

  u32(address: Address): number {
    if ((address & 0xfff) > PAGE_BYTES - 4) return this.#slow(address, 4);
    return this.#reach(address) ? this.#view.getUint32(this.#start + (address & 0xfff), true) : NaN;
  }

  i32(address: Address): number {
    const value = this.u32(address);
    return Number.isNaN(value) ? value : value | 0;
  }

  /** Signed canonical form of base/address.ts; rounded beyond 2^53. */
  u64(address: Address): number {
    if ((address & 0xfff) > PAGE_BYTES - 8)
      return fromNaN(this.#slow(address, 4), this.#slow(address + 4, 4));
    if (!this.#reach(address)) return NaN;
    const view = this.#view;
    const at = this.#start + (address & 0xfff);
    return fromHalves(view.getUint32(at, true), view.getInt32(at + 4, true));
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes (8: as `u64`). */
  unsigned(address: Address, bytes: number): number {
    switch (bytes) {
      case 1:
        return this.u8(address);
      case 2:
        return this.u16(address);
      case 4:
        return this.u32(address);
      default:
        return this.u64(address);
    }
  }

  /** A copy of a run of bytes (at most 64 KiB). */
  bytes(address: Address, length: number): Uint8Array | undefined {
    const into = new Uint8Array(Math.min(length, 65_536));
    return this.read(address, into) ? into : undefined;
  }

  /** Fills `into`; false, and perhaps half filled, when a page is not to be had. */
  readonly read: ReadMemory = (address, into) => {
    for (let done = 0; done < into.length;) {
      const page = this.#page(address + done);
      if (page < 0) return false;
      const within = (address + done) & 0xfff;
      const bytes = Math.min(into.length - done, PAGE_BYTES - within);
      into.set(bytesOf(page, within, bytes), done);
      done += bytes;
    }
    return true;
  };

  /** Guest-physical address, or -1. */
  physical(address: Address): number {
    if (this.#page(address) >= 0)
      return (this.#known[this.#slotOf(address) + 2] as number) + (address & 0xfff);
    const frame =
      isCanonical(address) && address >= this.#lowest
        ? translate(this.#physical.read, this.root, this.levels, address, this.fold)
        : -1;
    return frame < 0 ? -1 : frame;
  }

  /**
   * Address of the first of `length` bytes that is not `byte`; the end when all are; NaN when one that was reached
   * cannot be read.
   */
  firstOther(address: Address, length: number, byte: number): Address {
    const full = fullOf(byte & 0xff);
    for (let done = 0; done < length;) {
      const page = this.#page(address + done);
      if (page < 0) return NaN;
      const within = (address + done) & 0xfff;
      const bytes = bytesOf(page, within, Math.min(length - done, PAGE_BYTES - within));
      if (Buffer.compare(bytes, full.subarray(0, bytes.length)) !== 0) {
        let at = 0;
        while (bytes[at] === (byte & 0xff)) at++;
        return address + done + at;
      }
      done += bytes.length;
    }
    return address + length;
  }

  firstChanged(address: Address, length: number): Address | undefined {
    return firstChanged(this.#physical, (of) => this.physical(of), address, length);
  }

  booted(address: Address): number | undefined {
    const byte = new Uint8Array(1);
    if (!this.#physical.booted) return undefined;
    return this.#physical.booted(this.physical(address), byte) ? byte[0] : NaN;
  }

  /** False where the page tables let nobody write through that address. */
  writable(address: Address): boolean {
    const way = walk(this.#physical.read, this.root, this.levels, address);
    return !way.ok || way.writable;
  }

  /** True when the byte can be read. */
  mapped(address: Address): boolean {
    return this.#page(address) >= 0;
  }

  /** Makes the page of an address the one that is read; false when it is not to be had. */
  #reach(address: Address): boolean {
    const number = Math.floor(address / PAGE_BYTES);
    if (number === this.#last && this.#generation === this.#physical.generation) return true;
    const page = this.#page(address);
    if (page < 0) return false;
    this.#last = number;
    this.#view = viewOf(page);
    this.#start = startOf(page);
    return true;
  }

  #page(address: Address): PageBuffer {
    if (this.#generation !== this.#physical.generation) {
      this.#known.fill(EMPTY);
      this.#last = EMPTY;
      this.#regions.clear();
      this.#generation = this.#physical.generation;
    }
    const slot = this.#slotOf(address);
    const number = Math.floor(address / PAGE_BYTES);
    if (this.#known[slot] === number) return this.#known[slot + 1] as PageBuffer;
    return this.#miss(address, number);
  }

  #miss(address: Address, number: number): PageBuffer {
    // A number that is not finite or not canonical never gets as far as the tables; with five levels, those of
    // processes reach further.
    if (address < this.#lowest) return NO_PAGE;
    if (!isCanonical(address) && (this.levels === 4 || !Number.isSafeInteger(address))) return NO_PAGE;
    const enough = this.#slots * (this.#slots === FIRST_SLOTS ? GROWTH : GROWTH_AGAIN);
    if (++this.#misses > enough && this.#slots < LAST_SLOTS) this.#grow();
    this.#physical.walked();
    const physical = this.#frameOf(number * PAGE_BYTES);
    const page = physical < 0 ? NO_PAGE : this.#physical.page(physical / PAGE_BYTES);
    const slot = this.#slotOf(address);
    this.#known[slot] = number;
    this.#known[slot + 1] = page;
    this.#known[slot + 2] = physical;
    return page;
  }

  /**
   * Guest-physical address of a page; negative when it has none. Of the tables only the last is looked at for every
   * page.
   */
  #frameOf(address: Address): number {
    const region = Math.floor(address / REGION_BYTES);
    const known = this.#regions.get(region) ?? this.#openRegion(address, region);
    if (known === undefined) return -1;
    const within = address - region * REGION_BYTES;
    if (known < 0) return within - known - 1;
    const table = this.#physical.page(known / PAGE_BYTES);
    if (table < 0) return -1;
    const view = viewOf(table);
    const entry = startOf(table) + (within / PAGE_BYTES) * 8;
    const low = view.getUint32(entry, true);
    if ((low & PTE.PRESENT) === 0) return -1;
    return (view.getUint32(entry + 4, true) & FRAME_HIGH) * 2 ** 32 + ((low & FRAME_LOW) >>> 0);
  }

  #openRegion(address: Address, region: number): number | undefined {
    const way = walk(this.#physical.read, this.root, this.levels, address, this.fold);
    if (!way.ok && (way.level > 1 || way.code !== 'NOT_PRESENT')) return undefined;
    const own = way.entry - (way.entry % PAGE_BYTES);
    const found =
      way.ok && way.page_bytes > PAGE_BYTES ? address - region * REGION_BYTES - way.physical - 1 : own;
    this.#regions.set(region, found);
    return found;
  }

  #grow(): void {
    this.#slots *= 8;
    this.#misses = 0;
    this.#known = new Float64Array(this.#slots * WORDS).fill(EMPTY);
  }

  #slotOf(address: Address): number {
    const low = address >>> 12;
    return ((low ^ (low >>> 8)) & (this.#slots - 1)) * WORDS;
  }

  #slow(address: Address, bytes: number): number {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.u8(address + index);
    return value;
  }
}

/**
 * One of a kernel with five levels: an address that is read is folded. A class of its own, so that the others do not
 * ask each time.
 */
class FoldedSpace extends Space {
  override u64(address: Address): number {
    const [low, high] = [this.u32(address), this.u32(address + 4)];
    return Number.isNaN(low) || Number.isNaN(high) ? NaN : foldHalves(this.fold, low, high);
  }
}

/** The address space of a top table, its numbers folded as that says. */
export function openSpace(
  physical: PhysicalCache,
  root: number,
  { levels, fold }: Pick<Space, 'levels' | 'fold'>,
  lowest?: Address,
): Space {
  return new (fold.length === 0 ? Space : FoldedSpace)(physical, root, levels, fold, lowest);
}

function fromNaN(low: number, high: number): number {
  return Number.isNaN(low) || Number.isNaN(high) ? NaN : fromHalves(low, high);
}
