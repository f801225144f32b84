import type { BinaryOperator, Dimension, Expression } from '../model/expression.ts';
import { printExpression } from '../model/print.ts';
import type { Span } from '../text/span.ts';
import { compared, wholeNumber } from './arithmetic.ts';
import { dimensionOf } from './check/place.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import type { Node } from './tree.ts';

type Constant = Extract<
  Expression,
  { kind: 'int' | 'time' | 'size' | 'percent' | 'string' | 'bool' | 'word' }
>;

const LOGIC = new Set<string>(['and', 'or']);
const ORDER = new Set<string>(['<', '<=', '>', '>=']);
const EQUALITY = new Set<string>(['==', '!=']);
const BITS = new Set<string>(['|', '^', '&', '<<', '>>']);

export function isConstant(value: Expression): value is Constant {
  return (
    !['path', 'fieldpath', 'list', 'range', 'unary', 'binary', 'conditional', 'call'].includes(value.kind) &&
    !isMeasured(value)
  );
}

/** `elapsed` is a word by its form, and a time that a run measures. */
function isMeasured(value: Expression): boolean {
  return value.kind === 'word' && value.value === 'elapsed';
}

const NAMES: Readonly<Record<Dimension, string>> = {
  int: 'a number',
  time: 'a time',
  size: 'a size',
  percent: 'a share',
  bool: 'yes or no',
  string: 'a text',
  word: 'a word',
  place: 'a place',
  set: 'a set',
  range: 'a range',
};
export const dimensionName = (dimension: Dimension): string => NAMES[dimension];

export function foldUnary(
  operator: 'not' | '-' | '~',
  operand: Expression,
  node: Node,
  scope: Scope,
): Expression | undefined {
  const span = spanOf(scope.unit, node);
  const dimension = dimensionOf(operand, scope);
  const fits =
    operator === 'not' ? dimension === 'bool' : operator === '-' ? dimension !== 'bool' : number(dimension);
  if (!fits || dimension === 'string' || dimension === 'word') {
    return fail(
      scope,
      'E0612',
      node,
      `\`${operator}\` does not apply to ${NAMES[dimension]}`,
      'not possible',
    );
  }
  if (operand.kind === 'bool') return { kind: 'bool', value: !operand.value, span };
  if (operand.kind === 'int') {
    return {
      kind: 'int',
      value: operator === '-' ? -operand.value : BigInt.asUintN(64, ~operand.value),
      span,
    };
  }
  if (operand.kind === 'time' || operand.kind === 'size' || operand.kind === 'percent') {
    return { ...operand, value: -operand.value, span };
  }
  return { kind: 'unary', operator, operand, span };
}

const number = (dimension: Dimension): boolean => dimension === 'int' || dimension === 'place';

/** The result's dimension, or undefined where the operator does not apply. */
function resultOf(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  scope: Scope,
): Dimension | undefined {
  const [a, b] = [dimensionOf(left, scope), dimensionOf(right, scope)];
  if (LOGIC.has(operator)) return a === 'bool' && b === 'bool' ? 'bool' : undefined;
  if (EQUALITY.has(operator) || ORDER.has(operator))
    return comparable(operator, left, a, right, b) ? 'bool' : undefined;
  if (operator === 'in') return b === 'range' || b === 'set' || right.kind === 'list' ? 'bool' : undefined;
  if (operator === 'contains') return a === 'string' || a === 'place' || a === 'set' ? 'bool' : undefined;
  if (BITS.has(operator)) return number(a) && number(b) ? 'int' : undefined;
  const scalar = (dimension: Dimension): boolean => dimension === 'time' || dimension === 'size';
  if (operator === '+' || operator === '-' || operator === 'mod') {
    if (number(a) && number(b)) return 'int';
    return a === b && (scalar(a) || a === 'percent') ? a : undefined;
  }
  if (operator === '*') {
    if (number(a)) return number(b) ? 'int' : scalar(b) || b === 'percent' ? b : undefined;
    if (scalar(a)) return number(b) || b === 'percent' ? a : undefined;
    return a === 'percent' && (number(b) || scalar(b) || b === 'percent') ? (number(b) ? a : b) : undefined;
  }
  if (number(a) && number(b)) return 'int';
  if (scalar(a) || a === 'percent') return a === b ? 'percent' : number(b) ? a : undefined;
  return undefined;
}

function comparable(
  operator: string,
  left: Expression,
  a: Dimension,
  right: Expression,
  b: Dimension,
): boolean {
  const zero = (value: Expression): boolean => value.kind === 'int' && value.value === 0n;
  if (zero(left) || zero(right))
    return ![a, b].some((one) => one === 'string' || one === 'word' || one === 'bool');
  if (number(a) && number(b)) return true;
  if (a === b) return EQUALITY.has(operator) || !['word', 'bool', 'set', 'range'].includes(a);
  if ((a === 'percent' && b === 'int') || (a === 'int' && b === 'percent')) return true;
  if (!EQUALITY.has(operator)) return false;
  if (a === 'place' || b === 'place') return [a, b].some((one) => one === 'string' || one === 'word');
  return false;
}

