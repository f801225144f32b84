import { readResults, ResultsError } from './compare/read.ts';
import type { FidelityRun } from './fidelity.ts';
import type { Results } from './results.ts';

/** The runs of a results.json, by their ids, and what they ran on. */
export interface EarlierRuns {
  readonly target: string;
  readonly runs: ReadonlyMap<string, FidelityRun>;
}

/** Reads what `siren run` wrote, as far as runs are compared by it. Throws a ResultsError for what is no such file. */
export function earlierRuns(text: string, name: string): EarlierRuns {
  // What it does not look at is looked at here.
  readResults(text, name);
  const { target, runs } = JSON.parse(text) as Results;
  const wrong = (what: string): ResultsError => new ResultsError(`${name}: ${what}; run Siren again`);
  if (target !== 'sim' && target !== 'qemu') throw wrong('it does not say what its runs ran on');
  const whole = runs.every(({ record }) => record === undefined || isWhole(record));
  if (!whole) throw wrong('a run has no list of events, rescues, findings or services');
  return {
    target,
    runs: new Map(
      runs.map(({ record, ...run }) => [
        run.id,
        record === undefined ? run : { ...run, record: { ...record, reports: record.rescues } },
      ]),
    ),
  };
}

type Kept = NonNullable<Results['runs'][number]['record']>;

function isWhole({ events, rescues, services, duration_ns }: Kept): boolean {
  const all = (list: unknown, test: (one: Record<string, unknown>) => boolean): boolean =>
    Array.isArray(list) &&
    list.every(
      (one: unknown) => typeof one === 'object' && one !== null && test(one as Record<string, unknown>),
    );
  return (
    typeof duration_ns === 'number' &&
    all(
      events,
      (one) =>
        typeof one['time_ns'] === 'number' && typeof one['detail'] === 'object' && one['detail'] !== null,
    ) &&
    all(services, (one) => typeof one['state'] === 'string') &&
    all(rescues, (one) => typeof one['attached_ns'] === 'number' && all(one['findings'], () => true))
  );
}
