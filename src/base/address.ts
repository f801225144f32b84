/**
 * A 64-bit virtual address as a JavaScript number: the signed value of its canonical form. Kernel addresses are
 * negative, user addresses positive, and every canonical address of 4-level paging is exact (|a| < 2^47); those of five
 * levels are folded into that range (fold.ts), and mean themselves only there. A non-canonical value read from memory
 * becomes a number outside that range (its low bits may be rounded): it can be compared and refused, never
 * dereferenced. Where every bit counts, keep the eight bytes or a bigint.
 */
export type Address = number;

const TWO_32 = 0x1_0000_0000;
const CANONICAL_LIMIT = 2 ** 47;

/** True when 4-level paging can translate the address: bits 63..47 all alike. */
export function isCanonical(address: Address): boolean {
  return address >= -CANONICAL_LIMIT && address < CANONICAL_LIMIT;
}

/** The address whose 64 bits are `high` and `low` (each taken as 32 bits, any sign). */
export function fromHalves(low: number, high: number): Address {
  return (high | 0) * TWO_32 + (low >>> 0);
}

/** The low 32 bits, unsigned. */
export function lowHalf(address: Address): number {
  return address >>> 0;
}

/** The high 32 bits, signed. */
export function highHalf(address: Address): number {
  return Math.floor(address / TWO_32) | 0;
}

/** The 64 bits as an unsigned bigint. Exact for canonical addresses and for integers below 2^53. */
export function toBigint(address: Address): bigint {
  return BigInt.asUintN(64, BigInt(Math.trunc(address)));
}

/** The address whose 64 bits are `bits`; rounded when it is not canonical. */
export function fromBigint(bits: bigint): Address {
  return Number(BigInt.asIntN(64, bits));
}

/** Sixteen lower-case hex digits, no prefix: the form of addresses in results.json. */
export function addressHex(address: Address | bigint): string {
  const bits = typeof address === 'bigint' ? BigInt.asUintN(64, address) : toBigint(address);
  return bits.toString(16).padStart(16, '0');
}
