import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Space } from '../memory.ts';

/** What a code alone says of its finding. */
export interface CodeFacts {
  readonly torn: boolean;
  readonly unguarded: boolean;
  readonly means: string | undefined;
  readonly link: boolean;
  readonly sums: boolean;
}

const TEARABLE: ReadonlySet<string> = new Set([
  'LIST_BACKLINK', 'LIST_CYCLE', 'TASK_COUNT', 'TASK_PID', 'RQ_COUNT', 'RQ_TASK', 'RB_POINTER', 'RB_PARENT', 'RB_COLOUR', 'RB_ORDER', 'RB_LEFTMOST',
  'HLIST_PPREV', 'HLIST_WILD', 'TIMER_BUCKET', 'TIMER_LATE', 'TIMER_LOST', 'TIMER_FUNCTION', 'ORDER_COUNT', 'ORDER_RANGE', 'ORDER_STATE', 'STACK_END', 'STACK_POINTER', 'STACK_RETURN',
]); // prettier-ignore

/** Codes whose field is a link or pointer: a value that leads to no memory was put there by no update. */
const POINTERS: ReadonlySet<string> = new Set([
  'LIST_BACKLINK', 'LIST_CYCLE', 'RB_POINTER', 'RB_PARENT', 'RB_LEFTMOST', 'HLIST_PPREV', 'HLIST_WILD', 'TIMER_FUNCTION', 'STACK_POINTER', 'STACK_RETURN',
]); // prettier-ignore

/** What is concluded from where CPUs are, or read without a lock. */
const TO_CONFIRM: ReadonlySet<string> = new Set([
  'LOCK_NO_HOLDER', 'LOCK_WAIT_CYCLE', 'LOCK_VALUE', 'LOG_DESCRIPTOR', 'LOG_DATA', 'TIMER_LOST', 'TIMER_LATE', 'STACK_POINTER', 'STACK_RETURN', 'RQ_CURR', 'TASK_MM',
]); // prettier-ignore

const MEANS: Readonly<Record<string, string>> = {
  STACK_END: 'stack_smash',
  LOCK_WAIT_CYCLE: 'deadlock',
  LOCK_NO_HOLDER: 'lock_leak',
  TIMER_LOST: 'lost_timer',
  TIMER_LATE: 'lost_timer',
  RB_COLOUR: 'bit_flip',
  RB_ORDER: 'bad_value',
  TASK_STATE: 'bad_value',
  TASK_PID: 'bad_value',
  TASK_COMM: 'bad_value',
  ORDER_RANGE: 'bad_value',
  ORDER_STATE: 'bad_value',
  LOCK_VALUE: 'bad_value',
  TIMER_BUCKET: 'bad_value',
  RQ_TASK: 'bad_value',
  LOG_DESCRIPTOR: 'bad_value',
  LOG_DATA: 'bad_value',
  TASK_COUNT: 'bad_count',
  RQ_COUNT: 'bad_count',
  ORDER_COUNT: 'bad_count',
};
const LINK = /^(?:LIST_|RB_POINTER|RB_PARENT|HLIST_|STACK_POINTER)/;
const SUMS = /^(?:TASK_COUNT|RQ_COUNT|RQ_TASK|ORDER_COUNT|TIMER_LOST)$/;

export function factsOfCode(code: string, space: Space, address: Address): CodeFacts {
  return {
    torn: TEARABLE.has(code) && !isWild(code, space, address),
    unguarded: TO_CONFIRM.has(code),
    means: MEANS[code],
    link: LINK.test(code),
    sums: SUMS.test(code),
  };
}

/** True for a pointer that is neither NULL nor leads to mapped memory: the value itself is damage, not the state between two stores. */
function isWild(code: string, space: Space, address: Address): boolean {
  if (!POINTERS.has(code)) return false;
  const value = space.u64(address);
  // A node's colour is kept in the low bits of its parent's address.
  const target = code === 'RB_PARENT' ? value - (((value % 4) + 4) % 4) : value;
  return !Number.isNaN(target) && target !== 0 && !(isCanonical(target) && space.mapped(target));
}
