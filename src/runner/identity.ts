import type { Job } from './events.ts';

/** Scenario id and seed: unique in a run and stable between runs, the key of histories and of `compare`. */
export function runId(job: Job): string {
  return `${job.scenario.id} seed ${job.seed}`;
}

/**
 * The command that runs just this job again: `npx siren run specs/lists.spec:12 --seed 3`. `prefix` is the command up to the
 * path, options included. A row of a table shares its line with the others, so its name is given too.
 */
export function replayCommand(job: Job, prefix: string): string {
  const { file, line, name } = job.scenario;
  const row = job.row === true ? ` --name ${shellWord(name)}` : '';
  return `${prefix} ${shellWord(`${file}:${line}`)}${row} --seed ${job.seed}`;
}

/** One word for a POSIX shell: quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
