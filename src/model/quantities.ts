import type { FormulaType } from './formula-types.ts';
import type { Formula, FormulaOperator } from './structure.ts';

/** What a number counts: nanoseconds or bytes. */
export type Quantity = 'time' | 'size';
type NumberType = Extract<FormulaType, { kind: 'number' }>;
type Part = Pick<NumberType, 'quantity' | 'bytes'>;

/**
 * A time is nanoseconds in 64 bits: what is narrower holds none, nor does a count, an enumerator, or a bare number that
 * the text writes down.
 */
function holdsTime({ quantity, bytes, signed, no_time }: NumberType, formula: Formula): boolean {
  if (no_time) return false;
  if (quantity !== undefined) return quantity === 'time';
  if (signed === undefined) return formula.kind === 'int' && formula.value === 0n;
  return bytes === undefined || bytes === 8;
}

/**
 * True when two values can be told apart, added, and put in order: sizes are bytes and go with any number, times do
 * not.
 */
export function goTogether(one: FormulaType, left: Formula, other: FormulaType, right: Formula): boolean {
  const [timed, also] = [isTime(one), isTime(other)];
  if (!timed && !also) return true;
  if (timed && also) return true;
  const [rest, formula] = timed ? [other, right] : [one, left];
  if (rest.kind === 'unknown') return true;
  return rest.kind === 'number' && holdsTime(rest, formula);
}

export const isTime = (type: FormulaType): boolean => type.kind === 'number' && type.quantity === 'time';

const BITS: ReadonlySet<FormulaOperator> = new Set(['|', '^', '&']);

/**
 * What an operation of numbers gives, and of how many bytes it was read; undefined where it makes no sense with these
 * quantities.
 */
export function calculated(
  operator: FormulaOperator,
  one: FormulaType,
  left: Formula,
  other: FormulaType,
  right: Formula,
): Part | undefined {
  const a = one.kind === 'number' ? one.quantity : undefined;
  const b = other.kind === 'number' ? other.quantity : undefined;
  const bytes = operator === '*' || operator === '<<' ? {} : bytesOf(one, other);
  const of = (quantity: Quantity | undefined): Part =>
    quantity === undefined ? bytes : { ...bytes, quantity };
  switch (operator) {
    case '*':
      return a !== undefined && b !== undefined ? undefined : of(a ?? b);
    case '/':
      if (b === undefined) return of(a);
      return goTogether(one, left, other, right) ? bytes : undefined;
    case '<<':
    case '>>':
      return b === undefined ? of(a) : undefined;
    default:
      if (BITS.has(operator) && (a === 'time' || b === 'time')) return undefined;
      return goTogether(one, left, other, right) ? of(a ?? b) : undefined;
  }
}

/** The wider of two; a bare number takes after the other. */
function bytesOf(one: FormulaType, other: FormulaType): { readonly bytes?: number } {
  const width = (type: FormulaType): number | undefined =>
    type.kind === 'number' ? (type.signed === undefined ? 0 : type.bytes) : undefined;
  const [a, b] = [width(one), width(other)];
  if (a === undefined || b === undefined) return {};
  return Math.max(a, b) === 0 ? {} : { bytes: Math.max(a, b) };
}
