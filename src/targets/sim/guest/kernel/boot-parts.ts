import type { Label } from '../assembler.ts';
import type { BootParams } from '../boot-params.ts';
import type { Fork } from './fork.ts';
import type { Hrtimers } from './hrtimers.ts';
import type { Inline } from './inline.ts';
import type { Lists } from './lists.ts';
import type { Memory } from './mm.ts';
import type { Printk } from './printk.ts';
import type { Scheduler } from './sched.ts';
import type { Sleep } from './sleep.ts';
import type { Tick } from './tick.ts';
import type { Timers } from './timers.ts';
import type { Workqueue } from './workqueue.ts';

/** The parts of the kernel that booting puts to use. */
export interface BootParts {
  readonly inline: Inline;
  readonly printk: Printk;
  readonly sched: Scheduler;
  readonly fork: Fork;
  readonly hrtimers: Hrtimers;
  readonly timers: Timers;
  readonly sleep: Sleep;
  readonly tick: Tick;
  readonly workqueue: Workqueue;
  readonly memory: Memory;
  readonly lists: Lists;
  readonly kmem_cache_init: Label;
  readonly vfs_caches_init: Label;
  readonly kthreadd: Label;
  readonly probe: Label;
  readonly register_region: Label;
  readonly boot: BootParams;
  /** User entry by comm. */
  readonly programs: ReadonlyMap<string, Label>;
  /** Comms of the apps: what the workload starts under such a name stays away. */
  readonly apps: readonly string[];
  /** Structures of theirs that are not built, and why. */
  readonly app_problems: readonly string[];
}
