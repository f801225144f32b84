/** CRC-32C (Castagnoli, reflected 0x82F63B78; RFC 3720 appendix B.4), eight bytes a turn with eight tables. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    tables[byte] = remainder;
  }
  for (let index = 256; index < tables.length; index++) {
    const previous = tables[index - 256] as number;
    tables[index] = (previous >>> 8) ^ (tables[previous & 0xff] as number);
  }
  return tables;
}

/** The checksum of bytes[start, end) as an unsigned 32-bit number. `previous` continues an earlier call. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, previous = 0): number {
  const t = TABLES as unknown as number[];
  let crc = ~previous;
  let at = start;
  for (const bulk_end = end - 7; at < bulk_end; at += 8) {
    const b = bytes as unknown as number[];
    crc ^= b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
    crc =
      t[0x700 + (crc & 0xff)]! ^
      t[0x600 + ((crc >>> 8) & 0xff)]! ^
      t[0x500 + ((crc >>> 16) & 0xff)]! ^
      t[0x400 + (crc >>> 24)]! ^
      t[0x300 + b[at + 4]!]! ^
      t[0x200 + b[at + 5]!]! ^
      t[0x100 + b[at + 6]!]! ^
      t[b[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ (bytes[at] as number)) & 0xff]!;
  return ~crc >>> 0;
}
