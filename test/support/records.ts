import type { AmbulanceReport, Diagnosis, Finding, StructureVerdict } from '../../src/patient/report.ts';
import type { Receipt, RunRecord } from '../../src/record/record.ts';
import type { TraceEvent } from '../../src/target/events.ts';

const MS = 1_000_000;

export function event(
  time_ms: number,
  subject: string,
  kind: string,
  detail: TraceEvent['detail'] = {},
): TraceEvent {
  return { time_ns: time_ms * MS, subject, kind, detail };
}

/** Booted just before t = 0, beating every 5 ms up to `until_ms`. */
export function beats(partition: string, until_ms = 200): TraceEvent[] {
  const events = [event(-1, partition, 'boot_complete')];
  for (let time = 4; time <= until_ms; time += 5) events.push(event(time, partition, 'heartbeat'));
  return events;
}

export function receipt(more: Partial<Receipt> = {}): Receipt {
  return {
    trigger: 0,
    action: 0,
    name: 'smash',
    verb: 'set',
    kind: 'fault',
    place: 'web.tasks["nginx"].tasks.next',
    partition: 'web',
    address: 'ffffffff81001000',
    physical: 0x20_1000,
    armed_ns: 0,
    fired_ns: 40 * MS,
    activated_ns: 60 * MS,
    before: '00',
    after: '01',
    bytes: 8,
    extent: 8,
    note: '',
    ...more,
  };
}

export function verdict(
  structure: string,
  word: StructureVerdict['verdict'] = 'intact',
  more: Partial<StructureVerdict> = {},
): StructureVerdict {
  return { structure, verdict: word, via: 'live_region', elements: 1, rereads: 0, ...more };
}

export function finding(
  structure: string,
  code: string,
  place: string,
  more: Partial<Finding> = {},
): Finding {
  return {
    index: 0,
    structure,
    code,
    place,
    address: '',
    physical: -1,
    bytes: 8,
    message: `${code} is so`,
    ...more,
  };
}

export function diagnosis(cause: string, place = '', more: Partial<Diagnosis> = {}): Diagnosis {
  return { cause, rank: 1, place, address: '', physical: -1, evidence: [], explains: [], ...more };
}

export function report(more: Partial<AmbulanceReport> = {}): AmbulanceReport {
  return {
    ambulance: 'rescue',
    patient: 'web',
    reason: 'heartbeat',
    attached_ns: 70 * MS,
    diagnosed_ns: 75 * MS,
    via: 'live_region',
    health: 'failing',
    verdicts: [],
    findings: [],
    diagnosis: [],
    bytes_read: 0,
    log_tail: [],
    notes: [],
    ...more,
  };
}

export function record(more: Partial<RunRecord> = {}): RunRecord {
  return {
    seed: 1,
    duration_ns: 200 * MS,
    trace_hash: '0'.repeat(16),
    events: [...beats('web'), ...beats('db')],
    events_dropped: 0,
    receipts: [],
    reports: [],
    services: [],
    audit: [],
    partitions: [],
    twins: [],
    ...more,
  };
}
