// How numbers lie in memory: every width, sign, order of bytes and run of bits.
import { describe, expect, it } from 'vitest';
import type { NumberField } from '../../src/model/number-field.ts';
import {
  bitAt,
  holdsBits,
  maskOf,
  numberField,
  numberIn,
  plainField,
  rangeOf,
  withNumber,
} from '../../src/model/number-field.ts';
import { int_type } from '../support/formulas.ts';

const field = (text: string, bits?: { from: number; width: number }): NumberField =>
  numberField(int_type(text), bits) as NumberField;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const KINDS = ['u8', 's8', 'u16', 's16', 'be16', 'u32', 's32', 'be32', 'u64', 's64', 'be64'];
const BITS = [
  { from: 0, width: 3 },
  { from: 3, width: 7 },
  { from: 10, width: 22 },
  { from: 31, width: 1 },
];

describe('a number in memory', () => {
  it('of every type is read back as it was written, from its smallest to its greatest', () => {
    for (const one of [
      ...KINDS.map((kind) => field(kind)),
      ...BITS.map((bits) => field('u32', bits)),
      ...BITS.map((bits) => field('s32', bits)),
    ]) {
      const { low, high } = rangeOf(one);
      for (const value of [low, high, 1n > high ? 0n : 1n]) {
        expect(numberIn(one, withNumber(one, new Uint8Array(one.bytes), value))).toBe(value);
        expect(holdsBits(one, BigInt.asUintN(64, value))).toBe(true);
      }
      if (one.width < 64) expect(holdsBits(one, high - low + 1n)).toBe(false);
    }
  });

  it('stands with its most significant byte first where its type says so', () => {
    expect(hex(withNumber(field('be32'), new Uint8Array(4), 0x01020304n))).toBe('01020304');
    expect(hex(withNumber(field('u32'), new Uint8Array(4), 0x01020304n))).toBe('04030201');
  });

  it('of some bits leaves its neighbours as they are', () => {
    const unit = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    expect(hex(withNumber(field('u32', { from: 3, width: 7 }), unit, 0n))).toBe('07fcffff');
    expect(hex(maskOf(field('u32', { from: 3, width: 7 })))).toBe('f8030000');
    expect(hex(maskOf(field('be16')))).toBe('ffff');
  });

  it('is negative where its sign bit is set and its type has one', () => {
    expect(numberIn(field('s32', { from: 3, width: 7 }), Uint8Array.of(0, 2, 0, 0))).toBe(-64n);
    expect(numberIn(field('s16'), Uint8Array.of(0xf9, 0xff))).toBe(-7n);
    expect(numberIn(plainField(2), Uint8Array.of(0xf9, 0xff))).toBe(0xfff9n);
  });

  it('has its bits counted from its own least significant', () => {
    expect(bitAt(field('be32'), 0)).toEqual({ byte: 3, mask: 1 });
    expect(bitAt(field('u32'), 9)).toEqual({ byte: 1, mask: 2 });
    expect(bitAt(field('u32', { from: 10, width: 22 }), 0)).toEqual({ byte: 1, mask: 4 });
  });
});
