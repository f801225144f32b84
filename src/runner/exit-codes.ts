import type { Status } from '../record/outcome.ts';

/** What a run says to the shell. */
export const EXIT = {
  ok: 0,
  /** An expectation failed, or what was expected to fail did not. */
  failed: 1,
  /** A spec is wrong. */
  spec: 2,
  /** Bad usage or configuration. */
  usage: 3,
  /** The harness or an environment failed: a run errored, a report could not be written. */
  harness: 4,
  /** Nothing was selected, or all of it was skipped. */
  empty: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const RANK: readonly ExitCode[] = [EXIT.ok, EXIT.empty, EXIT.failed, EXIT.spec, EXIT.usage, EXIT.harness];

/** The worst kind wins: 4, 3, 2, 1, 5, 0. */
export function worst(a: ExitCode, b: ExitCode): ExitCode {
  return RANK.indexOf(a) > RANK.indexOf(b) ? a : b;
}

export function exitCodeOf(status: Status): ExitCode {
  switch (status) {
    case 'failed':
    case 'xpassed':
      return EXIT.failed;
    case 'errored':
      return EXIT.harness;
    default:
      return EXIT.ok;
  }
}
