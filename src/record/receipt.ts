import type { Receipt } from './record.ts';

/** What a verb notes where the bytes were already as it leaves them. */
export const CHANGED_NOTHING = 'changed nothing';

/** True for a fault that fired and left every bit as it was. */
export function changedNothing({ kind, fired_ns, note }: Receipt): boolean {
  return kind === 'fault' && fired_ns !== undefined && note === CHANGED_NOTHING;
}
