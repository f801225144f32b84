import type { TypeSource } from '../model/type-source.ts';
import { findMember } from '../model/type-source.ts';
import type { Guard } from './elements.ts';

/** RWSEM_WRITER_LOCKED (kernel/locking/rwsem.c). */
const WRITER = 1;
/** Flags below the address of a mutex's owner (kernel/locking/mutex.c). */
const OWNER_FLAGS = 7;

/**
 * Locks whose holder may sleep, or be taken off its CPU, by the name of their C type: where CPUs are says nothing of
 * who holds one.
 */
const SLEEPING: ReadonlySet<string> = new Set(['rw_semaphore', 'mutex']);

export function sleeps({ type }: Guard): boolean {
  return SLEEPING.has(type);
}

/** Whether somebody may be writing what the lock guards. False, too, where the lock cannot be read. */
export function isHeld({ type, space, address }: Guard, source: TypeSource): boolean {
  const word = (member: string): number => {
    const found = findMember({ kind: 'named', name: type }, member, source);
    return found === undefined || found === 'opaque' ? NaN : address + found.offset;
  };
  if (type === 'rw_semaphore') return (space.u8(word('count')) & WRITER) !== 0;
  if (type === 'mutex') return space.u32(word('owner') + 4) > 0 || space.u8(word('owner')) > OWNER_FLAGS;
  return space.u8(address) > 0;
}
