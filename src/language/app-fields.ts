import { describeType } from '../model/formula-types.ts';
import type { AppField, AppValue } from '../model/machine.ts';
import type { LocatorModel, TypeModel } from '../model/structure.ts';
import { resolveType } from '../model/type-source.ts';
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
  above: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  scope: Scope,
): AppField[] {
  const { head } = node;
  const path = [...above, { name: head.text, start: head.start, end: head.end }];
  const names = namesOf(scope.unit, scope.problems);
  if (node.body !== undefined && node.values.length === 0) {
    noClauses(node, scope);
    return node.body.flatMap((inner) => (inner.kind === 'phrase' ? readField(inner, locator, path, scope) : [])); // prettier-ignore
  }
  const type = follow(path, locator.of, contextOf(scope, names));
  if (type === undefined) return [];
  const expr = single(node.values, head, scope);
  if (expr === undefined) return [];
  const counter = expr.kind === 'path' && expr.root.text === 'counter' && expr.steps.length === 0;
  // A word that is meant to be `counter` is told as such.
  const word = expr.kind === 'path' && expr.steps.length === 0;
  const clauses = clausesOf(head, node.clauses, word ? ['from', 'step'] : [], scope);
  const filled = entryType(type, scope);
  const value = counter ? readCounter(clauses, scope) : readValue(expr, filled, scope);
  if (value === undefined || !fits(value, filled, expr, scope)) return [];
  return [{ member: path.map((one) => one.name), value, span: spanOf(scope.unit, node) }];
}

/** Of an array, what each entry is; of an array of `char`, the whole. */
function entryType(type: TypeModel | 'opaque', scope: Scope): TypeModel | 'opaque' {
  const { source } = namesOf(scope.unit, scope.problems);
  let at = type === 'opaque' ? type : (resolveType(type, source) ?? 'opaque');
  while (at !== 'opaque' && at.kind === 'array') {
    const of: TypeModel | 'opaque' = resolveType(at.of, source) ?? 'opaque';
    if (of !== 'opaque' && of.kind === 'char') return at;
    at = of;
  }
  return at;
}

function readCounter(clauses: readonly Clause[], scope: Scope): AppValue | undefined {
  const number = (word: string, otherwise: bigint): bigint | undefined => {
    const clause = clauseNamed(clauses, word);
    const expr = clause && single(clause.values, clause.word, scope);
    if (clause === undefined) return otherwise;
    const value = expr && evaluate(expr, scope);
    if (value?.kind === 'int') return BigInt.asUintN(64, value.value);
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
      return fail(scope, 'E1052', condition, 'before the run only `childless` can be asked', 'not known', EXAMPLES); // prettier-ignore
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
    return fail(scope, 'E1052', expr, `a list to draw from holds 1 to ${CHOICES} numbers`, 'not this', EXAMPLES); // prettier-ignore
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
  if (value.kind === 'int') return { kind: 'constant', value: BigInt.asUintN(64, value.value) };
  if (value.kind === 'size' || value.kind === 'time') return { kind: 'constant', value: BigInt(value.value) };
  if (value.kind === 'bool') return { kind: 'constant', value: value.value ? 1n : 0n };
  if (value.kind === 'string') return { kind: 'text', value: value.value };
  if (value.kind === 'range' && value.low.kind === 'int' && value.high.kind === 'int') {
    const [low, high] = [value.low.value, value.high.value];
    if (low >= 0n && low <= high) return { kind: 'range', low, high };
    return fail(scope, 'E1052', expr, 'this range is empty', 'nothing to draw', EXAMPLES);
  }
  return fail(scope, 'E1052', expr, 'nothing is filled with this', 'no fill', EXAMPLES);
}

/** False when a member cannot hold what it is filled with, which is reported. */
function fits(value: AppValue, type: TypeModel | 'opaque', at: Expr, scope: Scope): boolean {
  if (value.kind === 'childless')
    return fits(value.then, type, at, scope) && fits(value.otherwise, type, at, scope);
  const text = typeof type === 'object' && type.kind === 'array';
  const bytes = widthOf(type);
  if (bytes === undefined && !text) {
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
  const most = mostOf(value);
  if (bytes === undefined || most === undefined || bytes === 8 || most < 1n << BigInt(bytes * 8)) return true;
  fail(scope, 'E1053', at, `${most} does not fit into ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`, 'too large'); // prettier-ignore
  return false;
}

function widthOf(type: TypeModel | 'opaque'): number | undefined {
  if (type === 'opaque') return undefined;
  if (type.kind === 'int' || type.kind === 'enum') return type.bytes;
  if (type.kind === 'char' || type.kind === 'bool') return 1;
  return type.kind === 'pointer' ? 8 : undefined;
}

function mostOf(value: AppValue): bigint | undefined {
  if (value.kind === 'constant') return value.value;
  if (value.kind === 'range') return value.high;
  if (value.kind === 'choice') return value.values.reduce((most, one) => (one > most ? one : most), 0n);
  return undefined;
}