export function foldBinary(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  node: Node,
  scope: Scope,
): Expression | undefined {
  const span = spanOf(scope.unit, node);
  const gives = resultOf(operator, left, right, scope);
  if (gives === undefined) {
    const [a, b] = [NAMES[dimensionOf(left, scope)], NAMES[dimensionOf(right, scope)]];
    const message = `\`${operator}\` does not apply to ${a} and ${b}`;
    return fail(scope, 'E0612', node, message, `${a} ${operator} ${b}`, 'both sides must be of one kind');
  }
  if (operator === 'in') return foldIn(left, right, span) ?? { kind: 'binary', operator, left, right, span };
  const none = (value: Expression): boolean => value.kind === 'word' && value.value === 'none';
  if (
    EQUALITY.has(operator) &&
    (none(left) || none(right)) &&
    (left.kind === 'path' || right.kind === 'path')
  ) {
    return { kind: 'bool', value: operator === '!=', span };
  }
  if (!isConstant(left) || !isConstant(right)) return { kind: 'binary', operator, left, right, span };
  const value = compute(operator, left, right);
  if (typeof value === 'string') {
    const message = `\`${printExpression(left)} ${operator} ${printExpression(right)}\` ${value}`;
    return fail(scope, 'E0613', node, message, 'has no value');
  }
  return typeof value === 'boolean' ? { kind: 'bool', value, span } : wrap(gives, value, span);
}

function wrap(gives: Dimension, value: bigint | number, span: Span): Expression {
  if (gives === 'int')
    return { kind: 'int', value: typeof value === 'bigint' ? value : BigInt(Math.trunc(value)), span };
  const amount = Number(value);
  return {
    kind: gives as 'time' | 'size' | 'percent',
    value: gives === 'percent' ? amount : Math.round(amount),
    span,
  };
}

/** The value, or what is wrong with it. */
function compute(
  operator: BinaryOperator,
  left: Constant,
  right: Constant,
): bigint | number | boolean | string {
  const [a, b] = [left.value, right.value];
  if (operator === 'and') return a === true && b === true;
  if (operator === 'or') return a === true || b === true;
  if (typeof a === 'string' || typeof b === 'string' || typeof a === 'boolean' || typeof b === 'boolean') {
    if (operator === 'contains') return String(a).includes(String(b));
    return (operator === '==') === (a === b);
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') return bounded(integer(operator, a, b));
  const [x, y] = [Number(a), Number(b)];
  const value = real(operator, x, y);
  return typeof value === 'number' && !Number.isFinite(value) ? 'has no value: it divides by zero' : value;
}

function bounded(value: bigint | boolean | string): bigint | boolean | string {
  if (typeof value !== 'bigint') return value;
  return value >= 1n << 64n || value < -(1n << 63n) ? 'does not fit in 64 bits' : value;
}

function integer(operator: BinaryOperator, a: bigint, b: bigint): bigint | boolean | string {
  if ((operator === '/' || operator === 'mod') && b === 0n) return 'divides by zero';
  if ((operator === '<<' || operator === '>>') && (b < 0n || b > 63n)) return 'shifts by more than 63 bits';
  return compared(operator, a, b) ?? wholeNumber(operator, a, b) ?? 'cannot be computed';
}

function real(operator: BinaryOperator, x: number, y: number): number | boolean | string {
  const result = compared(operator, x, y);
  if (result !== undefined) return result;
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return Number.isSafeInteger(Math.round(x * y)) ? x * y : 'is too large';
    case '/':
      return x / y;
    case 'mod':
      return x % y;
    default:
      return 'cannot be computed';
  }
}

/** `x in 1..3`, `x in [a, b]` on constants; undefined when only a run can tell. */
function foldIn(left: Expression, right: Expression, span: Span): Expression | undefined {
  if (!isConstant(left)) return undefined;
  if (right.kind === 'range') {
    const { low, high } = right;
    if (!isConstant(low) || !isConstant(high) || low.kind !== left.kind || high.kind !== left.kind)
      return undefined;
    return { kind: 'bool', value: left.value >= low.value && left.value <= high.value, span };
  }
  if (right.kind !== 'list' || !right.items.every(isConstant)) return undefined;
  const held = right.items.some(
    (item) => isConstant(item) && item.kind === left.kind && item.value === left.value,
  );
  return { kind: 'bool', value: held, span };
}
