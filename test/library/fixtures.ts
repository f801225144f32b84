import { MS } from '../support/attended-guest.ts';

/** What is written into a healthy guest that rests, what must then be said of which structure, and when one looks. */
export interface Corrupt {
  readonly validator: string;
  readonly code: string;
  readonly faults: string;
  /** How long after the fault, nanoseconds. */
  readonly after_ns: number;
}

/**
 * A fault while a CPU is inside the kernel; several where no lock guards the structure: each reading then catches
 * another moment.
 */
export interface Torn {
  readonly validator: string;
  readonly moments: readonly string[];
}

const corrupt = (validator: string, code: string, faults: string, after_ns = 1_000): Corrupt => ({
  validator,
  code,
  faults,
  after_ns,
});
const torn = (validator: string, ...moments: readonly string[]): Torn => ({ validator, moments });

/** Four bytes that are no state of a lock, and a lock that is held. */
const noState = (lock: string): string => `fill ${lock} with 0x77 bytes 4 B`;
const hold = (lock: string): string => `fill ${lock} with 1 bytes 1 B`;

/** Of a list_head: its neighbours lead past it. */
const unlinked = (link: string): string =>
  `set ${link}.next.prev to ${link}.prev + 0; set ${link}.prev.next to ${link}.next + 0`;

const CACHE = 'web.slabs["kmalloc-64"]';
const OTHER = `${CACHE}.cpu_slab[1]`;
/** A slab of 64 objects, so many of them in use, on no CPU. */
const counters = (inuse: number, of = OTHER): string => `set ${of}.slab.counters to 0x0040_0000 | ${inuse}`;
/** The same of a slab that a CPU allocates from. */
const frozen = (inuse: number): string => `set ${OTHER}.slab.counters to 0x8040_0000 | ${inuse}`;
/** As deactivate_slab does: a CPU gives up its slab, which has free objects and goes to the node's list. */
const retire = (of: string): string =>
  [
    `set ${of}.slab.freelist to ${of}.freelist + 0`,
    counters(1, of),
    `set ${of}.slab.slab_list.next to ${CACHE}.node[0].partial`,
    `set ${of}.slab.slab_list.prev to ${CACHE}.node[0].partial`,
    `set ${CACHE}.node[0].partial.next to ${of}.slab.slab_list`,
    `set ${CACHE}.node[0].partial.prev to ${of}.slab.slab_list`,
    `set ${CACHE}.node[0].nr_partial to 1`,
    `set ${of}.freelist to 0`,
    `set ${of}.slab to 0`,
  ].join('; ');
export const RETIRED: string = retire(OTHER);
const retired = (...more: readonly string[]): string => [RETIRED, ...more].join('; ');

const queuedThere = (task: string): string =>
  `set web.tasks["${task}"].on_rq to 1; set web.tasks["${task}"].se.on_rq to 1`;
const crossed =
  'acquire web.locks["sb_lock"] by web.cpus[0]; acquire web.locks["inode_hash_lock"] by web.cpus[1]; acquire web.locks["inode_hash_lock"] by web.cpus[0]; acquire web.locks["sb_lock"] by web.cpus[1]';
const freedTwice = `free ${CACHE}.objects[4]; free ${CACHE}.objects[5]; free ${CACHE}.objects[4]`;

/** Of what the simulated guest has not, and the tests that have it. */
export const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  [
    'areas',
    'call_sites',
    'class_queues',
    'credentials',
    'file_tables',
    'free_areas',
    'gates',
    'group_queues',
    'interrupts',
    'jump_sites',
    'modules',
    'mounts',
    'mutexes',
    'pages',
    'pids',
    'spin_locks',
    'system_calls',
    'text',
    'vmap_areas',
    'work_queues',
    'worker_pools',
  ].map((name) => [name, 'test/library/stock.real.test.ts']),
);

/** Codes about members that the simulated guest has not, of structures that it has. */
export const CODES_ELSEWHERE: ReadonlySet<string> = new Set([
  'slabs CACHE_FUNCTION',
  'super_blocks SB_TYPE',
  'tasks TASK_OWN',
  'timers TIMER_RUNNING',
]);

