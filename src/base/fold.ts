import type { Address } from './address.ts';
import { addressHex, fromBigint, highHalf, toBigint } from './address.ts';

/**
 * A stretch of addresses in use, in units of 4 GiB: what it is counted from in the guest, where its numbers stand, and
 * how long it is.
 */
interface Window {
  readonly own: number;
  readonly seen: number;
  readonly length: number;
}

/**
 * How 57-bit addresses become numbers that are exact. A kernel with page tables of five levels uses few windows of what
 * it could address; each changes places with a stretch of [-2^47, -2^41), where such a kernel maps nothing. So every
 * address that leads anywhere is a number as those of four levels are, low 32 bits untouched, and no two are one.
 * Without a window nothing changes. Plain data.
 */
export type Fold = readonly Window[];

/** Four levels: a number is the address itself. */
export const NO_FOLD: Fold = [];

const TWO_32 = 0x1_0000_0000;
/**
 * Of what lies below, a kernel with five levels maps nothing up to its CPU entry areas, but where it is randomized to.
 */
const HOLE_START = -0x8000;
const HOLE_END = -0x200;
/** From here up to 2^53 a number is the address itself in every kernel. */
export const LEAST_PLAIN: number = HOLE_END * TWO_32;
/** Between two windows: an offset that leads out of one does not lead into the next. 4 TiB. */
const GAP = 0x400;

/**
 * What a kernel says of its layout: page_offset_base, vmalloc_base, vmemmap_base, each as the signed high half of the
 * variable.
 */
export interface Bases {
  readonly direct: number;
  readonly vmalloc: number;
  readonly vmemmap: number;
}

/** 64 TiB with four levels; here what 32 TiB of memory need. */
const DIRECT_LENGTH = 0x2000;
/**
 * Allocations begin at the start of the area; those for CPUs at its end, VMALLOC_SIZE_TB_L5
 * (arch/x86/include/asm/pgtable_64_types.h) further on.
 */
const VMALLOC_LENGTH = 0x1000;
const VMALLOC_AREA = 12_800 * 0x100;
const VMALLOC_TOP_LENGTH = 0x400;
/** A struct page of 64 bytes for every 4 KiB of 32 TiB, and as much again. */
const VMEMMAP_LENGTH = 0x100;

/**
 * The fold of a kernel; undefined where no kernel can have its areas: out of order, on top of each other, in the lower
 * half.
 */
export function foldOf({ direct, vmalloc, vmemmap }: Bases): Fold | undefined {
  const wanted = [
    [direct, DIRECT_LENGTH],
    [vmalloc, VMALLOC_LENGTH],
    // What is less than 4 GiB of where it begins, it ends later.
    [vmalloc + VMALLOC_AREA + 1 - VMALLOC_TOP_LENGTH, VMALLOC_TOP_LENGTH],
    [vmemmap, VMEMMAP_LENGTH],
  ] as const;
  const areas: { own: number; length: number }[] = [];
  for (const [index, [own, length]] of wanted.entries()) {
    // The next area may begin before this one is as long as it could be.
    const end = Math.min(wanted[index + 1]?.[0] ?? HOLE_END, HOLE_END);
    if (!(own >= -0x100_0000 && own < end)) return undefined;
    areas.push({ own, length: Math.min(length, end - own) });
  }
  const fold: Window[] = [];
  const free = (seen: number, length: number): boolean =>
    [
      ...areas.map(({ own, length: other }) => [own, other] as const),
      ...fold.map((one) => [one.seen, one.length] as const),
    ].every(([start, other]) => seen >= start + other + GAP || seen + length + GAP <= start);
  for (const { own, length } of areas) {
    // Randomized into the hole, it stands there as a number, too.
    if (own >= HOLE_START) continue;
    let seen = HOLE_START;
    while (seen + length <= HOLE_END && !free(seen, length)) seen += GAP;
    if (seen + length > HOLE_END) return undefined;
    fold.push({ own, seen, length });
  }
  return fold;
}

/**
 * The high half of an address's number for that of the address, and the other way round: each window changes places
 * with another.
 */
export function turned(fold: Fold, high: number): number {
  for (const { own, seen, length } of fold) {
    if (high >= seen && high < seen + length) return high - seen + own;
    if (high >= own && high < own + length) return high - own + seen;
  }
  return high;
}

/** The number of the address whose 64 bits are `high` and `low` (each of any sign). */
export function foldHalves(fold: Fold, low: number, high: number): Address {
  return (fold.length === 0 ? high | 0 : turned(fold, high | 0)) * TWO_32 + (low >>> 0);
}

/** The high 32 bits of what a number stands for, signed; its low 32 bits are those of the number. */
export function trueHigh(fold: Fold, address: Address): number {
  return fold.length === 0 ? highHalf(address) : turned(fold, highHalf(address));
}

/** The number of the address whose 64 bits are `bits`; rounded when it leads nowhere. */
export function foldBits(fold: Fold, bits: bigint): Address {
  return fold.length === 0
    ? fromBigint(bits)
    : foldHalves(fold, Number(bits & 0xffff_ffffn), Number((bits >> 32n) & 0xffff_ffffn));
}

/** The 64 bits that a number stands for, unsigned. Exact for what leads anywhere, and for what lies within 2^53. */
export function trueBits(fold: Fold, address: Address): bigint {
  if (fold.length === 0 || !Number.isFinite(address)) return toBigint(address);
  return (BigInt(trueHigh(fold, address) >>> 0) << 32n) | BigInt(address >>> 0);
}

/** Sixteen lower-case hex digits of what a number stands for. */
export function trueHex(fold: Fold, address: Address): string {
  return addressHex(trueBits(fold, address));
}
