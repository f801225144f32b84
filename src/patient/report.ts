import type { Verdict, Via } from '../model/vocabulary.ts';
import type { ServiceEnd } from './servicing.ts';

/** What an ambulance concludes of one patient. Plain data; addresses are 16 hex digits. */
export interface AmbulanceReport {
  readonly ambulance: string;
  readonly patient: string;
  readonly reason: string;
  readonly attached_ns: number;
  readonly diagnosed_ns: number;
  readonly via: Via;
  readonly health: 'healthy' | 'failing' | 'failed';
  readonly verdicts: readonly StructureVerdict[];
  readonly findings: readonly Finding[];
  /** Ranked: the first is the likeliest. */
  readonly diagnosis: readonly Diagnosis[];
  readonly bytes_read: number;
  readonly log_tail: readonly string[];
  /** In what structs that the specs write out differ from the guest's own types, by which they were read. */
  readonly notes: readonly string[];
}

export interface StructureVerdict {
  readonly structure: string;
  readonly verdict: Verdict;
  /** The code that explains it when it is not intact. */
  readonly code?: string;
  /**
   * Of what could not be judged: where that was, as a spec would write it, its address (16 hex digits) and why, as far
   * as they are known.
   */
  readonly place?: string;
  readonly address?: string;
  readonly message?: string;
  readonly via: Via;
  /** How many elements were looked at. */
  readonly elements: number;
  readonly rereads: number;
  /**
   * Of what is corrupt: findings that there are besides those of the report, which keeps so many of each structure;
   * absent: none.
   */
  readonly findings_left_out?: number;
}

/** One violated invariant. The place is the field whose value was wrong, not the one it was read through. */
export interface Finding {
  /** From 0 in this report; diagnoses and `consequence_of` refer to it. */
  readonly index: number;
  readonly structure: string;
  readonly code: string;
  /** As a spec would write it: `web.tasks["nginx"].tasks.next`. */
  readonly place: string;
  /** Guest-virtual address of the wrong field; '' when it has none (a register). */
  readonly address: string;
  /** Guest-physical address of it, decimal; -1 when it has none. */
  readonly physical: number;
  /** Width in bytes of the wrong field. */
  readonly bytes: number;
  readonly message: string;
  /** Field-labelled surroundings for the hex view. */
  readonly context?: HexContext;
  /** Index of the finding this one follows from. */
  readonly consequence_of?: number;
}

export interface HexContext {
  /** Address of the first byte of the dump, 16 hex digits. */
  readonly base: string;
  /** At most 512 bytes, hex. */
  readonly hex: string;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
}

export interface Diagnosis {
  readonly cause: string;
  /** From 1. */
  readonly rank: number;
  /** Place of the root cause, as a spec would write it, and its address ('' when none). */
  readonly place: string;
  readonly address: string;
  readonly physical: number;
  readonly evidence: readonly string[];
  /** Findings it explains. */
  readonly explains: readonly number[];
}

/** One service of one patient, and every write of it by the hypervisor's journal. Times in virtual nanoseconds. */
export interface ServiceReport extends ServiceEnd {
  readonly ambulance: string;
  readonly patient: string;
  readonly ordered_ns: number;
  readonly ended_ns: number;
  readonly writes: readonly ServiceWrite[];
}

/** One entry of the journal. */
export interface ServiceWrite {
  readonly time_ns: number;
  readonly place: string;
  /** 16 hex digits, '' where there is none. */
  readonly address: string;
  readonly physical: number;
  /** Hex; at most 64 bytes kept. */
  readonly before: string;
  readonly after: string;
  readonly bytes: number;
  /** Rolled back. */
  readonly undone: boolean;
}
