import type { Injector } from '../fault/injector.ts';
import { consoleSign } from '../model/console-signs.ts';
import { printExpression } from '../model/print.ts';
import type { Scenario } from '../model/scenario.ts';
import type { HeartbeatFacts } from '../record/heartbeat.ts';
import { heartbeatFacts } from '../record/heartbeat.ts';
import type {
  KernelComplaint,
  PartitionSummary,
  Receipt,
  RunRecord,
  TwinComparison,
} from '../record/record.ts';
import { MISSED_BEATS } from '../target/hypercalls.ts';
import type { TraceEvent } from '../target/events.ts';
import { FREQUENT } from './kinds.ts';
import type { Run } from './run.ts';

/** Events that a record keeps; the frequent kinds go first. */
const EVENTS_KEPT = 1_000;
/** Kinds that the judge reads: to lose one would let the negative of a claim pass. */
const JUDGED = [
  'boot_complete',
  'registered',
  'refused',
  'failing',
  'failed',
  'frozen',
  'oops',
  'panic',
  'stall',
  'stopped',
  'park',
  'resume',
  'summoned',
  'attach',
  'diagnosed',
  'revoked',
  'write',
  'verify',
  'release',
  'rolled_back',
  'recovered',
];
/** Lines of each guest's console in a record. */
const CONSOLE_LINES = 200;
const COMPLAINTS_KEPT = 16;

/** What a run that has come to its end left behind. */
export function recordOf(
  scenario: Scenario,
  seed: number,
  run: Run,
  injector: Injector,
  twins: readonly TwinComparison[],
  notes: readonly string[] = [],
): RunRecord {
  const { target, hypervisor } = run.machine;
  const oracle = target.name === 'sim' ? [] : kernelComplaints(run.events);
  const kept = keepEvents(run.events, scenario);
  const receipts = injector.receipts();
  const told = [...notes, ...neverMet(scenario, receipts)];
  return {
    seed,
    duration_ns: scenario.duration_ns,
    trace_hash: target.traceHash(),
    events: kept,
    events_dropped: run.events.length - kept.length,
    receipts,
    reports: run.reports,
    services: run.services,
    audit: hypervisor.audit.entries,
    partitions: target.partitions.map((partition): PartitionSummary => {
      const booted_ns = target.bootedAt(partition.name);
      return {
        name: partition.name,
        health: hypervisor.healthOf(partition.name).health,
        heartbeats: hypervisor.heartbeats(partition.name),
        cpu_time_ns: target.cpuTime(partition.name),
        boot_complete_ns: booted_ns ?? -1,
        console: target.console(partition.name).slice(-CONSOLE_LINES),
        // From all events: the record may drop the beats themselves.
        ...(booted_ns === undefined
          ? {}
          : { heartbeat: beatsOf(run, partition.name, scenario.duration_ns, booted_ns) }),
      };
    }),
    twins,
    ...(told.length > 0 ? { notes: told } : {}),
    ...(oracle.length > 0 ? { oracle } : {}),
  };
}

/** Triggers that were due, and did nothing: where a condition does not hold there is nothing to have a receipt of. */
function neverMet(scenario: Scenario, receipts: readonly Receipt[]): string[] {
  return scenario.triggers.flatMap(({ name, actions, condition }, index) => {
    if (condition === undefined || receipts.some(({ trigger }) => trigger === index)) return [];
    const what = name ?? actions.map(({ verb }) => verb).join(', ');
    return [`\`${what}\` did nothing: \`${printExpression(condition)}\` never held when it was due`];
  });
}

/** What real kernels said of themselves on their consoles: the first lines of each kind. */
function kernelComplaints(events: readonly TraceEvent[]): readonly KernelComplaint[] {
  const found: KernelComplaint[] = [];
  for (const { kind, subject, time_ns, detail } of events) {
    const line = kind === 'log' ? String(detail['text']) : '';
    const said = consoleSign(line);
    if (said === undefined || found.length >= COMPLAINTS_KEPT) continue;
    found.push({ partition: subject, time_ns, sign: said.sign, line });
  }
  return found;
}

/**
 * By the partition's own time, as the hypervisor's watchdog reckons it: a guest that is not scheduled is not silent.
 */
function beatsOf(run: Run, partition: string, end_ns: number, booted_ns: number): HeartbeatFacts {
  const { target, hypervisor } = run.machine;
  const period_ns =
    hypervisor.topology.lpars.find((lpar) => lpar.name === partition)?.kernel.heartbeat_ns ?? 0;
  const deadline = (beat_ns: number): number =>
    target.afterOwnTime(partition, beat_ns, MISSED_BEATS * period_ns);
  return heartbeatFacts(run.events, partition, end_ns, deadline, booted_ns);
}

/**
 * All events while there are few; else the frequent kinds are dropped, and then the oldest of those that no claim is
 * judged by.
 */
function keepEvents(events: readonly TraceEvent[], { claims }: Scenario): readonly TraceEvent[] {
  if (events.length <= EVENTS_KEPT) return events;
  const judged = new Set(JUDGED);
  for (const { until, within, given } of claims)
    for (const pattern of [until, within?.of?.event, given?.event]) if (pattern) judged.add(pattern.event);
  const rare = events.filter(({ kind }) => judged.has(kind) || !FREQUENT.has(kind));
  let over = rare.length - EVENTS_KEPT;
  return over <= 0 ? rare : rare.filter(({ kind }) => judged.has(kind) || over-- <= 0);
}
