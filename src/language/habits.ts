import type { ILexingError, IToken, TokenType } from 'chevrotain';
import type { Problems } from './problems.ts';
import * as token from './tokens.ts';

/**
 * What people write who come from C or JavaScript. Each is told once, in the words of this language, and read on as
 * what was meant, so that nothing else is complained of.
 */

const CODE = 'E0213';

/** Texts and comments of this language, and what is told below. */
const FOREIGN = /"(?:[^"\\\n]|\\[^\n])*"?|#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|'[^'"\n]*'/g;

interface Found {
  readonly start: number;
  readonly image: string;
  count: number;
}

/**
 * The text with comments of another language blanked, and texts in single quotes in double ones; every offset stays
 * what it is.
 */
export function inThisForm(file: string, text: string, problems: Problems): string {
  if (!text.includes('//') && !text.includes('/*') && !text.includes("'")) return text;
  const comments = new Map<string, Found>();
  let quoted: Found | undefined;
  const plain = text.replaceAll(FOREIGN, (image, start: number) => {
    const opening = image.slice(0, 2);
    if (opening === '//' || opening === '/*') {
      count(comments, opening, start);
      return image.replaceAll(/[^\n]/g, ' ');
    }
    if (!image.startsWith("'")) return image;
    quoted ??= { start, image, count: 0 };
    quoted.count++;
    return `"${image.slice(1, -1)}"`;
  });
  for (const [opening, found] of comments)
    tell(
      file,
      found,
      opening.length,
      `\`${opening}\` begins no comment`,
      'comments begin with `#`',
      problems,
    );
  if (quoted !== undefined)
    tell(
      file,
      quoted,
      quoted.image.length,
      'a text stands in double quotes',
      `write \`"${quoted.image.slice(1, -1)}"\``,
      problems,
    );
  return plain;
}

function count(found: Map<string, Found>, image: string, start: number): void {
  const known = found.get(image);
  if (known === undefined) found.set(image, { start, image, count: 1 });
  else known.count++;
}

/** One for all: a file has none of them or a hundred. */
function tell(
  file: string,
  { start, count: times }: Found,
  length: number,
  message: string,
  help: string,
  problems: Problems,
): void {
  const more = times === 1 ? '' : `; so in ${times - 1} more ${times === 2 ? 'place' : 'places'}`;
  const span = { file, start, end: start + length };
  problems.error(CODE, message, [{ span, text: 'of another language' }], `${help}${more}`);
}

/** Tells of bodies whose `{` stands on a line of its own, where it would begin a sentence. */
export function tellBraces(file: string, braces: readonly IToken[], problems: Problems): void {
  const [first] = braces;
  if (first === undefined) return;
  const found = { start: first.startOffset, image: '{', count: braces.length };
  tell(file, found, 1, 'a `{` stands on the line of what it belongs to', 'move it up', problems);
}

/** Operators of two tokens, or of none: what is meant, and by which word. */
const PAIRS: ReadonlyMap<string, readonly [meant: string, type: TokenType]> = new Map([
  ['&&', ['and', token.KEYWORDS.get('and') as TokenType]],
  ['||', ['or', token.Or]],
  ['===', ['==', token.EqualEqual]],
  ['!==', ['!=', token.NotEqual]],
  ['->', ['.', token.Dot]],
]);
const SINGLES: ReadonlyMap<string, readonly [meant: string, type: TokenType]> = new Map([
  ['!', ['not', token.Not]],
  ['%', ['mod', token.KEYWORDS.get('mod') as TokenType]],
]);

/** What a text was cut into. */
interface Cut {
  readonly tokens: IToken[];
  readonly errors: readonly ILexingError[];
}

