import type { Address } from '../base/address.ts';
import { lowHalf } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { NO_FOLD, trueHigh } from '../base/fold.ts';
import type { ReadMemory } from './result.ts';

/** Bits of an x86-64 page-table entry (Intel SDM volume 3, 4.5). PS is bit 7 at levels 2 and 3. */
export const PTE = {
  PRESENT: 0x1,
  WRITABLE: 0x2,
  USER: 0x4,
  ACCESSED: 0x20,
  DIRTY: 0x40,
  PAGE_SIZE: 0x80,
  GLOBAL: 0x100,
  /** In the high half: bit 63. */
  NO_EXECUTE_HIGH: 0x8000_0000,
} as const;

/** Bits 12..51 of an entry, low and high half. */
export const FRAME_LOW = 0xffff_f000;
export const FRAME_HIGH = 0x000f_ffff;

/** 4, or 5 with la57. */
export type PagingLevels = 4 | 5;

/** Where an address leads. `level` 1 is the page table, 2 the 2 MiB, 3 the 1 GiB, 4 and 5 the levels above. */
interface Mapping {
  readonly ok: true;
  readonly physical: number;
  /** 4 KiB, 2 MiB or 1 GiB. */
  readonly page_bytes: number;
  readonly level: number;
  /** Guest-physical address of the entry that maps it. */
  readonly entry: number;
  /** As the whole path allows. */
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
}

/** Why an address leads nowhere. `entry` is the entry that ended the walk, -1 for NON_CANONICAL. */
interface Unmapped {
  readonly ok: false;
  readonly code: 'NOT_PRESENT' | 'NON_CANONICAL' | 'UNREADABLE';
  readonly level: number;
  readonly entry: number;
}

export type Translation = Mapping | Unmapped;

/** What `translate` answers instead of a physical address: -1..-5 is "not present at that level". @public */
export const TRANSLATE_NON_CANONICAL = -6;
/** A table lies outside the memory that can be read. @public */
export const TRANSLATE_UNREADABLE = -7;

const TWO_32 = 0x1_0000_0000;
const scratch = new Uint8Array(8);
const words = new DataView(scratch.buffer);

/** True when bits 63..47 (4 levels) or 63..56 (5 levels) of the address are alike, and its number is exact. */
function canonical(address: Address, high: number, levels: PagingLevels): boolean {
  if (!Number.isSafeInteger(address)) return false;
  const top = levels === 4 ? high >> 15 : high >> 24;
  return top === 0 || top === -1;
}

/** Index into the table of a level, 0..511, from the halves of an address. */
export function tableIndex(low: number, high: number, level: number): number {
  switch (level) {
    case 1:
      return (low >>> 12) & 511;
    case 2:
      return (low >>> 21) & 511;
    case 3:
      return ((low >>> 30) | (high << 2)) & 511;
    case 4:
      return (high >>> 7) & 511;
    default:
      return (high >>> 16) & 511;
  }
}

/**
 * Physical address of a virtual one, or a negative number: minus the level where nothing is present,
 * TRANSLATE_NON_CANONICAL or TRANSLATE_UNREADABLE. At most five reads of eight bytes; allocates nothing. `root` is the
 * physical address of the top table (cr3 without its low 12 bits).
 */
export function translate(
  read: ReadMemory,
  root: number,
  levels: PagingLevels,
  address: Address,
  fold: Fold = NO_FOLD,
): number {
  const low = lowHalf(address);
  const high = trueHigh(fold, address);
  if (!canonical(address, high, levels)) return TRANSLATE_NON_CANONICAL;
  let table = root;
  for (let level: number = levels; level > 0; level--) {
    if (!read(table + tableIndex(low, high, level) * 8, scratch)) return TRANSLATE_UNREADABLE;
    const entry_low = words.getUint32(0, true);
    if ((entry_low & PTE.PRESENT) === 0) return -level;
    const frame = (words.getUint32(4, true) & FRAME_HIGH) * TWO_32 + ((entry_low & FRAME_LOW) >>> 0);
    if (level === 1) return frame + (low & 0xfff);
    if ((entry_low & PTE.PAGE_SIZE) !== 0 && level <= 3) {
      const page_bytes = level === 2 ? 0x20_0000 : 0x4000_0000;
      return frame - (frame % page_bytes) + ((low >>> 0) & (page_bytes - 1));
    }
    table = frame;
  }
  return TRANSLATE_UNREADABLE;
}

/** As `translate`, with everything that the walk saw. For diagnosis; it allocates. */
export function walk(
  read: ReadMemory,
  root: number,
  levels: PagingLevels,
  address: Address,
  fold: Fold = NO_FOLD,
): Translation {
  const low = lowHalf(address);
  const high = trueHigh(fold, address);
  if (!canonical(address, high, levels))
    return { ok: false, code: 'NON_CANONICAL', level: levels, entry: -1 };
  const word = new Uint8Array(8);
  const view = new DataView(word.buffer);
  let table = root;
  let allowed = PTE.WRITABLE | PTE.USER;
  let executable = true;
  for (let level: number = levels; ; level--) {
    const entry = table + tableIndex(low, high, level) * 8;
    if (!read(entry, word)) return { ok: false, code: 'UNREADABLE', level, entry };
    const entry_low = view.getUint32(0, true);
    const entry_high = view.getUint32(4, true);
    if ((entry_low & PTE.PRESENT) === 0) return { ok: false, code: 'NOT_PRESENT', level, entry };
    allowed &= entry_low;
    if (entry_high >>> 31 === 1) executable = false;
    const frame = (entry_high & FRAME_HIGH) * TWO_32 + ((entry_low & FRAME_LOW) >>> 0);
    const page_bytes = level === 1 ? 4096 : level === 2 ? 0x20_0000 : 0x4000_0000;
    if (level === 1 || (level <= 3 && (entry_low & PTE.PAGE_SIZE) !== 0)) {
      const physical = frame - (frame % page_bytes) + ((low >>> 0) & (page_bytes - 1));
      const writable = (allowed & PTE.WRITABLE) !== 0;
      return {
        ok: true,
        physical,
        page_bytes,
        level,
        entry,
        writable,
        user: (allowed & PTE.USER) !== 0,
        executable,
      };
    }
    table = frame;
  }
}
