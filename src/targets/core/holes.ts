import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A file of this size or less is read as it is. */
const SMALL_BYTES = 64 * 1_048_576;
/** Sparse: less than one byte in so many is on the disk. */
const SPARSE = 8;
/** So much is looked at in one go; read past the page cache, what was never written costs next to nothing. */
const STRETCH_BYTES = 8 * 1_048_576;
/** Blocks of zeros, one behind the other, after which a stretch is looked at: a file has zeros that it holds, too. */
const RUN = 16;
/** Such reads go to memory that begins at a multiple of the disk's blocks, and nobody tells where memory begins. */
const ALIGNMENT = 4096;

/**
 * The stretches of a sparse file that hold nothing but zeros, as somebody comes by who reads it from end to end:
 * through the page cache each page of nothing is made, cleared and copied. Undefined where a file is not sparse, or the
 * file system does not read past its cache.
 */
export class Holes {
  readonly #handle: number;
  readonly #stretch: Buffer;
  readonly #zeros: Buffer = Buffer.alloc(STRETCH_BYTES);
  #from = 0;
  #until = 0;
  #run = 0;
  #next = -1;

  private constructor(handle: number, stretch: Buffer) {
    this.#handle = handle;
    this.#stretch = stretch;
  }

  static of(path: string, size: number, on_disk: number): Holes | undefined {
    if (size <= SMALL_BYTES || on_disk * SPARSE > size || constants.O_DIRECT === undefined) return undefined;
    let handle: number | undefined;
    try {
      handle = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
      const memory = new ArrayBuffer(STRETCH_BYTES + ALIGNMENT);
      for (let start = 0; start < ALIGNMENT; start += 8) {
        const stretch = Buffer.from(memory, start, STRETCH_BYTES);
        if (readInto(handle, stretch, 0) > 0) return new Holes(handle, stretch);
      }
    } catch {
      // a file system without such reads
    }
    if (handle !== undefined) closeSync(handle);
    return undefined;
  }

  /** True where it is known that a block, `at` a multiple of 64 KiB, holds zeros alone. */
  has(at: number, bytes: number): boolean {
    if (at >= this.#from && at + bytes <= this.#until) return true;
    if (this.#run < RUN || at !== this.#next) return false;
    const read = readInto(this.#handle, this.#stretch, at);
    const empty = read >= bytes && this.#stretch.subarray(0, read).equals(this.#zeros.subarray(0, read));
    if (!empty) {
      this.#run = 0;
      return false;
    }
    this.#from = at;
    this.#until = at + read;
    this.#next = this.#until;
    return true;
  }

  /** What a block held that had to be read. */
  held(at: number, block: Uint8Array): void {
    const empty = this.#zeros.subarray(0, block.length).equals(block);
    this.#run = !empty ? 0 : at === this.#next ? this.#run + 1 : 1;
    this.#next = at + block.length;
  }

  close(): void {
    closeSync(this.#handle);
  }
}

/** How many bytes; none where it cannot be read so. */
function readInto(handle: number, into: Buffer, at: number): number {
  try {
    return readSync(handle, into, 0, into.length, at);
  } catch {
    return 0;
  }
}
