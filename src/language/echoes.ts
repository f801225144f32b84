import type { Diagnostic } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { Span } from '../text/span.ts';

/** What can be declared on one line, and is not declared when that line cannot be read. */
const DECLARED = /^(?:let|def|locator|tag)[ \t]+([A-Za-z_][\w-]*)/gm;
/** Nothing of that name; something is missing in a declaration that was read to its mistake only. */
const OF_NAMES: ReadonlySet<string> = new Set(['E0324', 'E0614', 'E1012', 'E1021', 'E1051']);

/** Leaves out what only says that a declaration is missing of which it is said already that it cannot be read. */
export function withoutEchoes(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Source>,
): Diagnostic[] {
  const unread = new Map<string, Set<string>>();
  for (const [file, starts] of syntaxErrors(diagnostics)) {
    const names = namesAt(starts, sources.get(file)?.text ?? '');
    if (names.size > 0) unread.set(file, names);
  }
  const loose = looseBodies(diagnostics, sources);
  return diagnostics.filter(({ code, labels }) => {
    const span = labels[0]?.span;
    if (span !== undefined && AFTER_A_HEAD.has(code) && loose.some((one) => within(span, one))) return false;
    if (span === undefined || !OF_NAMES.has(code)) return true;
    const written = sources.get(span.file)?.text.slice(span.start, span.end) ?? '';
    return unread.get(span.file)?.has(written) !== true;
  });
}

/** A head whose `{` is missing, and sentences that are no declarations. */
const AFTER_A_HEAD: ReadonlySet<string> = new Set(['E0203', 'E0211']);
const HEAD = /^(?:struct|validator|topology|fault|scenario)\b/;

const within = (one: Span, other: Span): boolean =>
  one.file === other.file && one.start > other.start && one.start < other.end;

/** From each head without its `{` to the `}` that stands at the beginning of a line: what would have been its body. */
function looseBodies(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, Source>): Span[] {
  return diagnostics.flatMap(({ code, message, labels }) => {
    const span = labels[0]?.span;
    const text = span === undefined ? '' : (sources.get(span.file)?.text ?? '');
    const missing = code === 'E1009' || (code === 'E0203' && message.startsWith('expected `{`'));
    if (span === undefined || !missing) return [];
    const line = text.lastIndexOf('\n', span.start - 1) + 1;
    if (!HEAD.test(text.slice(line, line + 16))) return [];
    // Only what is indented can have been meant as its body.
    const end = /\n(?=[^\s#])/.exec(text.slice(span.end));
    return [{ ...span, end: end === null ? text.length : span.end + end.index + 2 }];
  });
}

function syntaxErrors(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, readonly number[]> {
  const starts = new Map<string, number[]>();
  for (const { code, labels } of diagnostics) {
    const span = labels[0]?.span;
    if (span === undefined || !code.startsWith('E02')) continue;
    const known = starts.get(span.file) ?? [];
    known.push(span.start);
    starts.set(span.file, known);
  }
  return starts;
}

/** Names of the one-line declarations that positions lie in: the last one before each, where it is on the same line. */
function namesAt(starts: readonly number[], text: string): Set<string> {
  const names = new Set<string>();
  const declarations = [...text.matchAll(DECLARED)];
  for (const start of starts) {
    const found = declarations.findLast((one) => one.index <= start);
    if (found?.[1] !== undefined && !text.slice(found.index, start).includes('\n')) names.add(found[1]);
  }
  return names;
}
