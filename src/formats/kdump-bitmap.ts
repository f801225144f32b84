import type { ReadMemory } from './result.ts';

const CHUNK_BYTES = 4096;
const CHUNK_PAGES: number = CHUNK_BYTES * 8;

/** Bits that are set in each byte. */
const ONES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let bits = byte; bits > 0; bits >>= 1) ones += bits & 1;
  return ones;
});

/**
 * Which pages of memory a dump has, a bit each, the lowest first. Gone through once when it is opened; of it two
 * numbers are kept for every 128 MiB of memory, and one chunk of it.
 */
export class PageBitmap {
  /** Pages that the dump has. */
  readonly count: number;
  /** One past the last of them. */
  readonly end: number;
  readonly #read: ReadMemory;
  readonly #at: number;
  readonly #pages: number;
  /** Pages in the chunks before each. */
  readonly #before: Float64Array;
  readonly #chunk: Uint8Array = new Uint8Array(CHUNK_BYTES);
  #chunk_index = -1;

  private constructor(read: ReadMemory, at: number, pages: number, before: Float64Array, end: number) {
    this.#read = read;
    this.#at = at;
    this.#pages = pages;
    this.#before = before;
    this.count = before.at(-1) ?? 0;
    this.end = end;
  }

  /** Undefined when the bitmap is not all there. */
  static open(read: ReadMemory, at: number, pages: number): PageBitmap | undefined {
    const chunks = Math.ceil(pages / CHUNK_PAGES);
    const before = new Float64Array(chunks + 1);
    const chunk = new Uint8Array(CHUNK_BYTES);
    let end = 0;
    for (let index = 0; index < chunks; index++) {
      const bytes = chunk.subarray(0, bytesOf(index, pages));
      if (!read(at + index * CHUNK_BYTES, bytes)) return undefined;
      let ones = 0;
      bytes.forEach((byte, position) => {
        if (byte === 0) return;
        ones += ONES[byte] as number;
        end = (index * CHUNK_BYTES + position) * 8 + (32 - Math.clz32(byte));
      });
      before[index + 1] = (before[index] as number) + ones;
    }
    return new PageBitmap(read, at, pages, before, end);
  }

  /** How many of the dump's pages come before that one; -1 when the dump does not have it. */
  rankOf(page: number): number {
    if (!(page >= 0 && page < this.#pages)) return -1;
    const index = Math.floor(page / CHUNK_PAGES);
    if (index !== this.#chunk_index) {
      if (!this.#read(this.#at + index * CHUNK_BYTES, this.#chunk.subarray(0, bytesOf(index, this.#pages))))
        return -1;
      this.#chunk_index = index;
    }
    const within = page - index * CHUNK_PAGES;
    const byte = this.#chunk[within >> 3] as number;
    if (((byte >> (within & 7)) & 1) === 0) return -1;
    let rank = (this.#before[index] as number) + (ONES[byte & ((1 << (within & 7)) - 1)] as number);
    for (let position = 0; position < within >> 3; position++)
      rank += ONES[this.#chunk[position] as number] as number;
    return rank;
  }
}

/** Bytes of a chunk: the last one may be shorter. */
function bytesOf(index: number, pages: number): number {
  return Math.min(CHUNK_BYTES, Math.ceil((pages - index * CHUNK_PAGES) / 8));
}