/** One for every code of every validator that ships. */
export const CORRUPT: readonly Corrupt[] = [
  corrupt('tasks', 'TASK_PID', 'set web.tasks["sshd"].pid to 0x7fff_ffff'),
  corrupt('tasks', 'TASK_STATE', 'set web.tasks["init"].__state to 0xbad0_0000'),
  corrupt('tasks', 'TASK_COMM', 'fill web.tasks["sshd"].comm with 0xff'),
  corrupt('tasks', 'TASK_MM', 'set web.tasks["nginx"].mm to 0xffff_ffff_ffff_ffff'),
  corrupt('tasks', 'TASK_LEADER', 'set web.tasks["sshd"].group_leader to web.tasks["nginx"]'),
  corrupt('tasks', 'TASK_SIGNAL', 'set web.tasks["sshd"].signal to web.tasks["nginx"].signal + 0'),
  corrupt('tasks', 'TASK_PARENT', 'set web.tasks["sshd"].real_parent to web.tasks["nginx"]'),
  corrupt('tasks', 'TASK_CHILD', unlinked('web.tasks["sshd"].sibling')),
  corrupt('tasks', 'TASK_FLAGS', 'set web.tasks["kthreadd"].flags to 0'),
  corrupt('tasks', 'TASK_EXIT', 'set web.tasks["sshd"].exit_state to 0x20'),
  corrupt('tasks', 'TASK_SCHED', 'set web.tasks["sshd"].policy to 4'),
  corrupt('tasks', 'TASK_COUNT', 'set web.symbols["nr_threads"] to 77'),
  corrupt('run_queues', 'RQ_TASK', 'set web.tasks["nginx"].on_rq to 7'),
  corrupt('run_queues', 'RQ_CURR', 'set web.run_queues[0].idle to 0x1000'),
  corrupt('run_queues', 'RB_POINTER', queuedThere('nginx')),
  corrupt('run_queues', 'RQ_COUNT', 'set web.run_queues[1].nr_running to 77'),
  corrupt('run_queues', 'LOCK_VALUE', noState('web.run_queues[1].__lock')),
  corrupt('run_queues', 'LOCK_NO_HOLDER', hold('web.run_queues[1].__lock')),
  corrupt('locks', 'LOCK_VALUE', noState('web.locks["sb_lock"]')),
  corrupt('locks', 'LOCK_NO_HOLDER', 'leak web.locks["sb_lock"]'),
  corrupt('locks', 'LOCK_WAIT_CYCLE', crossed, 60 * MS),
  corrupt('stacks', 'STACK_POINTER', 'set web.stacks["kthreadd"].sp to 0x1000'),
  corrupt('stacks', 'STACK_END', 'smash web.stacks["kthreadd"]'),
  corrupt('stacks', 'STACK_RETURN', 'fill web.stacks["kthreadd"].bytes[16168] with 0x11 bytes 8 B'),
  corrupt('timers', 'TIMER_FUNCTION', 'set web.timers["watchdog_timer"].function to 0x1000'),
  corrupt('timers', 'TIMER_BUCKET', 'set web.timers["watchdog_timer"].expires to 5'),
  corrupt('timers', 'TIMER_LATE', 'set web.timer_wheels[2].clk to 0x1_0040_0000'),
  corrupt('timers', 'TIMER_LOST', 'lose web.timers["watchdog_timer"]'),
  corrupt('timers', 'LOCK_VALUE', noState('web.timer_wheels[0].lock')),
  corrupt('timers', 'LOCK_NO_HOLDER', hold('web.timer_wheels[0].lock')),
  corrupt('hrtimers', 'TIMER_FUNCTION', 'set web.hrtimers["heartbeat_timer"].function to 0x1000'),
  corrupt('hrtimers', 'TIMER_LOST', 'lose web.hrtimers["watchdog_hrtimer/0"]'),
  corrupt('hrtimers', 'LOCK_VALUE', noState('web.hrtimer_bases[0].lock')),
  corrupt('hrtimers', 'LOCK_NO_HOLDER', hold('web.hrtimer_bases[0].lock')),
  corrupt('log', 'LOG_DESCRIPTOR', 'zero web.log.desc_ring.descs[3].state_var'),
  corrupt('log', 'LOG_DATA', 'set web.log.text_data_ring.data[0] to 0xff'),
  corrupt('orders', 'ORDER_RANGE', 'set web.orders[5].qty to 5000'),
  corrupt('orders', 'ORDER_STATE', 'set web.orders[5].state to 9'),
  corrupt('orders', 'ORDER_COUNT', 'set web.symbols["order_book"].count to 99'),
  corrupt('slabs', 'CACHE_SIZE', 'set web.slabs["dentry"].size to 4'),
  corrupt('slabs', 'CACHE_COUNT', 'set web.slabs["dentry"].refcount to 0xffff_fffb'),
  corrupt('slabs', 'SLAB_CACHE', retired(`set ${OTHER}.slab.slab_cache to 0x1000`)),
  corrupt('slabs', 'SLAB_COUNTERS', retired(counters(64))),
  corrupt(
    'slabs',
    'FREELIST_CYCLE',
    `${freedTwice} then ${retire(`${CACHE}.cpu_slab[0]`)}; set ${CACHE}.slabs[0].freelist to ${CACHE}.objects[4]`,
  ),
  corrupt('slabs', 'WALK_LIMIT', retired(counters(63))),
  corrupt('slabs', 'FREELIST_OUTSIDE', retired(`set ${OTHER}.slab.freelist to 0x4141_4141_4141_4140`)),
  corrupt('slabs', 'FREELIST_MISALIGNED', retired(`set ${OTHER}.slab.freelist to ${OTHER}.freelist + 8`)),
  corrupt('slabs', 'SLAB_PARTIAL', retired(`set ${CACHE}.node[0].nr_partial to 3`)),
  corrupt('cpu_freelists', 'SLAB_CACHE', `set ${OTHER}.slab.slab_cache to 0x1000`),
  corrupt('cpu_freelists', 'SLAB_COUNTERS', counters(10)),
  corrupt(
    'cpu_freelists',
    'WALK_LIMIT',
    `set ${OTHER}.slab.freelist to ${OTHER}.freelist + 0; ${frozen(63)}`,
  ),
  corrupt(
    'cpu_freelists',
    'PARTIAL_CYCLE',
    `set ${OTHER}.partial to ${OTHER}.slab; set ${OTHER}.slab.next to ${OTHER}.slab`,
  ),
  corrupt(
    'cpu_freelists',
    'PARTIAL_COUNT',
    `set ${OTHER}.partial to ${OTHER}.slab; set ${OTHER}.slab.next to ${CACHE}.cpu_slab[0].slab; set ${OTHER}.slab.slabs to 7`,
  ),
  corrupt('cpu_freelists', 'FREELIST_CYCLE', freedTwice, 50_000),
  corrupt('cpu_freelists', 'FREELIST_OUTSIDE', `set ${CACHE}.cpu_slab[0].freelist to 0x4141_4141_4141_4140`),
  corrupt(
    'cpu_freelists',
    'FREELIST_MISALIGNED',
    `set ${CACHE}.cpu_slab[0].freelist to ${CACHE}.cpu_slab[0].freelist + 8`,
  ),
  corrupt('super_blocks', 'SB_ROOT', 'set web.super_blocks["tmpfs"].s_root to 0x1000'),
  corrupt('super_blocks', 'SB_COUNT', 'set web.super_blocks["tmpfs"].s_count to 0'),
  corrupt('super_blocks', 'INODE_SB', 'set web.super_blocks["rootfs"].s_root.d_inode.i_sb to 0x1000'),
  corrupt(
    'super_blocks',
    'INODE_COUNT',
    'set web.super_blocks["rootfs"].s_root.d_inode.i_count.counter to 0xffff_ffff',
  ),
  corrupt('dentries', 'DENTRY_SB', 'set web.super_blocks["tmpfs"].s_root.d_sb to 0x1000'),
  corrupt('dentries', 'DENTRY_PARENT', 'set web.dentries[3].d_parent to 0x1000'),
  corrupt('dentries', 'DENTRY_INODE', 'set web.dentries[3].d_inode to 0x1000'),
  corrupt('dentries', 'DENTRY_COUNT', 'set web.dentries[3].d_lockref.count to 0x8000_0000'),
  corrupt('late_clocks', 'CLOCK_LATE', 'lose web.cpus[1].tick', 100 * MS),
  corrupt('disk_waits', 'DISK_WAIT', 'lose web.disk0.interrupt', 100 * MS),
];

