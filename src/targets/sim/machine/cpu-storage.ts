import type { Page } from './page.ts';
import { ZERO_PAGE } from './page.ts';

/** Entries of the TLB; direct-mapped, like all caches here. */
export const TLB_ENTRIES = 128;
/** Entries of the cache of upper levels. */
export const UPPER_ENTRIES = 32;
export const GPA_ENTRIES = 256;
/** Pages by number modulo this, in `held`. */
export const HELD_ENTRIES = 512;
const REGISTERS = 24;
const STATE_BYTES = TLB_ENTRIES * 16 + UPPER_ENTRIES * 16 + REGISTERS * 8 + 64;
/** No page has this tag: it equals nothing, not even itself. */
export const NO_TAG: number = Number.NaN;

/** Storages kept for reuse: making typed arrays is what a fork would spend its time on. */
const POOL_LIMIT = 256;
const pool: CpuStorage[] = [];

/** The arrays of one virtual CPU. Everything architectural lies in one buffer: what forks copy and saves write. */
export class CpuStorage {
  readonly architectural: Uint8Array;
  /** TLB: address of the page, NO_TAG when empty; its machine page; its permissions. */
  readonly tags: Float64Array;
  readonly bases: Uint32Array;
  readonly flags: Uint32Array;
  /**
   * What levels 4 to 2 said of 2 MiB regions: address of the region; guest-physical page of its table, or of itself;
   * permissions.
   */
  readonly upper_tags: Float64Array;
  readonly upper_frames: Uint32Array;
  readonly upper_flags: Uint32Array;
  /** Low and high half of register r at 2r and 2r+1. */
  readonly registers: Int32Array;
  /** Bit maps over the vectors. */
  readonly pending: Uint32Array;
  readonly lost: Uint32Array;
  /**
   * Second-level translations by guest page number + 1; machine page with permissions in the low bits. Not
   * architectural.
   */
  readonly gpa_tags: Uint32Array = new Uint32Array(GPA_ENTRIES);
  readonly gpa_bases: Uint32Array = new Uint32Array(GPA_ENTRIES);
  /** Not 0 where `views` may hold a page of that number. */
  readonly held: Uint8Array = new Uint8Array(HELD_ENTRIES);
  /**
   * Tags once more, for those entries that may be used without looking further: kernel and user, read, write and fetch.
   */
  readonly kernel_read: Float64Array;
  readonly kernel_write: Float64Array;
  readonly user_read: Float64Array;
  readonly user_write: Float64Array;
  readonly kernel_fetch: Float64Array;
  readonly user_fetch: Float64Array;
  private readonly fast: Float64Array;
  readonly views: DataView[];
  readonly pages: Page[];

  constructor() {
    const buffer = new ArrayBuffer(STATE_BYTES);
    this.architectural = new Uint8Array(buffer);
    this.tags = new Float64Array(buffer, 0, TLB_ENTRIES);
    this.bases = new Uint32Array(buffer, TLB_ENTRIES * 8, TLB_ENTRIES);
    this.flags = new Uint32Array(buffer, TLB_ENTRIES * 12, TLB_ENTRIES);
    const upper = TLB_ENTRIES * 16;
    this.upper_tags = new Float64Array(buffer, upper, UPPER_ENTRIES);
    this.upper_frames = new Uint32Array(buffer, upper + UPPER_ENTRIES * 8, UPPER_ENTRIES);
    this.upper_flags = new Uint32Array(buffer, upper + UPPER_ENTRIES * 12, UPPER_ENTRIES);
    const rest = upper + UPPER_ENTRIES * 16;
    this.registers = new Int32Array(buffer, rest, REGISTERS * 2);
    this.pending = new Uint32Array(buffer, rest + REGISTERS * 8, 8);
    this.lost = new Uint32Array(buffer, rest + REGISTERS * 8 + 32, 8);
    const fast = new Float64Array(TLB_ENTRIES * 6);
    this.kernel_read = fast.subarray(0, TLB_ENTRIES);
    this.kernel_write = fast.subarray(TLB_ENTRIES, TLB_ENTRIES * 2);
    this.user_read = fast.subarray(TLB_ENTRIES * 2, TLB_ENTRIES * 3);
    this.user_write = fast.subarray(TLB_ENTRIES * 3, TLB_ENTRIES * 4);
    this.kernel_fetch = fast.subarray(TLB_ENTRIES * 4, TLB_ENTRIES * 5);
    this.user_fetch = fast.subarray(TLB_ENTRIES * 5);
    this.fast = fast;
    this.views = Array.from({ length: TLB_ENTRIES }, () => ZERO_PAGE.view);
    this.pages = Array.from({ length: TLB_ENTRIES }, () => ZERO_PAGE);
  }

  /** Forgets what only repeats the TLB. */
  dropFast(): void {
    this.fast.fill(NO_TAG);
    this.held.fill(0);
  }

  dropFastSlot(slot: number): void {
    const { fast } = this;
    for (let at = slot; at < fast.length; at += TLB_ENTRIES) fast[at] = NO_TAG;
  }
}

/** A storage of a CPU at reset. */
export function newStorage(): CpuStorage {
  const storage = pool.pop() ?? new CpuStorage();
  storage.architectural.fill(0);
  storage.tags.fill(NO_TAG);
  storage.upper_tags.fill(NO_TAG);
  storage.dropFast();
  storage.gpa_tags.fill(0);
  return storage;
}

/** Gives a storage back. Its CPU is not to be used afterwards. */
export function recycleStorage(storage: CpuStorage): void {
  if (pool.length < POOL_LIMIT) pool.push(storage);
}
