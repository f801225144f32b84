import type { Reporter, RunnerEvent } from './events.ts';
import { describeError } from './guarded.ts';

/** A reporter that threw, and why, in one line. */
export interface ReporterFailure {
  readonly reporter: string;
  readonly message: string;
}

/** Sends events to reporters; one that throws is left out from then on and does not disturb the others. */
export class Reporters {
  #working: Reporter[];
  readonly failures: ReporterFailure[] = [];

  constructor(reporters: readonly Reporter[]) {
    this.#working = [...reporters];
  }

  event(event: RunnerEvent): void {
    for (const reporter of this.#working) {
      try {
        reporter.event(event);
      } catch (error) {
        this.#failed(reporter, error);
      }
    }
  }

  async finish(): Promise<void> {
    for (const reporter of this.#working) {
      try {
        await reporter.finish();
      } catch (error) {
        this.#failed(reporter, error);
      }
    }
  }

  #failed(reporter: Reporter, error: unknown): void {
    this.#working = this.#working.filter((one) => one !== reporter);
    // A file that could not be written says so itself, for users; anything else is a mistake of ours.
    const known = error instanceof Error && 'file' in error;
    const message = known ? error.message : `the ${reporter.name} reporter failed: ${describeError(error)}`;
    this.failures.push({ reporter: reporter.name, message });
  }
}
