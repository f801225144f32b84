import type { Expression } from '../../model/expression.ts';
import { bitAt, isBitField, maskOf } from '../../model/number-field.ts';
import { encoded, fieldOf, widthOf } from '../../place/encode.ts';
import { evaluate, resolve, scalar } from '../../place/evaluate.ts';
import type { Outcome } from '../../place/outcome.ts';
import { found, lost } from '../../place/outcome.ts';
import type { Place } from '../../place/place.ts';
import { locations } from '../../place/place.ts';
import { partitionOf } from '../../place/read.ts';
import { widened } from '../../place/extent.ts';
import type { Effect, Injection, Perform } from '../injection.ts';
import { clause, refused, refusedFor, smallInteger } from '../injection.ts';
import { CHANGED_NOTHING } from '../../record/receipt.ts';
import { readPlace, writePlace } from '../write.ts';

const BYTES_LIMIT = 1_048_576;

/** `set PLACE to VALUE`: the value in the width of the place; a place's value is its address. */
export const set: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const to = clause(injection.action, 'to');
  const value = to ? evaluate(injection.world, to) : lost('TYPE', '', '`to` is missing');
  if (!value.ok) return refusedFor(value);
  const change = encoded(injection.world, value.value, place.value);
  return change.ok ? overwrite(injection, place.value, change.value) : refusedFor(change);
};

/**
 * `flip PLACE bit N`: inverts bits, counted from the least significant of the number, or of the first byte where there
 * is none.
 */
export const flip: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const bits: number[] = [];
  for (const written of injection.action.clauses['bit'] ?? []) {
    const listed = bitsOf(injection, written);
    if (!listed.ok) return refusedFor(listed);
    bits.push(...listed.value);
  }
  const field = fieldOf(place.value);
  const width = field?.width ?? widthOf(place.value) * 8;
  if (bits.some((bit) => bit >= width)) return refused(`${place.value.text} has the bits 0..${width - 1}`);
  return overwrite(injection, place.value, (before) => {
    const after = before.slice();
    for (const bit of bits) {
      const { byte, mask } = field ? bitAt(field, bit) : { byte: bit >> 3, mask: 1 << (bit & 7) };
      after[byte] = (after[byte] as number) ^ mask;
    }
    return after;
  });
};

/** `zero PLACE bytes N`. */
export const zero: Perform = (injection) => repeat(injection, 0);

/** `fill PLACE with BYTE bytes N`. */
export const fill: Perform = (injection) => {
  const byte = byteClause(injection, 'with', undefined);
  return byte.ok ? repeat(injection, byte.value) : refusedFor(byte);
};

/** `smash STACK with BYTE`: a stray write over the word that holds the end magic, the lowest of the stack. */
export const smash: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const stack = place.value;
  if (stack.kind !== 'bytes' || stack.element !== 'stacks')
    return refused(`${stack.text} is no kernel stack`);
  const byte = byteClause(injection, 'with', 0xa5);
  if (!byte.ok) return refusedFor(byte);
  const partition = partitionOf(injection.world.target, stack.partition);
  const end = partition ? widened(stack, 8, partition) : lost('NO_PARTITION', stack.partition, 'it is gone');
  if (!end.ok) return refusedFor(end);
  return overwrite(injection, { ...end.value, text: `${stack.text}.end` }, (before) =>
    before.slice().fill(byte.value),
  );
};

function repeat(injection: Injection, byte: number): Effect {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const sized = resized(injection, place.value);
  if (!sized.ok) return refusedFor(sized);
  return overwrite(injection, sized.value, (before) => before.slice().fill(byte));
}

/** The place with as many bytes as the clause `bytes` says. */
function resized(injection: Injection, place: Place): Outcome<Place> {
  const written = clause(injection.action, 'bytes');
  if (!written) return found(place);
  const value = scalar(injection.world, evaluate(injection.world, written));
  if (!value.ok) return value;
  const bytes = smallInteger(value.value, BYTES_LIMIT);
  if (!bytes || place.kind !== 'bytes')
    return lost('TYPE', place.text, `\`bytes\` is 1..${BYTES_LIMIT} of memory`);
  if (place.number && isBitField(place.number))
    return lost('NOT_A_PLACE', place.text, 'a bit-field has no bytes of its own');
  const partition = partitionOf(injection.world.target, place.partition);
  return partition ? widened(place, bytes, partition) : lost('NO_PARTITION', place.partition, 'it is gone');
}

/** Reads the live bytes of a place, changes them and writes them back: of a bit-field its own bits and no others. */
export function overwrite(
  injection: Injection,
  place: Place,
  change: (before: Uint8Array) => Uint8Array,
): Effect {
  const before = readPlace(injection.live, place);
  if (!before) return refused(`${place.text} cannot be read`);
  const after = within(place, before, change(before));
  if (!writePlace(injection.live, place, after)) return refused(`${place.text} cannot be written`);
  const note = before.every((byte, at) => byte === after[at]) ? CHANGED_NOTHING : '';
  // Nobody can read a damage that is none.
  return { kind: 'done', place, before, after, watch: note === '' ? locations(place) : [], note };
}

function within(place: Place, before: Uint8Array, after: Uint8Array): Uint8Array {
  if (place.kind !== 'bytes' || !place.number || !isBitField(place.number)) return after;
  const mask = maskOf(place.number);
  return before.map((byte, at) => (byte & ~(mask[at] ?? 0)) | ((after[at] ?? 0) & (mask[at] ?? 0)));
}

export function subject(injection: Injection): Outcome<Place> {
  const { subject: written } = injection.action;
  return written
    ? resolve(injection.world, written)
    : lost('TYPE', '', `\`${injection.action.verb}\` needs a place`);
}

function byteClause(injection: Injection, word: string, absent: number | undefined): Outcome<number> {
  const written = clause(injection.action, word);
  if (!written && absent !== undefined) return found(absent);
  const value = written ? scalar(injection.world, evaluate(injection.world, written)) : undefined;
  if (value && !value.ok) return value;
  const byte = value && smallInteger(value.value, 255);
  return byte === undefined ? lost('TYPE', '', `\`${word}\` is a byte, 0..255`) : found(byte);
}

function bitsOf(injection: Injection, written: Expression): Outcome<readonly number[]> {
  const value = scalar(injection.world, evaluate(injection.world, written));
  if (!value.ok) return value;
  if (value.value.kind === 'range') {
    const { low, high } = value.value;
    if (low < 0n || high - low > 4096n) return lost('TYPE', '', 'bits are numbered from 0');
    return found(
      Array.from({ length: Math.max(0, Number(high - low) + 1) }, (_, index) => Number(low) + index),
    );
  }
  const items = value.value.kind === 'list' ? value.value.items : [value.value];
  const bits = items.map((item) => smallInteger(item, BYTES_LIMIT * 8));
  return bits.includes(undefined) ? lost('TYPE', '', 'bits are numbered from 0') : found(bits as number[]);
}
