import type { PhysicalMemory } from '../target/target.ts';

/** One write of an ambulance: where, and what stood and stands there. */
export interface JournalEntry {
  readonly time_ns: number;
  /** What the ambulance says that it writes to. */
  readonly place: string;
  readonly address: string;
  readonly physical: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * What an ambulance wrote to one partition while its CPUs and devices stood still. Plain data: it forks and saves with
 * the hypervisor.
 */
export interface Journal {
  readonly ambulance: string;
  readonly entries: readonly JournalEntry[];
  /** Only an open one takes writes, and only an open one can be rolled back. */
  readonly state: 'open' | 'kept' | 'undone';
}

/** More than any repair writes: what an ambulance may make the hypervisor keep. */
const ENTRIES_LIMIT = 4096;
const BYTES_LIMIT = 65_536;

export function openJournal(ambulance: string): Journal {
  return { ambulance, entries: [], state: 'open' };
}

/** Notes a write and makes it; undefined, and nothing written, when the bytes are not there or the journal is full. */
export function writeThrough(
  journal: Journal,
  memory: PhysicalMemory,
  write: Omit<JournalEntry, 'before'>,
): Journal | undefined {
  const { physical, after } = write;
  if (journal.state !== 'open' || journal.entries.length >= ENTRIES_LIMIT) return undefined;
  if (after.length === 0 || after.length > BYTES_LIMIT) return undefined;
  const before = new Uint8Array(after.length);
  if (!memory.read(physical, before) || !memory.write(physical, after)) return undefined;
  return { ...journal, entries: [...journal.entries, { ...write, before, after: after.slice() }] };
}

/** Puts back what stood there, the last write first: where two overlap, the oldest bytes come last. */
export function undo(journal: Journal, memory: PhysicalMemory): Journal {
  for (const { physical, before } of journal.entries.toReversed()) memory.write(physical, before);
  return { ...journal, state: 'undone' };
}
