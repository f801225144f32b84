import type { EventPattern, Trigger } from '../model/scenario.ts';
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
  /** Triggers of `at` that have not fired, by their time; those before `#cursor` have since. */
  readonly #at: readonly number[];
  #cursor = 0;
  readonly #every: readonly number[];
  /** Triggers of `on`, by `subject event`. */
  readonly #on = new Map<string, number[]>();
  #caught: Due[] = [];
  #put_off: Due[] = [];

  constructor(triggers: readonly Trigger[], state?: ScheduleState) {
    this.#triggers = triggers;
    this.#progress = triggers.map((_, index) => ({ fired: 0, seen: 0, ...state?.progress[index] }));
    this.#caught = [...(state?.caught ?? [])];
    this.#put_off = [...(state?.put_off ?? [])];
    const at: { readonly index: number; readonly time_ns: number }[] = [];
    const every: number[] = [];
    for (const [index, { when }] of triggers.entries()) {
      if (when.kind === 'every') every.push(index);
      else if (when.kind === 'on') this.#await(index, when.pattern);
      else if (this.#progress[index]?.fired === 0) at.push({ index, time_ns: when.time_ns });
    }
    this.#at = at.sort((a, b) => a.time_ns - b.time_ns || a.index - b.index).map(({ index }) => index);
    this.#every = every;
  }

  /** The next instant at which something is due by the clock. */
  nextTime(): number | undefined {
    let next: number | undefined;
    const first = this.#at[this.#cursor];
    if (first !== undefined) next = this.#timeOf(first);
    for (const index of this.#every) {
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
    const fire = (index: number | undefined): boolean => {
      const time_ns = index === undefined ? undefined : this.#timeOf(index);
      if (index === undefined || time_ns === undefined || time_ns > now_ns) return false;
      (this.#progress[index] as Progress).fired++;
      due.push({ trigger: index, action: 0, time_ns, tries: 0 });
      return true;
    };
    while (fire(this.#at[this.#cursor])) this.#cursor++;
    for (const index of this.#every) fire(index);
    return due.sort((a, b) => a.trigger - b.trigger || a.action - b.action);
  }

  /** Takes note of an event; true when a trigger has been waiting for just this one. */
  notice(event: TraceEvent): boolean {
    let caught = false;
    for (const index of this.#on.get(`${event.subject} ${event.kind}`) ?? []) {
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

  /** How often the event of a trigger has come. */
  seen(trigger: number): number {
    return this.#progress[trigger]?.seen ?? 0;
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

  #await(index: number, pattern: EventPattern): void {
    const key = `${pattern.subject} ${pattern.event}`;
    const waiting = this.#on.get(key);
    if (waiting) waiting.push(index);
    else this.#on.set(key, [index]);
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
