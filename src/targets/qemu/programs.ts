import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { QemuProblem } from './problem.ts';

/** What is run, and Debian's package that has it. */
export const PACKAGES = {
  'qemu-system-x86_64': 'qemu-system-x86',
  setpriv: 'util-linux',
  mkfifo: 'coreutils',
  cp: 'coreutils',
  cat: 'coreutils',
  busybox: 'busybox-static',
  'apt-cache': 'apt',
  'apt-get': 'apt',
  dpkg: 'dpkg',
  zstd: 'zstd',
} as const;

export type ProgramName = keyof typeof PACKAGES;

/** Where a program lies on `search_path` (of PATH's form); undefined when it is not there. */
export function findProgram(name: ProgramName, search_path: string): string | undefined {
  for (const folder of search_path.split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Where the programs lie; throws a problem that names every one that is missing, with the packages that have them. */
export function needPrograms<Name extends ProgramName>(
  names: readonly Name[],
  search_path: string,
): Readonly<Record<Name, string>> {
  const found = names.map((name) => [name, findProgram(name, search_path)] as const);
  const missing = found.flatMap(([name, file]) => (file === undefined ? [name] : []));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => PACKAGES[name]))];
    throw new QemuProblem(
      'MISSING_PROGRAM',
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`,
      `apt-get install ${packages.join(' ')}`,
    );
  }
  return Object.fromEntries(found) as Record<Name, string>;
}

/** Runs a program to its end, at most `limit_ms`; what it printed. A failure is told in the program's own last line. */
export function runProgramFile(
  file: string,
  words: readonly string[],
  { cwd, limit_ms }: { readonly cwd: string; readonly limit_ms: number },
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string } {
  const ended = spawnSync(file, words, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit_ms,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (ended.status === 0) return { ok: true, text: ended.stdout };
  const last = (ended.stderr ?? '').trim().split('\n').at(-1) ?? '';
  const why = last === '' ? (ended.error?.message ?? `it ended with ${ended.status ?? ended.signal}`) : last;
  return { ok: false, why };
}
