import type { Draft } from './validator.ts';

/**
 * What an update that is half done can look like. Everything else (a NULL link, a poison, a value that no field could have) is damage
 * whoever holds the lock.
 */
const TEARABLE: ReadonlySet<string> = new Set([
  'LIST_BACKLINK', 'LIST_CYCLE', 'TASK_COUNT', 'TASK_PID', 'RQ_COUNT', 'RQ_TASK', 'RQ_CURR', 'RB_POINTER', 'RB_PARENT', 'RB_COLOUR', 'RB_ORDER', 'RB_LEFTMOST',
  'HLIST_PPREV', 'HLIST_WILD', 'TIMER_BUCKET', 'TIMER_LATE', 'TIMER_LOST', 'TIMER_FUNCTION', 'ORDER_COUNT', 'ORDER_RANGE', 'ORDER_STATE', 'STACK_END', 'STACK_POINTER', 'STACK_RETURN',
]); // prettier-ignore

/** What no lock guards, and what is concluded from where CPUs are: it has to be seen again before it is believed. */
const TO_CONFIRM: ReadonlySet<string> = new Set([
  'LOCK_NO_HOLDER', 'LOCK_WAIT_CYCLE', 'LOCK_VALUE', 'LOG_DESCRIPTOR', 'LOG_DATA', 'TIMER_LOST', 'TIMER_LATE', 'STACK_POINTER', 'STACK_RETURN', 'RQ_CURR',
]); // prettier-ignore

/** Readings in which something must have been wrong. */
const CONFIRMATIONS = 3;

/** True when what was read may be an update that is half done. */
export function inFlux(draft: Draft): boolean {
  return draft.guard === 'held' && TEARABLE.has(draft.code);
}

/** True when a finding needs no further reading after so many in which it was seen. */
export function settled(draft: Draft, readings: number): boolean {
  return !inFlux(draft) && (readings >= CONFIRMATIONS || !TO_CONFIRM.has(draft.code));
}
