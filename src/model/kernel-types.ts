import type { CAggregate, CDeclarations, CMember, CType } from './c-types.ts';
import { parseC } from './c-types.ts';

/**
 * The types of the simulated kernel: names, member types and shapes of Linux 6.1, cut down to the members that this
 * kernel uses. No offsets: a layout (targets/sim/guest/layout.ts) makes them, permuting the structs marked
 * `__randomize_layout`.
 */
const SOURCE = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef long long s64; typedef int pid_t; typedef s64 ktime_t; typedef int clockid_t;

struct list_head { struct list_head *next; struct list_head *prev; };
struct hlist_node { struct hlist_node *next; struct hlist_node **pprev; };
struct hlist_head { struct hlist_node *first; };
struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; };
struct rb_root { struct rb_node *rb_node; };
struct rb_root_cached { struct rb_root rb_root; struct rb_node *rb_leftmost; };
struct timerqueue_node { struct rb_node node; ktime_t expires; };
struct timerqueue_head { struct rb_root_cached rb_root; };

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { s64 counter; } atomic_long_t;
struct refcount_struct { atomic_t refs; };
typedef struct refcount_struct refcount_t;

struct qspinlock { union { atomic_t val; struct { u8 locked; u8 pending; }; struct { u16 locked_pending; u16 tail; }; }; };
typedef struct qspinlock arch_spinlock_t;
struct raw_spinlock { arch_spinlock_t raw_lock; };
typedef struct raw_spinlock raw_spinlock_t;
struct spinlock { union { struct raw_spinlock rlock; }; };
typedef struct spinlock spinlock_t;
struct qrwlock { union { atomic_t cnts; struct { u8 wlocked; u8 __lstate[3]; }; }; arch_spinlock_t wait_lock; };
typedef struct qrwlock arch_rwlock_t;
typedef struct { arch_rwlock_t raw_lock; } rwlock_t;
struct mcs_spinlock { struct mcs_spinlock *next; int locked; int count; };
struct qnode { struct mcs_spinlock mcs; };

struct thread_info { unsigned long flags; unsigned long syscall_work; u32 status; u32 cpu; };
struct desc_struct { u64 bits; };
struct thread_struct {
  struct desc_struct tls_array[3]; unsigned long sp; unsigned short es; unsigned short ds;
  unsigned short fsindex; unsigned short gsindex; unsigned long fsbase; unsigned long gsbase;
  unsigned long cr2; unsigned long trap_nr; unsigned long error_code;
};
struct load_weight { unsigned long weight; u32 inv_weight; };
struct sched_entity {
  struct load_weight load; struct rb_node run_node; struct list_head group_node; unsigned int on_rq;
  u64 exec_start; u64 sum_exec_runtime; u64 vruntime; u64 prev_sum_exec_runtime; u64 nr_migrations;
};
typedef struct { unsigned long sig[1]; } sigset_t;
struct sigpending { struct list_head list; sigset_t signal; };
struct signal_struct {
  refcount_t sigcnt; atomic_t live; int nr_threads; struct list_head thread_head;
  int group_exit_code; unsigned int flags; struct task_struct *wait_chldexit;
} __randomize_layout;

struct mm_struct {
  unsigned long mmap_base; unsigned long task_size; void *pgd; atomic_t mm_users; atomic_t mm_count;
  int map_count; unsigned long total_vm; unsigned long start_code; unsigned long end_code;
  unsigned long start_data; unsigned long end_data; unsigned long start_stack; struct task_struct *owner;
} __randomize_layout;

struct task_struct {
  struct thread_info thread_info; unsigned int __state;
  void *stack; refcount_t usage; unsigned int flags; unsigned int ptrace; int on_cpu; int wake_cpu; int on_rq;
  int prio; int static_prio; int normal_prio; unsigned int rt_priority; struct sched_entity se;
  unsigned int policy; int nr_cpus_allowed; struct list_head tasks;
  struct mm_struct *mm; struct mm_struct *active_mm;
  int exit_state; int exit_code; int exit_signal; int pdeath_signal; unsigned long jobctl;
  pid_t pid; pid_t tgid; unsigned long stack_canary;
  struct task_struct *real_parent; struct task_struct *parent; struct list_head children; struct list_head sibling;
  struct task_struct *group_leader; struct list_head thread_group; struct list_head thread_node;
  u64 utime; u64 stime; unsigned long nvcsw; unsigned long nivcsw; u64 start_time;
  char comm[16]; struct signal_struct *signal; struct sigpending pending;
  struct thread_struct thread;
} __randomize_layout;

