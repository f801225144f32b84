import type { Locator } from '../../formats/locator.ts';
import { parseLocator } from '../../formats/locator.ts';

/**
 * What every stock Linux 6.1 has, for a patient of whom nothing but VMCOREINFO is known: names of symbols, types and members, never an
 * offset. The lines are those of formats/region.md.
 */
const TEXTS: readonly string[] = [
  'NAME=tasks SHAPE=list ROOT=init_task.tasks TYPE=task_struct LINK=tasks HEAD=element NESTED=thread_group LABEL=comm ID=pid COUNT=nr_threads GUARD=tasklist_lock LIMIT=32768',
  'NAME=run_queues SHAPE=percpu ROOT=runqueues PERCPU=yes TYPE=rq COUNT=.nr_running GUARD=.__lock TREE=cfs.tasks_timeline TREE_TYPE=task_struct TREE_LINK=se.run_node TREE_KEY=se.vruntime CURRENT=curr IDLE=idle',
  'NAME=locks SHAPE=locks LOCKS=tasklist_lock:rwlock_t,sb_lock:spinlock_t,inode_hash_lock:spinlock_t',
  'NAME=stacks SHAPE=stacks OF=tasks TYPE=task_struct STACK=stack BYTES=16384 SP=thread.sp MAGIC=0x57ac6e9d',
  'NAME=timers SHAPE=hlist_wheel ROOT=timer_bases PERCPU=yes ROOT_TYPE=timer_base ARRAY=2 TYPE=timer_list LINK=entry KEY=expires FUNCTION=function VECTORS=vectors PENDING=pending_map CLOCK=clk NOW=jiffies GUARD=.lock',
  'NAME=hrtimers SHAPE=rbtree ROOT=hrtimer_bases.clock_base[0].active.rb_root PERCPU=yes ROOT_TYPE=hrtimer_cpu_base TYPE=hrtimer LINK=node.node KEY=node.expires FUNCTION=function GUARD=.lock',
  'NAME=log SHAPE=log ROOT=prb DEREF=yes TYPE=printk_ringbuffer',
];

export const STOCK_LOCATORS: ReadonlyMap<string, Locator> = new Map(
  TEXTS.flatMap((text) => {
    const { locator } = parseLocator(text.replaceAll(' ', '\n'));
    return locator ? [[locator.name, locator] as const] : [];
  }),
);
