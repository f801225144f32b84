import { partsOf } from '../../model/formula-parts.ts';
import type { Formula } from '../../model/structure.ts';
import { failAt } from '../scope.ts';
import { folded } from './constants.ts';
import type { Context } from './context.ts';

/** Walks over formulas stop here: a formula that large is not decided. */
const PARTS = 4096;

/**
 * False when no run can be mended by writing `to` at `place`, which is reported: the requirement does not look at that place, or is
 * false with that value in it, whatever else lies in memory. What cannot be told before a run is let be.
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
  if (!looksAt(whole, bare(target))) {
    const message = 'the requirement does not look at this place: writing to it mends nothing';
    const help = 'write to what the requirement compares';
    failAt(context.scope, 'E1044', place.span, message, 'not in the requirement', help, [
      { span: condition.span, text: 'this must hold' },
    ]);
    return false;
  }
  const value = written(to, lets, left);
  const mended = value && replaced(whole, bare(target), value);
  if (mended?.kind !== 'bool' || mended.value) return true;
  const message = 'with this value the requirement still does not hold';
  failAt(context.scope, 'E1044', to.span, message, 'mends nothing', 'write a value that satisfies it', [
    { span: condition.span, text: 'this must hold' },
  ]);
  return false;
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
      // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
      return { ...formula, condition: on(formula.condition), then: on(formula.then), otherwise: on(formula.otherwise) }; // prettier-ignore
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

/** A place without the casts that say how it is read. */
function bare(formula: Formula): Formula {
  return formula.kind === 'cast' ? bare(formula.of) : formula;
}

/** Functions and collections read what no formula names. */
const READING = new Set(['collection', 'call', 'every', 'element', 'cpus']);

function looksAt(formula: Formula, place: Formula): boolean {
  if (READING.has(formula.kind) || same(bare(formula), place)) return true;
  // A place within it, or around it, is looked at as well; so is one that may be the same under another name.
  if (bare(formula).kind === 'member' && place.kind === 'member' && (bare(formula) as { name: string }).name === place.name) return true; // prettier-ignore
  if (bare(formula).kind === 'index' || place.kind === 'index') return true;
  return partsOf(formula).some((part) => looksAt(part, place));
}

/** True for two formulas that say the same. */
export function same(one: Formula, other: Formula): boolean {
  if (one.kind !== other.kind) return false;
  const [parts, others] = [partsOf(one), partsOf(other)];
  if (parts.length !== others.length) return false;
  if (said(one) !== said(other)) return false;
  return parts.every((part, at) => same(part, others[at] as Formula));
}

/** What a formula says besides its parts. */
function said(formula: Formula): string {
  switch (formula.kind) {
    case 'int':
    case 'bool':
    case 'text':
      return String(formula.value);
    case 'name':
    case 'symbol':
    case 'member':
      return formula.name;
    case 'collection':
      return formula.locator;
    case 'unary':
    case 'binary':
      return formula.operator;
    case 'call':
      return formula.function;
    case 'cast':
    case 'sizeof':
    case 'enumeration':
      return JSON.stringify(formula.type, (key, value: unknown) => (key === 'span' ? undefined : typeof value === 'bigint' ? String(value) : value)); // prettier-ignore
    default:
      return '';
  }
}

/** The formula with a value for a place, folded as far as that goes. */
function replaced(formula: Formula, place: Formula, value: Formula): Formula | undefined {
  if (same(bare(formula), place)) return value;
  const inner = mapped(formula, (part) => replaced(part, place, value));
  if (inner === undefined) return undefined;
  if (inner.kind === 'binary') {
    const known = decided(inner);
    if (known !== undefined) return { kind: 'bool', value: known, span: inner.span };
  }
  return folded(inner) ?? inner;
}

function decided({ operator, left, right }: Formula & { kind: 'binary' }): boolean | undefined {
  if (operator === 'and' && (isFalse(left) || isFalse(right))) return false;
  if (operator === 'or' && (isTrue(left) || isTrue(right))) return true;
  if (operator === '==' && same(left, right)) return true;
  if (operator !== 'in' || left.kind !== 'int') return undefined;
  if (right.kind === 'range' && right.low.kind === 'int' && right.high.kind === 'int')
    return left.value >= right.low.value && left.value <= right.high.value;
  if (right.kind === 'set' && right.items.every((item) => item.kind === 'int'))
    return right.items.some((item) => item.kind === 'int' && item.value === left.value);
  if (right.kind === 'enumeration' && right.type.kind === 'enum')
    return right.type.values.some((one) => one.value === left.value);
  return undefined;
}

const isTrue = (formula: Formula): boolean => formula.kind === 'bool' && formula.value;
const isFalse = (formula: Formula): boolean => formula.kind === 'bool' && !formula.value;
