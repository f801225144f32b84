/** A run of something that lies elsewhere, in a file. */
export interface Extent {
  /** First address of the run. */
  readonly start: number;
  readonly bytes: number;
  /** Where its first byte lies in the file. */
  readonly offset: number;
}

/**
 * Runs by their address, none of which covers another: core files map the same memory more than once (the kernel's
 * image and the direct map), and the first in the order of addresses is as good as the next. Three numbers for each
 * run.
 */
export class Extents {
  readonly count: number;
  /** One past the highest address. */
  readonly end: number;
  /** Of all runs together. */
  readonly bytes: number;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #offsets: Float64Array;

  constructor(extents: readonly Extent[]) {
    const sorted = extents
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => a.start - b.start || b.bytes - a.bytes);
    const kept: Extent[] = [];
    let end = 0;
    for (const { start, bytes, offset } of sorted) {
      const skip = Math.max(0, end - start);
      if (skip >= bytes) continue;
      const last = kept.at(-1);
      end = start + bytes;
      if (
        last !== undefined &&
        last.start + last.bytes === start + skip &&
        last.offset + last.bytes === offset + skip
      )
        kept[kept.length - 1] = { ...last, bytes: end - last.start };
      else kept.push({ start: start + skip, bytes: bytes - skip, offset: offset + skip });
    }
    this.count = kept.length;
    this.end = end;
    this.bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
    this.#starts = Float64Array.from(kept, ({ start }) => start);
    this.#ends = Float64Array.from(kept, ({ start, bytes }) => start + bytes);
    this.#offsets = Float64Array.from(kept, ({ offset }) => offset);
  }

  /** The run that an address lies in; -1 when it lies in none. */
  indexOf(address: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address < (this.#ends[low - 1] as number) ? low - 1 : -1;
  }

  /** Where an address of a run lies in the file. */
  offsetOf(index: number, address: number): number {
    return (this.#offsets[index] as number) + (address - (this.#starts[index] as number));
  }

  /** Bytes from an address of a run to its end. */
  leftIn(index: number, address: number): number {
    return (this.#ends[index] as number) - address;
  }

  /** True when every byte lies in a run. */
  covers(address: number, bytes: number): boolean {
    for (let done = 0; done < bytes;) {
      const index = this.indexOf(address + done);
      if (index < 0) return false;
      done += this.leftIn(index, address + done);
    }
    return true;
  }
}
