import type { Address } from '../base/address.ts';
import type { RepairVerb } from '../model/structure.ts';
import type { Space } from './space.ts';

/**
 * How a guard stands when what it guards is read; `kept` by somebody of whom no CPU tells: a process, or who sleeps.
 */
export type GuardState = 'free' | 'held' | 'kept' | 'orphan';

/** A finding in the making: the field whose value is wrong. */
export interface Draft {
  readonly structure: string;
  readonly code: string;
  /** As a spec would write it, without the patient's name: `tasks["nginx"].tasks.next`. */
  readonly place: string;
  readonly address: Address;
  /** -1 when it has none. */
  readonly physical: number;
  readonly bytes: number;
  /** True where it holds an address: what is wrong with it is where it leads. */
  readonly pointer: boolean;
  readonly message: string;
  /** The object that the field is part of, for the hex view. */
  readonly object?: { readonly type: string; readonly base: Address };
  /** What the value should be, when the rest of the structure says so. */
  readonly expected?: Address;
  /** What would mend it; undefined when nothing is known to. */
  readonly repair?: DraftRepair;
  /** Where it lies; undefined outside virtual memory. */
  readonly space: Space | undefined;
  /** How its guard stood when it was read: what is half done under a held lock can be no damage. */
  readonly guard: GuardState;
  /**
   * True for what a half-done update can look like: two fields that disagree. Else the value alone is damage, whoever
   * holds the lock.
   */
  readonly torn: boolean;
  /**
   * True when it has to be seen again before it is believed: what no lock guards, and what is concluded from where CPUs
   * are.
   */
  readonly unguarded: boolean;
  /**
   * True for damage at the first sight of it: no update leaves that behind for a moment, or nobody updates what is
   * there.
   */
  readonly certain: boolean;
  /**
   * True where nobody can be in the middle of it: every CPU is at rest or in user mode, and whoever writes it is not
   * put to sleep before he is done.
   */
  readonly at_rest: boolean;
  /** Another link that may be the wrong one, and not this: nothing tells them apart. */
  readonly back?: { readonly place: string; readonly address: Address; readonly physical: number };
  /** A cause of model/diagnoses.ts; undefined where the value tells. */
  readonly means: string | undefined;
  /** True for a link of a shape that leads astray: what lies behind it is not found. */
  readonly link: boolean;
  /** True when it is about what a walk found as a whole: with a broken link there, it only follows. */
  readonly sums: boolean;
}

export interface DraftRepair {
  readonly kind: RepairVerb;
  readonly acts: readonly { readonly verb: RepairVerb; readonly place: string }[];
  readonly would_lose: boolean;
  readonly writes: readonly {
    readonly place: string;
    readonly address: Address;
    readonly bytes: Uint8Array;
    readonly mask?: Uint8Array;
  }[];
  readonly loses?: string;
  /** Why it must not be made: a code of SERVICE_CODES. */
  readonly declined?: string;
}
