/** How much one call may do. Whatever the memory holds, it stops here and says `unreachable` with BUDGET. */
export interface AmbulanceLimits {
  /** Nodes, entries and words looked at, in each structure. */
  readonly steps: number;
  /** Bytes read from the patient, all in all. */
  readonly bytes: number;
  /** Findings kept for one structure; what is found beyond them is only counted. */
  readonly findings: number;
  /** How often what looks wrong is read again. */
  readonly rereads: number;
  /** Height of a tree. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: AmbulanceLimits = {
  steps: 4_000_000,
  bytes: 512 * 1_048_576,
  findings: 64,
  rereads: 6,
  depth: 64,
};

/**
 * Steps that each structure has at first, where what is concluded is told in parts: more than what memory of that size
 * holds takes. What does not end by then comes last, so that a lie in one word, which makes a loop long, costs no other
 * structure's verdict.
 */
export function firstSteps(memory_bytes: number): number {
  return Math.max(65_536, Math.floor(memory_bytes / 1024));
}

/** First pause between two readings; each one after is twice as long. */
export const REREAD_NS = 20_000;

/**
 * What the ambulance's work costs in virtual time, on its own CPUs: an attach, four bytes copied out of the patient,
 * one translation by page tables, one node looked at.
 */
const COST = { attach_ns: 5_000, per_four_bytes_ns: 1, walk_ns: 60, step_ns: 15 } as const;

/** What has been spent. */
export class Meter {
  readonly limits: AmbulanceLimits;
  bytes = 0;
  walks = 0;
  /** Of all structures. */
  steps = 0;
  #structure_steps = 0;
  #allowed: number;

  constructor(limits: AmbulanceLimits) {
    this.limits = limits;
    this.#allowed = limits.steps;
  }

  /** How many steps each structure has from here on; at most the limit. */
  allow(steps: number): void {
    this.#allowed = Math.min(steps, this.limits.steps);
  }

  /** The next structure has its steps to itself. */
  nextStructure(): void {
    this.#structure_steps = 0;
  }

  /** Counts one node. False when the structure's steps, or all bytes, are used up. */
  step(): boolean {
    this.steps++;
    return ++this.#structure_steps <= this.#allowed && this.bytes < this.limits.bytes;
  }

  /** Structures have fewer steps than the limits allow, as yet. */
  get inParts(): boolean {
    return this.#allowed < this.limits.steps;
  }

  /** The structure at hand wanted more steps than it has. */
  get overran(): boolean {
    return this.#structure_steps > this.#allowed;
  }

  get exhausted(): boolean {
    return this.overran || this.bytes >= this.limits.bytes;
  }

  /** Virtual nanoseconds. */
  cost(): number {
    return (
      COST.attach_ns +
      Math.ceil(this.bytes / 4) * COST.per_four_bytes_ns +
      this.walks * COST.walk_ns +
      this.steps * COST.step_ns
    );
  }
}
