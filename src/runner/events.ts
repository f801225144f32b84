import type { Scenario } from '../model/scenario.ts';
import type { RunOutcome } from '../record/outcome.ts';
import type { Diagnostic } from '../text/diagnostic.ts';

/** One scenario under one seed: the unit of work. */
export interface Job {
  /** Position in the run: results come back in this order, whatever the workers do. */
  readonly index: number;
  readonly scenario: Scenario;
  readonly seed: number;
  /**
   * True when several selected scenarios share its file and line (rows of a table): the replay command then names the
   * row.
   */
  readonly row?: boolean;
  /** True: its bystanders are simulated, too, where nothing is seen to reach them. */
  readonly whole?: boolean;
  /** Of an `on each` scenario, from 1: this occurrence alone. Absent: all of them, counted first. */
  readonly occurrence?: number;
}

/** Facts of the surroundings: the only part of results.json that may differ between machines. */
export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly workers: number;
  readonly wall_ms: number;
}

/** The stream that reporters fold over. Outcomes arrive in job order; `progress` arrives as it comes. */
export type RunnerEvent =
  | {
      readonly type: 'compiled';
      readonly files: readonly string[];
      readonly sources: ReadonlyMap<string, string>;
      readonly diagnostics: readonly Diagnostic[];
    }
  | {
      readonly type: 'started';
      readonly jobs: readonly Job[];
      readonly target: string;
      readonly seed_override?: number;
    }
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly total: number;
      readonly running: readonly string[];
    }
  /** What a run does that is done once, for later ones too. */
  | { readonly type: 'aside'; readonly job: Job; readonly words: string }
  | { readonly type: 'outcome'; readonly job: Job; readonly outcome: RunOutcome; readonly wall_ms: number }
  | {
      readonly type: 'finished';
      readonly environment: Environment;
      readonly exit_code: number;
      readonly bailed: boolean;
      /** It was stopped from outside: there are outcomes of the runs that had ended, and of no others. */
      readonly interrupted?: true;
    };

/** A pure sink. `finish` may write files; what it throws fails the run with exit code 4 and names the file. */
export interface Reporter {
  readonly name: string;
  event(event: RunnerEvent): void;
  finish(): Promise<void>;
}
