import { formatTime } from '../base/units.ts';
import type { Claim } from '../model/scenario.ts';
import { matches } from '../place/event-pattern.ts';
import type { Case } from './facts.ts';
import { timeOf } from './facts.ts';

/** What was seen of one claim, before its negation. */
export interface Sight {
  readonly met: boolean;
  /** One line. */
  readonly seen: string;
  /** It can be neither met nor its negative: nobody looked, a place is not there. Holds for both. */
  readonly blind?: true;
  /** It was the place or the value that was not there. */
  readonly broken?: true;
}

/** Something that happened and that a claim may be about. */
export interface Occurrence {
  readonly time_ns: number;
  readonly text: string;
}

/** The stretch of time that a claim is about. */
export interface Window {
  /** Both ends included. */
  readonly from_ns: number;
  readonly to_ns: number;
  /** `within 20 ms of smash`; '' without a limit. */
  readonly text: string;
  /** The moment that it is counted from. */
  readonly base_ns: number;
  readonly base_text: string;
  /** The run ended before the stretch was over: that nothing happened in it is not known. Says so. */
  readonly cut?: string;
}

/** The window of `within` and `until`; a text when the moment that it counts from never came. */
export function windowOf(claim: Claim, { record }: Case): Window | string {
  const end = untilOf(claim, record.events, record.duration_ns);
  const { within } = claim;
  if (!within) return { from_ns: -Infinity, to_ns: end, text: '', base_ns: 0, base_text: 'the start' };
  const limit = `within ${formatTime(within.limit_ns)}`;
  if (!within.of) {
    const to_ns = Math.min(end, within.limit_ns);
    return {
      from_ns: -Infinity,
      to_ns,
      text: limit,
      base_ns: 0,
      base_text: 't = 0',
      ...cutOff(to_ns, limit, record.duration_ns),
    };
  }
  const { name, moment } = within.of;
  const base_ns = timeOf(within.of, record);
  if (base_ns === undefined) {
    if (moment === 'event') return `${name} never came`;
    return moment === 'activated'
      ? `${name} was never activated: no guest read the damage`
      : `${name} never fired`;
  }
  const base_text = moment === 'activated' ? `${name}.activated` : name;
  const text = `${limit} of ${base_text}`;
  const to_ns = Math.min(end, base_ns + within.limit_ns);
  return { from_ns: base_ns, to_ns, text, base_ns, base_text, ...cutOff(to_ns, text, record.duration_ns) };
}

function cutOff(to_ns: number, text: string, duration_ns: number): Pick<Window, 'cut'> {
  return to_ns <= duration_ns
    ? {}
    : { cut: `the run ended, at ${formatTime(duration_ns)}, before \`${text}\` was over` };
}

/** What did not happen is not known where the window outlasts the run: neither the claim nor its negative. */
export function unlessCut(sight: Sight, window: Window): Sight {
  return sight.met || window.cut === undefined ? sight : blind(`${sight.seen}; ${window.cut}`);
}

function untilOf(claim: Claim, events: Case['record']['events'], end_ns: number): number {
  const { until } = claim;
  if (!until) return Infinity;
  let seen = 0;
  for (const event of events) {
    if (matches(until, event) && ++seen === until.nth) return event.time_ns;
  }
  return end_ns;
}

/** Whether one of the things happened in the window, and the line that says so. */
export function happened(occurrences: readonly Occurrence[], window: Window): Sight {
  const inside = occurrences.find(({ time_ns }) => time_ns >= window.from_ns && time_ns <= window.to_ns);
  const one = inside ?? occurrences.find(({ time_ns }) => time_ns > window.to_ns) ?? occurrences[0];
  return unlessCut(sightOf(one, inside !== undefined, window), window);
}

function sightOf(one: Occurrence | undefined, met: boolean, window: Window): Sight {
  if (!one)
    return {
      met: false,
      seen: window.text === '' ? 'it never happened' : `expected ${window.text}, never happened`,
    };
  if (window.text === '') return { met, seen: `${one.text} ${moment(one.time_ns)}` };
  return {
    met,
    seen: `${one.text}: expected ${window.text}, happened at ${after(one, window)}`,
  };
}

/** The nanosecond before 0 is when a guest that is restored says again what it said as it booted. */
function moment(time_ns: number): string {
  return time_ns === -1 ? 'before the run began' : `at ${formatTime(time_ns)}`;
}

/** `31.4 ms (t = 71.4 ms)`: counted from where the claim counts. */
function after({ time_ns }: Occurrence, window: Window): string {
  if (window.base_ns === 0) return formatTime(time_ns);
  const at = `t = ${formatTime(time_ns)}`;
  const distance = time_ns - window.base_ns;
  return distance < 0 ? `${formatTime(-distance)} before it (${at})` : `${formatTime(distance)} (${at})`;
}

export function blind(seen: string): Sight {
  return { met: false, seen, blind: true };
}

/** All of several: met when each is. The line tells of those that are not, or of all. */
export function allOf(sights: readonly Sight[]): Sight {
  const failing = sights.filter((sight) => !sight.met);
  const told = failing.length > 0 ? failing : sights;
  const seen = told.map((sight) => sight.seen).join('; ');
  const dark = sights.find((sight) => sight.blind);
  return {
    met: failing.length === 0,
    seen,
    ...(dark?.blind ? { blind: true } : {}),
    ...(dark?.broken ? { broken: true } : {}),
  };
}

/** The claim's negative of what one subject showed. */
export function negatedIf(negated: boolean, sight: Sight): Sight {
  return negated && !sight.blind ? { ...sight, met: !sight.met } : sight;
}
