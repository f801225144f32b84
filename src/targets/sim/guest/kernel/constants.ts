/** Numbers of Linux 6.1 that the code and its readers agree on; each names its header. */

/** linux/sched.h: task_struct.__state, exit_state. */
export const TASK = {
  RUNNING: 0,
  INTERRUPTIBLE: 1,
  UNINTERRUPTIBLE: 2,
  EXIT_DEAD: 0x10,
  EXIT_ZOMBIE: 0x20,
  DEAD: 0x80,
  WAKING: 0x200,
  NEW: 0x800,
} as const;
export const PF = { IDLE: 0x2, EXITING: 0x4, KTHREAD: 0x20_0000, NO_SETAFFINITY: 0x400_0000 } as const;
/** asm/thread_info.h, bits 2 and 3 as masks. */
export const TIF = { SIGPENDING: 4, NEED_RESCHED: 8 } as const;
/** linux/sched/signal.h: what SA_NOCLDWAIT of the parent's SIGCHLD comes down to here. */
export const SIGNAL_AUTOREAP = 0x1;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SIGCHLD = 17;

/** linux/preempt.h: fields of __preempt_count. */
export const SOFTIRQ_OFFSET = 0x100;
export const HARDIRQ_OFFSET = 0x1_0000;
export const IN_INTERRUPT = 0xf_ff00;
/** linux/interrupt.h. */
export const TIMER_SOFTIRQ = 1;

export const HZ = 250;
export const TICK_NS = 4_000_000;
/**
 * INITIAL_JIFFIES is minus five minutes, so that wraps are met early; here time starts small and positive to stay
 * exact.
 */
export const INITIAL_JIFFIES = 75_000;
export const PID_MAX = 32_768;
/** Pids below this are not used again after a wrap. */
export const RESERVED_PIDS = 300;
/** A waking sleeper gets at most this much credit (half of sysctl_sched_latency). */
export const SLEEPER_CREDIT_NS = 3_000_000;
export const WAKEUP_GRANULARITY_NS = 1_000_000;
export const MIN_GRANULARITY_NS = 3_000_000;
