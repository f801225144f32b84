import type { IToken } from 'chevrotain';
import * as token from '../tokens.ts';
import type { Line, LineKind, Piece } from './line.ts';
import { endOf, isElse, Spacing } from './spacing.ts';
import type { Trivia } from './trivia.ts';
import { triviaOf } from './trivia.ts';

/** An open brace or bracket. */
interface Frame {
  readonly brace: boolean;
  /** Its contents have lines of their own. */
  readonly broken: boolean;
  /** Of its contents. */
  readonly indent: number;
  /** Of the line that it was opened on. */
  readonly outer: number;
  /** Commas part its contents, not the ends of sentences. */
  readonly list: boolean;
  readonly kind: LineKind;
  readonly block: number;
}

const TOP: Frame = { brace: true, broken: true, indent: 0, outer: 0, list: false, kind: 'plain', block: 0 };
/** Of these, neighbours of one line each may stand without an empty line between them. */
const TERSE: ReadonlySet<string> = new Set(['import', 'tag', 'let', 'def', 'locator', 'struct']);

/**
 * Tokens to lines. The author's line breaks stand where the language lets them; blocks and their sentences are broken
 * and indented as they always are. `exploded` holds offsets of what does not fit on its line: opening braces of blocks,
 * and `else`.
 */
export class Breaker {
  readonly lines: Line[] = [];
  /**
   * Where each line can be taken apart: its first block that stands on one line, or its `else`; NaN where there is
   * neither. By line.
   */
  readonly joints: number[] = [];
  readonly #text: string;
  readonly #tokens: readonly IToken[];
  readonly #exploded: ReadonlySet<number>;
  readonly #spacing: Spacing;
  readonly #frames: Frame[] = [TOP];
  #blocks = 0;
  #pieces: Piece[] = [];
  #indent = 0;
  #gap = false;
  #kind: LineKind = 'plain';
  #joint = NaN;
  /** The first word of the sentence at hand. */
  #head = '';
  /** Of the declaration before: its first word, and whether it had several lines. */
  #tall = false;
  #lastHead = '';

  constructor(text: string, tokens: readonly IToken[], exploded: ReadonlySet<number>) {
    this.#text = text;
    this.#tokens = tokens;
    this.#exploded = exploded;
    this.#spacing = new Spacing(tokens);
  }

