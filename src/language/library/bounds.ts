import type { Formula, TypeModel } from '../../model/structure.ts';
import { resolveType, valueOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import type { Context } from './context.ts';
import { same } from './same.ts';

/**
 * What a number can be, as 64 bits without a sign: both ends included, and the bits that are set or clear in all of
 * them.
 */
export interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
  readonly ones: bigint;
  readonly zeros: bigint;
}

const MAX = (1n << 64n) - 1n;
const SIGN = 1n << 63n;
const ALL: Bounds = { low: 0n, high: MAX, ones: 0n, zeros: 0n };
/** A formula that is larger can be anything. */
const PARTS = 512;

/** What a formula can be, whatever lies in memory. */
export function boundsOf(formula: Formula, context: Context): Bounds {
  return bounds(formula, context, { parts: PARTS });
}

/** Whether two numbers are equal; undefined where that depends on what lies in memory. */
export function equalBounds(one: Bounds, other: Bounds): boolean | undefined {
  if ((one.ones & other.zeros) !== 0n || (one.zeros & other.ones) !== 0n) return false;
  if (one.high < other.low || other.high < one.low) return false;
  return isOne(one) && isOne(other) ? true : undefined;
}

/** Whether the one is less than the other. */
export function lessBounds(one: Bounds, other: Bounds): boolean | undefined {
  if (one.high < other.low) return true;
  return one.low >= other.high ? false : undefined;
}

export const isOne = ({ low, high }: Bounds): boolean => low === high;
/** True where it is the same number with a sign and without. */
export const isPlain = ({ high }: Bounds): boolean => high < SIGN;

function bounds(formula: Formula, context: Context, left: { parts: number }): Bounds {
  if (--left.parts < 0) return ALL;
  switch (formula.kind) {
    case 'int':
      return exactly(BigInt.asUintN(64, formula.value));
    case 'unary': {
      if (formula.operator !== '~') return ALL;
      const { low, high, ones, zeros } = bounds(formula.operand, context, left);
      return { low: MAX - high, high: MAX - low, ones: zeros, zeros: ones };
    }
    case 'binary':
      return calculated(formula, context, left);
    case 'conditional':
      return either(bounds(formula.then, context, left), bounds(formula.otherwise, context, left));
    case 'cast': {
      const held = ofType(formula, context);
      if (held !== undefined) return held;
      const { type } = formula;
      const of = bounds(formula.of, context, left);
      if (type.kind !== 'int') return of;
      const most = (1n << BigInt(type.bytes * 8)) - 1n;
      if (of.high <= most && (!type.signed || type.bytes === 8)) return of;
      return type.signed
        ? ALL
        : tight({ low: 0n, high: most, ones: of.ones & most, zeros: of.zeros | (MAX ^ most) });
    }
    default:
      return ofType(formula, context) ?? ALL;
  }
}

/** Of what lies in memory its width. */
function ofType(formula: Formula, { typing }: Context): Bounds | undefined {
  const type = typeOf(formula, typing);
  const seen = type.kind === 'place' ? resolveType(type.type, typing.source) : undefined;
  if (type.kind !== 'place' || seen === undefined || seen === 'opaque') return undefined;
  const value = valueOf(type, typing.source);
  const bits = value.kind === 'number' && value.signed === false ? (type.bits ?? widthOf(seen)) : undefined;
  return bits === undefined ? ALL : tight({ ...ALL, high: (1n << BigInt(bits)) - 1n });
}

/** Bits of a number by its type. */
export function widthOf(type: TypeModel): number | undefined {
  if (type.kind === 'char') return 8;
  return type.kind === 'int' || type.kind === 'enum' ? type.bytes * 8 : undefined;
}

type Binary = Formula & { kind: 'binary' };

