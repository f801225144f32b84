/** Kinds of events: what is to happen at a time of its own, beside the processors' steps. */
export const EVENT = {
  /** a: CPU number. It starts with the registers its partition's power-on gave it. */
  power_on: 1,
  /** a: CPU number, b: vector. */
  interrupt: 2,
  /** a: CPU number. A secondary CPU begins. */
  start_cpu: 3,
  /** a: partition, b: device index in it, c: queue. */
  device: 4,
  /** a: partition, b: whatever the supervisor gave with it. */
  alarm: 5,
  /** a: partition. Boot complete never came. */
  boot_timeout: 6,
} as const;

/** One entry of the heap. */
export interface HeapEvent {
  readonly time: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const WIDTH = 6;

/**
 * Events by time, and among equals in the order they were scheduled: a binary heap over rows of six numbers. Plain
 * data: it forks and saves as one array.
 */
export class EventHeap {
  /** Rows of time, sequence number, kind, a, b, c. */
  private rows: number[] = [];
  private sequence = 0;

  /** Time of the next event, Infinity when there is none. */
  get next_time(): number {
    return this.rows.length === 0 ? Number.POSITIVE_INFINITY : (this.rows[0] as number);
  }

  push(time: number, kind: number, a: number, b = 0, c = 0): void {
    const rows = this.rows;
    const sequence = this.sequence++;
    let at = rows.length;
    rows.push(time, sequence, kind, a, b, c);
    while (at > 0) {
      const parent = (((at / WIDTH - 1) >> 1) * WIDTH) | 0;
      if (!this.before(time, sequence, parent)) break;
      for (let column = 0; column < WIDTH; column++) rows[at + column] = rows[parent + column] as number;
      at = parent;
    }
    this.put(at, time, sequence, kind, a, b, c);
  }

  /** Takes the next event out. The heap must not be empty. */
  pop(): HeapEvent {
    const rows = this.rows;
    const [time, , kind, a, b, c] = rows as [number, number, number, number, number, number];
    const end = rows.length - WIDTH;
    const last = rows.slice(end) as [number, number, number, number, number, number];
    rows.length = end;
    if (end > 0) {
      let at = 0;
      for (;;) {
        let child = at * 2 + WIDTH;
        if (child >= end) break;
        const other = child + WIDTH;
        if (other < end && this.before(rows[other] as number, rows[other + 1] as number, child))
          child = other;
        if (!this.before(rows[child] as number, rows[child + 1] as number, -1, last[0], last[1])) break;
        for (let column = 0; column < WIDTH; column++) rows[at + column] = rows[child + column] as number;
        at = child;
      }
      this.put(at, ...last);
    }
    return { time, kind, a, b, c };
  }

  private put(at: number, ...row: [number, number, number, number, number, number]): void {
    for (let column = 0; column < WIDTH; column++) this.rows[at + column] = row[column] as number;
  }

  private before(
    time: number,
    sequence: number,
    row: number,
    other_time: number = this.rows[row] as number,
    other_sequence: number = this.rows[row + 1] as number,
  ): boolean {
    return time < other_time || (time === other_time && sequence < other_sequence);
  }

  fork(): EventHeap {
    const child = new EventHeap();
    child.rows = this.rows.slice();
    child.sequence = this.sequence;
    return child;
  }

  /** For saving: the sequence number, then the rows. */
  toNumbers(): number[] {
    return [this.sequence, ...this.rows];
  }

  /** What `toNumbers` gave; false when it cannot have been that. */
  fromNumbers(numbers: readonly number[]): boolean {
    if (numbers.length % WIDTH !== 1 || !numbers.every(Number.isFinite)) return false;
    this.sequence = numbers[0] as number;
    this.rows = numbers.slice(1);
    return true;
  }
}
