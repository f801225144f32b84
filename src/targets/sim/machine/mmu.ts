import { isCanonical } from '../../../base/address.ts';
import { FRAME_HIGH, PTE } from '../../../formats/page-tables.ts';
import { REG } from '../step.ts';
import {
  GPA_ENTRIES,
  HELD_ENTRIES,
  NO_TAG,
  recycleStorage,
  TLB_ENTRIES,
  UPPER_ENTRIES,
} from './cpu-storage.ts';
import { CpuFault, PF, SECOND_LEVEL_FAULT } from './cpu-fault.ts';
import type { MachineMemory, PageHolder } from './memory.ts';
import type { Page } from './page.ts';
import { ZERO_PAGE } from './page.ts';
import { peekPage } from './peek.ts';
import { Registers } from './registers.ts';
import { NOT_MAPPED, SECOND_LEVEL, walkSecondLevel } from './second-level.ts';
import type { WatchSet } from './watch.ts';

const TWO_32 = 0x1_0000_0000;
/** Access kinds. */
export const READ = 0;
export const WRITE = 1;
export const FETCH = 2;

/** Permissions, as the flags of entries have them; EXECUTABLE is the no-execute bit turned round. */
const WRITABLE = PTE.WRITABLE;
const USER = PTE.USER;
const LARGE = PTE.PAGE_SIZE;
const EXECUTABLE = 1;
/** Of the TLB's flags alone: what the second level lets be executed or written, but not read. */
const UNREADABLE = 8;
/** What an access of each kind needs of the second level. */
const NEEDS: readonly number[] = [SECOND_LEVEL.READ, SECOND_LEVEL.WRITE, SECOND_LEVEL.EXECUTE];
const REGION_MASK = 0x1f_ffff;

/**
 * Index into the TLB for an address: page number folded, so that things at large power-of-two strides do not collide.
 */
export function tlbSlot(address: number): number {
  const low = address | 0;
  return ((low >>> 12) ^ (low >>> 19)) & (TLB_ENTRIES - 1);
}

/**
 * Registers and address translation of one virtual CPU. First-level tables (cr3, 4 levels, 4 KiB, 2 MiB and 1 GiB
 * pages) are walked in guest-physical memory, each of whose addresses goes through the second-level tables. The TLB
 * maps virtual pages to machine pages; beside it, as in x86 processors (SDM volume 3, 4.10.3), a cache of what the
 * upper levels said. Both are emptied when cr3 is loaded. An entry that was cleared in memory may live on in them until
 * then; so they are part of the state that forks and saves carry. Not modelled: accessed and dirty bits, global pages,
 * SMEP and SMAP.
 *
 * The TLB's contents are the `tags`, `bases` and `flags`. The rest can be dropped at any time and changes nothing: the
 * `fast` arrays and `views` repeat those entries that an access of one mode may use without looking further; `gpa_tags`
 * and `gpa_bases` repeat the second-level tables and are emptied whenever those are written.
 */
export abstract class Mmu extends Registers implements PageHolder {
  readonly memory: MachineMemory;
  /** Machine address of the partition's second-level root. */
  readonly second_level_root: number;
  readonly fault: CpuFault = new CpuFault();

  protected readonly pending: Uint32Array;
  protected readonly lost: Uint32Array;
  private readonly tags: Float64Array;
  private readonly bases: Uint32Array;
  private readonly flags: Uint32Array;
  private readonly upper_tags: Float64Array;
  private readonly upper_frames: Uint32Array;
  private readonly upper_flags: Uint32Array;
  private readonly gpa_tags: Uint32Array;
  private readonly gpa_bases: Uint32Array;
  private gpa_version = -1;
  private entry_flags = 0;
  private readonly held: Uint8Array;
  protected readonly views: DataView[];
  protected readonly pages: Page[];
  /** The fast arrays of the current mode. */
  protected fast_read: Float64Array;
  protected fast_write: Float64Array;
  protected fast_fetch: Float64Array;
  protected user_mode = false;
  /** The page that the last step was fetched from: halves of its address, and its slot; -1: none. */
  protected fetch_low = 1;
  protected fetch_high = 0;
  protected fetch_slot = -1;
  protected fetch_view: DataView = ZERO_PAGE.view;
  /**
   * Pages with an awaited byte that were last read and written in this mode: such an access only has to be told of.
   * NO_TAG: none.
   */
  protected watched_read: number = NO_TAG;
  protected watched_write: number = NO_TAG;

