/** High half of a 64-bit product, modulo 2^64; all halves unsigned. Its low half is Math.imul(al, bl). */
export function product(al: number, ah: number, bl: number, bh: number): number {
  const lower = (al & 0xffff) * bl;
  const upper = (al >>> 16) * bl;
  const carried = Math.floor((lower + (upper % 0x1_0000) * 0x1_0000) / 0x1_0000_0000);
  return (Math.floor(upper / 0x1_0000) + carried + Math.imul(ah, bl) + Math.imul(al, bh)) | 0;
}

/** An unsigned 64-bit number for a message. */
export function wideText(low: number, high: number): string {
  return high === 0 ? String(low) : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
}
