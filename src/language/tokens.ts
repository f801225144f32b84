import { createToken, Lexer } from './chevrotain.ts';
import type { TokenType } from 'chevrotain';

/**
 * The tokens. Words that head a sentence are words everywhere else, so the lexer knows only `Word`; the pass in lex.ts
 * turns a word into its keyword unless it follows a dot.
 */
const category = (name: string, label: string): TokenType => createToken({ name, label, pattern: Lexer.NA });

export const BinaryOperator: TokenType = category('BinaryOperator', 'an operator');
export const PrefixOperator: TokenType = category('PrefixOperator', 'an operator');

/** What ends a sentence: a newline or `;`. */
export const Terminator: TokenType = createToken({
  name: 'Terminator',
  label: 'the end of the line',
  pattern: /[\n;]/,
  line_breaks: true,
});

const Blank = createToken({ name: 'Blank', pattern: /[ \t\r\uFEFF]+/, group: Lexer.SKIPPED });
const DocComment = createToken({ name: 'DocComment', pattern: /##[^\n]*/, group: 'docs' });
const Comment = createToken({ name: 'Comment', pattern: /#[^\n]*/, group: Lexer.SKIPPED });

export const DateLiteral: TokenType = createToken({
  name: 'Date',
  label: 'a date',
  pattern: /\d{4}-\d\d-\d\d(?!\w)/,
});
/** A number with its unit, one token: `64 MiB`, `10 ms`, `99.5%`. */
export const Quantity: TokenType = createToken({
  name: 'Quantity',
  label: 'a quantity',
  pattern: /\d[\d_]*(?:\.\d+)?[ \t]*(?:(?:ns|us|ms|s|min|h|B|KiB|MiB|GiB|TiB)(?!\w)|%)/,
});
export const NumberLiteral: TokenType = createToken({
  name: 'Number',
  label: 'a number',
  pattern: /(?:0x[0-9a-fA-F_]+|0b[01_]+|\d[\d_]*(?:\.\d+)?)(?!\w)/,
});
/** A number with letters stuck to it: always an error, and one token so that it is one error. */
const BadNumber = createToken({
  name: 'BadNumber',
  pattern: /\d\w*(?:\.\d\w*)?%?/,
  categories: NumberLiteral,
});
/** The closing quote may be missing: lex.ts says so. */
export const StringLiteral: TokenType = createToken({
  name: 'String',
  label: 'a string',
  pattern: /"(?:[^"\\\n]|\\[^\n])*"?/,
});
export const Word: TokenType = createToken({
  name: 'Word',
  label: 'a word',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
});

const punctuation = (name: string, text: string, ...categories: TokenType[]): TokenType =>
  createToken({ name, label: `\`${text}\``, pattern: text, categories });

export const LBrace: TokenType = punctuation('LBrace', '{');
export const RBrace: TokenType = punctuation('RBrace', '}');
export const LBracket: TokenType = punctuation('LBracket', '[');
export const RBracket: TokenType = punctuation('RBracket', ']');
export const LParen: TokenType = punctuation('LParen', '(');
export const RParen: TokenType = punctuation('RParen', ')');
export const Comma: TokenType = punctuation('Comma', ',');
export const Colon: TokenType = punctuation('Colon', ':');
export const Question: TokenType = punctuation('Question', '?');
const DotDot = punctuation('DotDot', '..', BinaryOperator);
export const DotStar: TokenType = punctuation('DotStar', '.*');
export const Dot: TokenType = punctuation('Dot', '.');
export const EqualEqual: TokenType = punctuation('EqualEqual', '==', BinaryOperator);
export const NotEqual: TokenType = punctuation('NotEqual', '!=', BinaryOperator);
const ShiftLeft = punctuation('ShiftLeft', '<<', BinaryOperator);
const ShiftRight = punctuation('ShiftRight', '>>', BinaryOperator);
const LessEqual = punctuation('LessEqual', '<=', BinaryOperator);
const GreaterEqual = punctuation('GreaterEqual', '>=', BinaryOperator);
const Less = punctuation('Less', '<', BinaryOperator);
const Greater = punctuation('Greater', '>', BinaryOperator);
export const Equal: TokenType = punctuation('Equal', '=');
const Pipe = punctuation('Pipe', '|', BinaryOperator);
const Caret = punctuation('Caret', '^', BinaryOperator);
const Ampersand = punctuation('Ampersand', '&', BinaryOperator, PrefixOperator);
const Plus = punctuation('Plus', '+', BinaryOperator);
const Minus = punctuation('Minus', '-', BinaryOperator, PrefixOperator);
export const Star: TokenType = punctuation('Star', '*', BinaryOperator);
const Slash = punctuation('Slash', '/', BinaryOperator);
const Tilde = punctuation('Tilde', '~', PrefixOperator);

const KEYWORD_MAP = new Map<string, TokenType>();
const keyword = (text: string, ...categories: TokenType[]): TokenType => {
  const name = text[0]?.toUpperCase() + text.slice(1);
  const token = createToken({ name, label: `\`${text}\``, pattern: Lexer.NA, categories });
  KEYWORD_MAP.set(text, token);
  return token;
};

// Reserved: they are words only after a dot.
export const Or: TokenType = keyword('or', BinaryOperator);
const And = keyword('and', BinaryOperator);
const In = keyword('in', BinaryOperator);
const Mod = keyword('mod', BinaryOperator);
export const Not: TokenType = keyword('not', PrefixOperator);
export const Is: TokenType = keyword('is');
export const As: TokenType = keyword('as');
export const Else: TokenType = keyword('else');
export const InWord: TokenType = In;

// Heads: words anywhere but at the head of a sentence.
export const Import: TokenType = keyword('import', Word);
export const From: TokenType = keyword('from', Word);
export const Tag: TokenType = keyword('tag', Word);
export const Let: TokenType = keyword('let', Word);
export const Def: TokenType = keyword('def', Word);
export const Topology: TokenType = keyword('topology', Word);
export const Struct: TokenType = keyword('struct', Word);
export const Enum: TokenType = keyword('enum', Word);
export const Union: TokenType = keyword('union', Word);
export const Of: TokenType = keyword('of', Word);
export const Locator: TokenType = keyword('locator', Word);
export const Validator: TokenType = keyword('validator', Word);
export const Fault: TokenType = keyword('fault', Word);
export const Scenario: TokenType = keyword('scenario', Word);
export const Campaign: TokenType = keyword('campaign', Word);
export const For: TokenType = keyword('for', Word);
export const At: TokenType = keyword('at', Word);
export const Every: TokenType = keyword('every', Word);
export const On: TokenType = keyword('on', Word);
export const Each: TokenType = keyword('each', Word);
export const If: TokenType = keyword('if', Word);
export const Expect: TokenType = keyword('expect', Word);
export const Check: TokenType = keyword('check', Word);
export const Require: TokenType = keyword('require', Word);
export const Repair: TokenType = keyword('repair', Word);
export const Walk: TokenType = keyword('walk', Word);
export const Owns: TokenType = keyword('owns', Word);
export const Shares: TokenType = keyword('shares', Word);
export const Borrows: TokenType = keyword('borrows', Word);
keyword('contains', Word, BinaryOperator);

export const KEYWORDS: ReadonlyMap<string, TokenType> = KEYWORD_MAP;

/** After one of these a newline means nothing. */
export const CONTINUING: readonly TokenType[] = [
  Comma,
  Colon,
  Question,
  Equal,
  DotDot,
  EqualEqual,
  NotEqual,
  ShiftLeft,
  ShiftRight,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Pipe,
  Caret,
  Ampersand,
  Plus,
  Minus,
  Star,
  Slash,
  Tilde,
  Or,
  And,
  In,
  Mod,
  Not,
  Else,
];

/** In the order in which the lexer tries them. */
export const LEXED: TokenType[] = [
  Blank,
  Word,
  Terminator,
  DocComment,
  Comment,
  DateLiteral,
  Quantity,
  NumberLiteral,
  BadNumber,
  StringLiteral,
  DotDot,
  DotStar,
  Dot,
  Comma,
  LBrace,
  RBrace,
  LBracket,
  RBracket,
  LParen,
  RParen,
  Colon,
  Question,
  EqualEqual,
  NotEqual,
  ShiftLeft,
  ShiftRight,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Equal,
  Pipe,
  Caret,
  Ampersand,
  Plus,
  Minus,
  Star,
  Slash,
  Tilde,
];

export const VOCABULARY: TokenType[] = [BinaryOperator, PrefixOperator, ...LEXED, ...KEYWORDS.values()];
