import { LEAST_PLAIN } from '../../base/fold.ts';
import type { Code } from './code.ts';
import { literal } from './code.ts';

/**
 * A number of 64 bits in generated code. `exact`: one JavaScript number that is equal to it modulo 2^64 and lies in a
 * range that is known here, within +-(2^53 - 1). `wide`: two halves of 32 bits, of any sign. `loaded`: the eight bytes
 * at an address, of which one rounded number has been read; the halves are read when every bit counts. `folded`: the
 * number of an address of a kernel whose numbers are folded (base/fold.ts): whatever is reckoned with it goes by its
 * halves.
 */
export type Value =
  | { readonly form: 'exact'; readonly code: string; readonly low: number; readonly high: number }
  | { readonly form: 'wide'; readonly high: string; readonly low: string }
  | { readonly form: 'loaded'; readonly code: string; readonly space: string; readonly at: string }
  | { readonly form: 'folded'; readonly code: string };

export const EXACT_LIMIT: number = 2 ** 53 - 1;
const ADDRESS_LIMIT = 2 ** 48;
const TWO_32 = 4_294_967_296;

export function exact(code: string, low: number, high: number): Value & { form: 'exact' } {
  return { form: 'exact', code, low, high };
}

/** An address that has been read through, or that an element lies at: it is canonical. `atom` is its number. */
export function addressValue(code: Code, atom: string): Value {
  return code.folds ? { form: 'folded', code: atom } : exact(atom, -ADDRESS_LIMIT, ADDRESS_LIMIT);
}

/** True for a value that is the same number in every kernel, so that it compares with any number as it stands. */
export function isPlain(code: Code, value: Value): value is Value & { form: 'exact' } {
  return value.form === 'exact' && !(code.folds && value.low < LEAST_PLAIN);
}

/** A constant of 64 bits. */
export function constant(value: bigint): Value {
  const signed = BigInt.asIntN(64, value);
  const number = Number(signed);
  if (Math.abs(number) <= EXACT_LIMIT) return exact(literal(number), number, number);
  return {
    form: 'wide',
    high: literal(Number(signed >> 32n)),
    low: literal(Number(BigInt.asIntN(32, signed))),
  };
}

/** The number itself when it is known before anything runs. */
export function known(value: Value): number | undefined {
  return value.form === 'exact' && value.low === value.high ? value.low : undefined;
}

/** One number: exact, or where it is beyond 2^53 the signed value rounded, as addresses are. */
export function asNumber(code: Code, value: Value): string {
  if (!code.folds)
    return value.form === 'wide'
      ? code.keep(`(${value.high} | 0) * ${TWO_32} + (${value.low} >>> 0)`)
      : value.code;
  if (value.form === 'folded' || value.form === 'loaded' || isPlain(code, value)) return value.code;
  const { high, low } = asPair(code, value);
  return code.keep(`R.turn(${high} | 0) * ${TWO_32} + (${low} >>> 0)`);
}

/** The two halves, as signed 32-bit numbers. */
export function asPair(code: Code, value: Value): { readonly high: string; readonly low: string } {
  if (value.form === 'wide') return value;
  if (value.form === 'folded') {
    return {
      high: code.keep(`R.turn(Math.floor(${value.code} / ${TWO_32}) | 0)`),
      low: code.keep(`${value.code} | 0`),
    };
  }
  if (value.form === 'loaded') {
    return {
      high: code.keep(`${value.space}.u32(${value.at} + 4) | 0`),
      low: code.keep(`${value.space}.u32(${value.at}) | 0`),
    };
  }
  if (value.low === value.high)
    return { high: literal(Math.floor(value.low / TWO_32) | 0), low: literal(value.low | 0) };
  const high =
    value.low >= 0 && value.high < TWO_32 ? '0' : code.keep(`Math.floor(${value.code} / ${TWO_32}) | 0`);
  return { high, low: code.keep(`${value.code} | 0`) };
}

/** True when the value is surely one of 0 … 2^32 - 1. */
export function isWord(value: Value): value is Value & { form: 'exact' } {
  return value.form === 'exact' && value.low >= 0 && value.high < TWO_32;
}

/** The low 32 bits, unsigned, as an expression. */
export function lowWord(value: Value): string {
  if (value.form === 'wide') return `(${value.low} >>> 0)`;
  return value.form === 'loaded' ? `${value.space}.u32(${value.at})` : `(${value.code} >>> 0)`;
}
