import { formatSize, formatTime } from '../base/units.ts';
import type { Dimension, Expression } from '../model/expression.ts';
import { dimensionOf } from './check/place.ts';
import { evaluate, evaluatePath } from './evaluate.ts';
import { later } from './later.ts';
import { dimensionName, isConstant } from './fold.ts';
import { unitMeant } from './units.ts';
import { fail, label } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean, nearest } from './suggest.ts';
import type { Clause, Expr, Name, Node, Phrase } from './tree.ts';

/** The one value of a setting or a clause; reports when there is none or several. */
export function single(values: readonly Expr[], owner: Name, scope: Scope): Expr | undefined {
  if (values.length === 1) return values[0];
  const message =
    values.length === 0
      ? `\`${owner.text}\` needs a value`
      : `\`${owner.text}\` takes one value, not ${values.length}`;
  const at = values[1] ?? owner;
  return fail(scope, 'E0320', at, message, values.length === 0 ? 'and has none' : 'one too many');
}

/** A constant of the wanted dimension. */
function constant(
  values: readonly Expr[],
  owner: Name,
  dimension: Dimension,
  scope: Scope,
): Expression | undefined {
  const expr = single(values, owner, scope);
  if (expr === undefined) return undefined;
  const value = evaluate(expr, scope);
  if (value === undefined) return undefined;
  if (value.kind === dimension) return value;
  return mismatch(value, dimension, owner, expr, scope);
}

const EXAMPLES: Readonly<Partial<Record<Dimension, string>>> = {
  time: '`10 ms`',
  size: '`64 MiB`',
  int: '`3`',
  bool: '`yes` or `no`',
  string: '`"text"`',
  set: '`0..3`',
  percent: '`30%`',
};

/** `memory 10 ms`: says what was expected and what was seen. */
export function mismatch(
  value: Expression,
  wanted: Dimension,
  owner: Name,
  at: Node,
  scope: Scope,
): undefined {
  const is = dimensionOf(value, scope);
  if (is === wanted || (is === 'place' && !isConstant(value))) {
    return fail(
      scope,
      'E0321',
      at,
      `\`${owner.text}\` must be known before the run`,
      'only a run can tell',
      'write a constant',
    );
  }
  const message = `\`${owner.text}\` takes ${dimensionName(wanted)}, not ${dimensionName(is)}`;
  const example = EXAMPLES[wanted];
  const help = example === undefined ? undefined : `as in ${example}`;
  return fail(scope, 'E0308', at, message, `${dimensionName(is)}`, help);
}

export interface Limits {
  readonly low: number;
  readonly high: number;
}

function within(
  value: number,
  limits: Limits,
  owner: Name,
  at: Node,
  show: (value: number) => string,
  scope: Scope,
): number | undefined {
  if (value >= limits.low && value <= limits.high) return value;
  const message = `\`${owner.text}\` is ${show(value)}: it must be ${show(limits.low)} to ${show(limits.high)}`;
  return fail(scope, 'E0309', at, message, 'out of range');
}

/** Nanoseconds. */
export function wantTime(
  values: readonly Expr[],
  owner: Name,
  limits: Limits,
  scope: Scope,
): number | undefined {
  const value = constant(values, owner, 'time', scope);
  if (value?.kind !== 'time') return undefined;
  return within(value.value, limits, owner, values[0] as Expr, formatTime, scope);
}

/** Bytes, in whole pages. */
export function wantSize(
  values: readonly Expr[],
  owner: Name,
  limits: Limits,
  scope: Scope,
): number | undefined {
  const value = constant(values, owner, 'size', scope);
  if (value?.kind !== 'size') return undefined;
  const bytes = within(value.value, limits, owner, values[0] as Expr, formatSize, scope);
  if (bytes === undefined || bytes % 4096 === 0) return bytes;
  const help = `the next is ${formatSize(Math.ceil(bytes / 4096) * 4096)}`;
  return fail(
    scope,
    'E0309',
    values[0] as Expr,
    `\`${owner.text}\` is no multiple of 4 KiB`,
    'not whole pages',
    help,
  );
}

