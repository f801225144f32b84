/**
 * Seeded random numbers: sfc32 (PractRand's small fast counter generator, 32-bit words, 128 bits of state).
 * Every stream is a named substream of one seed, so that adding a consumer never shifts another's numbers.
 */
export interface Random {
  /** An unsigned 32-bit integer. */
  u32(): number;
  /** An integer in [0, bound); bound in 1..2^32. */
  below(bound: number): number;
  /** A number in [0, 1) with 32 bits. */
  unit(): number;
  /** One of a non-empty array. */
  pick<T>(values: readonly T[]): T;
}

/** FNV-1a over UTF-16 code units, 32 bits: names to stream numbers. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash ^= name.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The substream `name` of `seed` (an integer in 0..2^53-1). Same arguments, same numbers, everywhere. */
export function substream(seed: number, name: string): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 0x1_0000_0000) >>> 0;
  let c = hashName(name);
  let counter = 1;
  const u32 = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  for (let round = 0; round < 15; round++) u32();
  const below = (bound: number): number => Math.floor((u32() / 0x1_0000_0000) * bound);
  return {
    u32,
    below,
    unit: () => u32() / 0x1_0000_0000,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
  };
}