  constructor(memory: MachineMemory, watch: WatchSet, second_level_root: number) {
    super(watch);
    this.memory = memory;
    this.second_level_root = second_level_root;
    const storage = this.storage;
    this.pending = storage.pending;
    this.lost = storage.lost;
    this.tags = storage.tags;
    this.bases = storage.bases;
    this.flags = storage.flags;
    this.upper_tags = storage.upper_tags;
    this.upper_frames = storage.upper_frames;
    this.upper_flags = storage.upper_flags;
    this.gpa_tags = storage.gpa_tags;
    this.gpa_bases = storage.gpa_bases;
    this.views = storage.views;
    this.pages = storage.pages;
    this.fast_read = storage.kernel_read;
    this.fast_write = storage.kernel_write;
    this.fast_fetch = storage.kernel_fetch;
    this.held = storage.held;
    memory.addHolder(this);
  }

  /** The privilege follows the low bits of cs. */
  protected modeChanged(): void {
    this.setMode(((this.registers[REG.cs * 2] as number) & 3) === 3);
  }

  protected setMode(user: boolean): void {
    if (this.user_mode === user) return;
    this.user_mode = user;
    this.fast_read = user ? this.storage.user_read : this.storage.kernel_read;
    this.fast_write = user ? this.storage.user_write : this.storage.kernel_write;
    this.fast_fetch = user ? this.storage.user_fetch : this.storage.kernel_fetch;
    this.fetch_slot = -1;
    this.fetch_low = 1;
    this.dropWatched();
  }

  private dropWatched(): void {
    this.watched_read = NO_TAG;
    this.watched_write = NO_TAG;
  }

  /** Empties the TLB and what goes with it. */
  protected flush(): void {
    this.tags.fill(NO_TAG);
    this.upper_tags.fill(NO_TAG);
    this.storage.dropFast();
    this.fetch_slot = -1;
    this.fetch_low = 1;
    this.dropWatched();
  }

  protected flushPage(address: number): void {
    const slot = tlbSlot(address);
    if (this.tags[slot] === address - (address & 4095)) this.tags[slot] = NO_TAG;
    this.upper_tags.fill(NO_TAG);
    this.dropFastSlot(slot);
  }

  /** Forgets all that can be had again from the TLB and the tables: after a restore, or when a watch was armed. */
  dropFast(): void {
    this.gpa_tags.fill(0);
    this.storage.dropFast();
    this.fetch_slot = -1;
    this.fetch_low = 1;
    this.dropWatched();
  }

  /** Gives the storage back; the processor is not to be used afterwards. */
  release(): void {
    recycleStorage(this.storage);
  }

  /** The architectural state was replaced as a whole. */
  protected restored(): void {
    this.dropFast();
    this.modeChanged();
  }

  private dropFastSlot(slot: number): void {
    this.storage.dropFastSlot(slot);
    this.dropWatched();
    if (slot === this.fetch_slot) {
      this.fetch_slot = -1;
      this.fetch_low = 1;
    }
  }

  ownershipLost(): void {
    this.storage.kernel_write.fill(NO_TAG);
    this.storage.user_write.fill(NO_TAG);
    this.watched_write = NO_TAG;
  }

  pageReplaced(base: number, page: Page): void {
    if (this.held[(base >>> 12) & (HELD_ENTRIES - 1)] === 0) return;
    const bases = this.bases;
    for (let slot = 0; slot < TLB_ENTRIES; slot++) {
      if (bases[slot] !== base) continue;
      this.views[slot] = page.view;
      this.pages[slot] = page;
      if (slot === this.fetch_slot) this.fetch_view = page.view;
    }
  }

