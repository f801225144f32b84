import type { Diagnostic, Label } from './diagnostic.ts';
import { visible } from './escape.ts';
import { excerpt } from './excerpt.ts';
import type { Source } from './source.ts';

/** How to make text stand out; each function wraps a text. */
export interface Colours {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  /** Line numbers, bars and arrows. */
  readonly frame: (text: string) => string;
  /** Carets under second and later labels. */
  readonly note: (text: string) => string;
  readonly bold: (text: string) => string;
}

const as = (text: string): string => text;
export const PLAIN: Colours = { error: as, warning: as, frame: as, note: as, bold: as };

/** The text that a span points into; undefined when there is none. */
export type SourceOf = (file: string) => Source | undefined;

/**
 * A diagnostic as people read it: code and message, each label's line with carets, the help. No line ends in a blank,
 * and nothing in the source or the message can steer a terminal.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sources: SourceOf,
  colours: Colours = PLAIN,
): string {
  const { severity, code, message, labels, help } = diagnostic;
  const tint = severity === 'error' ? colours.error : colours.warning;
  const lines = [`${tint(`${severity}[${code}]`)}${colours.bold(`: ${visible(message)}`)}`];
  const width = gutterWidth(labels, sources);
  const bar = (text: string): string => `${' '.repeat(width)} ${colours.frame(text)}`;
  const groups = byFile(labels);
  for (const [index, group] of groups.entries()) {
    const file = group[0]?.span.file ?? '';
    const source = sources(file);
    const arrow = index === 0 ? '-->' : ':::';
    const at = source?.position((group[0] as Label).span.start);
    const where = at === undefined ? visible(file) : `${visible(file)}:${at.line}:${at.column}`;
    lines.push(`${' '.repeat(width)}${colours.frame(arrow)} ${where}`);
    if (source === undefined) {
      for (const label of group) if (label.text !== '') lines.push(bar(`= ${visible(label.text)}`));
      continue;
    }
    lines.push(bar('|'));
    lines.push(...labelled(group, labels[0] as Label, source, width, tint, colours));
  }
  if (help !== undefined)
    lines.push(
      bar('|'),
      `${' '.repeat(width)} ${colours.frame('=')} ${colours.bold('help')}: ${visible(help)}`,
    );
  return lines.join('\n');
}

/** The labels by file, the primary one's file first, in each file the primary label first. */
function byFile(labels: readonly Label[]): Label[][] {
  const groups = new Map<string, Label[]>();
  for (const label of labels) {
    const group = groups.get(label.span.file);
    if (group === undefined) groups.set(label.span.file, [label]);
    else group.push(label);
  }
  return [...groups.values()];
}

function gutterWidth(labels: readonly Label[], sources: SourceOf): number {
  const last = Math.max(1, ...labels.map(({ span }) => sources(span.file)?.position(span.start).line ?? 1));
  return Math.max(2, String(last).length);
}

/** The lines of one file that labels point at, from the top, carets under each; a bar where lines are left out. */
function labelled(
  labels: readonly Label[],
  primary: Label,
  source: Source,
  width: number,
  tint: (text: string) => string,
  colours: Colours,
): string[] {
  const placed = labels
    .map((label) => ({ label, line: source.position(label.span.start).line }))
    .sort((a, b) => a.line - b.line || a.label.span.start - b.label.span.start);
  const lines: string[] = [];
  let previous: number | undefined;
  for (const { label, line } of placed) {
    const { text, carets } = excerpt(source, label.span);
    if (line !== previous) {
      if (previous !== undefined) lines.push(`${' '.repeat(width)} ${colours.frame('|')}`);
      const number = colours.frame(`${String(line).padStart(width)} |`);
      lines.push(text === '' ? number : `${number} ${text}`);
    }
    const mark = label === primary ? tint : colours.note;
    const said = visible(label.text);
    const under = mark(`${'^'.repeat(carets.count)}${said === '' ? '' : ` ${said}`}`);
    lines.push(`${' '.repeat(width)} ${colours.frame('|')} ${' '.repeat(carets.before)}${under}`);
    previous = line;
  }
  return lines;
}
