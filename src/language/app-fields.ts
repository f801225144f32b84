import type { NumberField } from '../model/number-field.ts';
import { numberField, rangeOf } from '../model/number-field.ts';
import { describeType } from '../model/formula-types.ts';
import type { AppField, AppValue } from '../model/machine.ts';
import type { LocatorModel, MemberModel, TypeModel } from '../model/structure.ts';
import { findMember, resolveType } from '../model/type-source.ts';
import { evaluate } from './evaluate.ts';
import { contextOf } from './library/formula.ts';
import { namesOf } from './library/library.ts';
import { follow } from './library/member-path.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, noClauses, single } from './settings.ts';
import type { Clause, Expr, Phrase } from './tree.ts';

const EXAMPLES = 'as in `1`, `"text"`, `1..1000`, `[0, 1]`, `counter from 1`, or `childless ? 1 : 0`';
/** A list to draw from has at most this many values. */
const CHOICES = 1024;

/** `MEMBER VALUE`, or `MEMBER { … }` for the members of a struct in it. */
export function readField(
  node: Phrase,
  locator: LocatorModel,
  count: number,
  above: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  scope: Scope,
): AppField[] {
  const { head } = node;
  const path = [...above, { name: head.text, start: head.start, end: head.end }];
  const names = namesOf(scope.unit, scope.problems);
  if (node.body !== undefined && node.values.length === 0) {
    noClauses(node, scope);
    return node.body.flatMap((inner) =>
      inner.kind === 'phrase' ? readField(inner, locator, count, path, scope) : [],
    );
  }
  const type = follow(path, locator.of, contextOf(scope, names));
  if (type === undefined) return [];
  const expr = single(node.values, head, scope);
  if (expr === undefined) return [];
  const counter = expr.kind === 'path' && expr.root.text === 'counter' && expr.steps.length === 0;
  // A word that is meant to be `counter` is told as such.
  const word = expr.kind === 'path' && expr.steps.length === 0;
  const clauses = clausesOf(head, node.clauses, word ? ['from', 'step'] : [], scope);
  const { of: filled, entries } = entryType(type, scope);
  const value = counter ? readCounter(clauses, scope) : readValue(expr, filled, scope);
  if (value === undefined) return [];
  const bits = bitsAt(path, locator.of, scope);
  // How many entries of a graph's arrays are in use is drawn: there the builder looks.
  const values = entries === 1 || locator.shape !== 'graph' ? count * entries : 1;
  if (!fits(value, values, filled, bits, expr, scope)) return [];
  return [{ member: path.map((one) => one.name), value, span: spanOf(scope.unit, node) }];
}

/** Of an array, what each entry is; of an array of `char`, the whole. */
function entryType(type: TypeModel | 'opaque', scope: Scope): { of: TypeModel | 'opaque'; entries: number } {
  const { source } = namesOf(scope.unit, scope.problems);
  let at = type === 'opaque' ? type : (resolveType(type, source) ?? 'opaque');
  let entries = 1;
  while (at !== 'opaque' && at.kind === 'array') {
    const of: TypeModel | 'opaque' = resolveType(at.of, source) ?? 'opaque';
    if (of !== 'opaque' && of.kind === 'char') return { of: at, entries };
    entries *= at.count;
    at = of;
  }
  return { of: at, entries };
}

/** The bits of a member that is a bit-field. */
function bitsAt(
  path: readonly { readonly name: string }[],
  of: TypeModel,
  scope: Scope,
): MemberModel['bits'] {
  const { source } = namesOf(scope.unit, scope.problems);
  let [type, bits]: [TypeModel, MemberModel['bits']] = [of, undefined];
  for (const { name } of path) {
    const member = findMember(type, name, source);
    if (typeof member !== 'object') return undefined;
    ({ type, bits } = member);
  }
  return bits;
}

function readCounter(clauses: readonly Clause[], scope: Scope): AppValue | undefined {
  const number = (word: string, otherwise: bigint): bigint | undefined => {
    const clause = clauseNamed(clauses, word);
    const expr = clause && single(clause.values, clause.word, scope);
    if (clause === undefined) return otherwise;
    const value = expr && evaluate(expr, scope);
    if (value?.kind === 'int') return value.value;
    if (value !== undefined && expr !== undefined)
      fail(scope, 'E1052', expr, `\`${word}\` takes a number`, 'not a number');
    return undefined;
  };
  const [from, step] = [number('from', 0n), number('step', 1n)];
  return from === undefined || step === undefined ? undefined : { kind: 'counter', from, step };
}

