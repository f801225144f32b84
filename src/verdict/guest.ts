import { formatTime } from '../base/units.ts';
import type { Claim } from '../model/scenario.ts';
import type { HeartbeatFacts } from '../record/heartbeat.ts';
import { heartbeatFacts } from '../record/heartbeat.ts';
import { MISSED_BEATS } from '../target/hypercalls.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Case } from './facts.ts';
import type { Occurrence, Sight, Window } from './sight.ts';
import { blind, happened, windowOf } from './sight.ts';

/** Event kinds by the state that they show. */
const KINDS: Readonly<Record<string, string>> = {
  oopsed: 'oops',
  panicked: 'panic',
  stalled: 'stall',
  stopped: 'stopped',
  parked: 'park',
  booted: 'boot_complete',
};

/** What truly is so of one partition. */
export function seeGuest(claim: Claim, partition: string, run: Case): Sight {
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const occurrences: Occurrence[] = [];
  for (const state of claim.states) {
    if (state === 'healthy') {
      const sight = healthy(partition, run, window);
      if (sight.met || claim.states.length === 1) return sight;
    } else if (state === 'parked' && claim.until) {
      return parkedUntil(partition, run, window.to_ns);
    } else {
      occurrences.push(...occurrencesOf(state, claim.signs, partition, run));
    }
  }
  occurrences.sort((a, b) => a.time_ns - b.time_ns);
  const sight = happened(occurrences, window);
  return occurrences.length > 0 ? sight : { ...sight, seen: `${sight.seen}: ${portrait(partition, run)}` };
}

function occurrencesOf(state: string, signs: readonly string[], partition: string, run: Case): Occurrence[] {
  if (state === 'silent') return silence(partition, run);
  const events = eventsOf(run, partition).filter((event) => event.kind === KINDS[state]);
  const signed = events.filter((event) => signs.length === 0 || signs.includes(String(event.detail['sign'])));
  if (state === 'booted' && signed.length === 0) return bootBySummary(partition, run);
  return signed.map((event) => ({ time_ns: event.time_ns, text: describe(event) }));
}

/** Where the record begins after the boot. -1 stands for never. */
function bootBySummary(partition: string, run: Case): Occurrence[] {
  const time_ns = run.record.partitions.find((known) => known.name === partition)?.boot_complete_ns ?? -1;
  return time_ns === -1 ? [] : [{ time_ns, text: 'booted' }];
}

/** From the first beat that did not come, once the hypervisor's watchdog would have lost patience. */
function silence(partition: string, run: Case): Occurrence[] {
  const { facts, period_ns } = beats(partition, run);
  if (facts?.overdue_ns === undefined) return [];
  const since = facts.last_ns ?? 0;
  return [{ time_ns: since + period_ns, text: `silent since its last heartbeat at ${formatTime(since)}` }];
}

/** No oops, panic, lock-up or loss of heartbeat in the window, and still beating at its end. */
function healthy(partition: string, run: Case, window: Window): Sight {
  // `within D of X`: from then on.
  const from_ns = window.text === '' ? -Infinity : window.to_ns;
  const to_ns = window.text === '' ? window.to_ns : Infinity;
  const inside = (time_ns: number): boolean => time_ns >= from_ns && time_ns <= to_ns;
  const bad = eventsOf(run, partition).find(
    (event) => ['oops', 'panic', 'stall', 'stopped'].includes(event.kind) && inside(event.time_ns),
  );
  if (bad) return { met: false, seen: `${partition}: ${describe(bad)} at ${formatTime(bad.time_ns)}` };
  const { facts, period_ns } = beats(partition, run);
  if (!facts) return { met: false, seen: `${partition} never said boot complete` };
  const since = facts.last_ns ?? 0;
  if (facts.overdue_ns !== undefined && to_ns > since + period_ns) {
    return { met: false, seen: `${partition} is silent since its last heartbeat at ${formatTime(since)}` };
  }
  if (facts.lost && inside(facts.lost.from_ns)) {
    const pause = `${formatTime(facts.lost.pause_ns)} from ${formatTime(facts.lost.from_ns)}`;
    return { met: false, seen: `${partition} missed its heartbeat for ${pause}` };
  }
  return window.cut === undefined ? { met: true, seen: `${partition} is healthy` } : blind(window.cut);
}

/**
 * From its first parking on up to the end of the window. Where an ambulance lets the guest go on for a moment, to read
 * again what was in flux, it is still at its work.
 */
function parkedUntil(partition: string, run: Case, until_ns: number): Sight {
  const before = eventsOf(run, partition).filter(
    ({ kind, time_ns, detail }) =>
      (kind === 'park' || kind === 'resume') && time_ns < until_ns && detail['for'] !== 'reading',
  );
  const last = before.at(-1);
  if (!last) return { met: false, seen: `${partition} was never parked` };
  const gap = before.find((event) => event.kind === 'resume');
  const seen = gap ? `resumed at ${formatTime(gap.time_ns)}` : `parked at ${formatTime(last.time_ns)}`;
  return { met: gap === undefined, seen };
}

/** Heartbeats of a guest that booted, and their period by the spec. */
function beats(
  partition: string,
  run: Case,
): { readonly facts?: HeartbeatFacts; readonly period_ns: number } {
  const model = run.scenario.topology.lpars.find((lpar) => lpar.name === partition);
  const period_ns = model?.kernel.heartbeat_ns ?? Infinity;
  const summary = run.record.partitions.find((known) => known.name === partition);
  if (summary?.heartbeat) return { facts: summary.heartbeat, period_ns };
  const booted = occurrencesOf('booted', [], partition, run)[0];
  if (!booted) return { period_ns };
  return {
    // Without its slots: a partition that shares no CPU has all of its time.
    facts: heartbeatFacts(
      run.record.events,
      partition,
      run.record.duration_ns,
      (beat_ns) => beat_ns + MISSED_BEATS * period_ns,
      booted.time_ns,
    ),
    period_ns,
  };
}

function portrait(partition: string, run: Case): string {
  const told = eventsOf(run, partition).filter((event) =>
    ['oops', 'panic', 'stall', 'stopped'].includes(event.kind),
  );
  const [first] = told;
  if (first) return `${partition} ${describe(first)} at ${formatTime(first.time_ns)}`;
  return silence(partition, run)[0]?.text ?? `nothing befell ${partition}`;
}

function describe({ kind, detail }: TraceEvent): string {
  const word = Object.entries(KINDS).find(([, known]) => known === kind)?.[0] ?? kind;
  const sign = detail['sign'];
  return sign === undefined ? word : `${word} by ${sign}`;
}

function eventsOf(run: Case, partition: string): readonly TraceEvent[] {
  return run.record.events.filter((event) => event.subject === partition);
}
