import { EOF } from './chevrotain.ts';
import type { IRecognitionException, IToken } from 'chevrotain';
import { VERBS } from '../model/verbs.ts';
import type { Label } from '../text/diagnostic.ts';
import { OBSERVERS } from './check/observers.ts';
import { BASIC, OF_C } from './library/basic-types.ts';
import type { Problems } from './problems.ts';
import { nearest } from './suggest.ts';
import * as token from './tokens.ts';

/** A text that did not parse, as its complaints are read against it. */
interface Failed {
  readonly file: string;
  readonly text: string;
  readonly tokens: readonly IToken[];
}

interface Complaint {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** Under the carets. */
  readonly said: string;
  readonly help?: string | undefined;
  readonly more?: readonly Label[];
}

/** Reports a syntax error: what habit or slip led to it where that can be told, what was expected otherwise. */
export function complain(failed: Failed, error: IRecognitionException, problems: Problems): void {
  const at = indexOf(failed.tokens, error.token);
  const text = failed.tokens[at - 1];
  if (text?.tokenType === token.StringLiteral && text.image.lastIndexOf('{') > text.image.lastIndexOf('}')) {
    const quote = endOf(text) - 1;
    const help = 'give the value a name first: `let said = symbols["order_count"] as u64`';
    const where = { file: failed.file, start: quote, end: quote + 1 };
    problems.error('E1038', 'a quote between braces ends the text', [{ span: where, text: 'here' }], help);
    return;
  }
  const { message, start, end, said, help, more } =
    cMember(failed, at, error) ??
    colon(failed, at, error) ??
    claim(failed, at, error) ??
    expected(failed, error);
  const { file } = failed;
  problems.error(
    said === AS_C ? 'E0213' : 'E0203',
    message,
    [{ span: { file, start, end }, text: said }, ...(more ?? [])],
    help,
  );
}

/** Where a token stands in its row; after the last for the end of the file. */
function indexOf(tokens: readonly IToken[], wanted: IToken): number {
  if (wanted.tokenType === EOF) return tokens.length;
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle] as IToken).startOffset < wanted.startOffset) low = middle + 1;
    else high = middle;
  }
  return low;
}

const endOf = (at: IToken): number => at.startOffset + at.image.length;
const ENDS = new Set([token.Terminator, token.LBrace, token.RBrace]);

/** The first token of the sentence that a token belongs to. */
function sentenceOf(tokens: readonly IToken[], at: number): number {
  let first = at;
  while (first > 0 && !ENDS.has((tokens[first - 1] as IToken).tokenType)) first--;
  return first;
}

const AS_C = 'as C does';

/** `uint64_t id`, `char *name`, `u8 raw[4]`: a member as C declares it. */
function cMember({ tokens }: Failed, at: number, error: IRecognitionException): Complaint | undefined {
  if (error.context.ruleStack.at(-1) !== 'member') return undefined;
  const first = sentenceOf(tokens, at);
  let next = first;
  const words: string[] = [];
  let stars = 0;
  for (; tokens[next]?.tokenType === token.Star || isName(tokens[next]); next++) {
    const one = tokens[next] as IToken;
    if (one.tokenType === token.Star) stars++;
    else words.push(one.image);
  }
  const name = words.pop();
  const last = tokens[next - 1];
  if (
    name === undefined ||
    BASIC.has(name) ||
    words.length === 0 ||
    last === undefined ||
    last.image !== name
  )
    return undefined;
  const length = tokens[next]?.tokenType === token.LBracket ? tokens[next + 1]?.image : undefined;
  const type = `${'*'.repeat(stars)}${ofC(words)}${length === undefined ? '' : `[${length}]`}`;
  const text = type === '*char' ? 'a text that lies in the struct is `char[16]`' : undefined;
  const help = `write \`${name}: ${type}\`${text === undefined ? '' : `; ${text}`}`;
  const { start } = place(tokens[first] as IToken);
  return {
    message: 'a member is written with its name first',
    start,
    end: endOf(last),
    said: 'as C does',
    help,
  };
}

