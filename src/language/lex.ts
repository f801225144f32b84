import { Lexer } from './chevrotain.ts';
import type { IToken, TokenType } from 'chevrotain';
import { inThisForm, tellBraces, withOwnOperators } from './habits.ts';
import { Heads } from './heads.ts';
import type { Problems } from './problems.ts';
import { unitMeant } from './units.ts';
import * as token from './tokens.ts';

/** Brackets and braces may nest this deep; a recursive parser's stack is not for the input to spend. */
const NESTING_LIMIT = 64;
/** Operators in one expression: a left-deep tree is walked by recursion too. */
const OPERATOR_LIMIT = 256;

export interface Lexed {
  /** With terminators only where a sentence ends. */
  readonly tokens: IToken[];
  /** `##` comments in order. */
  readonly docs: readonly IToken[];
  /** False when the text is nested beyond what may be parsed. */
  readonly parseable: boolean;
}

const lexer = new Lexer(token.LEXED, { positionTracking: 'onlyOffset', ensureOptimizations: true });

const CONTINUES = new Uint8Array(1024);
for (const type of token.CONTINUING) CONTINUES[type.tokenTypeIdx as number] = 1;
const OPERATOR = new Uint8Array(1024);
for (const type of token.CONTINUING) OPERATOR[type.tokenTypeIdx as number] = 1;
OPERATOR[token.Comma.tokenTypeIdx as number] = 0;

/**
 * Before one of these a newline or `;` means nothing in a `locator`, which is long and has nothing behind a newline.
 */
const OF_LOCATORS: ReadonlySet<string> = new Set([
  'from',
  'via',
  'step',
  'length',
  'first',
  'last',
  'key',
  'label',
  'id',
  'space',
  'guard',
  'limit',
  'including',
]);

const index = (type: { tokenTypeIdx?: number }): number => type.tokenTypeIdx as number;
const WORD = index(token.Word);
const DOT = index(token.Dot);
const TERMINATOR = index(token.Terminator);
const LBRACE = index(token.LBrace);
const RBRACE = index(token.RBrace);
const LBRACKET = index(token.LBracket);
const RBRACKET = index(token.RBracket);
const LPAREN = index(token.LParen);
const RPAREN = index(token.RParen);
const ELSE = index(token.Else);
const STRING = index(token.StringLiteral);
const COMMA = index(token.Comma);
const LOCATOR = index(token.Locator);
const QUESTION = index(token.Question);
const NUMBER = index(token.NumberLiteral);
const QUANTITY = index(token.Quantity);

/** Words seen before, once each: a file says `web` a thousand times, and its tree keeps every one. */
const WORDS = new Map<string, { readonly image: string; readonly keyword: TokenType | undefined }>();
const WORD_LIMIT = 16_384;

function wordOf(image: string): { readonly image: string; readonly keyword: TokenType | undefined } {
  const known = WORDS.get(image);
  if (known !== undefined) return known;
  if (WORDS.size >= WORD_LIMIT) WORDS.clear();
  // A property's key is the engine's own copy of a text: compared with a literal by its address, and no part of the
  // file.
  const [own] = Object.keys({ [image]: 0 }) as [string];
  const word = { image: own, keyword: token.KEYWORDS.get(own) };
  WORDS.set(own, word);
  return word;
}

