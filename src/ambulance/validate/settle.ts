import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Space } from '../memory.ts';
import type { Draft } from './validator.ts';

/**
 * What an update that is half done can look like: two fields that disagree. Everything else (a NULL link, a poison, a value that no field
 * could have, one word that is written at once such as `curr`) is damage whoever holds the lock.
 */
const TEARABLE: ReadonlySet<string> = new Set([
  'LIST_BACKLINK', 'LIST_CYCLE', 'TASK_COUNT', 'TASK_PID', 'RQ_COUNT', 'RQ_TASK', 'RB_POINTER', 'RB_PARENT', 'RB_COLOUR', 'RB_ORDER', 'RB_LEFTMOST',
  'HLIST_PPREV', 'HLIST_WILD', 'TIMER_BUCKET', 'TIMER_LATE', 'TIMER_LOST', 'TIMER_FUNCTION', 'ORDER_COUNT', 'ORDER_RANGE', 'ORDER_STATE', 'STACK_END', 'STACK_POINTER', 'STACK_RETURN',
]); // prettier-ignore

/** Codes whose field is a link or pointer: a value that leads to no memory was put there by no update. */
const POINTERS: ReadonlySet<string> = new Set([
  'LIST_BACKLINK', 'LIST_CYCLE', 'RB_POINTER', 'RB_PARENT', 'RB_LEFTMOST', 'HLIST_PPREV', 'HLIST_WILD', 'TIMER_FUNCTION', 'STACK_POINTER', 'STACK_RETURN',
]); // prettier-ignore

/** True for a pointer that is neither NULL nor leads to mapped memory: the value itself is damage, not the state between two stores. */
export function isWild(code: string, space: Space, address: Address): boolean {
  if (!POINTERS.has(code)) return false;
  const value = space.u64(address);
  // A node's colour is kept in the low bits of its parent's address.
  const target = code === 'RB_PARENT' ? value - (((value % 4) + 4) % 4) : value;
  return !Number.isNaN(target) && target !== 0 && !(isCanonical(target) && space.mapped(target));
}

/** What no lock guards, and what is concluded from where CPUs are: it has to be seen again before it is believed. */
const TO_CONFIRM: ReadonlySet<string> = new Set([
  'LOCK_NO_HOLDER', 'LOCK_WAIT_CYCLE', 'LOCK_VALUE', 'LOG_DESCRIPTOR', 'LOG_DATA', 'TIMER_LOST', 'TIMER_LATE', 'STACK_POINTER', 'STACK_RETURN', 'RQ_CURR', 'TASK_MM',
]); // prettier-ignore

/** Readings in which something must have been wrong. */
const CONFIRMATIONS = 3;

/** True when what was read may be an update that is half done. */
export function inFlux(draft: Draft): boolean {
  return draft.guard === 'held' && !draft.wild && TEARABLE.has(draft.code);
}

/** True when a finding needs no further reading after so many in which it was seen. */
export function settled(draft: Draft, readings: number): boolean {
  return !inFlux(draft) && (readings >= CONFIRMATIONS || !TO_CONFIRM.has(draft.code));
}
