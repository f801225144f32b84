import type { TraceEvent } from '../target/events.ts';

/**
 * What the beats of one guest come to, times in virtual nanoseconds. Time for which the partition was parked does not
 * count.
 */
export interface HeartbeatFacts {
  /** Absent when it never beat. */
  readonly last_ns?: number;
  /** Running time since the last beat (since boot complete when there was none) at the end of the run. */
  readonly silent_ns: number;
  /** The longest running time between two beats, and when that pause began. */
  readonly longest_ns: number;
  readonly longest_from_ns: number;
  /** When the silence at the end had lasted too long, by the partition's own time; absent when it had not. */
  readonly overdue_ns?: number;
  /** The longest pause, with a beat after it, that lasted too long. */
  readonly lost?: { readonly from_ns: number; readonly pause_ns: number };
}

/** When too much of the partition's own time has passed since a beat. */
export type Deadline = (beat_ns: number) => number;

/**
 * The facts of one partition from all events of a run, in their order. `booted_ns`: where boot complete is not among
 * them.
 */
export function heartbeatFacts(
  events: readonly TraceEvent[],
  partition: string,
  end_ns: number,
  deadline: Deadline,
  booted_ns?: number,
): HeartbeatFacts {
  const fold = new HeartbeatFold(deadline, booted_ns);
  for (const event of events) if (event.subject === partition) fold.event(event);
  return fold.facts(end_ns);
}

class HeartbeatFold {
  readonly #deadline: Deadline;
  /** The last beat, moved on by the time for which the partition was parked since: as the hypervisor reckons. */
  #counted: number | undefined;
  #beat: number | undefined;
  #last: number | undefined;
  #parked_since: number | undefined;
  #longest = 0;
  #longest_from = 0;
  #lost: HeartbeatFacts['lost'];

  constructor(deadline: Deadline, booted_ns: number | undefined) {
    this.#deadline = deadline;
    this.#counted = booted_ns;
    this.#beat = booted_ns;
  }

  event({ kind, time_ns }: TraceEvent): void {
    if (kind === 'boot_complete') {
      this.#counted ??= time_ns;
      this.#beat ??= time_ns;
    } else if (kind === 'park') this.#parked_since ??= time_ns;
    else if (kind === 'resume') this.#resume(time_ns);
    else if (kind === 'heartbeat') {
      this.#pause(time_ns);
      this.#last = time_ns;
      this.#beat = time_ns;
      this.#counted = time_ns;
    }
  }

  facts(end_ns: number): HeartbeatFacts {
    const now = this.#parked_since ?? end_ns;
    const silent_ns = this.#counted === undefined ? 0 : Math.max(0, now - this.#counted);
    const overdue = this.#overdue(now);
    return {
      ...(this.#last === undefined ? {} : { last_ns: this.#last }),
      silent_ns,
      longest_ns: this.#longest,
      longest_from_ns: this.#longest_from,
      ...(overdue === undefined ? {} : { overdue_ns: overdue }),
      ...(this.#lost === undefined ? {} : { lost: this.#lost }),
    };
  }

  /** While it is parked its time stands still. */
  #resume(time_ns: number): void {
    if (this.#parked_since !== undefined && this.#counted !== undefined)
      this.#counted += time_ns - Math.max(this.#parked_since, this.#beat ?? 0);
    this.#parked_since = undefined;
  }

  #pause(time_ns: number): void {
    if (this.#counted === undefined) return;
    const pause_ns = Math.max(0, time_ns - this.#counted);
    const from_ns = this.#beat ?? time_ns;
    if (this.#overdue(time_ns) !== undefined && pause_ns > (this.#lost?.pause_ns ?? 0))
      this.#lost = { from_ns, pause_ns };
    if (pause_ns <= this.#longest) return;
    this.#longest = pause_ns;
    this.#longest_from = from_ns;
  }

  #overdue(now_ns: number): number | undefined {
    const due = this.#counted === undefined ? Infinity : this.#deadline(this.#counted);
    return due < now_ns ? due : undefined;
  }
}
