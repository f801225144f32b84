import { addressHex } from '../base/address.ts';
import type { AmbulanceReport, Diagnosis, Finding, ServiceReport } from '../patient/report.ts';
import type { ClaimOutcome, RunOutcome } from '../record/outcome.ts';
import type { KernelComplaint, PartitionSummary, Receipt, RunRecord } from '../record/record.ts';
import type { Job } from '../runner/events.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import { clip } from './escape.ts';
import type {
  ClaimResult,
  DiagnosisResult,
  DiagnosticResult,
  EventResult,
  FindingResult,
  OracleResult,
  PartitionResult,
  ReceiptResult,
  RecordResult,
  RescueResult,
  RunResult,
  ServiceResult,
} from './results.ts';
import type { Sources } from './sources.ts';

/**
 * How much of a run is kept. `brief` is for runs that ended as expected, about 5 KB each: no hex dumps, consoles or
 * audit log but for refusals. `full` is for all others: what someone needs who was not there.
 */
export type Detail = 'brief' | 'full';

interface Limits {
  readonly events: number;
  readonly receipts: number;
  readonly findings: number;
  readonly contexts: number;
  readonly diagnoses: number;
  readonly evidence: number;
  readonly lines: number;
  readonly notes: number;
  readonly audit: number;
  readonly text: number;
}

const LIMITS: Readonly<Record<Detail, Limits>> = {
  brief: {
    events: 12,
    receipts: 12,
    findings: 12,
    contexts: 0,
    diagnoses: 4,
    evidence: 2,
    lines: 0,
    notes: 12,
    audit: 4,
    text: 200,
  },
  full: {
    events: 300,
    receipts: 400,
    findings: 200,
    contexts: 40,
    diagnoses: 20,
    evidence: 20,
    lines: 60,
    notes: 200,
    audit: 200,
    text: 4000,
  },
};

/** Nothing is spared for a run that someone has to look into. */
export function detailOf(outcome: RunOutcome): Detail {
  return outcome.status === 'passed' || outcome.status === 'skipped' ? 'brief' : 'full';
}

/** What results.json and the page keep of a run. Depends on the outcome alone: the same bytes on every machine. */
export function runResult(job: Job, outcome: RunOutcome, sources: Sources, detail: Detail): RunResult {
  const { scenario } = job;
  return {
    id: outcome.id,
    scenario: scenario.name,
    file: scenario.file,
    line: scenario.line,
    tags: scenario.tags,
    seed: outcome.seed,
    ...(outcome.occurrence === undefined ? {} : { occurrence: outcome.occurrence }),
    status: outcome.status,
    ...(outcome.reason === undefined ? {} : { reason: clip(outcome.reason, 4000) }),
    replay: outcome.replay,
    claims: outcome.claims.map((claim) => claimResult(claim, sources, LIMITS[detail])),
    complaints: outcome.complaints.map((complaint) => diagnosticResult(complaint, sources)),
    ...(outcome.record === undefined ? {} : { record: recordResult(outcome.record, LIMITS[detail]) }),
  };
}

export function diagnosticResult(diagnostic: Diagnostic, sources: Sources): DiagnosticResult {
  const label = (span: Span, text: string): DiagnosticResult['labels'][number] => {
    const position = sources(span.file)?.position(span.start);
    const at = { line: position?.line ?? 0, column: position?.column ?? 0 };
    return { file: span.file, start: span.start, end: span.end, ...at, text };
  };
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    ...(diagnostic.help === undefined ? {} : { help: diagnostic.help }),
    labels: diagnostic.labels.map(({ span, text }) => label(span, text)),
  };
}

function claimResult(claim: ClaimOutcome, sources: Sources, limits: Limits): ClaimResult {
  return {
    text: clip(claim.text, limits.text),
    status: claim.status,
    seen: clip(claim.seen, limits.text),
    ...(claim.diagnostic === undefined ? {} : { diagnostic: diagnosticResult(claim.diagnostic, sources) }),
  };
}

