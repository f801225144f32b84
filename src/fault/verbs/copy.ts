import { isBitField, numberIn, withNumber } from '../../model/number-field.ts';
import { resolve } from '../../place/evaluate.ts';
import type { Perform } from '../injection.ts';
import { clause, refused, refusedFor } from '../injection.ts';
import type { Change } from '../../place/encode.ts';
import { fieldOf } from '../../place/encode.ts';
import type { Place } from '../../place/place.ts';
import { readPlace } from '../write.ts';
import { overwrite, subject } from './bytes.ts';

/** `copy PLACE to PLACE`: the bytes that the first holds now, over as many at the second. */
export const copy: Perform = (injection) => {
  const from = subject(injection);
  if (!from.ok) return refusedFor(from);
  const written = clause(injection.action, 'to');
  if (!written) return refused('`to` is missing');
  const to = resolve(injection.world, written);
  if (!to.ok) return refusedFor(to);
  const bytes = readPlace(injection.live, from.value);
  if (!bytes || bytes.length === 0) return refused(`${from.value.text} cannot be read`);
  const there = readPlace(injection.live, to.value);
  if (!there) return refused(`${to.value.text} cannot be read`);
  const change = moved(from.value, to.value, bytes, there);
  if (typeof change === 'string') return refused(change);
  const effect = overwrite(injection, to.value, change);
  return effect.kind === 'done' && effect.note === ''
    ? { ...effect, note: `from ${from.value.text}` }
    : effect;
};

/** The bytes of one place for another; of a bit-field its number. A text where one has more than the other. */
function moved(from: Place, to: Place, bytes: Uint8Array, there: Uint8Array): Change | string {
  const [one, other] = [fieldOf(from), fieldOf(to)];
  const bits = one && other && (isBitField(one) || isBitField(other));
  if (bits && one.width !== other.width)
    return `${from.text} has ${one.width} bits, ${to.text} has ${other.width}`;
  if (bits) return (before) => withNumber(other, before, numberIn(one, bytes));
  if (there.length !== bytes.length)
    return `${from.text} has ${bytes.length} bytes, ${to.text} has ${there.length}`;
  return () => bytes;
}
