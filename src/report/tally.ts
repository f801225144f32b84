import type { RunOutcome, Status } from '../record/outcome.ts';
import type { Job } from '../runner/events.ts';
import type { Summary } from './results.ts';

/** In the order in which reports list them: what needs attention first. */
export const STATUSES: readonly Status[] = [
  'failed',
  'errored',
  'xpassed',
  'passed',
  'xfailed',
  'inconclusive',
  'skipped',
];

/** True for the statuses that make a run red. */
export function needsAttention(status: Status): boolean {
  return status === 'failed' || status === 'errored' || status === 'xpassed';
}

/** `1 spec error`: what did not compile, beside what was run. */
export function specErrors(count: number): string {
  return count === 1 ? '1 spec error' : `${count} spec errors`;
}

/** Counts outcomes as they come. */
export class Tally {
  readonly #counts = new Map<Status, number>();
  readonly #scenarios = new Set<string>();
  #runs = 0;
  #undecided = 0;

  add(job: Job, { status, claims }: Pick<RunOutcome, 'status' | 'claims'>): void {
    // A run that passed although its target could not decide all of it.
    if (status === 'passed' && claims.some((claim) => claim.status === 'inconclusive')) this.#undecided++;
    this.#counts.set(status, this.of(status) + 1);
    this.#scenarios.add(job.scenario.id);
    this.#runs++;
  }

  of(status: Status): number {
    return this.#counts.get(status) ?? 0;
  }

  get runs(): number {
    return this.#runs;
  }

  get bad(): number {
    return this.of('failed') + this.of('errored') + this.of('xpassed');
  }

  summary(): Summary {
    return {
      runs: this.#runs,
      scenarios: this.#scenarios.size,
      failed: this.of('failed'),
      errored: this.of('errored'),
      xpassed: this.of('xpassed'),
      passed: this.of('passed'),
      xfailed: this.of('xfailed'),
      inconclusive: this.of('inconclusive'),
      skipped: this.of('skipped'),
      ...(this.#undecided > 0 ? { undecided: this.#undecided } : {}),
    };
  }
}
