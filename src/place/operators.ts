import type { BinaryOperator } from '../model/expression.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Value } from './value.ts';
import { formatValue } from './value.ts';

type Amount = Extract<Value, { kind: 'time' | 'size' | 'percent' }>;

/** `not`, `-` and `~` of a value that has been read. */
export function applyUnary(operator: 'not' | '-' | '~', operand: Value): Outcome<Value> {
  if (operator === 'not' && operand.kind === 'bool') return bool(!operand.value);
  if (operator === '-' && operand.kind === 'int') return int(-operand.value);
  if (operator === '~' && operand.kind === 'int') return int(BigInt.asUintN(64, ~operand.value));
  if (operator === '-' && isAmount(operand)) return found({ kind: operand.kind, value: -operand.value });
  return mismatch(operator, operand);
}

/** A binary operator on values that have been read; dimensions as the checker has them. */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Outcome<Value> {
  switch (operator) {
    case 'and':
    case 'or':
      if (left.kind !== 'bool' || right.kind !== 'bool') return mismatch(operator, left, right);
      return bool(operator === 'and' ? left.value && right.value : left.value || right.value);
    case 'in':
      return contained(left, right, operator);
    case 'contains':
      return left.kind === 'string' && right.kind === 'string'
        ? bool(left.value.includes(right.value))
        : contained(right, left, operator);
    case '==':
    case '!=': {
      const same = equal(left, right);
      return same === undefined ? mismatch(operator, left, right) : bool(same === (operator === '=='));
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const order = compare(left, right);
      return order === undefined ? mismatch(operator, left, right) : bool(ordered(operator, order));
    }
    default:
      return left.kind === 'int' && right.kind === 'int'
        ? integer(operator, left.value, right.value)
        : amounts(operator, left, right);
  }
}

function equal(left: Value, right: Value): boolean | undefined {
  if (left.kind === 'bool' && right.kind === 'bool') return left.value === right.value;
  const texts = [left, right].every((value) => value.kind === 'string' || value.kind === 'word');
  if (texts) return (left as { value: string }).value === (right as { value: string }).value;
  const order = compare(left, right);
  return order === undefined ? undefined : order === 0;
}

/** Below, at or above zero; undefined when the two cannot be compared. Zero compares with every amount. */
function compare(left: Value, right: Value): number | undefined {
  if (left.kind === 'int' && right.kind === 'int') {
    // What memory holds unsigned may be written as a negative number, and the other way round.
    if (BigInt.asUintN(64, left.value) === BigInt.asUintN(64, right.value)) return 0;
    return left.value < right.value ? -1 : 1;
  }
  if (left.kind === 'string' && right.kind === 'string')
    return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
  const [a, b] = [numeric(left), numeric(right)];
  if (a === undefined || b === undefined) return undefined;
  const zero = a === 0 || b === 0;
  const ratio = left.kind === 'percent' || right.kind === 'percent';
  const mixed = left.kind !== right.kind && !(ratio && (left.kind === 'int' || right.kind === 'int'));
  return mixed && !zero ? undefined : a - b;
}

function ordered(operator: '<' | '<=' | '>' | '>=', order: number): boolean {
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function contained(item: Value, holder: Value, operator: string): Outcome<Value> {
  if (holder.kind === 'list') return bool(holder.items.some((known) => equal(known, item) === true));
  if (holder.kind !== 'range') return mismatch(operator, item, holder);
  if (item.kind === 'int') return bool(item.value >= holder.low && item.value <= holder.high);
  const value = numeric(item);
  if (value === undefined) return mismatch(operator, item, holder);
  return bool(value >= Number(holder.low) && value <= Number(holder.high));
}

function integer(operator: BinaryOperator, a: bigint, b: bigint): Outcome<Value> {
  switch (operator) {
    case '+':
      return int(a + b);
    case '-':
      return int(a - b);
    case '*':
      return int(a * b);
    case '/':
      return b === 0n ? lost('ARITHMETIC', '', 'it divides by zero') : int(a / b);
    case 'mod':
      return b === 0n ? lost('ARITHMETIC', '', 'it divides by zero') : int(a % b);
    case '|':
      return int(a | b);
    case '^':
      return int(a ^ b);
    case '&':
      return int(a & b);
    case '<<':
    case '>>':
      if (b < 0n || b > 63n) return lost('ARITHMETIC', '', 'it shifts by more than 63 bits');
      return int(operator === '<<' ? BigInt.asUintN(64, a << b) : a >> b);
    default:
      return lost('UNSUPPORTED', '', `${operator} is no arithmetic`);
  }
}

function amounts(operator: BinaryOperator, left: Value, right: Value): Outcome<Value> {
  const [a, b] = [numeric(left), numeric(right)];
  if (a === undefined || b === undefined) return mismatch(operator, left, right);
  const same = left.kind === right.kind;
  if (same && isAmount(left) && ['+', '-', 'mod'].includes(operator)) {
    if (operator === 'mod' && b === 0) return lost('ARITHMETIC', '', 'it divides by zero');
    return scaled(left, operator === '+' ? a + b : operator === '-' ? a - b : a % b);
  }
  if (operator === '*') {
    const unit =
      [left, right].find((value) => value.kind === 'time' || value.kind === 'size') ??
      [left, right].find(isAmount);
    const two = left.kind === right.kind && left.kind !== 'percent';
    return unit && isAmount(unit) && !two ? scaled(unit, a * b) : mismatch(operator, left, right);
  }
  if (operator === '/') {
    if (b === 0) return lost('ARITHMETIC', '', 'it divides by zero');
    if (same) return found({ kind: 'percent', value: a / b });
    if (isAmount(left) && right.kind === 'int') return scaled(left, a / b);
  }
  return mismatch(operator, left, right);
}

function scaled(unit: Amount, value: number): Outcome<Value> {
  return found({ kind: unit.kind, value: unit.kind === 'percent' ? value : Math.round(value) });
}

function isAmount(value: Value): value is Amount {
  return value.kind === 'time' || value.kind === 'size' || value.kind === 'percent';
}

function numeric(value: Value): number | undefined {
  if (value.kind === 'int') return Number(value.value);
  return isAmount(value) ? value.value : undefined;
}

/** Within 128 bits either way, so that no spec can make it grow. */
function int(value: bigint): Outcome<Value> {
  if (value >= 1n << 127n || value < -(1n << 127n)) return lost('ARITHMETIC', '', 'the number is too large');
  return found({ kind: 'int', value });
}

function bool(value: boolean): Outcome<Value> {
  return found({ kind: 'bool', value });
}

function mismatch(operator: string, ...operands: readonly Value[]): Outcome<Value> {
  return lost('TYPE', '', `${operator} does not apply to ${operands.map(formatValue).join(' and ')}`);
}
