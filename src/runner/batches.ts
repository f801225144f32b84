import { bigintsToJson } from '../base/exact-json.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { Job } from './events.ts';

/** Jobs that are re-ordered among themselves at most: bounds how many outcomes wait for an earlier one. */
const WINDOW = 512;
const MAX_BATCH = 32;

/**
 * Cuts jobs into batches. Inside a window, jobs of one topology and seed come together, because a worker keeps the
 * snapshots and twins that it has made; and equal topologies become one object, because a batch is cloned as a whole.
 */
export function batchesOf(jobs: readonly Job[], workers: number): readonly (readonly Job[])[] {
  const numbers = new TopologyNumbers();
  // Enough batches that no worker idles while another has much left.
  const size = Math.max(1, Math.min(MAX_BATCH, Math.ceil(jobs.length / (workers * 4))));
  const batches: Job[][] = [];
  for (let start = 0; start < jobs.length; start += WINDOW) {
    const window = jobs.slice(start, start + WINDOW).map((job) => {
      const { number, topology } = numbers.of(job.scenario.topology);
      const shared =
        topology === job.scenario.topology ? job : { ...job, scenario: { ...job.scenario, topology } };
      return { number, job: shared };
    });
    window.sort((a, b) => a.number - b.number || a.job.seed - b.job.seed || a.job.index - b.job.index);
    for (let at = 0; at < window.length; at += size) {
      batches.push(window.slice(at, at + size).map(({ job }) => job));
    }
  }
  return batches;
}

/** Numbers topologies by what they say, in the order of their first appearance. */
class TopologyNumbers {
  readonly #byObject = new Map<TopologyModel, { number: number; topology: TopologyModel }>();
  readonly #byText = new Map<string, { number: number; topology: TopologyModel }>();

  of(topology: TopologyModel): { number: number; topology: TopologyModel } {
    const seen = this.#byObject.get(topology);
    if (seen !== undefined) return seen;
    const text = JSON.stringify(topology, bigintsToJson);
    const known = this.#byText.get(text) ?? { number: this.#byText.size, topology };
    this.#byText.set(text, known);
    this.#byObject.set(topology, known);
    return known;
  }
}
