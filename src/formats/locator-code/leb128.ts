/** DWARF's unsigned LEB128, of at most 64 bits: ten bytes. */
const BYTES_LIMIT = 10;

/** The last operand that `readLeb` read; halves are unsigned. One reader at a time. */
export interface Leb {
  low: number;
  high: number;
  /** First byte behind it. */
  next: number;
}

/**
 * Reads the number at `at` into `into`; false when it is cut short by `end`, longer than ten bytes, or wider than 64
 * bits.
 */
export function readLeb(bytes: Uint8Array, at: number, end: number, into: Leb): boolean {
  let low = 0;
  let high = 0;
  for (let index = 0; index < BYTES_LIMIT; index++) {
    if (at + index >= end) return false;
    const byte = bytes[at + index] as number;
    const part = byte & 0x7f;
    const shift = index * 7;
    if (shift < 28) low |= part << shift;
    else if (shift === 28) {
      low |= part << 28;
      high = part >>> 4;
    } else if (shift < 63) high |= part << (shift - 32);
    else {
      if (part > 1) return false;
      high |= part << 31;
    }
    if ((byte & 0x80) === 0) {
      into.low = low >>> 0;
      into.high = high >>> 0;
      into.next = at + index + 1;
      return true;
    }
  }
  return false;
}

/** The shortest form of an unsigned 64-bit number. */
export function leb(value: bigint): readonly number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  do {
    const part = Number(left & 0x7fn);
    left >>= 7n;
    bytes.push(left === 0n ? part : part | 0x80);
  } while (left !== 0n);
  return bytes;
}