function calculated(formula: Binary, context: Context, left: { parts: number }): Bounds {
  const one = bounds(formula.left, context, left);
  const other = bounds(formula.right, context, left);
  const twin = same(formula.left, formula.right);
  switch (formula.operator) {
    case '&':
      return tight({
        low: 0n,
        high: least(one.high, other.high),
        ones: one.ones & other.ones,
        zeros: one.zeros | other.zeros,
      });
    case '|':
      return tight({
        low: most(one.low, other.low),
        high: MAX,
        ones: one.ones | other.ones,
        zeros: one.zeros & other.zeros,
      });
    case '^': {
      if (twin) return exactly(0n);
      const ones = (one.ones & other.zeros) | (one.zeros & other.ones);
      return tight({ low: 0n, high: MAX, ones, zeros: (one.ones & other.ones) | (one.zeros & other.zeros) });
    }
    case '+':
      return one.high + other.high > MAX
        ? ALL
        : tight({ ...ALL, low: one.low + other.low, high: one.high + other.high });
    case '-':
      if (twin) return exactly(0n);
      return one.low < other.high
        ? ALL
        : tight({ ...ALL, low: one.low - other.high, high: one.high - other.low });
    case '*':
      return one.high * other.high > MAX
        ? ALL
        : tight({ ...ALL, low: one.low * other.low, high: one.high * other.high });
    case '<<':
      return isOne(other) ? shiftedUp(one, other.low) : ALL;
    case '>>':
      return !isOne(other) || (signed(formula, context) && !isPlain(one)) ? ALL : shiftedDown(one, other.low);
    case '/':
      if (!isPlain(one) || !isPlain(other)) return divided(formula, one, other, context);
      return other.low === 0n
        ? { ...ALL, high: one.high }
        : tight({ ...ALL, low: one.low / other.high, high: one.high / other.low });
    case 'mod': {
      if (signed(formula, context) && !(isPlain(one) && isPlain(other))) return ALL;
      if (other.low > one.high) return one;
      const high = least(one.high, other.high - 1n);
      if (!isOne(other) || (other.low & (other.low - 1n)) !== 0n) return tight({ ...ALL, high });
      const mask = other.low - 1n;
      return tight({ low: 0n, high, ones: one.ones & mask, zeros: one.zeros | (MAX ^ mask) });
    }
    default:
      return ALL;
  }
}

function divided(formula: Binary, one: Bounds, other: Bounds, context: Context): Bounds {
  if (signed(formula, context) || !isOne(other) || other.low === 0n) return ALL;
  return tight({ ...ALL, low: one.low / other.low, high: one.high / other.low });
}

/** A shift by 64 bits or more leaves nothing. */
function shiftedUp({ low, high, ones, zeros }: Bounds, by: bigint): Bounds {
  if (by >= 64n) return exactly(0n);
  const fits = high << by <= MAX;
  return tight({
    low: fits ? low << by : 0n,
    high: fits ? high << by : MAX,
    ones: (ones << by) & MAX,
    zeros: ((zeros << by) & MAX) | ((1n << by) - 1n),
  });
}

function shiftedDown({ low, high, ones, zeros }: Bounds, by: bigint): Bounds {
  if (by >= 64n) return exactly(0n);
  return tight({
    low: low >> by,
    high: high >> by,
    ones: ones >> by,
    zeros: (zeros >> by) | (MAX ^ (MAX >> by)),
  });
}

function signed(formula: Formula, { typing }: Context): boolean {
  const type = typeOf(formula, typing);
  return type.kind === 'number' && type.signed === true;
}

const exactly = (value: bigint): Bounds => ({ low: value, high: value, ones: value, zeros: MAX ^ value });
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);
const most = (one: bigint, other: bigint): bigint => (one > other ? one : other);
const either = (one: Bounds, other: Bounds): Bounds => ({
  low: least(one.low, other.low),
  high: most(one.high, other.high),
  ones: one.ones & other.ones,
  zeros: one.zeros & other.zeros,
});

/** Ends and bits told by each other. */
function tight({ low, high, ones, zeros }: Bounds): Bounds {
  const top = least(high, MAX ^ zeros);
  const bottom = most(low, ones);
  // Above the highest bit in which the ends differ all bits are theirs.
  const free = (1n << BigInt((top ^ bottom).toString(2).length)) - 1n;
  const known = top === bottom ? MAX : MAX ^ (free & MAX);
  return { low: bottom, high: top, ones: ones | (bottom & known), zeros: zeros | ((MAX ^ top) & known) };
}
