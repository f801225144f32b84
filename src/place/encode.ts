import type { NumberField } from '../model/number-field.ts';
import { holdsBits, plainField, withNumber } from '../model/number-field.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Place } from './place.ts';
import { addressBits } from './place.ts';
import { scalar } from './evaluate.ts';
import type { Value } from './value.ts';
import type { World } from './world.ts';

/** A place's bytes once a value has been written there, from what they were before. */
export type Change = (before: Uint8Array) => Uint8Array;

/**
 * What it is to write a value to a place: numbers as it holds them, and what others have in the same bytes stays; texts
 * (cut or filled with zeros); of a place its address.
 */
export function encoded(world: World, value: Value, place: Place): Outcome<Change> {
  const width = widthOf(place);
  if (value.kind === 'string' && width > 0) {
    const bytes = new Uint8Array(width);
    bytes.set(Buffer.from(value.value, 'latin1').subarray(0, width));
    return found(() => bytes);
  }
  const field = fieldOf(place);
  if (field === undefined) return lost('TYPE', '', `${width} bytes hold no single number`);
  const number = numberOf(world, value);
  if (!number.ok) return number;
  if (!holdsBits(field, number.value) && place.kind === 'bytes' && place.number)
    return lost('TYPE', place.text, `${number.value} does not fit into its ${field.width} bits`);
  return found((before) => withNumber(field, before, number.value));
}

/** How a place's number lies; undefined where it is too wide for one. */
export function fieldOf(place: Place): NumberField | undefined {
  const width = widthOf(place);
  if (place.kind === 'bytes' && place.number) return place.number;
  return width > 8 ? undefined : plainField(width);
}

/** Bytes of a place: 0 of what is none. */
export function widthOf(place: Place): number {
  if (place.kind === 'register') return 8;
  return place.kind === 'bytes' || place.kind === 'machine' ? place.bytes : 0;
}

function numberOf(world: World, value: Value): Outcome<bigint> {
  const address = value.kind === 'place' ? addressOf(value.value) : undefined;
  if (address !== undefined) return found(address);
  const read = scalar(world, found(value));
  if (!read.ok) return read;
  if (read.value.kind === 'int') return found(read.value.value);
  if (read.value.kind === 'time' || read.value.kind === 'size') return found(BigInt(read.value.value));
  return read.value.kind === 'bool'
    ? found(read.value.value ? 1n : 0n)
    : lost('TYPE', '', 'only a number or the address of a place can be written');
}

function addressOf(place: Place): bigint | undefined {
  if (place.kind === 'machine') return BigInt(place.address);
  return place.kind === 'bytes' ? addressBits(place) : undefined;
}
