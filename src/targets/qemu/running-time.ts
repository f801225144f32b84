import { closeSync, openSync, readSync } from 'node:fs';
import { monotonic_ns } from './process/channel.ts';

/** Of an interval that counts, at least this part: time goes on however little the host gives. */
const LEAST_PART = 1 / 64;
/**
 * Time that others waited for a thread's sake counts for its own waiting, as far as it is not longer ago than this: two
 * that take turns on one processor have half of the time, not none.
 */
const CREDIT_NS = 50e6;

/**
 * What the host gave to one QEMU: schedstat of some of its threads (Documentation/scheduler/sched-stats.rst):
 * nanoseconds run, and nanoseconds waited for a processor of the host. Where the host keeps no such figures all of the
 * time counts.
 */
export class HostTime {
  readonly #files: readonly (number | undefined)[];
  readonly #bytes: Buffer = Buffer.alloc(128);

  constructor(pid: number, threads: readonly number[]) {
    this.#files = threads.map((thread) => {
      try {
        return openSync(`/proc/${pid}/task/${thread}/schedstat`, 'r');
      } catch {
        return undefined; // a host without these figures
      }
    });
  }

  /** Nanoseconds that a thread has run, and has waited to run; by its place in the list. */
  of(index: number): { readonly ran: number; readonly waited: number } {
    const file = this.#files[index];
    if (file === undefined) return { ran: 0, waited: 0 };
    try {
      const count = readSync(file, this.#bytes, 0, this.#bytes.length, 0);
      const [ran = 0, waited = 0] = this.#bytes.toString('latin1', 0, count).split(' ').map(Number);
      return { ran, waited };
    } catch {
      return { ran: 0, waited: 0 };
    }
  }

  close(): void {
    for (const file of this.#files) if (file !== undefined) closeSync(file);
  }
}

/**
 * The time of a machine that is let run and stopped again: nanoseconds that it was given. What the host took away,
 * because others wanted its processors, does not count, so that no watchdog barks at a busy host.
 */
export class RunningTime {
  #now_ns: number;
  #last_ns: number | undefined;
  /**
   * Of each thread, how long it has waited beyond what was taken off for it. A host tells of a wait when it is over,
   * which may be long after it began: what is too much for one interval is taken off the next ones.
   */
  #owed: readonly number[] = [];

  constructor(start_ns: number) {
    this.#now_ns = start_ns;
  }

  get now_ns(): number {
    return this.#now_ns;
  }

  start(): void {
    this.#last_ns = monotonic_ns();
  }

  /**
   * Counts what has passed, but not what the thread that was worst off has waited, and never more than up to
   * `limit_ns`. `waited_ns`: of each thread, since the last time.
   */
  advance(waited_ns: readonly number[], limit_ns: number, wall_ns: number = monotonic_ns()): void {
    if (this.#last_ns === undefined) return;
    const passed = Math.max(0, wall_ns - this.#last_ns);
    this.#last_ns = wall_ns;
    const owed = waited_ns.map((waited, thread) => waited + (this.#owed[thread] ?? 0));
    const counted = Math.round(Math.max(passed * LEAST_PART, passed - Math.max(0, ...owed)));
    this.#owed = owed.map((one) => Math.max(-CREDIT_NS, one - (passed - counted)));
    this.#now_ns = Math.max(this.#now_ns, Math.min(limit_ns, this.#now_ns + counted));
  }

  stop(): void {
    this.#last_ns = undefined;
  }

  /** While nothing runs, time is what it is said to be. */
  set(time_ns: number): void {
    this.#now_ns = time_ns;
  }
}
