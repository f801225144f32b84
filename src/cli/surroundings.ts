import { createColors } from 'picocolors';
import { cacheFolder } from '../targets/qemu/guest/guest.ts';
import type { Colors } from '../report/console.ts';

/** What Siren takes from the environment and the terminal. Read here and nowhere else. */
export interface Surroundings {
  readonly cwd: string;
  readonly colors: Colors;
  /** A terminal on which a line may be rewritten. */
  readonly tty: boolean;
  readonly columns: number;
  /** Running as a step of GitHub Actions. */
  readonly github: boolean;
  /** The file for the job's summary. */
  readonly summary_path?: string;
  /** Where programs are looked for: PATH. */
  readonly search_path: string;
  /** Where guests and snapshots are kept (targets/qemu/guest/guest.ts says how it is chosen). */
  readonly cache: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** FORCE_COLOR wins over NO_COLOR, as in Node; then a terminal, or a log of GitHub Actions, gets colours. */
function wantsColor(env: NodeJS.ProcessEnv, terminal: boolean): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return (terminal && env['TERM'] !== 'dumb') || env['GITHUB_ACTIONS'] === 'true';
}

/** The surroundings of this process. */
export function surroundings(): Surroundings {
  const { env, stdout, stderr } = process;
  const terminal = stdout.isTTY;
  const ci = (env['CI'] ?? '') !== '' && env['CI'] !== 'false';
  const summary_path = env['GITHUB_STEP_SUMMARY'];
  return {
    cwd: process.cwd(),
    colors: createColors(wantsColor(env, terminal)),
    tty: terminal && !ci && env['TERM'] !== 'dumb',
    columns: stdout.columns ?? 80,
    github: env['GITHUB_ACTIONS'] === 'true',
    ...(summary_path === undefined || summary_path === '' ? {} : { summary_path }),
    search_path: env['PATH'] ?? '/usr/bin:/bin',
    cache: cacheFolder(env),
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
  };
}
