import type { Layout } from './layout.ts';

/** Structs and those of their members that the steps touch: the struct's name first. */
const MEMBERS = {
  task: ['task_struct', 
    'thread_info.flags', 'thread_info.cpu', '__state', 'stack', 'usage', 'flags', 'on_cpu', 'wake_cpu', 'on_rq', 'prio', 'static_prio', 'normal_prio',
    'se', 'se.run_node', 'se.on_rq', 'se.exec_start', 'se.sum_exec_runtime', 'se.prev_sum_exec_runtime', 'se.vruntime', 'se.load.weight',
    'tasks', 'mm', 'active_mm', 'exit_state', 'exit_code', 'exit_signal', 'pid', 'tgid', 'stack_canary', 'real_parent', 'parent',
    'children', 'sibling', 'group_leader', 'thread_group', 'thread_node', 'utime', 'stime', 'nvcsw', 'start_time', 'comm', 'signal',
    'pending.list', 'pending.signal', 'thread.sp', 'thread.cr2', 'thread.trap_nr', 'nr_cpus_allowed',
  ],
  signal: ['signal_struct', 'sigcnt', 'live', 'nr_threads', 'thread_head', 'flags', 'wait_chldexit', 'group_exit_code'],
  mm: ['mm_struct', 
    'pgd', 'mm_users', 'mm_count', 'map_count', 'total_vm', 'start_code', 'end_code', 'start_data', 'end_data', 'start_stack', 'owner', 'task_size', 'mmap_base',
  ],
  rq: ['rq', 
    '__lock', 'nr_running', 'nr_switches', 'cfs', 'cfs.nr_running', 'cfs.h_nr_running', 'cfs.min_vruntime', 'cfs.tasks_timeline', 'cfs.curr',
    'cfs.load.weight', 'cfs.rq', 'cfs.tasks_timeline.rb_leftmost', 'curr', 'idle', 'prev_mm', 'clock', 'clock_task', 'cpu', 'online',
  ],
  rb: ['rb_node', '__rb_parent_color', 'rb_right', 'rb_left'],
  timer: ['timer_list', 'entry', 'entry.pprev', 'expires', 'function', 'flags'],
  process_timer: ['process_timer', 'timer', 'task'],
  timer_base: ['timer_base', 
    'lock', 'running_timer', 'clk', 'next_expiry', 'cpu', 'next_expiry_recalc', 'timers_pending', 'pending_map', 'vectors',
  ],
  delayed_work: ['delayed_work', 'work', 'work.data', 'work.entry', 'work.func', 'timer', 'cpu'],
  hrtimer: ['hrtimer', 'node', 'node.expires', '_softexpires', 'function', 'base', 'state'],
  sleeper: ['hrtimer_sleeper', 'timer', 'task'],
  clock_base: ['hrtimer_clock_base', 'cpu_base', 'index', 'clockid', 'running', 'active'],
  cpu_base: ['hrtimer_cpu_base', 'lock', 'cpu', 'active_bases', 'nr_events', 'expires_next', 'next_timer', 'clock_base'],
  tick_sched: ['tick_sched', 'sched_timer', 'last_tick', 'last_jiffies'],
  prb: ['printk_ringbuffer', 
    'desc_ring.count_bits', 'desc_ring.descs', 'desc_ring.infos', 'desc_ring.head_id', 'desc_ring.tail_id', 'desc_ring.last_finalized_id',
    'text_data_ring.size_bits', 'text_data_ring.data', 'text_data_ring.head_lpos', 'text_data_ring.tail_lpos', 'fail',
  ],
  desc: ['prb_desc', 'state_var', 'text_blk_lpos.begin', 'text_blk_lpos.next'],
  info: ['printk_info', 'seq', 'ts_nsec', 'text_len', 'facility', 'flags', 'caller_id'],
  regs: ['pt_regs', 
    'r15', 'r14', 'r13', 'r12', 'bp', 'bx', 'r11', 'r10', 'r9', 'r8', 'ax', 'cx', 'dx', 'si', 'di', 'orig_ax', 'ip', 'cs', 'flags', 'sp', 'ss',
  ],
  tss: ['x86_hw_tss', 'sp0', 'ist'],
  qrwlock: ['qrwlock', 'wait_lock'],
  mcs: ['mcs_spinlock', 'next', 'locked', 'count'],
  order: ['order', 'link', 'id', 'qty', 'state'],
  order_book: ['order_book', 'lock', 'count', 'orders'],
  kmem_cache: ['kmem_cache',
    'cpu_slab', 'flags', 'min_partial', 'size', 'object_size', 'offset', 'cpu_partial', 'cpu_partial_slabs', 'oo', 'min', 'refcount', 'inuse', 'align',
    'name', 'list', 'random', 'node',
  ],
  cpu_slab: ['kmem_cache_cpu', 'freelist', 'tid', 'slab', 'partial'],
  node: ['kmem_cache_node', 'list_lock', 'nr_partial', 'partial', 'nr_slabs', 'total_objects'],
  slab: ['slab', '__page_flags', 'slab_list', 'next', 'slabs', 'slab_cache', 'freelist', 'counters', '__page_refcount'],
  dentry: ['dentry',
    'd_flags', 'd_parent', 'd_name.hash', 'd_name.len', 'd_name.name', 'd_inode', 'd_iname', 'd_lockref.lock', 'd_lockref.count', 'd_sb', 'd_lru', 'd_child',
    'd_subdirs',
  ],
  inode: ['inode', 'i_mode', 'i_sb', 'i_ino', 'i_nlink', 'i_size', 'i_lru', 'i_sb_list', 'i_count'],
  external_name: ['external_name', 'count', 'name'],
  filename: ['filename', 'name', 'refcnt', 'iname'],
  lkdtm_request: ['lkdtm_request', 'op', 'mode', 'address', 'number', 'pid', 'state'],
  lkdtm_queue: ['lkdtm_queue', 'head', 'tail', 'requests'],
  super_block: ['super_block', 's_list', 's_dev', 's_blocksize', 's_root', 's_count', 's_active', 's_id', 's_inodes'],
} as const; // prettier-ignore

type Flat<P extends string> = P extends `${infer A}.${infer B}` ? `${A}_${Flat<B>}` : P;
type Group<P extends string> = { readonly [path in P as Flat<path>]: number } & { readonly bytes: number };

/** The layout's numbers as the steps use them: `t + o.task.se_run_node`; `bytes` is the struct's size. */
export type Offsets = { readonly [S in keyof typeof MEMBERS]: Group<(typeof MEMBERS)[S][number]> };

export function offsetsOf(layout: Layout): Offsets {
  const groups = Object.entries(MEMBERS).map(([name, [type, ...paths]]) => {
    const entries = paths.map((path) => [path.replaceAll('.', '_'), layout.offset(type, path)] as const);
    return [name, Object.fromEntries([...entries, ['bytes', layout.sizeOf(type)]])] as const;
  });
  return Object.fromEntries(groups) as unknown as Offsets;
}