const isName = (at: IToken | undefined): boolean =>
  at !== undefined && /^[A-Za-z_]\w*$/.test(at.image) && at.image !== 'bits';

/** The language's word for a type of C. */
function ofC(words: readonly string[]): string {
  const plain = words.filter(
    (word) => !['struct', 'union', 'enum', 'const', 'volatile', 'static', 'signed'].includes(word),
  );
  const unsigned = plain.includes('unsigned');
  const base = plain.filter((word) => word !== 'unsigned');
  const name = base.filter((word) => word !== 'int').at(-1) ?? 'int';
  const known = OF_C.get(name) ?? (name === 'char' ? (unsigned ? 'u8' : 'char') : name);
  return unsigned ? known.replace(/^s(?=\d)/, 'u') : known;
}

const TRIGGERS = new Set([token.At, token.Every, token.On]);
const OF_TRIGGERS = ['called', 'if', 'from', 'to', 'nth'];

/** A trigger whose action has no `:` before it, or whose times are several. */
function colon({ tokens }: Failed, at: number, error: IRecognitionException): Complaint | undefined {
  const first = sentenceOf(tokens, at);
  const head = tokens[first];
  if (head === undefined || !TRIGGERS.has(head.tokenType)) return undefined;
  for (let next = first + 1; next < at; next++) if (tokens[next]?.tokenType === token.Colon) return undefined;
  for (let next = first + 1; next < at; next++) {
    const [before, current] = [tokens[next - 1] as IToken, tokens[next] as IToken];
    if (current.tokenType !== token.Word || before.tokenType === token.Dot || before.image === 'called')
      continue;
    // After the moment, or the name, stands another clause or the action.
    const ended = before.tokenType === token.Quantity || tokens[next - 2]?.image === 'called';
    const clause = OF_TRIGGERS.includes(current.image) || nearest(current.image, OF_TRIGGERS) !== undefined;
    if (!VERBS.has(current.image) && (!ended || clause)) continue;
    const start = endOf(before);
    return {
      message: `expected \`:\` before \`${current.image}\``,
      start,
      end: start,
      said: 'a `:` goes here',
    };
  }
  const comma = tokens[at];
  if (comma?.tokenType !== token.Comma || !error.message.startsWith('expected `:`')) return undefined;
  const what = head.tokenType === token.On ? 'event' : 'time';
  const message = `\`${head.image}\` takes one ${what} only`;
  const help = what === 'time' ? 'write two triggers, or `every`' : 'write two triggers';
  return { message, start: comma.startOffset, end: endOf(comma), said: 'and no list', help };
}

/** Claims that say `are`, or do not say whose view they are. */
function claim({ tokens }: Failed, at: number, error: IRecognitionException): Complaint | undefined {
  const rule = error.context.ruleStack.at(-1);
  const [before, found] = [tokens[at - 1], tokens[at]];
  const subject = tokens[sentenceOf(tokens, at)];
  if (found?.tokenType === token.Is && rule === 'body' && subject !== undefined) {
    const expect = tokens[sentenceOf(tokens, at) - 2];
    if (expect?.tokenType === token.Expect) {
      const message = '`expect` stands outside of a scenario';
      return { ...place(expect), message, said: 'not here', help: 'a `}` above closes too much' };
    }
    const help = 'claims stand in `expect { … }`';
    return { ...place(subject), message: 'a claim stands outside of `expect`', said: 'not here', help };
  }
  if (found?.image === 'and' && rule === 'expectation')
    return { ...place(found), message: error.message, said: 'two claims', help: 'write a line for each' };
  if (!error.context.ruleStack.includes('stateClaim')) return undefined;
  if (
    found?.tokenType === token.Dot &&
    subject !== undefined &&
    before === subject &&
    !OBSERVERS.has(subject.image)
  ) {
    const help = `say who says so, as in \`verdict ${subject.image}… is …\``;
    return { ...place(subject), message: 'a claim begins with an observer', said: 'too early', help };
  }
  const view = subject?.image === 'others' ? 'verdict' : 'guest';
  const name = subject === undefined || OBSERVERS.has(subject.image) ? 'web' : subject.image;
  const observed = `say whose view it is and of whom, as in \`${view} ${name} is …\``;
  if (found?.tokenType === token.Is && before === subject)
    return {
      ...place(found),
      message: 'a claim begins with an observer and its subject',
      said: 'too early',
      help: observed,
    };
  const are = found?.image === 'are' ? found : before?.image === 'are' ? before : undefined;
  if (are === undefined) return undefined;
  const help = are === found ? 'write `is`' : `write \`is\`, and ${observed}`;
  return { ...place(are), message: 'expected `is`, found `are`', said: '`is`', help };
}