struct cfs_rq {
  struct load_weight load; unsigned int nr_running; unsigned int h_nr_running; u64 exec_clock; u64 min_vruntime;
  struct rb_root_cached tasks_timeline; struct sched_entity *curr; struct sched_entity *next;
  struct sched_entity *last; struct sched_entity *skip; struct rq *rq;
} __randomize_layout;
struct rq {
  raw_spinlock_t __lock; unsigned int nr_running; u64 nr_switches; struct cfs_rq cfs;
  unsigned int nr_uninterruptible; struct task_struct *curr; struct task_struct *idle; struct task_struct *stop;
  unsigned long next_balance; struct mm_struct *prev_mm; unsigned int clock_update_flags; u64 clock; u64 clock_task;
  atomic_t nr_iowait; int cpu; int online;
} __randomize_layout;

struct timer_list { struct hlist_node entry; unsigned long expires; void (*function)(struct timer_list *); u32 flags; };
struct timer_base {
  raw_spinlock_t lock; struct timer_list *running_timer; unsigned long clk; unsigned long next_expiry;
  unsigned int cpu; bool next_expiry_recalc; bool is_idle; bool timers_pending;
  unsigned long pending_map[9]; struct hlist_head vectors[576];
};
struct process_timer { struct timer_list timer; struct task_struct *task; };
struct work_struct { atomic_long_t data; struct list_head entry; void (*func)(struct work_struct *); };
struct delayed_work { struct work_struct work; struct timer_list timer; int cpu; };

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
struct hrtimer {
  struct timerqueue_node node; ktime_t _softexpires; enum hrtimer_restart (*function)(struct hrtimer *);
  struct hrtimer_clock_base *base; u8 state; u8 is_rel; u8 is_soft; u8 is_hard;
};
struct hrtimer_sleeper { struct hrtimer timer; struct task_struct *task; };
struct hrtimer_clock_base {
  struct hrtimer_cpu_base *cpu_base; unsigned int index; clockid_t clockid; struct hrtimer *running;
  struct timerqueue_head active; ktime_t (*get_time)(void); ktime_t offset;
};
struct hrtimer_cpu_base {
  raw_spinlock_t lock; unsigned int cpu; unsigned int active_bases; unsigned int clock_was_set_seq;
  unsigned int nr_events; unsigned short nr_retries; unsigned short nr_hangs; unsigned int max_hang_time;
  ktime_t expires_next; struct hrtimer *next_timer; struct hrtimer_clock_base clock_base[2];
};
struct tick_sched { struct hrtimer sched_timer; ktime_t last_tick; unsigned long last_jiffies; };

struct prb_data_blk_lpos { unsigned long begin; unsigned long next; };
struct prb_desc { atomic_long_t state_var; struct prb_data_blk_lpos text_blk_lpos; };
struct dev_printk_info { char subsystem[16]; char device[48]; };
struct printk_info {
  u64 seq; u64 ts_nsec; u16 text_len; u8 facility; u8 flags:5; u8 level:3; u32 caller_id; struct dev_printk_info dev_info;
};
struct prb_desc_ring {
  unsigned int count_bits; struct prb_desc *descs; struct printk_info *infos;
  atomic_long_t head_id; atomic_long_t tail_id; atomic_long_t last_finalized_id;
};
struct prb_data_ring { unsigned int size_bits; char *data; atomic_long_t head_lpos; atomic_long_t tail_lpos; };
struct printk_ringbuffer { struct prb_desc_ring desc_ring; struct prb_data_ring text_data_ring; atomic_long_t fail; };

