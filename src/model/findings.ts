/** The finding codes: stable, upper snake case, one document each. The ambulance emits no other. */
export interface FindingDoc {
  readonly code: string;
  /** The verdict that a finding with this code leads to. */
  readonly leads_to: 'corrupt' | 'unreachable' | 'unchecked';
  readonly collections: readonly string[];
  readonly doc: string;
}

const list = ['tasks', 'orders'];
/** What has a spinlock of its own. */
const guarded = ['run_queues', 'timers', 'hrtimers'];
const FINDING_LIST: readonly FindingDoc[] = [
  { code: 'LIST_NEXT_POISON', leads_to: 'corrupt', collections: list, doc: 'A next link holds LIST_POISON1 or a value of that page: the entry was deleted, or the poison was written.' },
  { code: 'LIST_PREV_POISON', leads_to: 'corrupt', collections: list, doc: 'A prev link holds LIST_POISON2 or a value of that page.' },
  { code: 'LIST_NULL', leads_to: 'corrupt', collections: list, doc: 'A link of a ring is NULL.' },
  { code: 'LIST_NEXT_WILD', leads_to: 'corrupt', collections: list, doc: 'A next link is not canonical, not aligned, or leads to no mapped memory.' },
  { code: 'LIST_PREV_WILD', leads_to: 'corrupt', collections: list, doc: 'A prev link is not canonical, not aligned, or leads to no mapped memory.' },
  { code: 'LIST_BACKLINK', leads_to: 'corrupt', collections: list, doc: "The next entry's prev link does not point back. The place is the field whose value is wrong." },
  { code: 'LIST_CYCLE', leads_to: 'corrupt', collections: list, doc: 'The ring closes without passing its head.' },
  { code: 'TASK_STATE', leads_to: 'corrupt', collections: ['tasks'], doc: '`__state` is no state that Linux has.' },
  { code: 'TASK_PID', leads_to: 'corrupt', collections: ['tasks'], doc: 'A pid is out of range, doubled, or a group leader whose tgid is another.' },
  { code: 'TASK_COMM', leads_to: 'corrupt', collections: ['tasks'], doc: '`comm` is not printable or not terminated.' },
  { code: 'TASK_MM', leads_to: 'corrupt', collections: ['tasks'], doc: '`mm` is neither NULL nor leads to an mm_struct, or the `pgd` in it is no page of the guest.' },
  { code: 'TASK_COUNT', leads_to: 'corrupt', collections: ['tasks'], doc: 'The threads found do not add up to nr_threads.' },
  { code: 'RQ_COUNT', leads_to: 'corrupt', collections: ['run_queues'], doc: 'nr_running is not what is queued and running.' },
  { code: 'RQ_TASK', leads_to: 'corrupt', collections: ['run_queues'], doc: 'A queued task is not runnable, not on_rq, or belongs to another CPU.' },
  { code: 'RQ_CURR', leads_to: 'corrupt', collections: ['run_queues'], doc: 'curr or idle is no task.' },
  { code: 'RB_POINTER', leads_to: 'corrupt', collections: ['run_queues', 'hrtimers'], doc: 'A tree link leads to no mapped memory, or the walk never ends.' },
  { code: 'RB_PARENT', leads_to: 'corrupt', collections: ['run_queues', 'hrtimers'], doc: "A child's parent link does not lead to its parent." },
  { code: 'RB_COLOUR', leads_to: 'corrupt', collections: ['run_queues', 'hrtimers'], doc: 'A red root, two reds in a row, or unequal black heights.' },
  { code: 'RB_ORDER', leads_to: 'corrupt', collections: ['run_queues', 'hrtimers'], doc: 'Keys are out of order.' },
  { code: 'RB_LEFTMOST', leads_to: 'corrupt', collections: ['run_queues', 'hrtimers'], doc: 'The cached leftmost node is not the leftmost.' },
  { code: 'LOCK_NO_HOLDER', leads_to: 'corrupt', collections: ['locks', ...guarded], doc: 'A held lock that no CPU, stack or sleeping task can be holding.' },
  { code: 'LOCK_WAIT_CYCLE', leads_to: 'corrupt', collections: ['locks'], doc: 'CPUs wait for each other in a ring.' },
  { code: 'LOCK_VALUE', leads_to: 'corrupt', collections: ['locks', ...guarded], doc: 'The lock word has bits that no state of the lock has.' },
  { code: 'STACK_END', leads_to: 'corrupt', collections: ['stacks'], doc: 'The end magic 0x57AC6E9D is gone.' },
  { code: 'STACK_POINTER', leads_to: 'corrupt', collections: ['stacks'], doc: "A task's saved stack pointer is outside its stack." },
  { code: 'STACK_RETURN', leads_to: 'corrupt', collections: ['stacks'], doc: 'The saved frame of a sleeping task returns to no kernel code.' },
  { code: 'HLIST_PPREV', leads_to: 'corrupt', collections: ['timers'], doc: "An entry's pprev does not point at who points to it." },
  { code: 'HLIST_WILD', leads_to: 'corrupt', collections: ['timers'], doc: 'A bucket link leads to no mapped memory, or the bucket never ends.' },
  { code: 'TIMER_BUCKET', leads_to: 'corrupt', collections: ['timers'], doc: 'A timer is queued in a bucket that its expiry does not hash to, or the pending map disagrees.' },
  { code: 'TIMER_LATE', leads_to: 'corrupt', collections: ['timers', 'hrtimers'], doc: 'An expiry is long past and the timer was never run.' },
  { code: 'TIMER_FUNCTION', leads_to: 'corrupt', collections: ['timers', 'hrtimers'], doc: 'The function is not in kernel text.' },
  { code: 'TIMER_LOST', leads_to: 'corrupt', collections: ['timers', 'hrtimers'], doc: 'A timer that says it is pending is on no queue.' },
  { code: 'LOG_DESCRIPTOR', leads_to: 'corrupt', collections: ['log'], doc: 'A descriptor has no possible state or id.' },
  { code: 'LOG_DATA', leads_to: 'corrupt', collections: ['log'], doc: "A descriptor's text block is out of bounds or carries another id." },
  { code: 'SEAL', leads_to: 'corrupt', collections: ['metadata'], doc: "The region's seal does not match its bytes; compared with the registered copy, the place is the first byte that differs." },
  { code: 'REGION_HEADER', leads_to: 'corrupt', collections: ['metadata'], doc: 'The header of the live region is not well formed.' },
  { code: 'REGION_ENTRY', leads_to: 'corrupt', collections: ['metadata'], doc: 'An entry reaches outside the region, or is malformed.' },
  { code: 'ORDER_RANGE', leads_to: 'corrupt', collections: ['orders'], doc: "An order's quantity is out of 1..1000." },
  { code: 'ORDER_STATE', leads_to: 'corrupt', collections: ['orders'], doc: "An order's state is none of open, filled, void." },
  { code: 'ORDER_COUNT', leads_to: 'corrupt', collections: ['orders'], doc: 'The book says another number of orders than there are.' },
  { code: 'NO_REGION', leads_to: 'unreachable', collections: [], doc: 'No region was registered, none was kept, and none was found by a scan.' },
  { code: 'NO_LOCATOR', leads_to: 'unchecked', collections: [], doc: 'The guest describes no such structure.' },
  { code: 'NO_VALIDATOR', leads_to: 'unchecked', collections: [], doc: 'A structure that is described and that nothing knows how to check.' },
  { code: 'NO_SYMBOL', leads_to: 'unreachable', collections: [], doc: 'A symbol that the locator names is not in kallsyms.' },
  { code: 'NO_TYPE', leads_to: 'unreachable', collections: [], doc: 'A type or member that is needed is not in BTF.' },
  { code: 'LOCATOR_MALFORMED', leads_to: 'unreachable', collections: [], doc: 'The locator entry cannot be read.' },
  { code: 'UNMAPPED', leads_to: 'unreachable', collections: [], doc: 'The structure itself, not one link of it, lies in memory that is not mapped.' },
  { code: 'BUDGET', leads_to: 'unreachable', collections: [], doc: 'The walk used up its steps or bytes.' },
]; // prettier-ignore

export const FINDINGS: ReadonlyMap<string, FindingDoc> = new Map(FINDING_LIST.map((doc) => [doc.code, doc]));