/** Text to sentences. Every offset is a UTF-16 offset into `text`. */
export function lex(file: string, text: string, problems: Problems): Lexed {
  const { groups, ...cut } = lexer.tokenize(inThisForm(file, text, problems));
  const { tokens, errors } = withOwnOperators(file, text, cut, problems);
  for (const error of errors) {
    const start = error.offset;
    const seen = JSON.stringify(text.slice(start, start + Math.min(error.length, 12)));
    problems.error(
      'E0201',
      `unexpected ${error.length === 1 ? 'character' : 'characters'} ${seen}`,
      [{ span: { file, start, end: start + error.length }, text: 'not part of the language' }],
      'a comment starts with `#`, text stands in double quotes, names are made of letters, digits and `_`',
    );
  }
  const closed = matchBrackets(tokens);
  const sentences: IToken[] = [];
  let parseable = true;
  let depth = 0;
  /** Braces that are open. */
  let bodies = 0;
  let inside = 0;
  let operators = 0;
  let previous = TERMINATOR;
  let pending: IToken | undefined;
  const braces: IToken[] = [];
  const heads = new Heads();
  let located = false;
  for (let at = 0; at < tokens.length; at++) {
    const current = tokens[at] as IToken;
    let type = current.tokenTypeIdx;
    if (type === TERMINATOR) {
      operators = 0;
      if (inside === 0 && (CONTINUES[previous] === 0 || current.image === ';')) pending ??= current;
      continue;
    }
    if (type === WORD && previous === NUMBER && pending === undefined && !isHex(sentences.at(-1))) {
      const meant = unitMeant(current.image);
      if (meant !== undefined) {
        badUnit(file, sentences.at(-1) as IToken, current, meant, problems);
        previous = QUANTITY;
        continue;
      }
    }
    if (type === WORD) {
      const word = wordOf(current.image);
      current.image = word.image;
      const head = pending !== undefined || previous === LBRACE;
      if (head) heads.begin(current.image);
      if (
        previous !== DOT &&
        word.keyword !== undefined &&
        !(head && heads.isName(word.keyword, tokens[at + 1]))
      ) {
        current.tokenType = word.keyword;
        type = current.tokenTypeIdx = word.keyword.tokenTypeIdx as number;
      }
    }
    if (pending !== undefined) {
      const ends = !(located && bodies === 0 && OF_LOCATORS.has(current.image));
      const opens = type === LBRACE && pending.image !== ';' && previous !== RBRACE && previous !== LBRACE;
      if (opens && sentences.length > 0) braces.push(current);
      else if (ends && type !== ELSE && type !== RBRACE && previous !== LBRACE && sentences.length > 0)
        sentences.push(pending);
      // Not by the lines of an `enum { … }` within it.
      if (ends && !opens && bodies === 0) located = false;
      pending = undefined;
    }
    if (type === STRING) checkString(file, current, problems);
    else if (type === LBRACE || type === LBRACKET || type === LPAREN) {
      depth++;
      if (type === LBRACE) heads.open(++bodies);
      else if (closed[at] === 1) inside++;
      if (depth > NESTING_LIMIT && parseable) {
        parseable = false;
        tooDeep(file, current, problems);
      }
    } else if (type === RBRACE || type === RBRACKET || type === RPAREN) {
      depth = Math.max(0, depth - 1);
      if (type === RBRACE) heads.close((bodies = Math.max(0, bodies - 1)));
      else if (closed[at] === 1) inside--;
    }
    if (type === COMMA || type === LBRACE || type === RBRACE) operators = 0;
    else if (OPERATOR[type] === 1 || type === QUESTION) {
      if (++operators > OPERATOR_LIMIT && parseable) {
        parseable = false;
        tooLong(file, current, problems);
      }
    }
    if (type === LOCATOR && depth === 0 && starts(sentences)) located = true;
    sentences.push(current);
    previous = type;
  }
  tellBraces(file, braces, problems);
  return { tokens: sentences, docs: groups['docs'] ?? [], parseable };
}

/** True where a sentence begins. */
function starts(sentences: readonly IToken[]): boolean {
  const last = sentences.at(-1);
  return last === undefined || last.tokenTypeIdx === TERMINATOR;
}

/**
 * 1 for each `(`, `[`, `)`, `]` that has its partner before the next brace. An unclosed bracket must not swallow the
 * newlines of the rest of the file.
 */
function matchBrackets(tokens: readonly IToken[]): Uint8Array {
  const closed = new Uint8Array(tokens.length);
  const open: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const type = (tokens[at] as IToken).tokenTypeIdx;
    if (type === LPAREN || type === LBRACKET) open.push(at);
    else if (type === RPAREN || type === RBRACKET) {
      const partner = open.pop();
      if (partner !== undefined) closed[at] = closed[partner] = 1;
    } else if (type === LBRACE || type === RBRACE) open.length = 0;
  }
  return closed;
}

function checkString(file: string, literal: IToken, problems: Problems): void {
  const { image, startOffset: start } = literal;
  if (image.length < 2 || !image.endsWith('"') || /[^\\](?:\\\\)*\\"$/.test(image)) {
    problems.error(
      'E0202',
      'a string is not closed before the end of its line',
      [{ span: { file, start, end: start + image.length }, text: 'opened here' }],
      'close it with `"`; a quote inside a string is written `\\"`',
    );
    return;
  }
  for (let at = image.indexOf('\\'); at >= 0; at = image.indexOf('\\', at + 2)) {
    if ('"\\nt{}'.includes(image[at + 1] as string)) continue;
    problems.error(
      'E0208',
      `unknown escape \`${image.slice(at, at + 2)}\` in a string`,
      [{ span: { file, start: start + at, end: start + at + 2 }, text: 'no such escape' }],
      'the escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\{` and `\\}`',
    );
  }
}

const isHex = (number: IToken | undefined): boolean => number !== undefined && /^0[xb]/.test(number.image);

/** `100 msec`: said once, and read on as what was meant. */
function badUnit(file: string, number: IToken, unit: IToken, meant: string, problems: Problems): void {
  const end = unit.startOffset + unit.image.length;
  const at = [{ span: { file, start: unit.startOffset, end }, text: 'unknown unit' }];
  problems.error('E0206', `\`${unit.image}\` is no unit`, at, `write \`${meant}\``);
  number.image = `${number.image} ${meant}`;
  number.endOffset = end - 1;
  number.tokenType = token.Quantity;
  number.tokenTypeIdx = QUANTITY;
}

function tooDeep(file: string, at: IToken, problems: Problems): void {
  problems.error(
    'E0204',
    `brackets and braces are nested more than ${NESTING_LIMIT} deep`,
    [{ span: { file, start: at.startOffset, end: at.startOffset + 1 }, text: 'one too many' }],
    'close what is open, or take the text apart',
  );
}

function tooLong(file: string, at: IToken, problems: Problems): void {
  problems.error(
    'E0205',
    `an expression has more than ${OPERATOR_LIMIT} operators`,
    [{ span: { file, start: at.startOffset, end: at.startOffset + at.image.length }, text: 'one too many' }],
    'name parts of it with `let`',
  );
}
