import type { Draft } from './draft.ts';

/** Readings in which something that no lock guards must have been wrong. */
const CONFIRMATIONS = 3;

/** True when what was read may be an update that is half done. */
export function inFlux(draft: Draft): boolean {
  return (draft.guard === 'held' || draft.guard === 'kept') && draft.torn;
}

/**
 * True when one reading has to do and does: there is no second one of a machine that cannot be let run. What no lock
 * guards is believed there only where it cannot be the middle of an update, where nobody is in the middle of anything,
 * or where the kernel itself has noticed (`listed`: its log tells of a list that is broken).
 */
export function believedAtOnce(draft: Draft, listed: () => boolean): boolean {
  return !inFlux(draft) && (!draft.unguarded || draft.certain || draft.at_rest || (draft.link && listed()));
}

/** True when a finding needs no further reading after so many in which it was seen. */
export function settled(draft: Draft, readings: number): boolean {
  return !inFlux(draft) && (readings >= CONFIRMATIONS || !draft.unguarded);
}

/**
 * True for damage that is settled and that a kernel falls over when it comes by: a link that is wrong, a pointer that
 * leads nowhere. A guest that has not noticed yet is not let run then, not for microseconds, whatever else there is to
 * be read again.
 */
export function trips(draft: Draft, readings: number): boolean {
  return (draft.link || !draft.torn) && settled(draft, readings);
}
