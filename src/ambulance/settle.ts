import type { Draft } from './draft.ts';

/** Readings in which something that no lock guards must have been wrong. */
const CONFIRMATIONS = 3;

/** True when what was read may be an update that is half done. */
export function inFlux(draft: Draft): boolean {
  return (draft.guard === 'held' || draft.guard === 'kept') && draft.torn;
}

/** True when a finding needs no further reading after so many in which it was seen. */
export function settled(draft: Draft, readings: number): boolean {
  return !inFlux(draft) && (readings >= CONFIRMATIONS || !draft.unguarded);
}
