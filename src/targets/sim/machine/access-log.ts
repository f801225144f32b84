import { PAGE_SIZE } from '../../../base/units.ts';
import { WatchSet } from './watch.ts';

/** Times are kept in whole microseconds: enough to tell what is over, in half the room. */
const UNIT_NS = 1_000;

/**
 * Takes the place of a machine's watchpoints and notes for every byte of its memory when it was last accessed, by all
 * that they could hear of (loads, stores, fetches, copies, page walks, DMA) and by what steps read for the trace. All
 * pages count as watched, so no access takes a fast path.
 */
export class AccessLog extends WatchSet {
  /** By page number: for each byte 1 + the last time in units, 0 when there was none. */
  private readonly last = new Map<number, Uint32Array>();

  constructor() {
    super();
    this.active = true;
  }

  override covers(): boolean {
    return true;
  }

  override read(address: number, bytes: number, time: number): void {
    const page = Math.floor(address / PAGE_SIZE);
    let times = this.last.get(page);
    if (times === undefined) this.last.set(page, (times = new Uint32Array(PAGE_SIZE)));
    const offset = address % PAGE_SIZE;
    const noted = Math.floor(time / UNIT_NS) + 1;
    for (let at = offset; at < offset + bytes; at++) if ((times[at] as number) < noted) times[at] = noted;
  }

  override written(address: number, bytes: number, time: number): void {
    this.read(address, bytes, time);
  }

  override peeked(address: number, time: number): void {
    this.read(address, 4, time);
  }

  /** True when the byte was accessed at `from` or later; perhaps also when it was within a microsecond before. */
  accessed(address: number, from: number): boolean {
    const last = this.last.get(Math.floor(address / PAGE_SIZE))?.[address % PAGE_SIZE] ?? 0;
    return last > Math.floor(from / UNIT_NS);
  }
}
