/**
 * What a spec can name inside a partition, and what an ambulance gives a verdict on. Names and C types are Linux 6.1's;
 * offsets are nobody's business here.
 */
export interface Collection {
  readonly name: string;
  /** C type of one element; '' where it is no single struct. */
  readonly element: string;
  /** How an element is named in brackets: by string (comm, symbol), by number (pid), by CPU, by position. */
  readonly index: readonly ('name' | 'number' | 'cpu' | 'position')[];
  /** True when an ambulance reaches a verdict on it (so that it counts in `web.*` and `others`). */
  readonly judged: boolean;
  /** True when `metadata { describes … }` may list it. */
  readonly describable: boolean;
  readonly doc: string;
}

export const COLLECTIONS: readonly Collection[] = [
  {
    name: 'tasks',
    element: 'task_struct',
    index: ['name', 'number'],
    judged: true,
    describable: true,
    doc: 'Thread-group leaders on the ring from init_task.tasks, by comm or by pid. What is judged of them and their threads: the rings of tasks, threads and children, pids, state and exit state, comm, mm, signal, leader and parents, flags, policy, priorities and on_cpu.',
  },
  {
    name: 'threads',
    element: 'task_struct',
    index: ['name', 'number'],
    judged: false,
    describable: false,
    doc: 'Every task, thread-group leader or not, by comm or by pid.',
  },
  {
    name: 'run_queues',
    element: 'rq',
    index: ['cpu'],
    judged: true,
    describable: true,
    doc: 'The per-CPU run queues with their CFS red-black tree.',
  },
  {
    name: 'locks',
    element: '',
    index: ['name'],
    judged: true,
    describable: true,
    doc: 'Well-known spinlocks and rwlocks, by symbol.',
  },
  {
    name: 'stacks',
    element: '',
    index: ['name', 'number'],
    judged: true,
    describable: true,
    doc: 'Kernel stacks with their end magic, by the task that owns them.',
  },
  {
    name: 'timers',
    element: 'timer_list',
    index: ['name', 'position'],
    judged: true,
    describable: true,
    doc: 'The per-CPU timer wheels; a timer is named by the symbol it is embedded at or its position.',
  },
  {
    name: 'hrtimers',
    element: 'hrtimer',
    index: ['name', 'position'],
    judged: true,
    describable: true,
    doc: 'The per-CPU high-resolution timer queues.',
  },
  {
    name: 'log',
    element: 'printk_ringbuffer',
    index: [],
    judged: true,
    describable: true,
    doc: 'The printk ring.',
  },
  {
    name: 'metadata',
    element: '',
    index: [],
    judged: true,
    describable: false,
    doc: 'The region that the guest registered.',
  },
  {
    name: 'orders',
    element: 'order',
    index: ['position', 'number'],
    judged: true,
    describable: true,
    doc: "The shop application's list of orders, in its process's own address space; by position or by id.",
  },
  {
    name: 'slabs',
    element: 'kmem_cache',
    index: ['name', 'position'],
    judged: false,
    describable: true,
    doc: 'The slab caches, by name: `web.slabs["dentry"].objects[4]`, in order of address; `.free[0]`, what is free; `.slabs[0]`, its pages; `.cpu_slab[0].freelist`, what CPU 0 hands out next.',
  },
  {
    name: 'super_blocks',
    element: 'super_block',
    index: ['name', 'position'],
    judged: false,
    describable: true,
    doc: 'What is mounted, by s_id: `web.super_blocks["tmpfs"].s_root`.',
  },
  {
    name: 'dentries',
    element: 'dentry',
    index: ['name', 'position'],
    judged: false,
    describable: true,
    doc: 'Names of files: of each super block the root and what hangs under it; by name or position.',
  },
];

/** Collections that exist in every guest but are no structure of its kernel. */
export const SPECIAL_PLACES: readonly { readonly name: string; readonly doc: string }[] = [
  { name: 'cpus', doc: 'CPUs as the guest numbers them: `web.cpus[0].rip`.' },
  { name: 'symbols', doc: 'A kernel symbol by name: `web.symbols["init_task"]`.' },
  { name: 'memory', doc: 'Guest-physical memory: `web.memory[0x1000]` is the byte at that address.' },
  {
    name: 'page_table',
    doc: 'The first-level entry that maps a place: `web.page_table[web.run_queues[0]]`.',
  },
  { name: 'second_level', doc: "The hypervisor's entry that maps a place's guest-physical page." },
  {
    name: 'iommu',
    doc: 'The entry that lets a device reach a place: `web.iommu["disk0"][web.memory[0x5000]]`; without a place, its first ring.',
  },
  { name: 'kernel', doc: 'What the spec set: `web.kernel.heartbeat`, `web.kernel.watchdog_thresh`.' },
  { name: 'cpu_time', doc: 'CPU time that the partition has used, summed over its CPUs.' },
];

/**
 * Slab caches of the simulated kernel, with the C type of their objects; '' where that is as many things as there are
 * callers.
 */
export const SLAB_CACHES: Readonly<Record<string, string>> = {
  'kmalloc-64': '',
  'kmalloc-256': '',
  task_struct: 'task_struct',
  inode_cache: 'inode',
  dentry: 'dentry',
};

/** Locks that the simulated kernel has, with their C type. */
export const KERNEL_LOCKS: Readonly<Record<string, 'spinlock_t' | 'rwlock_t' | 'raw_spinlock_t'>> = {
  tasklist_lock: 'rwlock_t',
  sb_lock: 'spinlock_t',
  inode_hash_lock: 'spinlock_t',
};

/** Thread-group leaders of each workload, by comm, besides `swapper`, `init`, the kernel threads and the heartbeat. */
export const WORKLOAD_TASKS: Readonly<Record<string, readonly string[]>> = {
  web_server: ['nginx', 'php-fpm', 'shop', 'sshd'],
  database: ['postgres', 'walwriter', 'checkpointer', 'shop'],
  compile: ['make', 'cc1', 'ld', 'shop'],
  analytics: ['postgres', 'scanner', 'walwriter', 'shop'],
  idle: ['shop'],
};

/** Of a guest that shares memory: it carries messages to and fro. */
export const COURIER = 'courier';

/** In every guest: pid 0 (per CPU, `swapper`), pid 1, kernel threads. */
export const SYSTEM_TASKS: readonly string[] = [
  'swapper',
  'init',
  'kthreadd',
  'ksoftirqd',
  'kworker',
  'heartbeat',
];
