import type { Address } from '../../base/address.ts';
import type { Fold } from '../../base/fold.ts';

/** What code is run against: a guest's memory, symbols and types. Nothing of it throws. */
export interface LocatorHost {
  /** What its addresses, as numbers, stand for. */
  readonly fold: Fold;
  /** Symbols of CPUs have `cpus` copies. */
  readonly cpus: number;
  /** A per-CPU symbol's is its offset in the CPU's area. */
  symbol(name: string): Address | undefined;
  /** Where a CPU's area begins; NaN when there is no such CPU. */
  perCpuBase(cpu: number): Address;
  /** Unsigned; NaN where nothing is mapped or may be read. */
  u8(address: Address): number;
  u16(address: Address): number;
  u32(address: Address): number;
  /** Offset of `TYPE.member.path`; undefined when there is none. */
  member(path: string): number | undefined;
  size(type: string): number | undefined;
}

export type LocatorFailureCode =
  'LOCATOR_MALFORMED' | 'LOCATOR_BUDGET' | 'LOCATOR_STACK' | 'UNMAPPED' | 'INDEX' | 'NO_SYMBOL' | 'NO_TYPE';

export interface LocatorFailure {
  readonly code: LocatorFailureCode;
  /** Byte of the code at which the instruction begins. */
  readonly offset: number;
  readonly message: string;
  /** UNMAPPED: what could not be read. INDEX: what says so, where it was read. */
  readonly address?: Address;
}

/** What code may use up; each run takes from what those before it left, until `refill`. */
export interface LocatorBudget {
  readonly steps: number;
  readonly loads: number;
  readonly roots: number;
}

export const LOCATOR_BUDGET: LocatorBudget = { steps: 1_048_576, loads: 262_144, roots: 65_536 };