function recordResult(record: RunRecord, limits: Limits): RecordResult {
  const events = keptEvents(record.events, limits.events);
  const listed = limits.lines > 0 ? record.audit : record.audit.filter((entry) => !entry.allowed);
  return {
    duration_ns: record.duration_ns,
    trace_hash: record.trace_hash,
    receipts: record.receipts.slice(0, limits.receipts).map((receipt) => receiptResult(receipt, limits)),
    receipts_left_out: Math.max(0, record.receipts.length - limits.receipts),
    rescues: record.reports.map((report) => rescueResult(report, limits)),
    services: record.services.map((service) => serviceResult(service, limits)),
    twins: record.twins.map(({ claim, partition, leeway, identical, difference, known }) => ({
      claim,
      partition,
      identical,
      difference: clip(difference, limits.text),
      ...(leeway && { leeway }),
      ...(known && { known }),
    })),
    partitions: record.partitions.map((partition) => partitionResult(partition, limits)),
    events,
    events_left_out: record.events_dropped + record.events.length - events.length,
    audit: {
      entries: record.audit.length,
      listed: listed.slice(0, limits.audit).map(({ time_ns, who, what, allowed, detail }) => ({
        time_ns,
        who,
        what,
        allowed,
        detail: clip(detail, limits.text),
      })),
    },
    ...(record.notes === undefined ? {} : { notes: record.notes.map((note) => clip(note, limits.text)) }),
    ...(record.oracle === undefined ? {} : { oracle: record.oracle.map((one) => oracleResult(one, limits)) }),
  };
}

function oracleResult({ partition, time_ns, sign, line }: KernelComplaint, limits: Limits): OracleResult {
  return { partition, time_ns, sign, line: clip(line, limits.text) };
}

function partitionResult(partition: PartitionSummary, limits: Limits): PartitionResult {
  const { name, health, heartbeats, cpu_time_ns, boot_complete_ns } = partition;
  const console = tail(partition.console, limits);
  return {
    name,
    health,
    heartbeats,
    cpu_time_ns,
    boot_complete_ns,
    ...(console === undefined ? {} : { console }),
  };
}

function receiptResult(receipt: Receipt, limits: Limits): ReceiptResult {
  return {
    ...(receipt.name === '' ? {} : { name: receipt.name }),
    verb: receipt.verb,
    kind: receipt.kind,
    place: receipt.place,
    partition: receipt.partition,
    ...whereabouts(receipt),
    armed_ns: receipt.armed_ns,
    ...(receipt.fired_ns === undefined ? {} : { fired_ns: receipt.fired_ns }),
    ...(receipt.activated_ns === undefined ? {} : { activated_ns: receipt.activated_ns }),
    ...(receipt.before === '' ? {} : { before: receipt.before }),
    ...(receipt.after === '' ? {} : { after: receipt.after }),
    bytes: receipt.bytes,
    ...(receipt.note === '' ? {} : { note: clip(receipt.note, limits.text) }),
  };
}

function rescueResult(report: AmbulanceReport, limits: Limits): RescueResult {
  const findings = report.findings.slice(0, limits.findings);
  const log_tail = tail(report.log_tail, limits);
  return {
    ambulance: report.ambulance,
    patient: report.patient,
    reason: report.reason,
    via: report.via,
    health: report.health,
    attached_ns: report.attached_ns,
    diagnosed_ns: report.diagnosed_ns,
    bytes_read: report.bytes_read,
    verdicts: report.verdicts.map(({ structure, verdict, code, place, message, via, elements, rereads }) => ({
      structure,
      verdict,
      ...(code === undefined ? {} : { code }),
      ...(place === undefined ? {} : { place: clip(place, limits.text) }),
      ...(message === undefined ? {} : { message: clip(message, limits.text) }),
      ...(via === report.via ? {} : { via }),
      elements,
      ...(rereads === 0 ? {} : { rereads }),
    })),
    findings: findings.map((finding, place) => findingResult(finding, limits, place < limits.contexts)),
    findings_left_out: report.findings.length - findings.length + notKept(report),
    diagnosis: report.diagnosis.slice(0, limits.diagnoses).map((one) => diagnosisResult(one, limits)),
    ...(log_tail === undefined ? {} : { log_tail }),
    ...notesOf(report.notes, limits),
  };
}

/** Those that the rescuer found and did not keep. */
function notKept({ verdicts }: AmbulanceReport): number {
  return verdicts.reduce((sum, one) => sum + (one.findings_left_out ?? 0), 0);
}

function notesOf(notes: readonly string[], limits: Limits): Pick<RescueResult, 'notes' | 'notes_left_out'> {
  if (notes.length === 0) return {};
  const kept = notes.slice(0, limits.notes).map((note) => clip(note, limits.text));
  const left = notes.length - kept.length;
  return { notes: kept, ...(left === 0 ? {} : { notes_left_out: left }) };
}

