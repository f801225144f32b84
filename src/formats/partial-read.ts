import type { Address } from '../base/address.ts';
import type { ReadMemory } from './result.ts';

const PAGE = 4096;

/** Bytes of memory of which some pages could not be read; those are zeros. */
export interface PartialBytes {
  readonly bytes: Uint8Array;
  /** One byte for each page that the range touches, 1 where it is missing; empty when nothing is missing. */
  readonly missing: Uint8Array;
  /** Where the first byte lies in its page. */
  readonly skew: number;
}

/** Reads a range in one go, or, when it is not all there, page by page. */
export function readPartial(read: ReadMemory, address: Address, length: number): PartialBytes {
  const bytes = new Uint8Array(length);
  const skew = ((address % PAGE) + PAGE) % PAGE;
  if (read(address, bytes)) return { bytes, missing: new Uint8Array(0), skew };
  const missing = new Uint8Array(Math.ceil((skew + length) / PAGE));
  for (let page = 0; page < missing.length; page++) {
    const start = Math.max(0, page * PAGE - skew);
    const part = bytes.subarray(start, Math.min(length, (page + 1) * PAGE - skew));
    if (!read(address + start, part)) {
      part.fill(0);
      missing[page] = 1;
    }
  }
  return { bytes, missing, skew };
}

/** True when bytes[start, end) were all read; false also when they are not all inside. */
export function isPresent({ bytes, missing, skew }: PartialBytes, start: number, end: number): boolean {
  if (start < 0 || end > bytes.length) return false;
  if (missing.length === 0) return true;
  for (let page = Math.floor((start + skew) / PAGE); page * PAGE < end + skew; page++)
    if (missing[page]) return false;
  return true;
}
