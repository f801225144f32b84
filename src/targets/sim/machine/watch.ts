/** Bytes whose first read is still awaited. `watch` is the number that `arm` gave. */
interface Range {
  readonly watch: number;
  readonly address: number;
  readonly bytes: number;
}

/** What a save keeps of a WatchSet. */
export interface SavedWatches {
  /** By watch: internal time of the first read, -1 while there was none. */
  readonly read_at: readonly number[];
  readonly ranges: readonly Range[];
}

/**
 * The watchpoints of a machine, over machine addresses. A page with an awaited byte is kept out of the processors' fast
 * paths, so the price is paid there and nowhere else; what a guest sees, and when, is the same with and without.
 */
export class WatchSet {
  private read_at: number[] = [];
  private ranges: Range[] = [];
  /** How many ranges touch a page, by page number. */
  private readonly pages = new Map<number, number>();
  /** True while some byte is awaited. */
  active = false;
  /** All awaited bytes lie in [low, high). */
  private low = 0;
  private high = 0;

  /** Starts to watch; returns the watch's number. No bytes: a watch that `mark` ends. */
  arm(address: number, bytes: number): number {
    const watch = this.read_at.push(-1) - 1;
    if (bytes > 0) this.add({ watch, address, bytes });
    return watch;
  }

  /** The watch's first read, if it had none before. */
  mark(watch: number, time: number): void {
    if (this.read_at[watch] === -1) this.read_at[watch] = time;
  }

  /** Internal time of the first read; -1 when there was none; undefined when there is no such watch. */
  firstRead(watch: number): number | undefined {
    return this.read_at[watch];
  }

  private add(range: Range): void {
    if (this.ranges.length === 0) this.low = Number.POSITIVE_INFINITY;
    this.ranges.push(range);
    this.count(range, 1);
    this.low = Math.min(this.low, range.address);
    this.high = Math.max(this.high, range.address + range.bytes);
  }

  private count(range: Range, change: number): void {
    const last = Math.floor((range.address + range.bytes - 1) / 4096);
    for (let page = Math.floor(range.address / 4096); page <= last; page++) {
      const left = (this.pages.get(page) ?? 0) + change;
      if (left > 0) this.pages.set(page, left);
      else this.pages.delete(page);
    }
    this.active = this.pages.size > 0;
  }

  /** Most accesses are far from what is awaited: two comparisons tell. */
  private bound(): void {
    this.low = Number.POSITIVE_INFINITY;
    this.high = 0;
    for (const { address, bytes } of this.ranges) {
      this.low = Math.min(this.low, address);
      this.high = Math.max(this.high, address + bytes);
    }
  }

  /** True when an awaited byte lies in the page at `base`. */
  covers(base: number): boolean {
    return base < this.high && base + 4096 > this.low && this.pages.has(base >>> 12);
  }

  /** A guest, its page-table walker or a device on its behalf reads. */
  read(address: number, bytes: number, time: number): void {
    if (address < this.high && address + bytes > this.low) this.readNear(address, bytes, time);
  }

  private readNear(address: number, bytes: number, time: number): void {
    const hit = this.ranges.filter((range) => overlaps(range, address, bytes));
    if (hit.length === 0) return;
    const watches = new Set(hit.map((range) => range.watch));
    for (const watch of watches) this.mark(watch, time);
    for (const range of this.ranges) if (watches.has(range.watch)) this.count(range, -1);
    this.ranges = this.ranges.filter((range) => !watches.has(range.watch));
    this.bound();
  }

  /** A guest or a device writes: damage that is overwritten can no longer be read. */
  written(address: number, bytes: number, _time: number): void {
    if (address < this.high && address + bytes > this.low) this.writtenNear(address, bytes);
  }

  /** A step reads a word for the trace, which counts for no watch. */
  peeked(_address: number, _time: number): void {}

  private writtenNear(address: number, bytes: number): void {
    const hit = new Set(this.ranges.filter((range) => overlaps(range, address, bytes)));
    if (hit.size === 0) return;
    this.ranges = this.ranges.filter((range) => !hit.has(range));
    for (const range of hit) {
      this.count(range, -1);
      const before = address - range.address;
      const after = range.address + range.bytes - (address + bytes);
      if (before > 0) this.add({ watch: range.watch, address: range.address, bytes: before });
      if (after > 0) this.add({ watch: range.watch, address: address + bytes, bytes: after });
    }
    this.bound();
  }

  fork(): WatchSet {
    const child = new WatchSet();
    if (this.read_at.length > 0) child.restore(this.save());
    return child;
  }

  save(): SavedWatches {
    return { read_at: this.read_at, ranges: this.ranges };
  }

  restore(saved: SavedWatches): void {
    this.read_at = saved.read_at.slice();
    this.ranges = [];
    this.pages.clear();
    this.active = false;
    this.low = this.high = 0;
    for (const range of saved.ranges) this.add(range);
  }
}

function overlaps(range: Range, address: number, bytes: number): boolean {
  return address < range.address + range.bytes && address + bytes > range.address;
}
