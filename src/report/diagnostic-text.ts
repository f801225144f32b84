import type { Diagnostic } from '../text/diagnostic.ts';
import { type Colours, renderDiagnostic } from '../text/render.ts';
import type { Colors } from './console.ts';
import { manyLines, withoutCommands } from './escape.ts';
import type { Sources } from './sources.ts';

/** A diagnostic as text with carets, without colour, safe to print anywhere. */
export function diagnosticText(diagnostic: Diagnostic, sources: Sources): string {
  return manyLines(renderDiagnostic(diagnostic, sources));
}

/** The same in colour, for a terminal. */
export function colouredDiagnostic(diagnostic: Diagnostic, sources: Sources, colors: Colors): string {
  const colours: Colours = {
    error: (text) => colors.bold(colors.red(text)),
    warning: (text) => colors.bold(colors.yellow(text)),
    frame: colors.blue,
    note: colors.cyan,
    bold: colors.bold,
  };
  return withoutCommands(renderDiagnostic(diagnostic, sources, colours));
}