/** More for codes that stand for several things. */
export const MORE: readonly Corrupt[] = [
  corrupt('cpu_freelists', 'SLAB_COUNTERS', `set ${OTHER}.slab.freelist to 0; ${frozen(63)}`),
  // All in use, as they count, and not frozen.
  corrupt('cpu_freelists', 'SLAB_COUNTERS', counters(64)),
  corrupt('super_blocks', 'SB_COUNT', 'set web.super_blocks["tmpfs"].s_active.counter to 0xffff_fffd'),
];

/** One for every validator that gives a verdict. */
export const TORN: readonly Torn[] = [
  torn(
    'tasks',
    `${hold('web.locks["tasklist_lock"]')}; set web.symbols["nr_threads"] to 9; set web.tasks["sshd"].parent to web.tasks["nginx"]; ${unlinked('web.tasks["sshd"].sibling')}`,
  ),
  torn('run_queues', `${hold('web.run_queues[0].__lock')}; set web.run_queues[0].nr_running to 7`),
  torn('stacks', `${hold('web.locks["tasklist_lock"]')}; zero web.stacks["kthreadd"].end`),
  torn('timers', `${hold('web.timer_wheels[0].lock')}; set web.timers["watchdog_timer"].expires to 5`),
  torn('hrtimers', `${hold('web.hrtimer_bases[0].lock')}; lose web.hrtimers["watchdog_hrtimer/0"]`),
  torn('orders', `${hold('web.symbols["order_book"].lock')}; set web.symbols["order_book"].count to 99`),
  torn('slabs', `${hold(`${CACHE}.node[0].list_lock`)}; ${retired(counters(65))}`),
  torn('super_blocks', `${hold('web.locks["sb_lock"]')}; set web.super_blocks["tmpfs"].s_count to 0`),
  torn('locks', noState('web.locks["sb_lock"]'), noState('web.locks["inode_hash_lock"]')),
  torn('log', 'zero web.log.desc_ring.descs[3].state_var', 'zero web.log.desc_ring.descs[4].state_var'),
  torn('cpu_freelists', `set ${CACHE}.cpu_slab[0].freelist to 0x1000`, `set ${OTHER}.freelist to 0x1000`),
  torn('dentries', 'set web.dentries[3].d_inode to 0x1000', 'set web.dentries[4].d_inode to 0x1000'),
];
