import type { RepairVerb } from '../model/structure.ts';

/** Bytes that a repair puts somewhere. */
export interface RepairWrite {
  /** As a spec would write it: `web.locks["tasklist_lock"]`. */
  readonly place: string;
  /** Guest-virtual, 16 hex digits; '' where there is none. */
  readonly address: string;
  /** Guest-physical. The bytes never cross a page. */
  readonly physical: number;
  readonly bytes: Uint8Array;
  /**
   * The bits of them that it is about, where others share a byte; absent: all. What the others hold when it is written
   * stays.
   */
  readonly mask?: Uint8Array;
}

/**
 * What an ambulance would do about one finding: the writes, in their order, none of which has been made. Plain data,
 * drawn from the reading that the finding was drawn from.
 */
export interface Repair {
  /** Index of the finding. */
  readonly finding: number;
  readonly code: string;
  readonly kind: RepairVerb;
  readonly place: string;
  readonly physical: number;
  /** Its steps, each with what it acts on. */
  readonly acts: readonly { readonly verb: RepairVerb; readonly place: string }[];
  /** True where it may hide that data is gone. */
  readonly would_lose: boolean;
  readonly writes: readonly RepairWrite[];
  /** What it gives up: `loses objects`. */
  readonly loses?: string;
  /** Why it must not be made: a code of SERVICE_CODES. */
  readonly declined?: string;
}
