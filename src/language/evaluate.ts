import type { BinaryOperator, Expression, PathStep } from '../model/expression.ts';
import type { TypeModel } from '../model/structure.ts';
import { FUNCTIONS } from '../model/functions.ts';
import { isLater } from '../model/later.ts';
import { didYouMean, nearest } from './suggest.ts';
import { dimensionName, foldBinary, foldUnary } from './fold.ts';
import { enumWord, isBareWord } from './enum-words.ts';
import { literalNumber } from './literal.ts';
import { interpolate } from './interpolate.ts';
import { later, laterWord } from './later.ts';
import { fail, spanAt, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { eventNamed } from './check/event-name.ts';
import { mayBeMemory } from './check/memory.ts';
import { dimensionOf, quietly, resolvePlace } from './check/place.ts';
import { KNOWN_WORDS } from './check/words.ts';
import type * as tree from './tree.ts';

/**
 * Reads an expression against a scope: names are replaced by what they stand for, constants folded, places looked up.
 * Undefined when something in it was wrong (and reported).
 */
export function evaluate(expr: tree.Expr, scope: Scope): Expression | undefined {
  switch (expr.kind) {
    case 'number':
    case 'quantity':
      return literalNumber(expr.text, expr, scope);
    case 'string': {
      const value = interpolate(expr.text, expr, scope);
      if (value === undefined) return undefined;
      return { kind: 'string', value, span: spanAt(scope.unit, expr.start, expr.end) };
    }
    case 'date':
      return fail(scope, 'E0210', expr, 'a date stands only after `until`', 'no value');
    case 'path':
      return evaluateName(expr, scope);
    case 'fieldpath': {
      const steps = evaluateSteps(expr.steps, scope);
      return steps === undefined ? undefined : { kind: 'fieldpath', steps, span: spanOf(scope.unit, expr) };
    }
    case 'list': {
      const items = expr.items.map((item) => evaluate(item, scope));
      if (items.includes(undefined)) return undefined;
      return { kind: 'list', items: items as Expression[], span: spanOf(scope.unit, expr) };
    }
    case 'prefix': {
      if (expr.operator === '&') {
        const today = 'name the place alone: `set … to PLACE` writes its address';
        return later(scope, expr, 'taking an address with `&`', today);
      }
      const operand = evaluate(expr.operand, scope);
      return operand === undefined
        ? undefined
        : foldUnary(expr.operator as 'not' | '-' | '~', operand, expr, scope);
    }
    case 'binary':
      return evaluateBinary(expr, scope);
    case 'conditional':
      return evaluateConditional(expr, scope);
    case 'cast':
      return fail(
        scope,
        'E0620',
        expr,
        'a place of a scenario has the type that its structure gives it',
        'no `as` here',
        'declare it in a `struct` or a `locator`; a range of bytes is written `web.memory[0x1000..0x1003]`',
      );
    case 'part':
      return later(scope, expr, 'a part of what stands in brackets');
  }
}

function evaluateBinary(expr: tree.Expr & { kind: 'binary' }, scope: Scope): Expression | undefined {
  const matching = MATCHING.has(expr.operator);
  const turned =
    matching && expr.operator !== 'in' && isBareWord(expr.left, scope) && !isBareWord(expr.right, scope);
  const one = evaluate(turned ? expr.right : expr.left, scope);
  const type = matching && one?.kind === 'path' ? quietly(one.value, scope)?.type : undefined;
  const other = evaluateBeside(turned ? expr.left : expr.right, type, scope);
  const [left, right] = turned ? [other, one] : [one, other];
  if (left === undefined || right === undefined) return undefined;
  if (expr.operator === '..')
    return { kind: 'range', low: left, high: right, span: spanOf(scope.unit, expr) };
  return foldBinary(expr.operator as BinaryOperator, left, right, expr, scope);
}

const MATCHING = new Set(['==', '!=', 'in']);

/** Beside a place of an enumeration, its words are numbers. */
function evaluateBeside(expr: tree.Expr, type: TypeModel | undefined, scope: Scope): Expression | undefined {
  if (type !== undefined && expr.kind === 'list') {
    const items = expr.items.map((item) => evaluateBeside(item, type, scope));
    if (items.includes(undefined)) return undefined;
    return { kind: 'list', items: items as Expression[], span: spanOf(scope.unit, expr) };
  }
  const word = enumWord(expr, type, scope);
  return word === 'none' ? evaluate(expr, scope) : word;
}

function evaluateConditional(
  expr: tree.Expr & { kind: 'conditional' },
  scope: Scope,
): Expression | undefined {
  const condition = evaluate(expr.condition, scope);
  const then = evaluate(expr.chosen, scope);
  const otherwise = evaluate(expr.otherwise, scope);
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined;
  if (condition.kind === 'bool') return condition.value ? then : otherwise;
  if (dimensionOf(condition, scope) !== 'bool') {
    return fail(
      scope,
      'E0612',
      expr.condition,
      'the condition before `?` is not yes or no',
      'compare something',
    );
  }
  // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
  return { kind: 'conditional', condition, then, otherwise, span: spanOf(scope.unit, expr) };
}

/** A name, a place or a call, looked up and checked. */
function evaluateName(expr: tree.PathExpr, scope: Scope): Expression | undefined {
  if (expr.steps.length > 0 && expr.steps[0]?.kind === 'call') return evaluateCall(expr, scope);
  const value = evaluatePath(expr, scope);
  if (value?.kind === 'path') {
    const place = resolvePlace(value.value, scope);
    if (place === undefined) return undefined;
    return place.constant === undefined ? value : { ...place.constant, span: value.span };
  }
  if (value?.kind === 'word' && !KNOWN_WORDS.has(value.value) && !scope.words.has(value.value)) {
    const { shipped_defs } = scope.unit;
    const ships = shipped_defs.valueOf(value.value);
    if (ships !== undefined) return { ...ships, span: value.span };
    const names = [...scope.values.keys(), ...subjects(scope), ...KNOWN_WORDS];
    return fail(
      scope,
      'E0614',
      expr,
      `\`${value.value}\` is no name and no word that is known here`,
      'unknown',
      shipped_defs.whichLet(value.value) ?? hintFor(value.value, names),
    );
  }
  return value;
}

function hintFor(word: string, names: readonly string[]): string {
  if (/^[oO](?:[xX][0-9a-fA-F_]+|[bB][01_]+)$/.test(word)) return `did you mean \`0${word.slice(1)}\`?`;
  const near = nearest(word, names);
  return near === undefined
    ? 'a bare word is a name of this file, a partition, or a word of the vocabularies; text stands in quotes'
    : `did you mean \`${near}\`?`;
}

function subjects(scope: Scope): string[] {
  if (scope.parties === undefined) return [];
  return [...scope.parties.lpars.keys(), ...scope.parties.ambulances.keys()];
}

/**
 * A path with its names replaced, not looked up: an event and a claim's subject are no places. A single word that is no
 * name is a word.
 */
export function evaluatePath(expr: tree.PathExpr, scope: Scope): Expression | undefined {
  const span = spanAt(scope.unit, expr.start, expr.end);
  const name = expr.root.text;
  if (scope.values.size > 0 && scope.values.has(name)) {
    const value = scope.values.get(name);
    if (value === undefined) return undefined;
    if (expr.steps.length === 0) return { ...value, span };
    if (value.kind !== 'path' && value.kind !== 'fieldpath') {
      return fail(
        scope,
        'E0615',
        expr,
        `\`${name}\` is no place: it has no parts`,
        dimensionName(dimensionOf(value, scope)),
      );
    }
    const steps = evaluateSteps(expr.steps, scope);
    if (steps === undefined) return undefined;
    if (value.kind === 'fieldpath') return { kind: 'fieldpath', steps: [...value.steps, ...steps], span };
    const { root } = value.value;
    return { kind: 'path', value: { root, steps: [...value.value.steps, ...steps], span }, span };
  }
  const known = isSubject(name, scope);
  if (expr.steps.length === 0) {
    if (known) return { kind: 'path', value: { root: name, steps: NO_STEPS, span }, span };
    if (name === 'true' || name === 'false') return { kind: 'bool', value: name === 'true', span };
    return { kind: 'word', value: name, span };
  }
  if (!known && scope.parties === undefined) return later(scope, expr, 'a place outside a scenario');
  if (!known) {
    const names = [...subjects(scope), ...scope.values.keys()];
    const help = didYouMean(name, names, 'there are');
    return fail(scope, 'E0601', expr.root, `there is no partition or name \`${name}\` here`, 'unknown', help);
  }
  const steps = evaluateSteps(expr.steps, scope);
  return steps === undefined ? undefined : { kind: 'path', value: { root: name, steps, span }, span };
}

/** What has no parts shares one list of them. */
const NO_STEPS: readonly PathStep[] = Object.freeze([]);

function isSubject(name: string, scope: Scope): boolean {
  if (name === 'others' || (scope.lets.size > 0 && scope.lets.has(name))) return true;
  return scope.parties !== undefined && (scope.parties.lpars.has(name) || scope.parties.ambulances.has(name));
}

function evaluateSteps(steps: readonly tree.Step[], scope: Scope): PathStep[] | undefined {
  if (steps.length === 1) {
    const only = evaluateStep(steps[0] as tree.Step, scope);
    return only === undefined ? undefined : only.kind === 'fieldpath' ? [...only.steps] : [only];
  }
  // An array of the right length from the start: one that grows keeps room for sixteen.
  let sound = true;
  let plain = true;
  const evaluated = steps.map((step) => {
    const value = evaluateStep(step, scope);
    if (value === undefined) sound = false;
    else if (value.kind === 'fieldpath') plain = false;
    return value;
  });
  if (!sound) return undefined;
  if (plain) return evaluated as PathStep[];
  return evaluated.flatMap((step) => (step?.kind === 'fieldpath' ? step.steps : [step as PathStep]));
}

function evaluateStep(
  step: tree.Step,
  scope: Scope,
): PathStep | (Expression & { kind: 'fieldpath' }) | undefined {
  const span = spanAt(scope.unit, step.start, step.end);
  if (step.kind === 'field') return { kind: 'field', name: step.name, span };
  if (step.kind === 'all') return { kind: 'all', span };
  if (step.kind === 'call') return later(scope, step, 'a call on a place');
  if (step.index.kind === 'path' && step.index.root.text === 'any' && step.index.steps.length === 0) {
    return { kind: 'any', span };
  }
  const index = evaluate(step.index, scope);
  if (index === undefined || index.kind === 'fieldpath') return index;
  return { kind: 'index', index, span };
}

function isEvent(value: Expression, arg: tree.Expr, scope: Scope): boolean {
  if (value.kind === 'path') return eventNamed(value.value, 1, scope) !== undefined;
  fail(scope, 'E0506', arg, 'this is no event', 'whose?', 'as in `before(rescue.attach, web.memory)`');
  return false;
}

/** True for a collection and a field that its elements have, a number. */
function sums([of, field]: readonly Expression[], scope: Scope): boolean {
  if (of?.kind !== 'path' || field?.kind !== 'fieldpath') return false;
  if (quietly(of.value, scope)?.kind !== 'collection') return false;
  const { root, steps, span } = of.value;
  const one = { root, steps: [...steps, { kind: 'any', span } as const, ...field.steps], span };
  const place = resolvePlace(one, scope);
  return place !== undefined && (place.type === undefined || place.width_bits !== undefined);
}

function evaluateCall(expr: tree.PathExpr, scope: Scope): Expression | undefined {
  const name = expr.root.text;
  const step = expr.steps[0] as tree.Step & { kind: 'call' };
  const known = FUNCTIONS.get(name);
  if (known === undefined) {
    if (isLater(name, 'function')) return laterWord(scope, expr.root, name);
    const help = didYouMean(name, FUNCTIONS.keys(), 'there are');
    return fail(scope, 'E0610', expr.root, `there is no function \`${name}\``, 'unknown', help);
  }
  if (expr.steps.length > 1) return later(scope, expr, 'a part of what a call returns');
  if (step.args.length !== known.parameters.length) {
    const wanted = `${name}(${known.parameters.join(', ')})`;
    const message = `\`${wanted}\` was given ${step.args.length} ${step.args.length === 1 ? 'value' : 'values'}`;
    return fail(scope, 'E0611', step, message, `expected ${known.parameters.length}`);
  }
  const args: Expression[] = [];
  for (const [index, arg] of step.args.entries()) {
    const event = known.parameters[index] === 'event';
    const value = event && arg.kind === 'path' ? evaluatePath(arg, scope) : evaluate(arg, scope);
    if (value === undefined || (event && !isEvent(value, arg, scope))) return undefined;
    if (name === 'machine_address' && !mayBeMemory(value, scope)) {
      return fail(scope, 'E0723', arg, '`machine_address` takes a place in memory', 'in no memory');
    }
    args.push(value);
  }
  if (name === 'sum' && !sums(args, scope)) {
    const help = 'as in `sum(web.accounts, .count)`';
    return fail(
      scope,
      'E0723',
      expr,
      '`sum` takes a collection and a field of its elements',
      'not these',
      help,
    );
  }
  return { kind: 'call', name, args, span: spanOf(scope.unit, expr) };
}
