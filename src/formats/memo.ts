import { crc32c } from './crc32c.ts';

/**
 * Remembers what was made of some bytes, by the bytes themselves: a pure function's result, so sharing it changes no
 * answer. Holds at most `limit` entries and drops the oldest. Entries are compared byte by byte: a crafted checksum
 * collision finds nothing.
 */
export interface ContentMemo<T> {
  /**
   * The value made of these byte strings and this number, or what `make` gives, kept. The bytes must not change
   * afterwards.
   */
  get(parts: readonly Uint8Array[], number: number, make: () => T): T;
}

interface Entry<T> {
  readonly parts: readonly Uint8Array[];
  readonly number: number;
  readonly value: T;
}

export function contentMemo<T>(limit = 8): ContentMemo<T> {
  const entries = new Map<number, Entry<T>>();
  return {
    get(parts, number, make) {
      let checksum = number | 0;
      for (const part of parts) checksum = crc32c(part, 0, part.length, checksum);
      const known = entries.get(checksum);
      if (known && known.number === number && sameParts(known.parts, parts)) return known.value;
      const value = make();
      entries.delete(checksum);
      if (entries.size >= limit) entries.delete(entries.keys().next().value as number);
      entries.set(checksum, { parts, number, value });
      return value;
    },
  };
}

function sameParts(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  return (
    left.length === right.length &&
    left.every((part, index) => {
      const other = right[index] as Uint8Array;
      return part.length === other.length && Buffer.compare(part, other) === 0;
    })
  );
}
