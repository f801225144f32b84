import type { FormulaOperator } from '../../model/structure.ts';
import type { Code } from './code.ts';
import { literal } from './code.ts';
import type { Value } from './value.ts';
import { asNumber, asPair, EXACT_LIMIT, exact, isPlain, isWord, known, lowWord } from './value.ts';

const TWO_32 = 4_294_967_296;
type Exact = Value & { form: 'exact' };

/**
 * What `+ - * / mod & | ^ << >>` give; undefined for a division by zero that is known beforehand. `signed` as typing
 * says of the result.
 */
export function arithmetic(
  code: Code,
  operator: FormulaOperator,
  left: Value,
  right: Value,
  signed: boolean,
  zero: (test: string) => void,
): Value {
  switch (operator) {
    case '+':
    case '-':
    case '*':
      return sum(code, operator, left, right);
    case '/':
    case 'mod':
      return quotient(code, operator, left, right, signed, zero);
    case '&':
    case '|':
    case '^':
      return bitwise(code, operator, left, right);
    default:
      return shift(code, operator as '<<' | '>>', left, right, signed);
  }
}

function sum(code: Code, operator: '+' | '-' | '*', left: Value, right: Value): Value {
  if (left.form === 'exact' && right.form === 'exact') {
    const [low, high] = rangeOf(operator, left, right);
    if (low >= -EXACT_LIMIT && high <= EXACT_LIMIT) {
      if (low === high) return exact(literal(low), low, high);
      // A product of 0 and a negative number is -0, which is the same number in every use that is made of it.
      return exact(code.keep(`${left.code} ${operator} ${right.code}`), low, high);
    }
  }
  const [a, b] = [asPair(code, left), asPair(code, right)];
  if (operator === '*') return wideCall(code, 'multiply', [a.high, a.low, b.high, b.low]);
  if (operator === '+') {
    const low = code.keep(`(${a.low} >>> 0) + (${b.low} >>> 0)`);
    return {
      form: 'wide',
      high: code.keep(`(${a.high} + ${b.high} + (${low} >= ${TWO_32} ? 1 : 0)) | 0`),
      low: code.keep(`${low} | 0`),
    };
  }
  const low = code.keep(`(${a.low} >>> 0) - (${b.low} >>> 0)`);
  return {
    form: 'wide',
    high: code.keep(`(${a.high} - ${b.high} - (${low} < 0 ? 1 : 0)) | 0`),
    low: code.keep(`${low} | 0`),
  };
}

function rangeOf(operator: '+' | '-' | '*', left: Exact, right: Exact): [number, number] {
  if (operator === '+') return [left.low + right.low, left.high + right.high];
  if (operator === '-') return [left.low - right.high, left.high - right.low];
  const ends = [left.low * right.low, left.low * right.high, left.high * right.low, left.high * right.high];
  return [Math.min(...ends) + 0, Math.max(...ends) + 0];
}

function wideCall(code: Code, helper: string, operands: readonly string[]): Value {
  code.line(`R.${helper}(${operands.join(', ')});`);
  return { form: 'wide', high: code.keep('R.high'), low: code.keep('R.low') };
}

function quotient(
  code: Code,
  operator: '/' | 'mod',
  left: Value,
  right: Value,
  signed: boolean,
  zero: (test: string) => void,
): Value {
  const plain =
    left.form === 'exact' && right.form === 'exact' && (signed || (left.low >= 0 && right.low >= 0));
  if (plain) {
    if (right.low <= 0 && right.high >= 0) zero(`${right.code} === 0`);
    const rest = code.keep(`${left.code} % ${right.code}`);
    const most = Math.max(Math.abs(right.low), Math.abs(right.high));
    const bound = Math.min(Math.max(Math.abs(left.low), Math.abs(left.high)), Math.max(most - 1, 0));
    if (operator === 'mod')
      return exact(code.keep(`${rest} + 0`), left.low < 0 ? -bound : 0, left.high > 0 ? bound : 0);
    const least = right.low > 0 ? right.low : 1;
    const reach = Math.floor(Math.max(Math.abs(left.low), Math.abs(left.high)) / least);
    const negative = left.low < 0 || right.low < 0;
    return exact(code.keep(`(${left.code} - ${rest}) / ${right.code} + 0`), negative ? -reach : 0, reach);
  }
  const by = signed ? undefined : powerOf(known(right));
  if (by !== undefined) {
    if (operator === 'mod')
      return exact(code.keep(`(${lowWord(left)} & ${2 ** by - 1}) >>> 0`), 0, 2 ** by - 1);
    return shift(code, '>>', left, exact(`${by}`, by, by), false);
  }
  const [a, b] = [asPair(code, left), asPair(code, right)];
  zero(`(${b.high} | ${b.low}) === 0`);
  const helper = operator === '/' ? 'divide' : 'remainder';
  return wideCall(code, signed ? `${helper}Signed` : helper, [a.high, a.low, b.high, b.low]);
}

