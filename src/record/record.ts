import type { NumberField } from '../model/number-field.ts';
import type { AmbulanceReport, ServiceReport } from '../patient/report.ts';
import type { TraceEvent } from '../target/events.ts';
import type { HeartbeatFacts } from './heartbeat.ts';

/** Everything one run left behind, as plain data: what the judge reads and the reports show. */
export interface RunRecord {
  readonly seed: number;
  readonly duration_ns: number;
  /** 16 hex digits over every event but the switches of tasks, with its time: same model, same seed, same hash. */
  readonly trace_hash: string;
  /**
   * Truncated to EVENTS_KEPT for the report by dropping `run`, `fork`, `exit`, `heartbeat` first; `events_dropped` says
   * how many.
   */
  readonly events: readonly TraceEvent[];
  readonly events_dropped: number;
  readonly receipts: readonly Receipt[];
  readonly reports: readonly AmbulanceReport[];
  /** Every service that was ordered and came to an end, in the order of their ends. */
  readonly services: readonly ServiceReport[];
  readonly audit: readonly AuditEntry[];
  readonly partitions: readonly PartitionSummary[];
  /** Both comparisons of every partition that a bystander claim names. */
  readonly twins: readonly TwinComparison[];
  /** What was done otherwise than the spec says, and why: a target that cannot do it as written. */
  readonly notes?: readonly string[];
  /** What real kernels found wrong with themselves, from their consoles: an independent witness beside the rescuer. */
  readonly oracle?: readonly KernelComplaint[];
}

/** A line of a real kernel's console, and what it says in the words of GUEST_SIGNS. */
export interface KernelComplaint {
  readonly partition: string;
  readonly time_ns: number;
  readonly sign: string;
  readonly line: string;
}

/** What a fault was meant for that acts on something else. */
export interface Aim {
  readonly place: string;
  readonly partition: string;
  /** Guest-physical; -1: in no memory. */
  readonly physical: number;
  readonly bytes: number;
  readonly number?: NumberField;
}

/** The record of what an injection did. Ground truth: only `verdict` and `report` read it. */
export interface Receipt {
  /** Index of the trigger and of the action in it. */
  readonly trigger: number;
  readonly action: number;
  /** `called` name, or ''. */
  readonly name: string;
  readonly verb: string;
  readonly kind: 'fault' | 'stimulus' | 'request';
  /** Place as written, with indices resolved. */
  readonly place: string;
  readonly partition: string;
  readonly address: string;
  readonly physical: number;
  readonly armed_ns: number;
  readonly fired_ns?: number;
  /** First read of a damaged byte by the guest. */
  readonly activated_ns?: number;
  /** Hex; at most 64 bytes kept; '' when the verb changes no bytes. */
  readonly before: string;
  readonly after: string;
  /** How many the verb changed. */
  readonly bytes: number;
  /** How many the place has that was named, from `physical` on. */
  readonly extent?: number;
  /** How its number lies in them, where that is not all of them with the least significant byte first. */
  readonly number?: NumberField;
  readonly note: string;
  /** What was to be hit, where that is not `place`: the memory behind a machine address. */
  readonly aim?: Aim;
  /** This target cannot do it: that says nothing of the guest. */
  readonly unsupported?: true;
}

interface AuditEntry {
  readonly time_ns: number;
  readonly who: string;
  readonly what: string;
  readonly allowed: boolean;
  readonly detail: string;
}

export interface PartitionSummary {
  readonly name: string;
  readonly health: 'healthy' | 'failing' | 'failed';
  readonly heartbeats: number;
  readonly cpu_time_ns: number;
  readonly boot_complete_ns: number;
  /** Over all events, those that the record dropped too (record/heartbeat.ts). */
  readonly heartbeat?: HeartbeatFacts;
  readonly console: readonly string[];
}

/** One partition of one run against the same partition of its twin, bit by bit. */
export interface TwinComparison {
  readonly claim: 'contained' | 'undisturbed';
  readonly partition: string;
  /** What the claim lets pass (targets/sim/leeway.ts); absent where it lets nothing pass. */
  readonly leeway?: { readonly slack_ns: number; readonly except: readonly string[] };
  readonly identical: boolean;
  /**
   * First difference in words: memory with address and bytes, a register, or an output with its time. '' when
   * identical.
   */
  readonly difference: string;
  /**
   * Nothing reached it in the runs compared: what it does on its own was taken for it, and it was not simulated again.
   */
  readonly known?: true;
  /**
   * Why the comparison says nothing, when it does not: the run that it should show something of lacks what it is about.
   */
  readonly blind?: string;
}