function readValue(expr: Expr, type: TypeModel | 'opaque', scope: Scope): AppValue | undefined {
  if (expr.kind === 'conditional') {
    const { condition } = expr;
    if (condition.kind !== 'path' || condition.root.text !== 'childless' || condition.steps.length > 0)
      return fail(
        scope,
        'E1052',
        condition,
        'before the run only `childless` can be asked',
        'not known',
        EXAMPLES,
      );
    const chosen = readValue(expr.chosen, type, scope);
    const otherwise = readValue(expr.otherwise, type, scope);
    if (chosen === undefined || otherwise === undefined) return undefined;
    // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
    return { kind: 'childless', then: chosen, otherwise };
  }
  if (expr.kind === 'list') {
    const values = expr.items.map((item) => readValue(item, type, scope));
    if (values.includes(undefined)) return undefined;
    const numbers = values.flatMap((value) => (value?.kind === 'constant' ? [value.value] : []));
    if (numbers.length === values.length && numbers.length > 0 && numbers.length <= CHOICES)
      return { kind: 'choice', values: numbers };
    return fail(
      scope,
      'E1052',
      expr,
      `a list to draw from holds 1 to ${CHOICES} numbers`,
      'not this',
      EXAMPLES,
    );
  }
  if (expr.kind === 'path' && expr.steps.length === 0 && typeof type === 'object' && type.kind === 'enum') {
    const named = type.values.find((one) => one.name === expr.root.text);
    if (named !== undefined) return { kind: 'constant', value: named.value };
  }
  const yes = expr.kind === 'path' ? ['no', 'yes'].indexOf(expr.root.text) : -1;
  if (yes >= 0 && typeof type === 'object' && type.kind === 'bool')
    return { kind: 'constant', value: BigInt(yes) };
  if (expr.kind === 'path' && expr.steps.length === 0 && !scope.values.has(expr.root.text))
    return fail(scope, 'E1052', expr, `nothing is filled with \`${expr.root.text}\``, 'unknown', EXAMPLES);
  const value = evaluate(expr, scope);
  if (value === undefined) return undefined;
  if (value.kind === 'int') return { kind: 'constant', value: value.value };
  if (value.kind === 'size' || value.kind === 'time') return { kind: 'constant', value: BigInt(value.value) };
  if (value.kind === 'bool') return { kind: 'constant', value: value.value ? 1n : 0n };
  if (value.kind === 'string') return { kind: 'text', value: value.value };
  if (value.kind === 'range' && value.low.kind === 'int' && value.high.kind === 'int') {
    const [low, high] = [value.low.value, value.high.value];
    if (low <= high) return { kind: 'range', low, high };
    return fail(scope, 'E1052', expr, 'this range is empty', 'nothing to draw', EXAMPLES);
  }
  return fail(scope, 'E1052', expr, 'nothing is filled with this', 'no fill', EXAMPLES);
}

/**
 * False when a member cannot hold what it is filled with, which is reported. `count`: how many values a counter comes
 * to.
 */
function fits(
  value: AppValue,
  count: number,
  type: TypeModel | 'opaque',
  bits: MemberModel['bits'],
  at: Expr,
  scope: Scope,
): boolean {
  if (value.kind === 'childless')
    return (
      fits(value.then, count, type, bits, at, scope) && fits(value.otherwise, count, type, bits, at, scope)
    );
  const text = typeof type === 'object' && type.kind === 'array';
  const field = type === 'opaque' ? undefined : numberField(type, bits);
  if (field === undefined && !text) {
    const what = type === 'opaque' ? 'something of the guest' : describeType({ kind: 'place', type });
    fail(scope, 'E1053', at, `numbers and texts are filled in, and this is ${what}`, 'another type');
    return false;
  }
  if (text !== (value.kind === 'text')) {
    fail(
      scope,
      'E1053',
      at,
      text ? 'this member holds a text' : 'this member holds a number',
      'another type',
    );
    return false;
  }
  if (field === undefined) return true;
  const { low, high } = holds(field, type);
  const odd = extremes(value, count).find((one) => one < low || one > high);
  if (odd === undefined) return true;
  const room = bits
    ? `${bits.width} ${bits.width === 1 ? 'bit' : 'bits'}`
    : `${field.bytes} ${field.bytes === 1 ? 'byte' : 'bytes'}`;
  const message =
    value.kind === 'counter'
      ? `the counter comes to ${odd}, which does not fit into ${room}`
      : `${odd} does not fit into ${room}`;
  fail(scope, 'E1053', at, message, odd < low ? 'too small' : 'too large', `it holds ${low} to ${high}`);
  return false;
}

/**
 * The smallest and the greatest that may be written for a member: of 64 bits, and of an enumeration, with either sign.
 */
function holds(
  field: NumberField,
  type: TypeModel | 'opaque',
): { readonly low: bigint; readonly high: bigint } {
  const either = field.width === 64 || (type !== 'opaque' && type.kind === 'enum');
  if (!either) return rangeOf(field);
  return { low: rangeOf({ ...field, signed: true }).low, high: rangeOf({ ...field, signed: false }).high };
}

/** The smallest and the greatest of what a fill comes to, as far as is known before anything is drawn. */
function extremes(value: AppValue, count: number): readonly bigint[] {
  switch (value.kind) {
    case 'constant':
      return [value.value];
    case 'range':
      return [value.low, value.high];
    case 'choice':
      return value.values;
    case 'counter':
      return count === 0 ? [] : [value.from, value.from + value.step * BigInt(count - 1)];
    default:
      return [];
  }
}