  /**
   * The TLB slot that translates `address` for one kind of access, filled by a walk when need be; throws the
   * processor's fault. Makes the page this machine's own when it is to be written.
   */
  protected translate(address: number, access: number): number {
    const page = address - (address & 4095);
    const slot = tlbSlot(address);
    if (this.tags[slot] !== page || !this.allowed(this.flags[slot] as number, access)) {
      this.walk(address, page, slot, access);
    }
    const base = this.bases[slot] as number;
    const held = access === WRITE ? this.memory.ownPage(base) : this.memory.page(base);
    this.views[slot] = held.view;
    this.pages[slot] = held;
    this.held[(base >>> 12) & (HELD_ENTRIES - 1)] = 1;
    if (this.watch.active && this.watch.covers(base)) {
      // A store into the hypervisor's tables must not go unnoticed by those who cache them.
      if (access === READ) this.watched_read = page;
      else if (access === WRITE && base >= this.memory.table_bytes) this.watched_write = page;
      return slot;
    }
    if (access === FETCH) this.fast_fetch[slot] = page;
    else {
      if (this.allowed(this.flags[slot] as number, READ)) this.fast_read[slot] = page;
      // As above.
      if (base >= this.memory.table_bytes) {
        if (access === WRITE || (this.memory.owns(held) && this.allowed(this.flags[slot] as number, WRITE)))
          this.fast_write[slot] = page;
      }
    }
    return slot;
  }

  private allowed(flags: number, access: number): boolean {
    if (this.user_mode && (flags & USER) === 0) return false;
    if (access === READ) return (flags & UNREADABLE) === 0;
    return (flags & (access === WRITE ? WRITABLE : EXECUTABLE)) !== 0;
  }

  peek32(address: number): number {
    const page = address - (address & 4095);
    const slot = tlbSlot(address);
    const base =
      this.tags[slot] === page
        ? (this.bases[slot] as number)
        : peekPage(this.memory, this.second_level_root, this.observed(REG.cr3), page);
    if (base < 0) return 0;
    if (this.watch.active) this.watch.peeked(base + (address & 4095), this.time);
    return this.memory.page(base).view.getUint32(address & 4095, true);
  }

  /** Machine address that a slot gives for an address in its page. */
  protected machineAddress(slot: number, address: number): number {
    return (this.bases[slot] as number) + (address & 4095);
  }

  private walk(address: number, page: number, slot: number, access: number): void {
    this.tags[slot] = NO_TAG;
    this.dropFastSlot(slot);
    const low = address | 0;
    const region = address - (address & REGION_MASK);
    const upper = ((low >>> 21) ^ (low >>> 26)) & (UPPER_ENTRIES - 1);
    if (this.upper_tags[upper] !== region) this.walkUpper(address, access, region, upper);
    let flags = this.upper_flags[upper] as number;
    let frame = this.upper_frames[upper] as number;
    if ((flags & LARGE) !== 0) frame += low & REGION_MASK & ~4095;
    else frame = this.entryAt(frame, (low >>> 12) & 511, address, access);
    if ((flags & LARGE) === 0) flags &= this.entry_flags;
    const user = (flags & USER) !== 0;
    if (this.user_mode && !user) this.pageFault(address, access, PF.PROTECTION);
    if (access === WRITE && (flags & WRITABLE) === 0) this.pageFault(address, access, PF.PROTECTION);
    if (access === FETCH && (flags & EXECUTABLE) === 0) this.pageFault(address, access, PF.PROTECTION);
    const machine = this.guestPage(frame | (low & 4095), NEEDS[access] as number);
    this.tags[slot] = page;
    this.bases[slot] = machine & ~4095;
    if ((machine & SECOND_LEVEL.WRITE) === 0) flags &= ~WRITABLE;
    if ((machine & SECOND_LEVEL.EXECUTE) === 0) flags &= ~EXECUTABLE;
    this.flags[slot] = (machine & SECOND_LEVEL.READ) === 0 ? flags | UNREADABLE : flags;
  }

