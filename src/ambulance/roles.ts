import type { LibraryModel } from '../model/structure.ts';

/**
 * What an ambulance itself needs of a library, by the lists in which that says what serves: `let processes =
 * ["tasks"]`.
 */
type Role = 'processes' | 'process_memory' | 'kernel_stacks' | 'module_lists';

/** The name of what serves as that; '' is nobody's, where the library does not say. */
export function servingAs(role: Role, { lists }: LibraryModel): string {
  return lists?.[role]?.[0] ?? '';
}

/**
 * Lists of what is whole although no one lock guards it, by structure or by structure and code (specs/lib/locks.spec),
 * and symbols that tell whether a kernel preempts itself.
 */
type Listing = 'whole_at_rest' | 'whole_unless_preempted' | 'preempting' | 'preemption_modes';

export function listed(listing: Listing, { lists }: LibraryModel): readonly string[] {
  return lists?.[listing] ?? [];
}

/** Bytes of a task's stack in the kernel: those of the struct that the library names; 0 where it says nothing. */
export function stackBytes(library: LibraryModel): number {
  const name = servingAs('kernel_stacks', library);
  return library.structs.find((one) => one.name === name)?.bytes ?? 0;
}
