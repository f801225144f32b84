import type { Address } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';

/**
 * Memory as structures are read from it: one address space of a patient. What cannot be read is an ordinary value: NaN
 * for numbers, undefined for bytes, -1 for a physical address; nothing throws, whatever the address.
 */
export interface Reader {
  /** What its numbers stand for. */
  readonly fold: Fold;
  u8(address: Address): number;
  u16(address: Address): number;
  u32(address: Address): number;
  /** As an address: the signed canonical form of base/address.ts, folded; rounded beyond 2^53. */
  u64(address: Address): number;
  /** A copy of a run of bytes (at most 64 KiB). */
  bytes(address: Address, length: number): Uint8Array | undefined;
  /** True when the byte can be read. */
  mapped(address: Address): boolean;
  /** Guest-physical address, or -1. */
  physical(address: Address): number;
  /**
   * True when `length` bytes from an address all have that value; NaN where one that was reached cannot be read. Else
   * the first other one.
   */
  firstOther(address: Address, length: number, byte: number): number;
  /**
   * Address of the first of `length` bytes that is not what it was when the guest had booted; the end when all are; NaN
   * when one that was reached cannot be read, undefined where nobody knows what was there.
   */
  firstChanged?(address: Address, length: number): Address | undefined;
  /** The byte that was there when the guest had booted: NaN and undefined as above. */
  booted?(address: Address): number | undefined;
}

/** Counts work: structures give up where it says so. */
export interface Budget {
  /** One more element or step; false when that was too many. */
  step(): boolean;
}
