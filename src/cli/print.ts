import { colouredDiagnostic } from '../report/diagnostic-text.ts';
import { sourcesOf } from '../report/sources.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Surroundings } from './surroundings.ts';

/** Prints diagnostics with their carets, a blank line after each. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  { colors, error }: Surroundings,
): void {
  const known = sourcesOf(sources);
  for (const diagnostic of diagnostics) error(`${colouredDiagnostic(diagnostic, known, colors)}\n\n`);
}

/** `1 file`, `12 scenarios`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
