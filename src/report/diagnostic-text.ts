import type { Diagnostic } from '../text/diagnostic.ts';
import { manyLines, oneLine } from './escape.ts';
import type { Sources } from './sources.ts';

/** A diagnostic as text with carets, without colour, safe to print anywhere. */
export function diagnosticText(diagnostic: Diagnostic, sources: Sources): string {
  return manyLines(stub(safe(diagnostic), sources));
}

/** The same in colour, for a terminal. */
export function colouredDiagnostic(diagnostic: Diagnostic, sources: Sources, _colors: unknown): string {
  return diagnosticText(diagnostic, sources);
}

/** Messages carry what guests and specs hold: what does not show is escaped before anything is laid out or coloured. */
function safe(diagnostic: Diagnostic): Diagnostic {
  return {
    ...diagnostic,
    message: oneLine(diagnostic.message),
    labels: diagnostic.labels.map(({ span, text }) => ({ span, text: oneLine(text) })),
    ...(diagnostic.help === undefined ? {} : { help: oneLine(diagnostic.help) }),
  };
}

function stub(diagnostic: Diagnostic, sources: Sources): string {
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`];
  for (const { span, text } of diagnostic.labels) {
    const source = sources(span.file);
    const at = source?.position(span.start);
    lines.push(`  --> ${span.file}:${at?.line ?? 0}:${at?.column ?? 0}`);
    if (source === undefined || at === undefined) continue;
    lines.push('   |', `${String(at.line).padStart(2)} | ${source.line(at.line)}`);
    lines.push(
      `   | ${' '.repeat(at.column - 1)}${'^'.repeat(Math.max(1, Math.min(80, span.end - span.start)))} ${text}`,
    );
  }
  if (diagnostic.help !== undefined) lines.push('   |', `   = help: ${diagnostic.help}`);
  return lines.join('\n');
}
