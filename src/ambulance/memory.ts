import type { Address } from '../base/address.ts';
import { fromHalves, isCanonical } from '../base/address.ts';
import type { PagingLevels } from '../formats/page-tables.ts';
import { translate } from '../formats/page-tables.ts';
import type { ReadMemory } from '../formats/result.ts';
import type { Patient } from '../patient/patient.ts';
import type { Reader } from '../structure/reader.ts';
import type { Meter } from './limits.ts';

const PAGE_BYTES = 4096;
const POOL_LIMIT = 512;

interface Page {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Page buffers go round: thousands of patients are read in one process. What a buffer held is overwritten before it is used again. */
const POOL: Page[] = [];

/** Pages are cut from slabs, each larger than the one before: a buffer of its own for every page costs more than reading it. */
const FIRST_SLAB = 8;
const LAST_SLAB = 256;

function freshPage(slab: { pages: number }): Page {
  if (POOL.length === 0) {
    const buffer = new ArrayBuffer(slab.pages * PAGE_BYTES);
    for (let at = buffer.byteLength - PAGE_BYTES; at >= 0; at -= PAGE_BYTES)
      POOL.push({ bytes: new Uint8Array(buffer, at, PAGE_BYTES), view: new DataView(buffer, at, PAGE_BYTES) }); // prettier-ignore
    slab.pages = Math.min(slab.pages * 2, LAST_SLAB);
  }
  return POOL.pop() as Page;
}

/**
 * The patient's physical memory, each page read once until `forget`. A page that is not granted or not there is remembered as such.
 */
export class PhysicalCache {
  readonly #patient: Patient;
  readonly #meter: Meter;
  readonly #pages = new Map<number, Page | null>();
  readonly #slab = { pages: FIRST_SLAB };
  /** Grows by one at every `forget`: translations made before are void. */
  generation = 0;

  constructor(patient: Patient, meter: Meter) {
    this.#patient = patient;
    this.#meter = meter;
  }

