import type { RepairVerb } from '../model/structure.ts';
import type { RepairWrite } from './repair.ts';

/**
 * A patient that can be written to: what a live partition has and a dump has not. Whatever is done between `park` and
 * `resume` stands in the journal of whoever serves the patient, and not of the ambulance, which may be what dies.
 */
export interface Servicing {
  /** Opens the journal, the CPUs and devices being stopped, and asks for leave to write. False when it is not given. */
  park(): boolean;
  /** One write of a repair, into the journal first. False, and nothing written, where it is not granted. */
  write(write: RepairWrite): boolean;
  /** Undoes every write since `park`, to the byte, the last one first; how many there were. */
  rollBack(): number;
  /**
   * Closes the journal, what was written stands; the patient goes on. False, and the journal still open, when it
   * cannot.
   */
  resume(): boolean;
}

/** Steps of a service that are said before they are done: the events of the ambulance. */
export type ServiceStep = 'park' | 'write' | 'verify' | 'resume';

/**
 * The ambulance's own processor. Work takes time, and the ambulance may come to its end in any of it: where a method
 * says `false` or 'gone', it must do nothing more.
 */
export interface Bench {
  /** Virtual nanoseconds go by. */
  pass(duration_ns: number): boolean;
  /** Says what it is about to do, to whoever listens. */
  tell(step: ServiceStep, detail: Readonly<Record<string, string | number>>): boolean;
  /** Waits for the patient's next heartbeat, as long as the hypervisor would. */
  watch(): 'beats' | 'silent' | 'gone';
}

/** What an ambulance is asked to do about a patient. */
export type Order =
  /** What its own validators advise. */
  | { readonly kind: 'advice' }
  /** What somebody wrote down; in order, all of them between `park` and `verify`. */
  | { readonly kind: 'steps'; readonly steps: readonly OrderStep[] };

export type OrderStep =
  /** A repair that the ambulance knows: what a finding there, or something that the repair acts on there, calls for. */
  | {
      readonly kind: 'repair';
      readonly verb: RepairVerb;
      /** As the ambulance's findings name it, and where it lies; -1 where that is not known. */
      readonly place: string;
      readonly physical: number;
      /** Not where it would hide that data is gone. */
      readonly unless_loss: boolean;
    }
  /** Bytes that are worked out when it is their turn; a text where that cannot be done. */
  | {
      readonly kind: 'write';
      readonly place: string;
      readonly writes: () => readonly RepairWrite[] | string;
    };

/** How a service ended. */
export interface ServiceEnd {
  readonly state: ServiceState;
  /** Of SERVICE_CODES, or of the finding that stood in the way. */
  readonly code?: string;
  /** Of SERVICE_SIGNS. */
  readonly by?: string;
  /** In words. */
  readonly message: string;
  /** What was repaired, by finding. */
  readonly repaired: readonly Repaired[];
}

type ServiceState = 'done' | 'declined' | 'rolled_back' | 'failed';

export interface Repaired {
  readonly code: string;
  readonly place: string;
  /** -1 when it has none. */
  readonly physical: number;
}
