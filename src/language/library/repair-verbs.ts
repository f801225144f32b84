import type { RepairVerb } from '../../model/structure.ts';

/** What a repair's sentence holds. */
export interface VerbRule {
  readonly subject: 'required' | 'optional' | 'none';
  readonly takes: readonly string[];
  readonly needs: readonly string[];
  readonly doc: string;
}

/** What a repair may do. */
export const REPAIR_VERBS: Readonly<Record<RepairVerb, VerbRule>> = {
  set: {
    subject: 'required',
    takes: ['to'],
    needs: ['to'],
    doc: 'Writes a value: `repair COUNT: set symbols["order_count"] to count(orders)`.',
  },
  relink: {
    subject: 'none',
    takes: [],
    needs: [],
    doc: "Writes the link that the structure's other links imply.",
  },
  recount: {
    subject: 'optional',
    takes: ['to'],
    needs: [],
    doc: 'Writes the number that was counted into the field that was blamed.',
  },
  release: {
    subject: 'optional',
    takes: ['to'],
    needs: [],
    doc: 'Gives a lock free that nobody can be holding; `to` says what its word is then, where the byte that says locked is not all.',
  },
  unlink: { subject: 'optional', takes: ['loses'], needs: [], doc: 'Takes an element out of its structure.' },
  rearm: {
    subject: 'optional',
    takes: ['to'],
    needs: ['to'],
    doc: 'Hangs a timer that is on no queue into a bucket again: `to` is where that is.',
  },
  quarantine: {
    subject: 'optional',
    takes: ['loses'],
    needs: [],
    doc: 'Keeps a task from ever running again.',
  },
  abandon: {
    subject: 'optional',
    takes: ['loses'],
    needs: [],
    doc: 'Cuts a chain off where it is damaged and gives up what hangs behind.',
  },
};
