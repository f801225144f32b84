import { visible } from './escape.ts';
import type { Source } from './source.ts';
import type { Span } from './span.ts';

/** Columns of source shown at most; a longer line is cut around its carets. */
const WIDTH = 100;
const TAB = '    ';

/** A line as it is shown, and the carets under it, in columns of a terminal. */
export interface Excerpt {
  readonly text: string;
  readonly carets: { readonly before: number; readonly count: number };
}

/** The line that a span starts in. A span over several lines is marked to the end of its first. */
export function excerpt(source: Source, span: Span): Excerpt {
  const { line, column } = source.position(span.start);
  const raw = source.line(line);
  const from = column - 1;
  const to = Math.min(raw.length, Math.max(from, from + span.end - span.start));
  if (raw.length > NEAR) return cut(raw, from, to);
  const [before, marked] = [shown(raw.slice(0, from)), shown(raw.slice(from, to))];
  const after = shown(raw.slice(to)).trimEnd();
  const carets = { before: columns(before), count: Math.max(1, columns(marked)) };
  const text =
    marked.trimEnd() === '' && after === '' ? (before + marked).trimEnd() : before + marked + after;
  return columns(text) <= WIDTH ? { text, carets } : cut(raw, from, to);
}

/** No more of a line than this, in UTF-16 units to either side, can be shown: a line may be megabytes long. */
const NEAR = 2 * WIDTH;

/** A window around the carets, `…` where something was left out. */
function cut(raw: string, from: number, to: number): Excerpt {
  const marked = shown(raw.slice(from, Math.min(to, from + NEAR)));
  const kept = clip(marked, Math.floor(WIDTH * 0.6), 'start');
  const room = WIDTH - columns(kept) - 2;
  const [near, far] = [
    shown(raw.slice(Math.max(0, from - NEAR), from)),
    shown(raw.slice(to, to + NEAR)).trimEnd(),
  ];
  const left = clip(near, Math.max(Math.floor(room / 2), room - columns(far)), 'end');
  const right = clip(far, room - columns(left), 'start');
  const open = left === near && from <= NEAR ? '' : '…';
  const close = right === far && raw.length <= to + NEAR ? '' : '…';
  if (kept !== marked) {
    return {
      text: `${open}${left}${kept}…`,
      carets: { before: columns(open + left), count: columns(kept) + 1 },
    };
  }
  const carets = { before: columns(open + left), count: Math.max(1, columns(kept)) };
  return { text: `${open}${left}${kept}${right}${close}`, carets };
}

/** At most `limit` columns of a text, from its start or its end. */
function clip(text: string, limit: number, side: 'start' | 'end'): string {
  if (columns(text) <= limit) return text;
  const characters = [...text];
  const kept: string[] = [];
  let used = 0;
  while (characters.length > 0) {
    const next = (side === 'start' ? characters.shift() : characters.pop()) as string;
    used += columns(next);
    if (used > limit) break;
    if (side === 'start') kept.push(next);
    else kept.unshift(next);
  }
  return kept.join('');
}

function shown(text: string): string {
  return visible(text.replaceAll('\t', TAB));
}

/** Columns of a terminal that a text takes: none for what combines, two for what is wide (East Asian, emoji). */
function columns(text: string): number {
  // oxlint-disable-next-line no-control-regex -- plain ASCII needs no look at each character
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let count = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    count += WIDE.test(character) ? 2 : 1;
  }
  return count;
}
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
