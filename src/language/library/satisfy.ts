import { partsOf } from '../../model/formula-parts.ts';
import type { Formula, TypeModel } from '../../model/structure.ts';
import { resolveType, valueOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { failAt } from '../scope.ts';
import type { Bounds } from './bounds.ts';
import { boundsOf, equalBounds, isPlain, lessBounds, widthOf } from './bounds.ts';
import { folded } from './constants.ts';
import type { Context } from './context.ts';
import { bare, looksAt } from './looks-at.ts';
import { same } from './same.ts';

/** Walks over formulas stop here: a formula that large is not decided. */
const PARTS = 4096;

/**
 * False when no run can be mended by writing `to` at `place`, which is reported: the requirement does not look at that
 * place, or is false with that value in it, whatever else lies in memory. What cannot be told before a run is let be.
 */
export function checkSatisfies(
  place: Formula,
  to: Formula,
  condition: Formula,
  lets: ReadonlyMap<string, Formula>,
  context: Context,
): boolean {
  const left = { parts: PARTS };
  const whole = written(condition, lets, left);
  const target = written(place, lets, left);
  if (whole === undefined || target === undefined) return true;
  const must = [{ span: condition.span, text: 'this must hold' }];
  const refuse = (at: Formula, message: string, said: string, help: string): false => {
    failAt(context.scope, 'E1044', at.span, message, said, help, must);
    return false;
  };
  if (!looksAt(whole, bare(target), context)) {
    const message = 'the requirement does not look at this place: writing to it mends nothing';
    return refuse(place, message, 'not in the requirement', 'write to what the requirement compares');
  }
  const value = written(to, lets, left);
  const help = 'write a value that satisfies it';
  if (value !== undefined && same(target, value))
    return refuse(to, 'this is what lies there already: writing it changes nothing', 'mends nothing', help);
  // What stands there under another name is not replaced.
  const stands = occurs(whole, bare(target));
  const mended =
    value &&
    replaced(whole, [{ place: bare(target), value: held(value, target, context) }], {
      context,
      signed: isSigned(target, context),
    });
  if (mended === undefined || isTrue(mended)) return true;
  if (mended.kind !== 'bool' && !(stands && same(mended, whole))) return true;
  return refuse(to, 'with this value the requirement still does not hold', 'mends nothing', help);
}

/** A place and what is written there. */
export interface Assigned {
  readonly place: Formula;
  readonly to: Formula;
}

/**
 * The same of several writes, whose values are worked out before the first is made: false, and reported at the last,
 * when the requirement looks at none of the places or is false with all of them written.
 */
export function checkAllSatisfy(
  steps: readonly Assigned[],
  condition: Formula,
  lets: ReadonlyMap<string, Formula>,
  context: Context,
): boolean {
  const left = { parts: PARTS };
  const whole = written(condition, lets, left);
  const made: Written[] = [];
  for (const { place, to } of steps) {
    const [target, value] = [written(place, lets, left), written(to, lets, left)];
    if (target === undefined || value === undefined) return true;
    made.push({ place: bare(target), value: held(value, target, context) });
  }
  const last = steps.at(-1);
  if (whole === undefined || last === undefined) return true;
  const must = [{ span: condition.span, text: 'this must hold' }];
  if (!made.some(({ place }) => looksAt(whole, place, context))) {
    const message = 'the requirement looks at none of these places: writing to them mends nothing';
    const help = 'write to what the requirement compares';
    failAt(context.scope, 'E1044', last.place.span, message, 'not in the requirement', help, must);
    return false;
  }
  const signed = made.some(({ place }) => isSigned(place, context));
  // Of two writes to one place the later one stays.
  const mended = replaced(whole, made.toReversed(), { context, signed });
  if (mended === undefined || !isFalse(mended)) return true;
  const message = 'with all of these values the requirement still does not hold';
  failAt(
    context.scope,
    'E1044',
    last.to.span,
    message,
    'mends nothing',
    'write values that satisfy it',
    must,
  );
  return false;
}

function occurs(formula: Formula, place: Formula): boolean {
  return same(bare(formula), place) || partsOf(formula).some((part) => occurs(part, place));
}

/**
 * What is decided, and whether the place that is written has a sign: then whatever stands for it is compared as if it
 * had one.
 */
interface Asked {
  readonly context: Context;
  readonly signed: boolean;
}

/** A number as it is read back from a place that has a sign. */
function held(value: Formula, place: Formula, context: Context): Formula {
  const type = typeOf(place, context.typing);
  const bits = type.kind === 'place' ? (type.bits ?? widthAt(type.type, context) ?? 64) : 64;
  if (value.kind !== 'int' || !isSigned(place, context)) return value;
  return { ...value, value: BigInt.asUintN(64, BigInt.asIntN(bits, value.value)) };
}

function widthAt(type: TypeModel, { typing }: Context): number | undefined {
  const seen = resolveType(type, typing.source);
  return seen === undefined || seen === 'opaque' ? undefined : widthOf(seen);
}

function isSigned(formula: Formula, { typing }: Context): boolean {
  const value = valueOf(typeOf(formula, typing), typing.source);
  return value.kind === 'number' && value.signed === true;
}

/** The same formula with each `let` written out; undefined when it is too large. */
function written(
  formula: Formula,
  lets: ReadonlyMap<string, Formula>,
  left: { parts: number },
): Formula | undefined {
  if (--left.parts < 0) return undefined;
  const value = formula.kind === 'name' ? lets.get(formula.name) : undefined;
  if (value !== undefined) return written(value, lets, left);
  return mapped(formula, (part) => written(part, lets, left));
}

/** The formula with each of its parts replaced; undefined when one of them is. */
function mapped(formula: Formula, each: (part: Formula) => Formula | undefined): Formula | undefined {
  let sound = true;
  const on = (part: Formula): Formula => {
    const value = each(part);
    if (value === undefined) sound = false;
    return value ?? part;
  };
  const result = rebuilt(formula, on);
  return sound ? result : undefined;
}

function rebuilt(formula: Formula, on: (part: Formula) => Formula): Formula {
  switch (formula.kind) {
    case 'member':
    case 'every':
    case 'cast':
    case 'address':
      return { ...formula, of: on(formula.of) };
    case 'index':
      return { ...formula, of: on(formula.of), index: on(formula.index) };
    case 'unary':
      return { ...formula, operand: on(formula.operand) };
    case 'binary':
      return { ...formula, left: on(formula.left), right: on(formula.right) };
    case 'conditional':
      return {
        ...formula,
        condition: on(formula.condition),
        // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
        then: on(formula.then),
        otherwise: on(formula.otherwise),
      };
    case 'range':
      return { ...formula, low: on(formula.low), high: on(formula.high) };
    case 'set':
      return { ...formula, items: formula.items.map(on) };
    case 'call':
      return { ...formula, args: formula.args.map(on) };
    default:
      return formula;
  }
}

/** What stands in a place for the place itself. */
interface Written {
  readonly place: Formula;
  readonly value: Formula;
}

/** The formula with values for places, folded as far as that goes. */
function replaced(formula: Formula, made: readonly Written[], asked: Asked): Formula | undefined {
  const here = made.find(({ place }) => same(bare(formula), place));
  if (here !== undefined) return here.value;
  const inner = mapped(formula, (part) => replaced(part, made, asked));
  if (inner === undefined) return undefined;
  if (inner.kind === 'binary') {
    const known = decided(inner, asked);
    if (known !== undefined) return { kind: 'bool', value: known, span: inner.span };
    if (inner.operator === '&' && same(inner.left, { ...inner, left: partOf(inner.left), span: inner.span }))
      return inner.left;
  }
  if (inner.kind === 'conditional' && inner.condition.kind === 'bool')
    return inner.condition.value ? inner.then : inner.otherwise;
  if (asked.signed && inner.kind === 'binary' && COMPARING.has(inner.operator)) return inner;
  return folded(inner) ?? inner;
}

/** Of `x & 3` what it is a part of. */
const partOf = (formula: Formula): Formula =>
  formula.kind === 'binary' && formula.operator === '&' ? formula.left : formula;

function decided(formula: Formula & { kind: 'binary' }, asked: Asked): boolean | undefined {
  const { operator, left, right } = formula;
  if (operator === 'and' && (isFalse(left) || isFalse(right))) return false;
  if (operator === 'or' && (isTrue(left) || isTrue(right))) return true;
  if (operator === 'in') return within(left, right, asked);
  if (!COMPARING.has(operator) || left.kind === 'text' || right.kind === 'text') return undefined;
  if (same(left, right)) return operator === '==' || operator === '<=' || operator === '>=';
  const equal =
    equalBounds(boundsOf(left, asked.context), boundsOf(right, asked.context)) ?? equalSums(left, right);
  if (operator === '==') return equal;
  if (operator === '!=') return equal === undefined ? undefined : !equal;
  return operator === '<' || operator === '>='
    ? ordered(left, right, operator === '<', asked)
    : ordered(right, left, operator === '>', asked);
}

const COMPARING = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** `a < b` where `less`, else that it is not so. Where a sign may count nothing is said. */
function ordered(a: Formula, b: Formula, less: boolean, asked: Asked): boolean | undefined {
  const { context, signed } = asked;
  const [one, other] = [boundsOf(a, context), boundsOf(b, context)];
  const unsigned = !signed && isUnsigned(a, context) && isUnsigned(b, context);
  if (!unsigned && !(isPlain(one) && isPlain(other))) return undefined;
  const holds = lessBounds(one, other) ?? lessSums(a, b, context);
  return holds === undefined ? undefined : holds === less;
}

function isUnsigned(formula: Formula, { typing }: Context): boolean {
  const value = valueOf(typeOf(formula, typing), typing.source);
  return value.kind === 'pointer' || (value.kind === 'number' && value.signed !== true);
}

/** `x + 1` is never `x`, however both wrap. */
function equalSums(left: Formula, right: Formula): boolean | undefined {
  const [one, other] = [sumOf(left), sumOf(right)];
  return same(one.of, other.of) ? BigInt.asUintN(64, one.more - other.more) === 0n : undefined;
}

/** `x + 1` is not less than `x` where neither wraps. */
function lessSums(left: Formula, right: Formula, context: Context): boolean | undefined {
  const [one, other] = [sumOf(left), sumOf(right)];
  if (!same(one.of, other.of)) return undefined;
  const { low, high } = boundsOf(one.of, context);
  const wraps = [one.more, other.more].some((more) => low + more < 0n || high + more >= 1n << 64n);
  return wraps ? undefined : one.more < other.more;
}

function sumOf(formula: Formula): { readonly of: Formula; readonly more: bigint } {
  if (formula.kind !== 'binary' || formula.right.kind !== 'int') return { of: formula, more: 0n };
  if (formula.operator === '+') return { of: formula.left, more: formula.right.value };
  return formula.operator === '-'
    ? { of: formula.left, more: -formula.right.value }
    : { of: formula, more: 0n };
}

function within(left: Formula, right: Formula, asked: Asked): boolean | undefined {
  const { context } = asked;
  if (right.kind === 'range') {
    const [low, high] = [ordered(left, right.low, true, asked), ordered(right.high, left, true, asked)];
    if (low === true || high === true) return false;
    return low === false && high === false ? true : undefined;
  }
  const one = boundsOf(left, context);
  if (right.kind !== 'set' && right.kind !== 'enumeration') return undefined;
  if (right.kind === 'enumeration' && right.type.kind !== 'enum') return undefined;
  const items =
    right.kind === 'set'
      ? right.items.map((item) => boundsOf(item, context))
      : valuesOf(right.type, right.span, context);
  const found = items.map((item) => equalBounds(one, item));
  if (found.includes(true)) return true;
  return found.includes(undefined) ? undefined : false;
}

function valuesOf(type: TypeModel, span: Formula['span'], context: Context): Bounds[] {
  if (type.kind !== 'enum') return [];
  return type.values.map(({ value }) => boundsOf({ kind: 'int', value, span }, context));
}

const isTrue = (formula: Formula): boolean => formula.kind === 'bool' && formula.value;
const isFalse = (formula: Formula): boolean => formula.kind === 'bool' && !formula.value;