function serviceResult(service: ServiceReport, limits: Limits): ServiceResult {
  const { ambulance, patient, ordered_ns, ended_ns, state, code, by } = service;
  const writes = service.writes.slice(0, limits.receipts);
  return {
    ambulance,
    patient,
    ordered_ns,
    ended_ns,
    state,
    ...(code === undefined ? {} : { code }),
    ...(by === undefined ? {} : { by }),
    message: clip(service.message, limits.text),
    repaired: service.repaired.slice(0, limits.findings).map((one) => ({ code: one.code, place: one.place })),
    writes: writes.map(({ time_ns, place, before, after, bytes, undone, ...where }) => ({
      time_ns,
      place,
      ...whereabouts(where),
      before,
      after,
      bytes,
      undone,
    })),
    writes_left_out: service.writes.length - writes.length,
  };
}

function findingResult(finding: Finding, limits: Limits, withContext: boolean): FindingResult {
  const { context, consequence_of } = finding;
  return {
    index: finding.index,
    structure: finding.structure,
    code: finding.code,
    place: finding.place,
    ...whereabouts(finding),
    bytes: finding.bytes,
    message: clip(finding.message, limits.text),
    ...(consequence_of === undefined ? {} : { consequence_of }),
    ...(withContext && context !== undefined
      ? { context: { base: context.base, hex: context.hex.slice(0, 1024), fields: context.fields } }
      : {}),
  };
}

function diagnosisResult(diagnosis: Diagnosis, limits: Limits): DiagnosisResult {
  return {
    rank: diagnosis.rank,
    cause: diagnosis.cause,
    place: diagnosis.place,
    ...whereabouts(diagnosis),
    evidence: diagnosis.evidence.slice(0, limits.evidence).map((line) => clip(line, limits.text)),
    explains: diagnosis.explains.slice(0, limits.findings),
  };
}

/** Addresses as 16 hex digits; left out where there is none. */
function whereabouts(one: { readonly address: string; readonly physical: number }): {
  readonly address?: string;
  readonly physical?: string;
} {
  return {
    ...(one.address === '' ? {} : { address: one.address }),
    ...(one.physical < 0 ? {} : { physical: one.physical.toString(16).padStart(16, '0') }),
  };
}

/** The last lines of a console; none in a brief record. */
function tail(lines: readonly string[], limits: Limits): readonly string[] | undefined {
  if (limits.lines === 0 || lines.length === 0) return undefined;
  return lines.slice(-limits.lines).map((line) => clip(line, 500));
}

/** Kinds that come by the hundred and are summed up elsewhere: the first to be left out. */
const ROUTINE: ReadonlySet<string> = new Set([
  'run',
  'fork',
  'exit',
  'heartbeat',
  'log',
  'complete',
  'power_on',
  'register',
  'grant',
]);

/** What befell a guest, and what its watchdogs made of it: kept a second time as often as the others. */
const TELLING: ReadonlySet<string> = new Set([
  'oops',
  'panic',
  'stall',
  'stopped',
  'failing',
  'failed',
  'recovered',
]);

/** The first `limit` events that are not routine, in order, and after them as many that tell how it went. */
function keptEvents(events: readonly TraceEvent[], limit: number): readonly EventResult[] {
  const kept: EventResult[] = [];
  for (const event of events) {
    if (kept.length === 2 * limit) break;
    if (ROUTINE.has(event.kind) || (kept.length >= limit && !TELLING.has(event.kind))) continue;
    const { time_ns, subject, kind } = event;
    kept.push({ time_ns, subject, kind, detail: plainDetail(event.detail) });
  }
  return kept;
}

const ADDRESS_KEYS: ReadonlySet<string> = new Set(['address', 'physical', 'rip', 'base']);

function plainDetail(
  detail: Readonly<Record<string, string | number>>,
): Readonly<Record<string, string | number>> {
  const plain: [string, string | number][] = [];
  for (const [key, value] of Object.entries(detail)) {
    if (typeof value === 'string') plain.push([key, clip(value, 300)]);
    else plain.push([key, ADDRESS_KEYS.has(key) ? addressHex(value) : value]);
  }
  return Object.fromEntries(plain);
}