  /** Levels 4 to 2: notes what they say of a 2 MiB region. */
  private walkUpper(address: number, access: number, region: number, upper: number): void {
    if (!isCanonical(address)) this.throwFault(13, 0, this.observed(REG.cr2));
    const low = address | 0;
    const high = Math.floor(address / TWO_32) | 0;
    if (this.watched !== 0) this.registerRead(REG.cr3);
    const root = (this.registers[REG.cr3 * 2] as number) & 0xffff_f000;
    const beyond = (this.registers[REG.cr3 * 2 + 1] as number) & FRAME_HIGH;
    if (beyond !== 0) this.throwFault(SECOND_LEVEL_FAULT, SECOND_LEVEL.READ, beyond * TWO_32 + (root >>> 0));
    let frame = this.entryAt(root, (high >>> 7) & 511, address, access);
    let flags = this.entry_flags & ~LARGE;
    frame = this.entryAt(frame, ((low >>> 30) | (high << 2)) & 511, address, access);
    flags &= this.entry_flags | LARGE;
    if ((this.entry_flags & LARGE) !== 0) {
      flags |= LARGE;
      frame = ((frame & 0xc000_0000) | (low & 0x3fe0_0000)) >>> 0;
    } else {
      frame = this.entryAt(frame, (low >>> 21) & 511, address, access);
      flags &= this.entry_flags | LARGE;
      if ((this.entry_flags & LARGE) !== 0) {
        flags |= LARGE;
        frame = (frame & 0xffe0_0000) >>> 0;
      }
    }
    this.upper_tags[upper] = region;
    this.upper_frames[upper] = frame;
    this.upper_flags[upper] = flags;
  }

  /**
   * The frame that an entry of a guest's table holds; its flags go to `entry_flags`. A page fault when it is not
   * present.
   */
  private entryAt(table: number, index: number, address: number, access: number): number {
    const offset = index * 8;
    const page = (this.guestPage(table | offset, SECOND_LEVEL.READ) & ~4095) >>> 0;
    if (this.watch.active) this.watch.read(page + offset, 8, this.time);
    const view = this.memory.page(page).view;
    const low = view.getUint32(offset, true);
    const high = view.getUint32(offset + 4, true);
    if ((low & PTE.PRESENT) === 0) this.pageFault(address, access, 0);
    // Guest-physical addresses from 4 GiB on are nobody's, so everything here is 32-bit arithmetic.
    if ((high & FRAME_HIGH) !== 0) {
      const beyond = (high & FRAME_HIGH) * TWO_32 + ((low & 0xffff_f000) >>> 0);
      this.throwFault(SECOND_LEVEL_FAULT, SECOND_LEVEL.READ, beyond);
    }
    this.entry_flags = (low & (WRITABLE | USER | LARGE)) | (high < 0x8000_0000 ? EXECUTABLE : 0);
    return (low & 0xffff_f000) >>> 0;
  }

  /**
   * Machine page of a guest-physical address (32 bits), permissions in the low bits; a second-level fault when it is
   * not there.
   */
  private guestPage(physical: number, need: number): number {
    const number = (physical >>> 12) + 1;
    const slot = number & (GPA_ENTRIES - 1);
    if (this.gpa_version !== this.memory.table_version) {
      this.gpa_version = this.memory.table_version;
      this.gpa_tags.fill(0);
    } else if (this.gpa_tags[slot] === number) {
      const held = this.gpa_bases[slot] as number;
      if ((held & need) !== 0) return held;
    }
    const address = physical >>> 0;
    const found = walkSecondLevel(this.memory, this.watch, this.time, this.second_level_root, address);
    if (found === NOT_MAPPED || (found & need) === 0) this.throwFault(SECOND_LEVEL_FAULT, need, address);
    this.gpa_tags[slot] = number;
    this.gpa_bases[slot] = found;
    return found;
  }

  private pageFault(address: number, access: number, code: number): never {
    if (access === WRITE) code |= PF.WRITE;
    if (access === FETCH) code |= PF.FETCH;
    if (this.user_mode) code |= PF.USER;
    this.throwFault(14, code, address);
  }

  protected throwFault(vector: number, error_code: number, address: number): never {
    const fault = this.fault;
    fault.vector = vector;
    fault.error_code = error_code;
    fault.address = address;
    // oxlint-disable-next-line no-throw-literal -- a preallocated object: a fault must not cost a stack trace
    throw fault;
  }
}
