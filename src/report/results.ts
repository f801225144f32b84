import type { Status } from '../record/outcome.ts';
import type { TwinComparison } from '../record/record.ts';
import type { Environment } from '../runner/events.ts';
import type { HexContext } from '../patient/report.ts';

/**
 * The shape of results.json, version 3: 2 brought services and occurrences, 3 a rescue's notes. Published as
 * results.schema.json beside this file; a test holds the two together. Addresses are 16 hex digits, times integer
 * nanoseconds of virtual time; an absent field means "none". All that may differ between machines lies under
 * `environment`.
 */
export interface Results {
  readonly format: 'siren-results';
  readonly version: 3;
  readonly siren: string;
  readonly target: string;
  readonly seed_override?: number;
  readonly exit_code: number;
  readonly bailed: boolean;
  /** The run was stopped from outside: `runs` are those that had ended. */
  readonly interrupted?: true;
  readonly summary: Summary;
  readonly files: readonly string[];
  /** What the compiler said of the specs. */
  readonly diagnostics: readonly DiagnosticResult[];
  readonly runs: readonly RunResult[];
  readonly environment: EnvironmentResult;
}

/** Runs by status, and scenarios (a scenario has a run for each seed). */
export type Summary = Readonly<Record<Status, number>> & {
  readonly runs: number;
  readonly scenarios: number;
  /** Of those that passed: with claims that the target could not decide. */
  readonly undecided?: number;
};

/** `runs_wall_ms` in the order of `runs`. */
export interface EnvironmentResult extends Environment {
  readonly runs_wall_ms: readonly number[];
}

export interface DiagnosticResult {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly help?: string;
  readonly labels: readonly LabelResult[];
}

export interface LabelResult {
  readonly file: string;
  /**
   * UTF-16 offsets in the file, `end` exclusive; line and column of `start`, from 1 (0 where the source is not at
   * hand).
   */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface RunResult {
  readonly id: string;
  readonly scenario: string;
  readonly file: string;
  readonly line: number;
  readonly tags: readonly string[];
  readonly seed: number;
  /** Of `on each`, from 1. */
  readonly occurrence?: number;
  readonly status: Status;
  readonly reason?: string;
  readonly replay: string;
  readonly claims: readonly ClaimResult[];
  readonly complaints: readonly DiagnosticResult[];
  /** Absent when nothing ran. */
  readonly record?: RecordResult;
}

export interface ClaimResult {
  readonly text: string;
  readonly status: string;
  readonly seen: string;
  readonly diagnostic?: DiagnosticResult;
}

export interface RecordResult {
  readonly duration_ns: number;
  readonly trace_hash: string;
  readonly receipts: readonly ReceiptResult[];
  readonly receipts_left_out: number;
  readonly rescues: readonly RescueResult[];
  readonly services: readonly ServiceResult[];
  readonly twins: readonly TwinComparison[];
  readonly partitions: readonly PartitionResult[];
  readonly events: readonly EventResult[];
  /** Events of the run that are not listed here. */
  readonly events_left_out: number;
  readonly audit: { readonly entries: number; readonly listed: readonly AuditResult[] };
  /** What was done otherwise than the spec says, for the sake of the target. */
  readonly notes?: readonly string[];
  /** What real kernels said of themselves on their consoles, `sign` in the words of a guest claim. */
  readonly oracle?: readonly OracleResult[];
}

export interface OracleResult {
  readonly partition: string;
  readonly time_ns: number;
  readonly sign: string;
  readonly line: string;
}

export interface ReceiptResult {
  readonly name?: string;
  readonly verb: string;
  readonly kind: string;
  readonly place: string;
  readonly partition: string;
  readonly address?: string;
  readonly physical?: string;
  readonly armed_ns: number;
  readonly fired_ns?: number;
  readonly activated_ns?: number;
  readonly before?: string;
  readonly after?: string;
  readonly bytes: number;
  readonly note?: string;
}

export interface RescueResult {
  readonly ambulance: string;
  readonly patient: string;
  readonly reason: string;
  readonly via: string;
  readonly health: string;
  readonly attached_ns: number;
  readonly diagnosed_ns: number;
  readonly bytes_read: number;
  readonly verdicts: readonly VerdictResult[];
  readonly findings: readonly FindingResult[];
  readonly findings_left_out: number;
  readonly diagnosis: readonly DiagnosisResult[];
  readonly log_tail?: readonly string[];
  /** In what structs that the specs write out differ from the guest's own types, by which they were read. */
  readonly notes?: readonly string[];
  readonly notes_left_out?: number;
}

export interface ServiceResult {
  readonly ambulance: string;
  readonly patient: string;
  readonly ordered_ns: number;
  readonly ended_ns: number;
  readonly state: string;
  readonly code?: string;
  readonly by?: string;
  readonly message: string;
  readonly repaired: readonly { readonly code: string; readonly place: string }[];
  readonly writes: readonly ServiceWriteResult[];
  readonly writes_left_out: number;
}

/** One entry of the hypervisor's journal. */
interface ServiceWriteResult {
  readonly time_ns: number;
  readonly place: string;
  readonly address?: string;
  readonly physical?: string;
  readonly before: string;
  readonly after: string;
  readonly bytes: number;
  readonly undone: boolean;
}

interface VerdictResult {
  readonly structure: string;
  readonly verdict: string;
  readonly code?: string;
  /** Of what could not be judged: where, and why. */
  readonly place?: string;
  readonly message?: string;
  /** Where it is not the rescue's own `via`. */
  readonly via?: string;
  readonly elements: number;
  /** Absent when none was needed. */
  readonly rereads?: number;
}

export interface FindingResult {
  readonly index: number;
  readonly structure: string;
  readonly code: string;
  readonly place: string;
  readonly address?: string;
  readonly physical?: string;
  readonly bytes: number;
  readonly message: string;
  readonly consequence_of?: number;
  readonly context?: HexContext;
}

export interface DiagnosisResult {
  readonly rank: number;
  readonly cause: string;
  readonly place: string;
  readonly address?: string;
  readonly physical?: string;
  readonly evidence: readonly string[];
  readonly explains: readonly number[];
}

export interface PartitionResult {
  readonly name: string;
  readonly health: string;
  readonly heartbeats: number;
  readonly cpu_time_ns: number;
  readonly boot_complete_ns: number;
  readonly console?: readonly string[];
}

export interface EventResult {
  readonly time_ns: number;
  readonly subject: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, string | number>>;
}

interface AuditResult {
  readonly time_ns: number;
  readonly who: string;
  readonly what: string;
  readonly allowed: boolean;
  readonly detail: string;
}
