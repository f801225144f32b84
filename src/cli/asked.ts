import type { Diagnostic } from '../text/diagnostic.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { findSpecs } from '../runner/specs.ts';
import type { FoundSpecs } from '../runner/specs.ts';
import type { Invocation } from './invocation.ts';
import { printDiagnostics } from './print.ts';

/** The project and the specs that a command's paths and its `--root` name, not yet read. */
export function askedSpecs(
  paths: readonly string[],
  options: Record<string, unknown>,
  { around, words }: Invocation,
): Promise<FoundSpecs> {
  return findSpecs({ cwd: around.cwd, words, paths, root: options['root'] as string | undefined });
}

/**
 * The exit code of a command that cannot begin, with what is wrong with how it was called printed; undefined when
 * nothing is.
 */
export function cannotBegin(
  found: FoundSpecs,
  { around }: Invocation,
  more: readonly Diagnostic[] = [],
): number | undefined {
  const usage = [...found.usage, ...more];
  if (usage.length === 0) return undefined;
  printDiagnostics(usage, found.sources, around);
  return EXIT.usage;
}
