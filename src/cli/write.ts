import { ReportWriteError, writeAtomically } from '../report/file.ts';
import { EXIT } from '../runner/exit-codes.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Writes a whole file or nothing; the exit code of a command that could not, with the reason told, undefined when it is
 * written. `name`: as its user calls it.
 */
export async function written(
  path: string,
  text: string,
  name: string,
  around: Surroundings,
): Promise<number | undefined> {
  try {
    await writeAtomically(path, text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ReportWriteError)) throw error;
    return unwritten(name, error.cause, around);
  }
}

/** Tells that a file was not written, and why: the exit code. What is no answer of the file system is thrown on. */
export function unwritten(name: string, cause: unknown, around: Surroundings): number {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (typeof code !== 'string') throw cause;
  around.error(`cannot write ${name}: ${code}; what was there is as it was\n`);
  return EXIT.harness;
}