/** The tokens with operators of another language made those that were meant. */
export function withOwnOperators(file: string, text: string, cut: Cut, problems: Problems): Cut {
  const strange = cut.errors.filter(({ offset, length }) => length === 1 && SINGLES.has(text[offset] ?? ''));
  const pairs = ['&&', '||', '===', '!==', '->'].some((image) => text.includes(image));
  const percent = /%[ \t]*[\w(]/.test(text);
  const stars = /\*[ \t]*[\n;}]/.test(text);
  if (strange.length === 0 && !pairs && !percent && !stars) return cut;
  const say = (image: string, meant: string, start: number): void => {
    const labels = [{ span: { file, start, end: start + image.length }, text: `\`${meant}\`` }];
    problems.error(CODE, `\`${image}\` is written \`${meant}\``, labels, HELP[image]);
  };
  const made = strange.map(({ offset }) => {
    const image = text[offset] as string;
    const [meant, type] = SINGLES.get(image) as [string, TokenType];
    say(image, meant, offset);
    return tokenOf(meant, type, offset);
  });
  const merged = [...cut.tokens, ...made].sort((a, b) => a.startOffset - b.startOffset);
  const tokens: IToken[] = [];
  for (const current of merged) {
    const before = tokens.at(-1);
    const near = before !== undefined && before.startOffset + before.image.length === current.startOffset;
    const image = near ? before.image + current.image : '';
    const pair = PAIRS.get(image);
    if (pair !== undefined && before !== undefined) {
      say(image, pair[0], before.startOffset);
      tokens[tokens.length - 1] = tokenOf(pair[0], pair[1], before.startOffset);
    } else if (before !== undefined && isRemainder(before, current)) {
      // `7 % 2` reads as a share and a number.
      const at = before.startOffset + before.image.length - 1;
      say('%', 'mod', at);
      tokens[tokens.length - 1] = tokenOf(
        before.image.slice(0, -1).trimEnd(),
        token.NumberLiteral,
        before.startOffset,
      );
      tokens.push(tokenOf('mod', token.KEYWORDS.get('mod') as TokenType, at), current);
    } else tokens.push(current);
  }
  if (stars) turnPointers(file, tokens, problems);
  return { tokens, errors: cut.errors.filter((one) => !strange.includes(one)) };
}

/** `next: node*` at the end of a member's line: as C does, with the star behind. */
function turnPointers(file: string, tokens: IToken[], problems: Problems): void {
  for (let at = 2; at < tokens.length; at++) {
    const [colon, type, star] = [tokens[at - 2], tokens[at - 1], tokens[at]] as [IToken, IToken, IToken];
    if (star.tokenType !== token.Star || type.tokenType !== token.Word || colon.tokenType !== token.Colon)
      continue;
    let next = at + 1;
    while (tokens[next]?.tokenType === token.Terminator) next++;
    const member = tokens[next]?.tokenType === token.Word && tokens[next + 1]?.tokenType === token.Colon;
    if (!member && tokens[next]?.tokenType !== token.RBrace) continue;
    const span = { file, start: type.startOffset, end: star.startOffset + 1 };
    const help = `write \`*${type.image}\``;
    problems.error(
      CODE,
      'a pointer is written with its star first',
      [{ span, text: 'of another language' }],
      help,
    );
    tokens[at - 1] = { ...star, startOffset: type.startOffset };
    tokens[at] = type;
  }
}

const HELP: Readonly<Record<string, string>> = {
  '->': 'pointers are followed by themselves',
  '===': 'there is one equality: types are told before anything runs',
};

function isRemainder(before: IToken, { tokenType }: IToken): boolean {
  if (before.tokenType !== token.Quantity || !before.image.endsWith('%')) return false;
  return tokenType === token.NumberLiteral || tokenType === token.LParen;
}

function tokenOf(image: string, tokenType: TokenType, startOffset: number): IToken {
  const tokenTypeIdx = tokenType.tokenTypeIdx as number;
  return { image, startOffset, endOffset: startOffset + image.length - 1, tokenType, tokenTypeIdx } as IToken;
}