struct x86_hw_tss {
  u32 reserved1; u64 sp0; u64 sp1; u64 sp2; u64 reserved2; u64 ist[7]; u32 reserved3; u32 reserved4; u16 reserved5; u16 io_bitmap_base;
} __packed;
struct tss_struct { struct x86_hw_tss x86_tss; };
struct gate_struct { u16 offset_low; u16 segment; u16 bits; u16 offset_middle; u32 offset_high; u32 reserved; } __packed;
struct pt_regs {
  unsigned long r15; unsigned long r14; unsigned long r13; unsigned long r12; unsigned long bp; unsigned long bx;
  unsigned long r11; unsigned long r10; unsigned long r9; unsigned long r8; unsigned long ax; unsigned long cx;
  unsigned long dx; unsigned long si; unsigned long di; unsigned long orig_ax;
  unsigned long ip; unsigned long cs; unsigned long flags; unsigned long sp; unsigned long ss;
};
/* As the fork of a kernel thread or process leaves a stack, and as a context switch saves it (asm/switch_to.h). */
struct inactive_task_frame {
  unsigned long r15; unsigned long r14; unsigned long r13; unsigned long r12; unsigned long bx; unsigned long bp; unsigned long ret_addr;
};
struct kmem_cache_order_objects { unsigned int x; };
struct slab {
  unsigned long __page_flags; union { struct list_head slab_list; struct { struct slab *next; int slabs; }; };
  struct kmem_cache *slab_cache; void *freelist;
  union { unsigned long counters; struct { unsigned int inuse:16; unsigned int objects:15; unsigned int frozen:1; }; };
  unsigned int __unused; atomic_t __page_refcount; unsigned long memcg_data;
};
struct kmem_cache_cpu { void **freelist; unsigned long tid; struct slab *slab; struct slab *partial; };
struct kmem_cache_node {
  spinlock_t list_lock; unsigned long nr_partial; struct list_head partial; atomic_long_t nr_slabs; atomic_long_t total_objects;
};
/* Linux leaves kmem_cache as it is declared; here it moves too, so that nobody can know its offsets by heart. */
struct kmem_cache {
  struct kmem_cache_cpu *cpu_slab; unsigned int flags; unsigned long min_partial; unsigned int size; unsigned int object_size;
  unsigned int offset; unsigned int cpu_partial; unsigned int cpu_partial_slabs; struct kmem_cache_order_objects oo;
  struct kmem_cache_order_objects min; int refcount; unsigned int inuse; unsigned int align; unsigned int red_left_pad;
  const char *name; struct list_head list; unsigned long random; struct kmem_cache_node *node[1];
} __randomize_layout;

/* Heads, links and nodes that no structure of this kernel has, and that its applications may. */
struct llist_node { struct llist_node *next; };
struct llist_head { struct llist_node *first; };
struct xarray { spinlock_t xa_lock; unsigned int xa_flags; void *xa_head; };
struct xa_node {
  unsigned char shift; unsigned char offset; unsigned char count; unsigned char nr_values; struct xa_node *parent; struct xarray *array;
  struct list_head private_list; void *slots[64]; union { unsigned long tags[3]; unsigned long marks[3]; };
};
struct maple_tree { spinlock_t ma_lock; unsigned int ma_flags; void *ma_root; };
struct maple_metadata { unsigned char end; unsigned char gap; };
struct maple_range_64 {
  struct maple_pnode *parent; unsigned long pivot[15];
  union { void *slot[16]; struct { void *pad[15]; struct maple_metadata meta; }; };
};
struct maple_arange_64 {
  struct maple_pnode *parent; unsigned long pivot[9]; void *slot[10]; unsigned long gap[10]; struct maple_metadata meta;
};

struct lockref { spinlock_t lock; int count; };
struct qstr { u32 hash; u32 len; const unsigned char *name; };
struct external_name { atomic_t count; unsigned long rcu[2]; unsigned char name[40]; };
struct filename { const char *name; int refcnt; char iname[48]; };
struct dentry {
  unsigned int d_flags; struct dentry *d_parent; struct qstr d_name; struct inode *d_inode; unsigned char d_iname[32];
  struct lockref d_lockref; struct super_block *d_sb; unsigned long d_time; struct list_head d_lru; struct list_head d_child;
  struct list_head d_subdirs;
} __randomize_layout;
struct inode {
  unsigned short i_mode; unsigned int i_flags; struct super_block *i_sb; unsigned long i_ino; unsigned int i_nlink; s64 i_size;
  spinlock_t i_lock; unsigned long i_state; struct list_head i_lru; struct list_head i_sb_list; atomic_t i_count;
} __randomize_layout;
struct super_block {
  struct list_head s_list; u32 s_dev; unsigned long s_blocksize; struct dentry *s_root; int s_count; atomic_t s_active; char s_id[32];
  struct list_head s_inodes;
} __randomize_layout;
/* Crash points, as drivers/misc/lkdtm has them: what is asked of a CPU, one after the other. */
struct lkdtm_request { u32 op; u32 mode; u64 address; u32 number; pid_t pid; u32 state; u32 reserved; };
struct lkdtm_queue { u32 head; u32 tail; struct lkdtm_request requests[16]; };
typedef struct { unsigned int __softirq_pending; unsigned int apic_timer_irqs; unsigned int irq_resched_count; } irq_cpustat_t;
struct cpumask { unsigned long bits[1]; };

