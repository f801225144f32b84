import { createColors } from 'picocolors';
import { runProgram } from '../../src/cli/program.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import type { Ran } from './built.ts';

/**
 * The command line in this process, from its sources: what a process would print and answer, without the start of one.
 * Runs need `--workers 0` here, because workers are built code.
 */
export async function sirenHere(
  words: readonly string[],
  cwd: string,
  more: Partial<Surroundings> = {},
): Promise<Ran> {
  const begun = performance.now();
  let stdout = '';
  let stderr = '';
  const code = await runProgram(words, '0.0.0', {
    cwd,
    colors: createColors(false),
    tty: false,
    columns: 80,
    github: false,
    search_path: '',
    cache: `${cwd}/.siren-cache`,
    out: (text) => void (stdout += text),
    error: (text) => void (stderr += text),
    ...more,
  });
  return { code, signal: null, stdout, stderr, ms: performance.now() - begun };
}
