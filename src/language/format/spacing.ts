import type { IToken } from 'chevrotain';
import * as token from '../tokens.ts';

const is = (one: IToken | undefined, ...types: { tokenTypeIdx?: number }[]): boolean =>
  one !== undefined && types.some((type) => type.tokenTypeIdx === one.tokenTypeIdx);

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', 'mod', '|', '^', '&', '<<', '>>']);
/** What ends the operand of a range, beside brackets: weaker operators, and punctuation. */
const WEAKER: ReadonlySet<string> = new Set([
  'or',
  'and',
  'in',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  ',',
  ':',
  '?',
  '=',
  'else',
  'is',
  'not',
]);
const PREFIXES: ReadonlySet<string> = new Set(['-', '~', '&', '*']);
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}']);

/** The tokens of a file with the two things that a token alone does not tell: is a sign a prefix, is a range tight. */
export class Spacing {
  readonly #tokens: readonly IToken[];

  constructor(tokens: readonly IToken[]) {
    this.#tokens = tokens;
  }

  /** True when a blank stands between the token at `at` and the one before it on the same line. */
  before(at: number): boolean {
    const left = this.#tokens[at - 1];
    const right = this.#tokens[at];
    if (left === undefined || right === undefined) return false;
    if (is(left, token.Terminator)) return true;
    const [before, after] = [left.image, right.image];
    if (before === '(' || before === '[') return false;
    if (after === ',' || after === ';' || after === ')' || after === ']') return false;
    if (before === '{' || after === '}') return !(before === '{' && after === '}');
    if (is(left, token.Dot) || is(right, token.Dot)) return is(right, token.Dot) && this.#startsPath(at);
    if (is(right, token.DotStar)) return false;
    if (after === '..' || before === '..') return !this.#tight(after === '..' ? at : at - 1);
    // The two together are C's `and`.
    if (before === '&' && after === '&') return true;
    if (PREFIXES.has(before) && this.isPrefix(at - 1)) return false;
    if (after === ':') return this.#ofConditional(at) || before === '{';
    if (after === '(' || after === '[') return !this.#applies(at);
    return true;
  }

  /** True for `-`, `~`, `&` and the `*` of a pointer where a value or a type begins. */
  isPrefix(at: number): boolean {
    const sign = this.#tokens[at];
    if (sign === undefined || !PREFIXES.has(sign.image)) return false;
    const left = this.#tokens[at - 1];
    if (left === undefined || is(left, token.Terminator)) return true;
    if (is(left, token.Word, token.NumberLiteral, token.Quantity, token.StringLiteral)) return this.#hugs(at);
    if (CLOSING.has(left.image) || is(left, token.DotStar)) return this.#hugs(at) && left.image !== ')';
    // Words that head a sentence, and reserved ones that are no value.
    return (
      !/^[a-z]/.test(left.image) ||
      WEAKER.has(left.image) ||
      this.#hugs(at) ||
      left.image === 'as' ||
      left.image === 'mod'
    );
  }

  /** `to -5`: only the author tells a sign from a difference. */
  #hugs(at: number): boolean {
    const [left, sign, right] = [this.#tokens[at - 1], this.#tokens[at], this.#tokens[at + 1]];
    if (left === undefined || sign === undefined || right === undefined) return false;
    return endOf(left) < sign.startOffset && endOf(sign) === right.startOffset;
  }

  /** A path that begins with its dot: `.tasks.next` as a value. */
  #startsPath(at: number): boolean {
    const left = this.#tokens[at - 1] as IToken;
    const right = this.#tokens[at] as IToken;
    if (is(left, token.Dot)) return false;
    const value = is(left, token.StringLiteral) || CLOSING.has(left.image) || /^\w/.test(left.image);
    return !value || WEAKER.has(left.image) || ARITHMETIC.has(left.image) || endOf(left) < right.startOffset;
  }

  /** A call or an index stands close to what it applies to; a group or a list after a word does not. */
  #applies(at: number): boolean {
    const left = this.#tokens[at - 1] as IToken;
    const right = this.#tokens[at] as IToken;
    if (left.image === ')' || left.image === ']')
      return right.image === '[' || endOf(left) === right.startOffset;
    if (WEAKER.has(left.image) || ARITHMETIC.has(left.image)) return false;
    return /^[A-Za-z_]/.test(left.image) && endOf(left) === right.startOffset;
  }

  /** The `:` of `a ? b : c`. */
  #ofConditional(at: number): boolean {
    let depth = 0;
    for (let index = at - 1; index >= 0; index--) {
      const one = this.#tokens[index] as IToken;
      if (CLOSING.has(one.image)) depth++;
      else if ('([{'.includes(one.image)) {
        if (depth-- === 0) return false;
      } else if (depth === 0 && is(one, token.Terminator)) return false;
      else if (depth === 0 && one.image === ':') return false;
      else if (depth === 0 && one.image === '?') return true;
    }
    return false;
  }

  /** `0..5`, but `first .. first + size`: blanks where an operand is more than a name or a number. */
  #tight(at: number): boolean {
    return !this.#compound(at, -1) && !this.#compound(at, 1);
  }

  #compound(at: number, step: 1 | -1): boolean {
    let depth = 0;
    let previous = this.#tokens[at] as IToken;
    for (let index = at + step; index >= 0 && index < this.#tokens.length; index += step) {
      const one = this.#tokens[index] as IToken;
      const opens = step === 1 ? '([{' : ')]}';
      const closes = step === 1 ? ')]}' : '([{';
      if (opens.includes(one.image)) depth++;
      else if (closes.includes(one.image)) {
        if (depth-- === 0) return false;
      } else if (depth === 0) {
        if (is(one, token.Terminator) || WEAKER.has(one.image) || one.image === '..') return false;
        if (ARITHMETIC.has(one.image) && !this.isPrefix(index)) return true;
        // Two values side by side: a clause ends or begins here.
        if (isValue(one) && isValue(previous)) return false;
      }
      previous = one;
    }
    return false;
  }
}

function isValue(one: IToken): boolean {
  return is(one, token.NumberLiteral, token.Quantity, token.StringLiteral) || /^[A-Za-z_]/.test(one.image);
}

/** Offset after the last character. */
export function endOf(one: IToken): number {
  return one.startOffset + one.image.length;
}

/** The reserved word: after a dot it is a field's name. */
export function isElse(one: IToken): boolean {
  return one.tokenTypeIdx === token.Else.tokenTypeIdx;
}