/** Which power of two a number is, up to the 31st. */
function powerOf(number: number | undefined): number | undefined {
  const power = number === undefined || number <= 0 ? -1 : Math.round(Math.log2(number));
  return power >= 0 && power < 32 && 2 ** power === number ? power : undefined;
}

function bitwise(code: Code, operator: '&' | '|' | '^', left: Value, right: Value): Value {
  if (operator === '&') {
    // A mask of 32 bits leaves nothing of the high half.
    for (const [mask, other] of [
      [right, left],
      [left, right],
    ] as const) {
      if (isWord(mask)) return exact(code.keep(`(${lowWord(other)} & ${mask.code}) >>> 0`), 0, mask.high);
    }
  } else if (isWord(left) && isWord(right)) {
    return exact(code.keep(`(${left.code} ${operator} ${right.code}) >>> 0`), 0, TWO_32 - 1);
  }
  const [a, b] = [asPair(code, left), asPair(code, right)];
  return {
    form: 'wide',
    high: code.keep(`${a.high} ${operator} ${b.high}`),
    low: code.keep(`${a.low} ${operator} ${b.low}`),
  };
}

function shift(code: Code, operator: '<<' | '>>', left: Value, right: Value, signed: boolean): Value {
  const by = known(right);
  if (by !== undefined && left.form === 'exact') {
    if (by < 0 || by >= 64) {
      return exact('0', 0, 0);
    } else if (operator === '<<') {
      const [low, high] = [left.low * 2 ** by, left.high * 2 ** by];
      if (low >= -EXACT_LIMIT && high <= EXACT_LIMIT)
        return exact(code.keep(`${left.code} * ${2 ** by}`), low, high);
    } else if (left.low >= 0 || signed) {
      const [low, high] = [Math.floor(left.low / 2 ** by), Math.floor(left.high / 2 ** by)];
      return exact(code.keep(`Math.floor(${left.code} / ${2 ** by})`), low, high);
    }
  }
  if (by !== undefined)
    return by < 0 || by >= 64 ? exact('0', 0, 0) : shiftedBy(code, operator, asPair(code, left), by, signed);
  const shifted = known(left);
  if (
    operator === '<<' &&
    shifted !== undefined &&
    shifted >= 0 &&
    right.form === 'exact' &&
    right.low >= 0
  ) {
    const [low, high] = [shifted * 2 ** right.low, shifted * 2 ** right.high];
    if (high <= EXACT_LIMIT) return exact(code.keep(`${shifted} * 2 ** ${right.code}`), low, high);
  }
  const [a, b] = [asPair(code, left), asPair(code, right)];
  const helper = operator === '<<' ? 'shiftLeft' : signed ? 'shiftRightSigned' : 'shiftRight';
  return wideCall(code, helper, [a.high, a.low, b.high, b.low]);
}