const place = (at: IToken): { start: number; end: number } => ({ start: at.startOffset, end: endOf(at) });

function expected(failed: Failed, error: IRecognitionException): Complaint {
  const { text } = failed;
  const at = error.token;
  const previous = (error as { previousToken?: IToken }).previousToken;
  const atEnd = at.tokenType === EOF || at.tokenType === token.Terminator;
  const before = previous !== undefined && Number.isFinite(previous.startOffset);
  const start = !atEnd
    ? at.startOffset
    : before
      ? endOf(previous)
      : Math.min(text.length, Number.isFinite(at.startOffset) ? at.startOffset : text.length);
  const open = at.tokenType === EOF ? unclosed(failed) : undefined;
  return {
    message: error.message,
    start,
    end: atEnd ? start : endOf(at),
    said: /^expected (.*), found/s.exec(error.message)?.[1] ?? 'here',
    help:
      open === undefined
        ? (castToArray(failed, at) ??
          uncounted(failed, at) ??
          goesOn(failed, at) ??
          besides(failed, error) ??
          hint(error, previous))
        : 'close it with `}`',
    more:
      open === undefined ? [] : [{ span: { file: failed.file, ...place(open) }, text: 'this has no `}`' }],
  };
}

/** The `{` that lacks its `}`: one whose partner stands further left than its own line, or the last that stays open. */
function unclosed({ text, tokens }: Failed): IToken | undefined {
  const open: { readonly brace: IToken; readonly columns: number }[] = [];
  let line = -1;
  let newline = -1;
  let columns = 0;
  for (const current of tokens) {
    if (current.tokenType !== token.LBrace && current.tokenType !== token.RBrace) continue;
    // Each line is looked at once, however long it is.
    while (newline < current.startOffset) {
      line = newline + 1;
      newline = text.indexOf('\n', line);
      if (newline < 0) newline = text.length;
      columns = 0;
      while (newline >= current.startOffset && /[ \t]/.test(text[line + columns] ?? '')) columns++;
    }
    if (current.tokenType === token.LBrace) open.push({ brace: current, columns });
    else {
      const partner = open.pop();
      const begins = line + columns === current.startOffset;
      if (partner !== undefined && begins && columns < partner.columns) return partner.brace;
    }
  }
  return open.at(-1)?.brace;
}

/** `symbols["table"] as hlist_head[64]`: no value is an array. */
function castToArray({ tokens }: Failed, at: IToken): string | undefined {
  if (at.tokenType !== token.LBracket) return undefined;
  const before = tokens
    .slice(0, tokens.indexOf(at))
    .findLast(({ tokenType }) => tokenType !== token.Star && tokenType !== token.Word);
  if (before?.tokenType !== token.As) return undefined;
  return 'nothing is read `as` an array: a locator says how many with `length`, and a struct may hold an array';
}

/**
 * `recents of answers` in an `app`: where a value belongs, `of` is taken for one, and who is meant for a clause without
 * any.
 */
