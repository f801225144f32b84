import type { Trigger } from '../model/scenario.ts';
import type { TraceEvent } from '../target/events.ts';
import { matches } from '../place/event-pattern.ts';

/** How far one trigger has come. Plain data. */
interface Progress {
  /** Firings of `every`, or 1 after the only one. */
  fired: number;
  /** Occurrences of the event of `on` so far. */
  seen: number;
}

/** Something to fire: a trigger, and from which of its actions on (an action may have been put off). */
export interface Due {
  readonly trigger: number;
  readonly action: number;
  readonly time_ns: number;
  /** How often its action was put off. */
  readonly tries: number;
}

/** What a fork copies. */
export interface ScheduleState {
  readonly progress: readonly Readonly<Progress>[];
  readonly caught: readonly Due[];
  readonly put_off: readonly Due[];
}

/** When each trigger is due: by the clock, or because its event has come. Ties go by the order of the spec. */
export class Schedule {
  readonly #triggers: readonly Trigger[];
  #progress: Progress[];
  #caught: Due[] = [];
  #put_off: Due[] = [];

  constructor(triggers: readonly Trigger[], state?: ScheduleState) {
    this.#triggers = triggers;
    this.#progress = triggers.map((_, index) => ({ fired: 0, seen: 0, ...state?.progress[index] }));
    this.#caught = [...(state?.caught ?? [])];
    this.#put_off = [...(state?.put_off ?? [])];
  }

  /** The next instant at which something is due by the clock. */
  nextTime(): number | undefined {
    let next: number | undefined;
    for (let index = 0; index < this.#triggers.length; index++) {
      const time = this.#timeOf(index);
      if (time !== undefined && (next === undefined || time < next)) next = time;
    }
    for (const due of this.#put_off) if (next === undefined || due.time_ns < next) next = due.time_ns;
    return next;
  }

  /** Takes everything that is due at or before now, in order. */
  take(now_ns: number): readonly Due[] {
    const due: Due[] = [...this.#caught];
    this.#caught = [];
    for (const late of this.#put_off) if (late.time_ns <= now_ns) due.push(late);
    this.#put_off = this.#put_off.filter((late) => late.time_ns > now_ns);
    for (let index = 0; index < this.#triggers.length; index++) {
      const time_ns = this.#timeOf(index);
      if (time_ns === undefined || time_ns > now_ns) continue;
      (this.#progress[index] as Progress).fired++;
      due.push({ trigger: index, action: 0, time_ns, tries: 0 });
    }
    return due.sort((a, b) => a.trigger - b.trigger || a.action - b.action);
  }

  /** Takes note of an event; true when a trigger has been waiting for just this one. */
  notice(event: TraceEvent): boolean {
    let caught = false;
    for (let index = 0; index < this.#triggers.length; index++) {
      const { when } = this.#triggers[index] as Trigger;
      const progress = this.#progress[index] as Progress;
      if (when.kind !== 'on' || progress.fired > 0 || !matches(when.pattern, event)) continue;
      if (++progress.seen < when.pattern.nth) continue;
      progress.fired = 1;
      this.#caught.push({ trigger: index, action: 0, time_ns: event.time_ns, tries: 0 });
      caught = true;
    }
    return caught;
  }

  /** Tries an action, and those after it in its trigger, again a little later. */
  putOff(due: Due): void {
    this.#put_off.push(due);
  }

  state(): ScheduleState {
    return {
      progress: this.#progress.map((one) => ({ ...one })),
      caught: [...this.#caught],
      put_off: [...this.#put_off],
    };
  }

  #timeOf(index: number): number | undefined {
    const { when } = this.#triggers[index] as Trigger;
    const { fired } = this.#progress[index] as Progress;
    if (when.kind === 'at') return fired === 0 ? when.time_ns : undefined;
    if (when.kind === 'on') return undefined;
    const time = when.from_ns + fired * Math.max(1, when.period_ns);
    return time <= when.to_ns ? time : undefined;
  }
}
