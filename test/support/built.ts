import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Where the built program is: `dist`, or another build of it that SIREN_TEST_DIST names. */
export function builtFolder(): string {
  const other = process.env['SIREN_TEST_DIST'];
  if (other !== undefined) return resolve(REPOSITORY, other);
  const dist = join(REPOSITORY, 'dist');
  const built = statSync(join(dist, 'cli/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((name) => statSync(join(REPOSITORY, 'src', name)).mtimeMs));
  if (newest > built) throw new Error('dist is older than src: run `npm run build` (`npm test` does)');
  return dist;
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** Settles when the text has appeared on stdout; rejects when the process ends without it. */
  said(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts the built command line in a folder; killed after a minute, so that a hang is a failure and not a wait. What
 * may boot a guest is given more.
 */
export function startSiren(
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  limit_ms: number = 60_000,
): Running {
  const begun = performance.now();
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  const cache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
  const child = spawn(process.execPath, [join(builtFolder(), 'cli/main.js'), ...words], {
    cwd,
    env: { PATH, HOME, ...cache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit_ms,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  let heard = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, ms: performance.now() - begun });
    });
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      heard = () => {
        if (stdout.includes(text)) resolve();
      };
      heard();
      void ended.then(() => reject(new Error(`ended without saying ${text}: ${stdout}${stderr}`)));
    });
  return { ended, said, kill: (signal) => void child.kill(signal) };
}

export function siren(
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return startSiren(words, cwd, env).ended;
}