/* The shop, an application with a list of its own. */
enum order_state : u8 { open = 0, filled = 1, void = 2 };
struct order { struct list_head link; u64 id; u32 qty; enum order_state state; };
struct order_book { spinlock_t lock; u32 count; struct list_head orders; };
`;

/** Variables that every CPU has its own copy of; the ones that BTF gives a type. */
const PER_CPU_SOURCE = `
struct task_struct *current_task; int __preempt_count; int cpu_number; unsigned long cpu_current_top_of_stack;
irq_cpustat_t irq_stat; unsigned long watchdog_touch_ts; unsigned long hrtimer_interrupts;
unsigned long hrtimer_interrupts_saved; unsigned long hardlockup_touch_ts; bool soft_watchdog_warn; bool hard_watchdog_warn; struct task_struct *ksoftirqd;
struct qnode qnodes[4]; struct hrtimer watchdog_hrtimer; struct tick_sched tick_cpu_sched; struct delayed_work vmstat_work;
struct tss_struct cpu_tss_rw; struct rq runqueues; struct hrtimer_cpu_base hrtimer_bases; struct timer_base timer_bases[2];
struct lkdtm_queue lkdtm_queue; struct task_struct *lkdtm_waiter; void *lkdtm_lock;
`;

/** Global variables; BTF has no type for these, so a locator states it. */
const GLOBAL_SOURCE = `
struct task_struct init_task; struct signal_struct init_signals; struct mm_struct init_mm; int nr_threads; unsigned long total_forks;
int last_pid; u64 jiffies_64; rwlock_t tasklist_lock; spinlock_t sb_lock; spinlock_t inode_hash_lock; struct list_head super_blocks;
unsigned long page_offset_base; unsigned long vmalloc_base; unsigned long vmemmap_base; unsigned long phys_base;
unsigned long __per_cpu_offset[64]; unsigned int nr_cpu_ids; struct cpumask __cpu_online_mask; int panic_on_oops; int softlockup_panic;
int watchdog_thresh; atomic_t panic_cpu; int oops_in_progress; struct timer_list watchdog_timer; struct hrtimer heartbeat_timer;
struct printk_ringbuffer printk_rb_static; struct printk_ringbuffer *prb; struct list_head slab_caches;
struct kmem_cache *kmalloc_caches[14];
struct kmem_cache *task_struct_cachep; struct kmem_cache *dentry_cache; struct kmem_cache *inode_cachep;
u32 lkdtm_asked; u32 lkdtm_started; u32 lkdtm_wanted;
`;

const PARSED: CDeclarations = parseC(SOURCE);

export const AGGREGATES: ReadonlyMap<string, CAggregate> = PARSED.aggregates;
export const ENUMS: CDeclarations['enums'] = PARSED.enums;
export const TYPEDEFS: ReadonlyMap<string, CType> = PARSED.typedefs;
/** Type of each per-CPU variable, by symbol. */
export const PER_CPU_VARIABLES: ReadonlyMap<string, CType> = declared(PER_CPU_SOURCE);
/** Type of each global variable, by symbol. */
export const GLOBAL_VARIABLES: ReadonlyMap<string, CType> = declared(GLOBAL_SOURCE);

function declared(variables: string): ReadonlyMap<string, CType> {
  return parseC(SOURCE + variables).variables;
}

/** What a type is once typedefs are seen through. */
export function underlying(type: CType): CType {
  let seen = type;
  while (seen.kind === 'typedef') seen = TYPEDEFS.get(seen.name) as CType;
  return seen;
}

/** Members of a struct or union by type, named or anonymous; undefined for anything else. */
export function membersOf(type: CType): readonly CMember[] | undefined {
  const seen = underlying(type);
  if (seen.kind === 'anonymous') return seen.members;
  return seen.kind === 'aggregate' ? AGGREGATES.get(seen.name)?.members : undefined;
}

/** `task_struct`, `rwlock_t` or `u64` as a type; undefined when there is no such name. */
export function namedType(name: string): CType | undefined {
  if (AGGREGATES.has(name)) return { kind: 'aggregate', name };
  if (TYPEDEFS.has(name)) return { kind: 'typedef', name };
  return ENUMS.has(name) ? { kind: 'enum', name } : undefined;
}