export function wantInt(
  values: readonly Expr[],
  owner: Name,
  limits: Limits,
  scope: Scope,
): number | undefined {
  const value = constant(values, owner, 'int', scope);
  if (value?.kind !== 'int') return undefined;
  const written = Number(value.value);
  // A number of 64 bits is shown as it stands, not as the nearest double.
  const show = (one: number): string => (one === written ? value.value : one).toString();
  return within(written, limits, owner, values[0] as Expr, show, scope);
}

/** A part: 0.3 for 30%. */
export function wantPercent(
  values: readonly Expr[],
  owner: Name,
  limits: Limits,
  scope: Scope,
): number | undefined {
  const value = constant(values, owner, 'percent', scope);
  if (value?.kind !== 'percent') return undefined;
  const show = (one: number): string => `${Number((one * 100).toFixed(3))}%`;
  return within(value.value, limits, owner, values[0] as Expr, show, scope);
}

/** A bare word, or a table variable that is one. */
export function wantName(expr: Expr, owner: Name, scope: Scope): string | undefined {
  if (expr.kind === 'path') {
    const name = expr.root.text;
    if (expr.steps.length === 0 && !scope.values.has(name)) return name;
    const value = evaluatePath(expr, scope);
    if (value === undefined) return undefined;
    if (value.kind === 'word') return value.value;
    if (value.kind === 'bool') return String(value.value);
    if (value.kind === 'path' && value.value.steps.length === 0) return value.value.root;
  }
  return fail(scope, 'E0308', expr, `\`${owner.text}\` takes a name`, 'not a name');
}

/** One word of a closed list. */
export function wantWord<T extends string>(
  values: readonly Expr[],
  owner: Name,
  words: readonly T[],
  scope: Scope,
): T | undefined {
  const expr = single(values, owner, scope);
  if (expr === undefined) return undefined;
  const word = wantName(expr, owner, scope);
  if (word === undefined || words.includes(word as T)) return word as T | undefined;
  const help = didYouMean(word, words, 'it takes');
  return fail(scope, 'E0307', expr, `\`${owner.text}\` cannot be \`${word}\``, 'unknown word', help);
}

export function wantYesNo(values: readonly Expr[], owner: Name, scope: Scope): boolean | undefined {
  const word = wantWord(values, owner, ['yes', 'no', 'true', 'false'], scope);
  return word === undefined ? undefined : word === 'yes' || word === 'true';
}

/** CPUs are numbered below this. */
export const CPU_LIMIT = 64;

/** A set of small numbers: `0..3`, `5`, `[0, 2..3]`; ascending. */
export function wantSet(
  values: readonly Expr[],
  owner: Name,
  limit: number,
  scope: Scope,
): number[] | undefined {
  const members = new Set<number>();
  if (values.length === 0) return void single(values, owner, scope);
  for (const expr of values) {
    const value = evaluate(expr, scope);
    if (value === undefined) return undefined;
    const items = value.kind === 'list' ? value.items : [value];
    for (const item of items) {
      const ends = item.kind === 'range' ? [item.low, item.high] : [item, item];
      const [low, high] = ends;
      if (low?.kind !== 'int' || high?.kind !== 'int')
        return mismatch(
          low?.kind === 'int' ? (high as Expression) : (low as Expression),
          'set',
          owner,
          expr,
          scope,
        );
      if (low.value < 0n || high.value >= BigInt(limit)) {
        return fail(
          scope,
          'E0309',
          expr,
          `\`${owner.text}\` holds numbers from 0 to ${limit - 1}`,
          'out of range',
        );
      }
      for (let member = Number(low.value); member <= Number(high.value); member++) members.add(member);
    }
  }
  if (members.size === 0) {
    return fail(
      scope,
      'E0322',
      values[0] as Expr,
      `\`${owner.text}\` is an empty set`,
      'a range that ends below its start is empty',
    );
  }
  return [...members].sort((a, b) => a - b);
}

/** The clauses of one sentence, each word once: so few that they are looked through. */
export type Clauses = readonly Clause[];
const NO_WORDS: readonly string[] = [];

