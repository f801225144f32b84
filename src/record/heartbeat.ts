import type { TraceEvent } from '../target/events.ts';

/** What the beats of one guest come to, times in virtual nanoseconds. Time for which the partition was parked does not count. */
export interface HeartbeatFacts {
  /** Absent when it never beat. */
  readonly last_ns?: number;
  /** Running time since the last beat (since boot complete when there was none) at the end of the run. */
  readonly silent_ns: number;
  /** The longest running time between two beats, and when that pause began. */
  readonly longest_ns: number;
  readonly longest_from_ns: number;
}

/** The facts of one partition from all events of a run, in their order. `booted_ns`: where boot complete is not among them. */
export function heartbeatFacts(
  events: readonly TraceEvent[],
  partition: string,
  end_ns: number,
  booted_ns?: number,
): HeartbeatFacts {
  const fold = new HeartbeatFold(booted_ns);
  for (const event of events) if (event.subject === partition) fold.event(event);
  return fold.facts(end_ns);
}

class HeartbeatFold {
  #since: number | undefined;
  #last: number | undefined;
  #parked_since: number | undefined;
  /** Parked time since the last beat. */
  #parked = 0;
  #longest = 0;
  #longest_from = 0;

  constructor(booted_ns: number | undefined) {
    this.#since = booted_ns;
  }

  event(event: TraceEvent): void {
    if (event.kind === 'boot_complete') this.#since ??= event.time_ns;
    else if (event.kind === 'park') this.#parked_since ??= event.time_ns;
    else if (event.kind === 'resume') this.#resume(event.time_ns);
    else if (event.kind === 'heartbeat') {
      this.#pause(event.time_ns);
      this.#last = event.time_ns;
      this.#since = event.time_ns;
      this.#parked = 0;
    }
  }

  facts(end_ns: number): HeartbeatFacts {
    const silent_ns = this.#running(end_ns);
    return {
      ...(this.#last === undefined ? {} : { last_ns: this.#last }),
      silent_ns,
      longest_ns: this.#longest,
      longest_from_ns: this.#longest_from,
    };
  }

  #resume(time_ns: number): void {
    if (this.#parked_since !== undefined) this.#parked += time_ns - this.#parked_since;
    this.#parked_since = undefined;
  }

  #pause(time_ns: number): void {
    const running = this.#running(time_ns);
    if (running <= this.#longest) return;
    this.#longest = running;
    this.#longest_from = this.#since ?? time_ns;
  }

  #running(time_ns: number): number {
    if (this.#since === undefined) return 0;
    const parked_now =
      this.#parked_since === undefined ? 0 : time_ns - Math.max(this.#parked_since, this.#since);
    return Math.max(0, time_ns - this.#since - this.#parked - parked_now);
  }
}
