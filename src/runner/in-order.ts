import type { RunOutcome } from '../record/outcome.ts';
import type { Job } from './events.ts';

export interface Finished {
  readonly job: Job;
  readonly outcome: RunOutcome;
  readonly wall_ms: number;
}

/** Takes outcomes as they come and passes them on in the order of the jobs, as soon as no earlier one is missing. */
export class InOrder {
  readonly #waiting = new Map<number, Finished>();
  readonly #emit: (finished: Finished) => void;
  #next = 0;

  constructor(emit: (finished: Finished) => void) {
    this.#emit = emit;
  }

  /** How many were passed on. */
  get emitted(): number {
    return this.#next;
  }

  /** Passes on what still waits for an earlier one that will not come. */
  flush(): void {
    const rest = [...this.#waiting.values()].toSorted((a, b) => a.job.index - b.job.index);
    this.#waiting.clear();
    for (const one of rest) this.#emit(one);
  }

  add(finished: Finished): void {
    this.#waiting.set(finished.job.index, finished);
    for (let one = this.#waiting.get(this.#next); one !== undefined; one = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      this.#next++;
      this.#emit(one);
    }
  }
}
