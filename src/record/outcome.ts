import type { Diagnostic } from '../text/diagnostic.ts';
import type { RunRecord } from './record.ts';

export type Status = 'passed' | 'failed' | 'errored' | 'skipped' | 'xfailed' | 'xpassed' | 'inconclusive';

/** A scenario under one seed, judged. */
export interface RunOutcome {
  /** Scenario id and seed: unique in a run, stable between runs. */
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly status: Status;
  /** Why skipped, xfailed, errored, inconclusive. */
  readonly reason?: string;
  readonly claims: readonly ClaimOutcome[];
  /** Findings that no claim covers, faults that never fired: what failed without a claim. */
  readonly complaints: readonly Diagnostic[];
  readonly record?: RunRecord;
  /** The command that runs just this again. */
  readonly replay: string;
  /** Of a run of an `on each` scenario: which occurrence it is about, from 1. */
  readonly occurrence?: number;
  /** All runs of an `on each` scenario under this seed, in their order: each is reported in the place of this one. */
  readonly occurrences?: readonly RunOutcome[];
}

export interface ClaimOutcome {
  readonly index: number;
  readonly text: string;
  readonly status: 'met' | 'unmet' | 'not_judged' | 'inconclusive';
  /** What was seen, in one line, tolerance and virtual time included: `expected within 20 ms, happened at 31.4 ms`. */
  readonly seen: string;
  /** When unmet: the claim, and the fault, with carets. */
  readonly diagnostic?: Diagnostic;
}
