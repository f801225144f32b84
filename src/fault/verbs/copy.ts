import { resolve } from '../../place/evaluate.ts';
import type { Perform } from '../injection.ts';
import { clause, refused, refusedFor } from '../injection.ts';
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
  if (there.length !== bytes.length) {
    return refused(`${from.value.text} has ${bytes.length} bytes, ${to.value.text} has ${there.length}`);
  }
  const effect = overwrite(injection, to.value, () => bytes);
  return effect.kind === 'done' && effect.note === ''
    ? { ...effect, note: `from ${from.value.text}` }
    : effect;
};