  run(): this {
    let previous: IToken | undefined;
    let ended = true;
    this.#tokens.forEach((one, at) => {
      if (one.tokenTypeIdx === token.Terminator.tokenTypeIdx) {
        ended = true;
        return;
      }
      const start = previous === undefined ? 0 : endOf(previous);
      this.#add(one, at, previous, ended, triviaOf(this.#text.slice(start, one.startOffset)));
      previous = one;
      ended = false;
    });
    const rest = triviaOf(`${this.#text.slice(previous === undefined ? 0 : endOf(previous))}\n`);
    if (previous === undefined)
      this.#comments(
        { ...rest, own: [...(rest.behind === '' ? [] : [{ text: rest.behind, gap: false }]), ...rest.own] },
        0,
        false,
      );
    else {
      this.#flush(rest.behind);
      this.#comments(rest, 0, false);
    }
    return this;
  }

  #add(one: IToken, at: number, previous: IToken | undefined, ended: boolean, trivia: Trivia): void {
    const frame = this.#frames.at(-1) as Frame;
    const opened = previous !== undefined && '{[('.includes(previous.image);
    const closes = '}])'.includes(one.image) && this.#frames.length > 1;
    const starts =
      frame.brace && !frame.list && (ended || previous === undefined || (opened && previous.image === '{'));
    const parted = isElse(one) && this.#exploded.has(one.startOffset);
    const breaks = frame.broken
      ? opened || closes || starts || trivia.newline || parted
      : trivia.newline && !closes && !frame.brace;
    if (starts && !closes) this.#head = one.image;
    if (previous === undefined || breaks) {
      // A comment on the first line of all has it to itself.
      const top = previous === undefined && trivia.behind !== '';
      const own = top ? [{ text: trivia.behind, gap: false }, ...trivia.own] : trivia.own;
      const about = { ...trivia, own, behind: top ? '' : trivia.behind };
      this.#break(one, at, frame, about, { opened, closes, starts: starts && !closes });
    } else if (starts && !closes && !opened) this.#pieces.push({ token: SEMICOLON, spaced: false });
    const spaced = this.#pieces.length > 0 && this.#spacing.before(at);
    if (closes) this.#frames.pop();
    if (isElse(one) && this.#pieces.length > 0 && Number.isNaN(this.#joint)) this.#joint = one.startOffset;
    this.#pieces.push({ token: one, spaced });
    if ('{[('.includes(one.image)) this.#open(one, at);
  }

  /** Ends the line and begins the one of `one`, with the comments between. */
  #break(
    one: IToken,
    at: number,
    frame: Frame,
    trivia: Trivia,
    is: { opened: boolean; closes: boolean; starts: boolean },
  ): void {
    const first = this.#pieces.length === 0 && this.lines.length === 0;
    this.#flush(trivia.behind);
    const indent = is.closes ? frame.outer : is.starts || is.opened ? frame.indent : this.#continued(at);
    const kept = is.starts || (frame.broken && !frame.brace);
    let forced = false;
    if (frame === TOP && is.starts) {
      const tall = this.#isTall(at);
      forced = !first && (tall || this.#tall || !TERSE.has(one.image) || this.#lastHead !== one.image);
      this.#lastHead = one.image;
      this.#tall = tall;
    }
    const inside = is.closes || is.starts || is.opened ? frame.indent : indent;
    const loose = this.#comments(trivia, inside, kept, forced, is.opened);
    this.#indent = indent;
    // At the start of a block only a comment is set off, from what follows it: else it would be its document.
    const first_of_all = is.opened && trivia.own.length === 0;
    this.#gap = kept && !first_of_all && !is.closes && this.lines.length > 0 && (loose || trivia.gap);
    const row = frame.kind === 'row' && one.image === '[';
    this.#kind = is.starts ? (one.image === 'require' ? 'require' : frame.kind) : row ? 'row' : 'plain';
  }

  /** Comments that have lines to themselves. True when what follows them still has to be set off. */
  #comments(trivia: Trivia, indent: number, gaps: boolean, forced = false, opened = false): boolean {
    let due = forced;
    for (const [at, { text, gap }] of trivia.own.entries()) {
      const kept = gap && (gaps || indent === 0) && !(opened && at === 0);
      this.lines.push({
        indent,
        pieces: [],
        comment: text,
        gap: this.lines.length > 0 && (due || kept),
        kind: 'plain',
        block: -1,
      });
      this.joints.push(NaN);
      due = false;
    }
    return due;
  }

  /** Indent of a line that goes on with a sentence. */
  #continued(at: number): number {
    const frame = this.#frames.findLast(({ broken }) => broken) as Frame;
    const previous = this.#tokens[at - 1];
    const listed = (!frame.brace || frame.list) && previous?.image === ',' && frame === this.#frames.at(-1);
    return listed ? frame.indent : frame.indent + 1;
  }

  #open(one: IToken, at: number): void {
    const brace = one.image === '{';
    const close = this.#closing(at);
    const broken = brace
      ? this.#exploded.has(one.startOffset) || this.#text.slice(one.startOffset, close).includes('\n')
      : /^[^\S\n]*(?:#[^\n]*)?\n/.test(this.#text.slice(endOf(one), close));
    if (brace && !broken && Number.isNaN(this.#joint)) this.#joint = one.startOffset;
    const before = [this.#tokens[at - 1]?.image ?? '', this.#tokens[at - 2]?.image ?? ''];
    const named = before.includes('enum') || (this.#head === 'import' && this.#frames.length === 1);
    const list = brace && named && !this.#hasSentences(at);
    const members =
      brace && !list && (before[0] === 'struct' || before[0] === 'union' || this.#head === 'struct');
    const kind =
      brace && before[0] === 'expect' ? 'claim' : members ? 'member' : !brace && broken ? 'row' : 'plain';
    this.#blocks++;
    this.#frames.push({
      brace,
      broken,
      indent: this.#indent + 1,
      outer: this.#indent,
      list,
      kind,
      block: this.#blocks,
    });
  }

  /** Offset of what closes the bracket at a token; the end of the text when nothing does. */
  #closing(at: number): number {
    let depth = 0;
    for (let index = at; index < this.#tokens.length; index++) {
      const { image, startOffset } = this.#tokens[index] as IToken;
      if ('{[('.includes(image)) depth++;
      else if ('}])'.includes(image) && --depth === 0) return startOffset;
    }
    return this.#text.length;
  }

  /** Whether sentences stand in the brace at a token, one ended before the next: names in a list have commas. */
  #hasSentences(at: number): boolean {
    let depth = 0;
    for (let index = at; index < this.#tokens.length; index++) {
      const { image, tokenTypeIdx } = this.#tokens[index] as IToken;
      if ('{[('.includes(image)) depth++;
      else if ('}])'.includes(image) && --depth === 0) return false;
      else if (depth === 1 && tokenTypeIdx === token.Terminator.tokenTypeIdx) return true;
    }
    return false;
  }

  /** Whether the declaration that begins at a token has more lines than one. */
  #isTall(at: number): boolean {
    const start = (this.#tokens[at] as IToken).startOffset;
    let depth = 0;
    for (let index = at; index < this.#tokens.length; index++) {
      const { image, startOffset, tokenTypeIdx } = this.#tokens[index] as IToken;
      if ('{[('.includes(image)) depth++;
      else if ('}])'.includes(image)) depth--;
      if (this.#exploded.has(startOffset)) return true;
      if (depth <= 0 && tokenTypeIdx === token.Terminator.tokenTypeIdx)
        return this.#text.slice(start, startOffset).trimEnd().includes('\n');
    }
    return this.#text.slice(start).trimEnd().includes('\n');
  }

  #flush(comment: string): void {
    if (this.#pieces.length === 0) return;
    const frame = this.#frames.at(-1) as Frame;
    const kind = fits(this.#kind, this.#pieces) ? this.#kind : 'plain';
    const { block } = frame;
    this.lines.push({ indent: this.#indent, pieces: this.#pieces, comment, gap: this.#gap, kind, block });
    this.joints.push(this.#joint);
    this.#pieces = [];
    this.#joint = NaN;
    this.#kind = 'plain';
    this.#gap = false;
  }
}

const SEMICOLON = { image: ';', startOffset: -1 } as IToken;

/** Whether a line is what its kind says, on one line. */
function fits(kind: LineKind, pieces: readonly Piece[]): boolean {
  if (kind === 'row') return isRow(pieces);
  if (kind === 'member') return pieces[1]?.token.image === ':';
  // What follows the observer stands apart from it.
  if (kind === 'claim') return pieces[1]?.spaced === true;
  return kind !== 'require' || pieces.some(({ token: one }) => isElse(one));
}

/** One whole list, and perhaps a comma. */
function isRow(pieces: readonly Piece[]): boolean {
  let depth = 0;
  const last = pieces.at(-1)?.token.image;
  return pieces.every(({ token: { image } }, at) => {
    if ('{[('.includes(image)) depth++;
    else if ('}])'.includes(image)) depth--;
    return depth > 0 || at === pieces.length - 1 || (at === pieces.length - 2 && last === ',');
  });
}
