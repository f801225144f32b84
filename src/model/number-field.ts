import type { TypeModel } from './structure.ts';

/**
 * How a number lies in memory: the one notion of it for validators' repairs, places, and what an app is filled with.
 */
export interface NumberField {
  /** Bytes of the unit that it is part of, or all of. */
  readonly bytes: number;
  /** Its least significant bit, counted from the unit's; 0 unless it is a bit-field. */
  readonly from: number;
  /** How many bits it has. */
  readonly width: number;
  readonly big_endian: boolean;
  readonly signed: boolean;
}

/**
 * How a number of a type lies; undefined for what is no number, truth, character or pointer. `type` has no name any
 * more.
 */
export function numberField(
  type: TypeModel | undefined,
  bits?: { readonly from: number; readonly width: number },
): NumberField | undefined {
  const bytes = bytesOf(type);
  if (type === undefined || bytes === 0) return undefined;
  const [from, width] = bits ? [bits.from, bits.width] : [0, bytes * 8];
  const int = type.kind === 'int' ? type : undefined;
  return { bytes, from, width, big_endian: int?.big_endian ?? false, signed: int?.signed ?? false };
}

function bytesOf(type: TypeModel | undefined): number {
  if (type?.kind === 'int' || type?.kind === 'enum') return type.bytes;
  if (type?.kind === 'char' || type?.kind === 'bool') return 1;
  return type?.kind === 'pointer' ? 8 : 0;
}

/** A number of so many bytes, the least significant first. */
export function plainField(bytes: number, signed = false): NumberField {
  return { bytes, from: 0, width: bytes * 8, big_endian: false, signed };
}

/** True where other numbers share its bytes. */
export function isBitField({ bytes, width }: NumberField): boolean {
  return width < bytes * 8;
}

/** The number in its unit's bytes. */
export function numberIn(field: NumberField, unit: Uint8Array): bigint {
  const bits = (wordOf(field, unit) >> BigInt(field.from)) & onesOf(field.width);
  return field.signed ? BigInt.asIntN(field.width, bits) : bits;
}

/** The unit's bytes with another number in them; what does not fit is cut off, and what others have there stays. */
export function withNumber(field: NumberField, unit: Uint8Array, value: bigint): Uint8Array {
  const mask = onesOf(field.width) << BigInt(field.from);
  const word = (wordOf(field, unit) & ~mask) | ((value << BigInt(field.from)) & mask);
  return bytesIn(field, word);
}

/** The unit's bytes with 1 for each bit of the number. */
export function maskOf(field: NumberField): Uint8Array {
  return withNumber(field, new Uint8Array(field.bytes), -1n);
}

/** Byte of the unit, and the mask in it, of a bit of the number, counted from its least significant. */
export function bitAt(field: NumberField, bit: number): { readonly byte: number; readonly mask: number } {
  const at = field.from + bit;
  const byte = at >> 3;
  return { byte: field.big_endian ? field.bytes - 1 - byte : byte, mask: 1 << (at & 7) };
}

/** The smallest and the greatest that it holds. */
export function rangeOf({ width, signed }: NumberField): { readonly low: bigint; readonly high: bigint } {
  const half = 1n << BigInt(width - 1);
  return signed ? { low: -half, high: half - 1n } : { low: 0n, high: onesOf(width) };
}

/** True when nothing of a number of 64 bits is cut off, whichever sign it was meant with. */
export function holdsBits({ width }: NumberField, value: bigint): boolean {
  const bits = BigInt.asUintN(64, value);
  return BigInt.asUintN(width, bits) === bits || BigInt.asUintN(64, BigInt.asIntN(width, bits)) === bits;
}

function wordOf({ bytes, big_endian }: NumberField, unit: Uint8Array): bigint {
  let word = 0n;
  for (let index = 0; index < bytes; index++)
    word = (word << 8n) | BigInt(unit[big_endian ? index : bytes - 1 - index] ?? 0);
  return word;
}

function bytesIn({ bytes, big_endian }: NumberField, word: bigint): Uint8Array {
  const unit = new Uint8Array(bytes);
  let left = word;
  for (let index = 0; index < bytes; index++, left >>= 8n)
    unit[big_endian ? bytes - 1 - index : index] = Number(left & 0xffn);
  return unit;
}

function onesOf(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}
