import { codeOf } from './line.ts';
import type { Line } from './line.ts';
import { isElse } from './spacing.ts';

/** Wider than this nothing is lined up: it would push the rest out of sight. */
const COLUMN_LIMIT = 64;
/** A line may not get longer than this for the sake of its neighbours. */
const WIDTH_LIMIT = 120;

/**
 * The text of lines, with neighbours lined up: a claim's subject, a member's type, the cells of rows, comments behind
 * the code.
 */
export function layOut(lines: readonly Line[]): string[] {
  const texts = lines.map(codeOf);
  for (const at of groups(lines)) {
    const { kind } = lines[at[0] as number] as Line;
    if (kind === 'row') padCells(lines, texts, at);
    else if (kind === 'require') padElse(lines, texts, at);
    else pad(lines, texts, at, kind === 'claim' ? 1 : 2);
  }
  for (let start = 0, end; start < lines.length; start = end) {
    for (end = start + 1; end < lines.length && together(lines[end - 1] as Line, lines[end] as Line); end++);
    const width = Math.max(...texts.slice(start, end).map((text) => text.length));
    for (let at = start; at < end; at++) {
      const line = lines[at] as Line;
      if (behind(line)) texts[at] = `${(texts[at] as string).padEnd(width)}  ${line.comment}`;
      else if (line.comment !== '') texts[at] = `${texts[at]}${line.comment}`;
    }
  }
  return texts;
}

/** A comment that stands behind code. */
function behind(line: Line): boolean {
  return line.comment !== '' && line.pieces.length > 0;
}

/** Neighbours whose comments begin in one column. */
function together(left: Line, right: Line): boolean {
  return behind(left) && behind(right) && !right.gap && left.indent === right.indent;
}

/** Indexes of the lines of one block that are lined up with each other. */
function groups(lines: readonly Line[]): readonly number[][] {
  const found = new Map<string, number[]>();
  lines.forEach(({ kind, block }, at) => {
    if (kind === 'plain') return;
    const key = `${kind} ${block}`;
    const group = found.get(key);
    if (group) group.push(at);
    else found.set(key, [at]);
  });
  return [...found.values()];
}

/** `else` in one column, and the message after the code: among neighbours, where none gets too long by it. */
function padElse(lines: readonly Line[], texts: string[], at: readonly number[]): void {
  for (let start = 0, end; start < at.length; start = end) {
    for (end = start + 1; end < at.length && (at[end] as number) === (at[end - 1] as number) + 1; end++);
    const run = at.slice(start, end).filter((index) => !(lines[index] as Line).gap || index === at[start]);
    if (run.length !== end - start) continue;
    const count = (index: number): number =>
      (lines[index] as Line).pieces.findIndex(({ token }) => isElse(token));
    const parts = run.map((index) => {
      const line = lines[index] as Line;
      const head = codeOf({ ...line, pieces: line.pieces.slice(0, count(index)) });
      const code = codeOf({ ...line, pieces: line.pieces.slice(0, count(index) + 2) }).slice(head.length);
      return { head, code, rest: (texts[index] as string).slice(head.length + code.length) };
    });
    const heads = Math.max(...parts.map(({ head }) => head.length));
    const codes = Math.max(...parts.map(({ code }) => code.length));
    const padded = parts.map(({ head, code, rest }) => head.padEnd(heads) + code.padEnd(codes) + rest);
    if (padded.every((text) => text.length <= WIDTH_LIMIT))
      run.forEach((index, nth) => (texts[index] = padded[nth] as string));
  }
}

/** Blanks after the first `count` tokens, so that what follows begins in one column. */
function pad(lines: readonly Line[], texts: string[], at: readonly number[], count: number): void {
  const heads = at.map((index) => {
    const line = lines[index] as Line;
    return codeOf({ ...line, pieces: line.pieces.slice(0, count) });
  });
  const width = Math.max(...heads.map((head) => head.length));
  if (width > COLUMN_LIMIT) return;
  at.forEach((index, nth) => {
    const [text, head] = [texts[index] as string, heads[nth] as string];
    if (text.length > head.length) texts[index] = head.padEnd(width) + text.slice(head.length);
  });
}

/** Rows of as many cells each: `["key",  .key[3], 0],`. */
function padCells(lines: readonly Line[], texts: string[], at: readonly number[]): void {
  const rows = at.map((index) => cellsOf(lines[index] as Line));
  const cells = rows[0]?.length ?? 0;
  if (rows.length < 2 || cells < 2 || rows.some((row) => row.length !== cells)) return;
  const widths = Array.from({ length: cells - 1 }, (_, cell) =>
    Math.max(...rows.map((row) => (row[cell] as string).length)),
  );
  if (widths.some((width) => width > COLUMN_LIMIT)) return;
  rows.forEach((row, nth) => {
    const padded = row.map((cell, index) =>
      index < widths.length ? cell.padEnd(widths[index] as number) : cell,
    );
    texts[at[nth] as number] = padded.join(' ');
  });
}

/** The cells of one row with the brackets and commas around them; the indent belongs to the first. */
function cellsOf(line: Line): string[] {
  const cells: string[] = [];
  let depth = 0;
  let from = 0;
  line.pieces.forEach(({ token: { image } }, at) => {
    if (image === '[' || image === '(') depth++;
    else if (image === ']' || image === ')') depth--;
    if (image === ',' && depth === 1) {
      cells.push(cellText(line, from, at + 1));
      from = at + 1;
    }
  });
  cells.push(cellText(line, from, line.pieces.length));
  return cells;
}

function cellText(line: Line, from: number, to: number): string {
  const pieces = line.pieces.slice(from, to);
  return from === 0 ? codeOf({ ...line, pieces }) : codeOf({ ...line, indent: 0, pieces }).trimStart();
}