/** By 0 to 63 bits. What has 53 bits left is one number. */
function shiftedBy(
  code: Code,
  operator: '<<' | '>>',
  { high, low }: { readonly high: string; readonly low: string },
  by: number,
  signed: boolean,
): Value {
  if (by === 0) return { form: 'wide', high, low };
  if (operator === '<<') {
    if (by >= 32) return { form: 'wide', high: code.keep(`${low} << ${by - 32}`), low: '0' };
    return {
      form: 'wide',
      high: code.keep(`(${high} << ${by}) | (${low} >>> ${32 - by})`),
      low: code.keep(`${low} << ${by}`),
    };
  }
  const [least, most] = signed ? [-(2 ** (63 - by)), 2 ** (63 - by) - 1] : [0, 2 ** (64 - by) - 1];
  const top = signed ? `(${high} | 0)` : `(${high} >>> 0)`;
  if (by >= 32) return exact(code.keep(`${high} ${signed ? '>>' : '>>>'} ${by - 32}`), least, most);
  if (by >= 11) return exact(code.keep(`${top} * ${2 ** (32 - by)} + (${low} >>> ${by})`), least, most);
  return {
    form: 'wide',
    high: code.keep(`${high} ${signed ? '>>' : '>>>'} ${by}`),
    low: code.keep(`(${low} >>> ${by}) | (${high} << ${32 - by})`),
  };
}

/** `-x` and `~x`. */
export function negate(code: Code, operator: '-' | '~', value: Value): Value {
  if (operator === '-') return sum(code, '-', exact('0', 0, 0), value);
  if (value.form === 'exact' && value.low > -EXACT_LIMIT && value.high < EXACT_LIMIT)
    return sum(code, '-', exact('(-1)', -1, -1), value);
  const pair = asPair(code, value);
  return { form: 'wide', high: code.keep(`~${pair.high}`), low: code.keep(`~${pair.low}`) };
}

/** Signedness of a side of a comparison; undefined for a constant. */
export type Sign = boolean | undefined;

/**
 * `== != < <= > >=` as an expression. Numbers compare by what they mean: a signed one below zero is less than every
 * unsigned one.
 */
export function compare(
  code: Code,
  operator: FormulaOperator,
  left: Value,
  right: Value,
  signs: readonly [Sign, Sign],
): string {
  if (operator === '==') return equal(code, left, right);
  if (operator === '!=') return `!(${equal(code, left, right)})`;
  if (operator === '>') return less(code, right, left, [signs[1], signs[0]]);
  if (operator === '<=') return `!(${less(code, right, left, [signs[1], signs[0]])})`;
  if (operator === '>=') return `!(${less(code, left, right, signs)})`;
  return less(code, left, right, signs);
}

function equal(code: Code, left: Value, right: Value): string {
  // A rounded number is beyond 2^53 and equal to no exact one; a folded one that is not itself, to no plain one.
  if (isPlain(code, left) || isPlain(code, right))
    return `${asNumber(code, left)} === ${asNumber(code, right)}`;
  const [a, b] = [asPair(code, left), asPair(code, right)];
  return `${a.high} === ${b.high} && ${a.low} === ${b.low}`;
}

function less(code: Code, left: Value, right: Value, [one, other]: readonly [Sign, Sign]): string {
  const left_signed = one ?? other ?? false;
  const right_signed = other ?? one ?? false;
  if (isPlain(code, left) || isPlain(code, right)) {
    const [a, b] = [asNumber(code, left), asNumber(code, right)];
    const never = (value: Value): boolean => value.form === 'exact' && value.low >= 0;
    // An unsigned number of 2^63 and more stands here as one below zero.
    const a_huge = left_signed || never(left) ? '' : `${a} < 0`;
    const b_huge = right_signed || never(right) ? '' : `${b} < 0`;
    if (a_huge === '' && b_huge === '') return `${a} < ${b}`;
    if (a_huge === '') return `(${b_huge} || ${a} < ${b})`;
    if (b_huge === '') return `!(${a_huge}) && ${a} < ${b}`;
    return `((${a} < 0) === (${b} < 0) ? ${a} < ${b} : ${b} < 0)`;
  }
  const [a, b] = [asPair(code, left), asPair(code, right)];
  const low = `${a.high} === ${b.high} && (${a.low} >>> 0) < (${b.low} >>> 0)`;
  if (left_signed && right_signed) return `(${a.high} < ${b.high} || ${low})`;
  const unsigned = `((${a.high} >>> 0) < (${b.high} >>> 0) || ${low})`;
  if (left_signed) return `(${a.high} < 0 || ${unsigned})`;
  if (right_signed) return `(${b.high} >= 0 && ${unsigned})`;
  return unsigned;
}
