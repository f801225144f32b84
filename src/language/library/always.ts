import { partsOf } from '../../model/formula-parts.ts';
import { spelled } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { resolveType, valueOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';
import { boundsOf, equalBounds, isOne, isPlain, widthOf } from './bounds.ts';
import { same } from './same.ts';

type Binary = Formula & { kind: 'binary' };
/** What a value can be, by its type, both ends included. */
interface Extent {
  readonly low: bigint;
  readonly high: bigint;
  readonly signed: boolean;
  readonly said: string;
}
interface Decided {
  readonly holds: boolean;
  readonly why: string;
  /** Of a sound structure only: damage may leave any number there. */
  readonly sound?: true;
}

const SWAPPED: Readonly<Record<string, Binary['operator']>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * Tells every comparison in a condition that its types alone decide: `k < 0x1_0000_0000` of a `u32` requires nothing,
 * and no `u32` is `0x1_0000_0000`. What a `def` compares is not looked at: it may be meant for other types, too.
 */
export function checkAlways(condition: Formula, context: Context): void {
  const { span } = condition;
  const left = { parts: 1024 };
  visit(condition, false);

  function visit(part: Formula, denied: boolean): void {
    if (--left.parts < 0) return;
    const inside = part.span.file === span.file && part.span.start >= span.start && part.span.end <= span.end;
    const found = inside && part.kind === 'binary' ? decide(part, context) : undefined;
    // That a value is none of an enumeration's may well be required.
    if (found !== undefined && !(found.sound && denied)) {
      const when = found.sound ? 'in a sound structure' : 'whatever lies in memory';
      const message = `${found.why}: this ${found.holds ? 'holds' : 'never holds'}, ${when}`;
      failAt(
        context.scope,
        'E1035',
        part.span,
        message,
        found.holds ? 'always true' : 'never true',
        'compare it with what it can be and should not',
      );
      return;
    }
    const not = part.kind === 'unary' && part.operator === 'not';
    if (part.kind === 'binary' || part.kind === 'unary')
      for (const one of partsOf(part)) visit(one, not ? !denied : denied);
  }
}

function decide(part: Binary, context: Context): Decided | undefined {
  const { left, right } = part;
  if (part.operator === 'in') return decideIn(part, context);
  if (SWAPPED[part.operator] === undefined) return undefined;
  if (left.kind !== 'int' && left.kind !== 'text' && same(left, right))
    return { holds: ['==', '<=', '>='].includes(part.operator), why: 'both sides are the same' };
  const [value, constant, operator] =
    left.kind === 'int'
      ? [right, left, SWAPPED[part.operator] as Binary['operator']]
      : [left, right, part.operator];
  if (constant.kind === 'text') return decideText(value, constant.value, operator, context);
  const extent = constant.kind === 'int' ? extentOf(value, context) : undefined;
  if (constant.kind !== 'int' || extent === undefined) return undefined;
  const holds = against(extent, operator, numberAs(constant.value, extent));
  if (holds !== undefined) return { holds, why: extent.said };
  const bits = operator === '==' || operator === '!=' ? decideBits(value, constant, context) : undefined;
  if (bits !== undefined) return { holds: operator === '!=', why: bits };
  return operator === '==' ? decideEnumeration(value, constant.value, context) : undefined;
}

/** Bits that a calculation sets or clears, whatever it is made from. */
function decideBits(
  value: Formula,
  constant: Formula & { kind: 'int' },
  context: Context,
): string | undefined {
  if (value.kind !== 'binary') return undefined;
  const equal = equalBounds(boundsOf(value, context), boundsOf(constant, context));
  return equal === false
    ? `no result of \`${value.operator}\` here has the bits of ${constant.value}`
    : undefined;
}

/** A number that the text's own enumeration does not have; of the kernel's the values known here need not be all. */
function decideEnumeration(value: Formula, number: bigint, { typing }: Context): Decided | undefined {
  const type = typeOf(value, typing);
  if (type.kind !== 'place' || type.type.kind !== 'enum') return undefined;
  if (type.type.values.some((one) => one.value === number)) return undefined;
  return { holds: false, why: `the enumeration has no value ${number}`, sound: true };
}

/** Constants are of 64 bits and unsigned; beside what is signed they are as well. */
const numberAs = (value: bigint, { signed }: Extent): bigint => (signed ? BigInt.asIntN(64, value) : value);

function against({ low, high }: Extent, operator: Binary['operator'], value: bigint): boolean | undefined {
  switch (operator) {
    case '==':
    case '!=':
      if (value < low || value > high) return operator === '!=';
      return low === high ? operator === '==' : undefined;
    case '<':
      return high < value ? true : low >= value ? false : undefined;
    case '<=':
      return high <= value ? true : low > value ? false : undefined;
    case '>':
      return low > value ? true : high <= value ? false : undefined;
    default:
      return low >= value ? true : high < value ? false : undefined;
  }
}

function decideIn({ left, right }: Binary, context: Context): Decided | undefined {
  if (right.kind === 'set' && right.items.length === 0)
    return { holds: false, why: 'there is nothing in `[]`' };
  const extent = extentOf(left, context);
  if (extent === undefined) return undefined;
  const outside = (value: bigint): boolean => value < extent.low || value > extent.high;
  if (right.kind === 'set') {
    const values = right.items.map((item) =>
      item.kind === 'int' ? numberAs(item.value, extent) : undefined,
    );
    return values.every((value) => value !== undefined && outside(value))
      ? { holds: false, why: extent.said }
      : undefined;
  }
  if (right.kind !== 'range' || right.low.kind !== 'int' || right.high.kind !== 'int') return undefined;
  const [low, high] = [numberAs(right.low.value, extent), numberAs(right.high.value, extent)];
  if (low > high) return { holds: false, why: 'this range is empty' };
  if (low > extent.high || high < extent.low) return { holds: false, why: extent.said };
  return low <= extent.low && high >= extent.high ? { holds: true, why: extent.said } : undefined;
}

/** A text that its array has no room for. */
function decideText(value: Formula, text: string, operator: string, context: Context): Decided | undefined {
  const type = typeOf(value, context.typing);
  const seen = type.kind === 'place' ? resolveType(type.type, context.typing.source) : undefined;
  if (type.kind !== 'place' || seen === undefined || seen === 'opaque' || seen.kind !== 'array')
    return undefined;
  if (new TextEncoder().encode(text).length <= seen.count) return undefined;
  return {
    holds: operator === '!=',
    why: `a \`${spelled(type.type)}\` holds at most ${seen.count} bytes of text`,
  };
}

function extentOf(formula: Formula, context: Context): Extent | undefined {
  const { typing } = context;
  const type = typeOf(formula, typing);
  const value = valueOf(type, typing.source);
  if (value.kind === 'pointer') return between(64, false, 'an address');
  if (value.kind !== 'number' || value.signed === undefined) return undefined;
  if (type.kind !== 'place') return calculatedExtent(formula, value.signed, context);
  const seen = resolveType(type.type, typing.source);
  if (seen === undefined || seen === 'opaque') return undefined;
  // How a signed bit-field is read is the reader's.
  if (type.bits !== undefined && value.signed) return undefined;
  const bits = type.bits ?? widthOf(seen);
  const name = `a \`${spelled(type.type)}\`${type.bits === undefined ? '' : ` of ${type.bits} bits`}`;
  return bits === undefined ? undefined : between(bits, value.signed, name);
}

/** What is calculated wraps at 64 bits; what it is made of may leave less. */
function calculatedExtent(formula: Formula, signed: boolean, context: Context): Extent | undefined {
  const bounds = boundsOf(formula, context);
  const { low, high } = bounds;
  if (high - low === (1n << 64n) - 1n || (signed && !isPlain(bounds)))
    return signed ? undefined : between(64, false, 'what is calculated');
  const said = isOne(bounds) ? `always ${shown(low)}` : `${shown(low)} to ${shown(high)}`;
  return { low, high, signed, said: `what is calculated is ${said}` };
}

const shown = (value: bigint): string => (value > 9999n ? `0x${value.toString(16)}` : String(value));

function between(bits: number, signed: boolean, name: string): Extent {
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  return { low, high, signed, said: `${name} is ${signed ? `${low} to ${high}` : `0 to ${shown(high)}`}` };
}