function uncounted({ tokens }: Failed, at: IToken): string | undefined {
  const before = tokens.slice(0, tokens.indexOf(at));
  const [head, of, whose] = before.slice(-3);
  const [locator, name, colon] = before.slice(-6);
  if (locator?.tokenType === token.Locator && colon?.tokenType === token.Colon && at.image === 'in')
    return `what it is nested in stands before the colon: \`locator ${name?.image} in …: ${head?.image} of …\``;
  if (of?.image !== 'of' || head?.tokenType !== token.Word || whose?.tokenType !== token.Word)
    return undefined;
  return `say how many: \`${head.image} 100 of ${whose.image}\``;
}

/** Operators that are words: what stands before one goes on, and ends no line. */
const JOINING = ['or', 'and', 'in', 'mod', 'is', 'as'];

/** `or` at the head of a line: the line above has ended without it. */
function goesOn({ tokens }: Failed, at: IToken): string | undefined {
  const index = tokens.indexOf(at);
  const operator =
    at.tokenType === token.Terminator
      ? tokens[index + 1]
      : tokens[index - 1]?.tokenType === token.Terminator
        ? at
        : undefined;
  if (operator === undefined || operator.tokenType === token.Word || !JOINING.includes(operator.image))
    return undefined;
  return `write \`${operator.image}\` at the end of the line above, not at the head of this one: behind an operator a sentence goes on`;
}

/** Words that cannot begin a sentence. */
const RESERVED = ['or', 'and', 'in', 'mod', 'not', 'is', 'as', 'else'];

/**
 * `{ … } repair …`, `stop web expect { … }` on one line: what begins a sentence there without a line's end before it.
 */
export function runOn(
  tokens: readonly IToken[],
  { token: at, message }: IRecognitionException,
): IToken | undefined {
  const index = indexOf(tokens, at);
  const before = tokens[index - 1];
  if (at.tokenType === token.LBrace && before?.image === 'expect') return before;
  if (!/^expected (?:`}`|the end of the line(?: or `}`)?), found `[A-Za-z_]/.test(message)) return undefined;
  return !RESERVED.includes(at.image) && before?.tokenType === token.RBrace ? at : undefined;
}

function besides({ tokens }: Failed, error: IRecognitionException): string | undefined {
  const begins = runOn(tokens, error);
  if (!begins) return undefined;
  const after = begins === error.token ? '}' : '';
  return `a sentence begins on a line of its own, or behind a \`;\`: write \`${after}; ${begins.image}\``;
}

const LEFT_OVER = 'expected the end of the line, found `}`';

function hint(error: IRecognitionException, previous: IToken | undefined): string | undefined {
  const { token: at, message } = error;
  if (message === LEFT_OVER) return 'this `}` has no `{`, or one above closes too much';
  const requires = error.context.ruleStack.some((rule) => /^(?:require|let|def)/.test(rule));
  if (at.tokenType === token.Equal)
    return `two values are compared with \`==\`${requires ? '' : ', and `set PLACE to VALUE` writes one'}`;
  if (at.tokenType === token.StringLiteral && error.context.ruleStack.at(-1) === 'body')
    return 'what describes it stands above it, each line behind `##`';
  if (previous?.tokenType === token.Else && at.tokenType === token.StringLiteral)
    return `a code in capitals comes first: \`else TOO_LARGE ${at.image.slice(0, 40)}\``;
  if (message.startsWith('expected `else`')) return 'a requirement ends in `else CODE "message"`';
  if (['struct', 'union', 'enum'].includes(previous?.image ?? '') && at.tokenType === token.Word)
    return `types are named without \`${previous?.image}\`: \`${at.image}\``;
  if (RESERVED.includes(at.image) && at.tokenType !== token.Word)
    return `\`${at.image}\` is a reserved word: only after a dot it is a name`;
  if (message.startsWith('expected a string') && at.tokenType === token.Word)
    return `put it in quotes: \`"${at.image}"\``;
  if (message.startsWith('expected a value') && previous !== undefined && previous.tokenType === token.Word) {
    return `\`${previous.image}\` is followed by what it is about`;
  }
  return undefined;
}