  /** The page with that number (physical / 4096), or null. */
  page(number: number): Page | null {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    let page: Page | null = null;
    if (this.#meter.bytes < this.#meter.limits.bytes) {
      const fresh = freshPage(this.#slab);
      this.#meter.bytes += PAGE_BYTES;
      if (this.#patient.read(number * PAGE_BYTES, fresh.bytes)) page = fresh;
      else POOL.push(fresh);
    }
    this.#pages.set(number, page);
    return page;
  }

  /** Reads across pages; false and `into` half filled when a page is not to be had. */
  readonly read: ReadMemory = (physical, into) => {
    if (!(physical >= 0)) return false;
    for (let done = 0; done < into.length;) {
      const at = physical + done;
      const within = at % PAGE_BYTES;
      const page = this.page((at - within) / PAGE_BYTES);
      if (page === null) return false;
      const bytes = Math.min(into.length - done, PAGE_BYTES - within);
      if (bytes === 8) copyEight(page.bytes, within, into, done);
      else into.set(page.bytes.subarray(within, within + bytes), done);
      done += bytes;
    }
    return true;
  };

  /** Reads past the cache: for what is read once and is long, such as symbol tables. */
  readonly readOnce: ReadMemory = (physical, into) => {
    if (into.length < PAGE_BYTES) return this.read(physical, into);
    if (this.#meter.bytes + into.length > this.#meter.limits.bytes) return false;
    this.#meter.bytes += into.length;
    return this.#patient.read(physical, into);
  };

  /** The guest has run: nothing that was read still holds. Also gives the buffers back at the end. */
  forget(): void {
    for (const page of this.#pages.values()) if (page && POOL.length < POOL_LIMIT) POOL.push(page);
    this.#pages.clear();
    this.generation++;
  }

  walked(): void {
    this.#meter.walks++;
  }

  /** Bytes that a scan took from the patient past the cache. */
  scanned(bytes: number): void {
    this.#meter.bytes += bytes;
  }
}

function copyEight(from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  for (let index = 0; index < 8; index++) into[to + index] = from[at + index] as number;
}

/** Slots of a translation cache: few at first, for most patients are looked at briefly; more when many pages are gone through. */
const FIRST_SLOTS = 128;
const LAST_SLOTS = 65_536;
/** Misses after which a cache of that many slots is too small, for each of them. */
const GROWTH = 2;
const NO_PAGE = NaN;

/** Pages full of one byte, by the byte. */
const FULL = new Map<number, Uint8Array>();

function fullOf(byte: number): Uint8Array {
  let page = FULL.get(byte);
  if (!page) FULL.set(byte, (page = new Uint8Array(PAGE_BYTES).fill(byte)));
  return page;
}

/**
 * One address space of the patient, read through its page tables. What cannot be read is an ordinary value: NaN for numbers,
 * undefined for bytes, -1 for a physical address.
 */
export class Space implements Reader {
  readonly root: number;
  readonly levels: PagingLevels;
  readonly #physical: PhysicalCache;
  #generation = -1;
  /** A direct-mapped translation cache: virtual page number to page; null for what leads nowhere. */
  #slots = FIRST_SLOTS;
  #tags = new Float64Array(FIRST_SLOTS);
  #pages: (Page | null)[] = emptySlots(FIRST_SLOTS);
  #frames = new Float64Array(FIRST_SLOTS);
  #misses = 0;

  constructor(physical: PhysicalCache, root: number, levels: PagingLevels) {
    this.#physical = physical;
    this.root = root;
    this.levels = levels;
  }

  u8(address: Address): number {
    const page = this.#page(address);
    return page === null ? NaN : (page.bytes[address & 0xfff] as number);
  }

  u16(address: Address): number {
    if ((address & 0xfff) > PAGE_BYTES - 2) return this.#slow(address, 2);
    const page = this.#page(address);
    return page === null ? NaN : page.view.getUint16(address & 0xfff, true);
  }

  u32(address: Address): number {
    if ((address & 0xfff) > PAGE_BYTES - 4) return this.#slow(address, 4);
    const page = this.#page(address);
    return page === null ? NaN : page.view.getUint32(address & 0xfff, true);
  }

  i32(address: Address): number {
    const value = this.u32(address);
    return Number.isNaN(value) ? value : value | 0;
  }

  /** Signed canonical form of base/address.ts; rounded beyond 2^53. */
  u64(address: Address): number {
    const at = address & 0xfff;
    if (at > PAGE_BYTES - 8) return fromNaN(this.#slow(address, 4), this.#slow(address + 4, 4));
    const page = this.#page(address);
    return page === null ? NaN : fromHalves(page.view.getUint32(at, true), page.view.getInt32(at + 4, true));
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
      if (page === null) return false;
      const within = (address + done) & 0xfff;
      const bytes = Math.min(into.length - done, PAGE_BYTES - within);
      into.set(page.bytes.subarray(within, within + bytes), done);
      done += bytes;
    }
    return true;
  };

  /** Guest-physical address, or -1. */
  physical(address: Address): number {
    if (this.#page(address) !== null)
      return (this.#frames[slotOf(address, this.#slots)] as number) + (address & 0xfff);
    const frame = isCanonical(address) ? translate(this.#physical.read, this.root, this.levels, address) : -1;
    return frame < 0 ? -1 : frame;
  }

  /** Address of the first of `length` bytes that is not `byte`; the end when all are; NaN when one that was reached cannot be read. */
  firstOther(address: Address, length: number, byte: number): Address {
    const full = fullOf(byte & 0xff);
    for (let done = 0; done < length;) {
      const page = this.#page(address + done);
      if (page === null) return NaN;
      const within = (address + done) & 0xfff;
      const bytes = Math.min(length - done, PAGE_BYTES - within);
      if (Buffer.compare(page.bytes.subarray(within, within + bytes), full.subarray(0, bytes)) !== 0) {
        let at = within;
        while (page.bytes[at] === (byte & 0xff)) at++;
        return address + done + at - within;
      }
      done += bytes;
    }
    return address + length;
  }

  /** True when the byte can be read. */
  mapped(address: Address): boolean {
    return this.#page(address) !== null;
  }

  #page(address: Address): Page | null {
    if (this.#generation !== this.#physical.generation) {
      this.#tags.fill(NO_PAGE);
      this.#generation = this.#physical.generation;
    }
    const slot = slotOf(address, this.#slots);
    const number = Math.floor(address / PAGE_BYTES);
    if (this.#tags[slot] === number) return this.#pages[slot] as Page | null;
    // A number that is not finite or not canonical never gets as far as the tables.
    if (!isCanonical(address) && this.levels === 4) return null;
    if (!Number.isFinite(address)) return null;
    if (++this.#misses > this.#slots * GROWTH && this.#slots < LAST_SLOTS) this.#grow();
    this.#physical.walked();
    const physical = translate(this.#physical.read, this.root, this.levels, number * PAGE_BYTES);
    const page = physical < 0 ? null : this.#physical.page(physical / PAGE_BYTES);
    const place = slotOf(address, this.#slots);
    this.#tags[place] = number;
    this.#pages[place] = page;
    this.#frames[place] = physical;
    return page;
  }

  #grow(): void {
    this.#slots *= 8;
    this.#misses = 0;
    this.#tags = new Float64Array(this.#slots).fill(NO_PAGE);
    this.#pages = emptySlots(this.#slots);
    this.#frames = new Float64Array(this.#slots);
  }

  #slow(address: Address, bytes: number): number {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.u8(address + index);
    return value;
  }
}

function fromNaN(low: number, high: number): number {
  return Number.isNaN(low) || Number.isNaN(high) ? NaN : fromHalves(low, high);
}

function emptySlots(count: number): (Page | null)[] {
  return Array.from({ length: count }, () => null);
}

function slotOf(address: Address, slots: number): number {
  const low = address >>> 12;
  return (low ^ (low >>> 8)) & (slots - 1);
}