/** The clause of a word. */
export function clauseNamed(clauses: Clauses, word: string): Clause | undefined {
  for (const clause of clauses) if (clause.word.text === word) return clause;
  return undefined;
}

/** The clauses that are known, each given once. */
export function clausesOf(
  head: Name,
  clauses: Clauses,
  known: readonly string[],
  scope: Scope,
  laterWords: readonly string[] = NO_WORDS,
): Clauses {
  // Those of the tree, until one has to be left out.
  let kept: Clause[] | undefined;
  // Unknown ones in a row, as in `within 5 ms of harm`, are one mistake.
  let unknown = false;
  for (let at = 0; at < clauses.length; at++) {
    const clause = clauses[at] as Clause;
    const first = firstOf(clause, kept ?? clauses);
    const here = known.includes(clause.word.text);
    const follows = unknown && !here;
    unknown = !here;
    if (here && first === undefined) kept?.push(clause);
    else {
      kept ??= clauses.slice(0, at);
      if (follows) continue;
      refuseClause(head, clause, first, known, scope, laterWords);
      const meant = slip(clause, kept, known);
      if (meant !== undefined) kept.push(meant);
    }
  }
  return kept ?? clauses;
}

/**
 * An unknown clause as it was meant, unless that was said, too: what follows from a slip is not worth an error of its
 * own.
 */
function slip(clause: Clause, kept: Clauses, known: readonly string[]): Clause | undefined {
  const { text } = clause.word;
  const meant = known.includes(text) || unitMeant(text) !== undefined ? undefined : nearest(text, known);
  if (meant === undefined || Math.abs(meant.length - text.length) > 1) return undefined;
  if (clauseNamed(kept, meant) !== undefined) return undefined;
  return { ...clause, word: { ...clause.word, text: meant } };
}

/** The one before it with the same word. */
function firstOf(clause: Clause, kept: Clauses): Clause | undefined {
  for (const other of kept) {
    if (other === clause) return undefined;
    if (other.word.text === clause.word.text) return other;
  }
  return undefined;
}

function refuseClause(
  head: Name,
  clause: Clause,
  first: Clause | undefined,
  known: readonly string[],
  scope: Scope,
  laterWords: readonly string[],
): void {
  const word = clause.word.text;
  if (laterWords.includes(word)) later(scope, clause, `\`${word}\``);
  else if (first === undefined) unknownClause(head, clause, known, scope);
  else
    fail(scope, 'E0310', clause.word, `\`${word}\` is given twice`, 'again', undefined, [
      label(scope.unit, first, 'first here'),
    ]);
}

function unknownClause(head: Name, clause: Clause, known: readonly string[], scope: Scope): void {
  const word = clause.word.text;
  const unit = unitMeant(word);
  if (unit !== undefined && !known.some((one) => one.toLowerCase() === word.toLowerCase())) {
    fail(scope, 'E0206', clause.word, `\`${word}\` is no unit`, 'unknown unit', `write \`${unit}\``);
    return;
  }
  const help = didYouMean(word, known, 'it takes') ?? 'a sentence ends with its line, or with `;`';
  fail(scope, 'E0508', clause.word, `\`${head.text}\` takes no \`${word}\``, 'unknown clause', help);
}

export function noClauses(phrase: Phrase, scope: Scope): void {
  clausesOf(phrase.head, phrase.clauses, NO_WORDS, scope);
}

/** The condition of an `if`: yes or no, now or in the run. */
export function wantCondition(clause: Clause, scope: Scope): Expression | undefined {
  const expr = single(clause.values, clause.word, scope);
  const value = expr === undefined ? undefined : evaluate(expr, scope);
  if (value === undefined || expr === undefined) return undefined;
  if (dimensionOf(value, scope) === 'bool') return value;
  const help = 'compare it with something, as in `bit < 3`';
  return fail(
    scope,
    'E0617',
    expr,
    `\`${clause.word.text}\` takes yes or no, not ${dimensionName(dimensionOf(value, scope))}`,
    'no condition',
    help,
  );
}
