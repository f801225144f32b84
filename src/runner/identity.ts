import type { Job } from './events.ts';

/**
 * Scenario id and seed, and which occurrence of `on each`: unique in a run and stable between runs, the key of
 * histories and of `compare`.
 */
export function runId({ scenario, seed, occurrence }: Job): string {
  return `${scenario.id} seed ${seed}${occurrence === undefined ? '' : ` occurrence ${occurrence}`}`;
}

/** The jobs of one occurrence each that a set of run ids asks for. */
export function occurrencesIn(ids: ReadonlySet<string>, job: Job): readonly Job[] {
  const prefix = `${runId(job)} occurrence `;
  const numbers = [...ids].filter((id) => id.startsWith(prefix)).map((id) => Number(id.slice(prefix.length)));
  return numbers.sort((a, b) => a - b).map((occurrence) => ({ ...job, occurrence }));
}

/**
 * The command that runs just this job again: `npx siren run specs/lists.spec:12 --seed 3`. `prefix` is the command up
 * to the path, options included. A row of a table shares its line with the others, so its name is given too.
 */
export function replayCommand(job: Job, prefix: string): string {
  const { file, line, name } = job.scenario;
  const row = job.row === true ? ` --name ${shellWord(name)}` : '';
  const each = job.occurrence === undefined ? '' : ` --occurrence ${job.occurrence}`;
  return `${prefix} ${shellWord(`${file}:${line}`)}${row} --seed ${job.seed}${each}`;
}

/** One word for a POSIX shell: quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
