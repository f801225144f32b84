import type { Address } from '../../../../base/address.ts';
import { HYPERCALL, VECTOR } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import type { Kernel } from '../kernel-data.ts';
import { MIN_GRANULARITY_NS, PF, SLEEPER_CREDIT_NS, TIF, WAKEUP_GRANULARITY_NS } from './constants.ts';
import type { Inline } from './inline.ts';
import type { RedBlack } from './rbtree.ts';
import { gs, rax, rdi, rsi } from './registers.ts';

/** kernel/sched/fair.c: parts of steps, all but selectCpu with the run queue's lock held. */
export interface Fair {
  /** update_curr: the running task's virtual time moves on, and the queue's floor with it. */
  updateCurr(cpu: Cpu, rq: Address): void;
  /** nr_running and its likes. */
  addRunning(cpu: Cpu, rq: Address, change: number): void;
  /** enqueue_entity up to the tree: a stage. */
  enqueue(cpu: Cpu, rq: Address, task: Address): boolean;
  /**
   * check_preempt_curr and resched_curr, for a task just queued. Ends in a hypercall when another CPU has to hear of
   * it.
   */
  preempt(cpu: Cpu, rq: Address, task: Address): void;
  /**
   * select_task_rq_fair, cut down: where it ran last if at most `own` run there, else an idle CPU, else where it ran
   * last. A new task may stay with its parent: that is about to wait for it.
   */
  selectCpu(cpu: Cpu, task: Address, last: number, own: number): number;
  /** task_tick_fair: who ran long enough makes way. */
  tick(cpu: Cpu, rq: Address): void;
}

export function fairOf(k: Kernel, inline: Inline, tree: RedBlack): Fair {
  const { task, rq: q } = k.o;
  const RUN_NODE = task.se_run_node;
  const KEY = task.se_vruntime - RUN_NODE;
  const timeline = q.cfs_tasks_timeline;
  const leftmost_at = q.cfs_tasks_timeline_rb_leftmost;
  const symbol = {
    number: k.symbol('cpu_number'),
    online: k.symbol('__cpu_online_mask'),
    cpus: k.symbol('nr_cpu_ids'),
  };

  const setNeedResched = (cpu: Cpu, t: Address): void => {
    const flags = t + task.thread_info_flags;
    cpu.store32(flags, cpu.load32(flags) | TIF.NEED_RESCHED);
  };

  const updateCurr = (cpu: Cpu, rq: Address): void => {
    cpu.store64(rq + q.clock, cpu.now);
    const se = cpu.load64(rq + q.cfs_curr);
    if (se === 0) return;
    const t = se - task.se;
    const delta = cpu.now - cpu.load64(t + task.se_exec_start);
    if (delta <= 0) return;
    cpu.store64(t + task.se_exec_start, cpu.now);
    cpu.store64(t + task.se_sum_exec_runtime, cpu.load64(t + task.se_sum_exec_runtime) + delta);
    const vruntime = cpu.load64(t + task.se_vruntime) + delta;
    cpu.store64(t + task.se_vruntime, vruntime);
    const leftmost = cpu.load64(rq + leftmost_at);
    const floor = leftmost === 0 ? vruntime : Math.min(vruntime, cpu.load64(leftmost + KEY));
    if (floor > cpu.load64(rq + q.cfs_min_vruntime)) cpu.store64(rq + q.cfs_min_vruntime, floor);
  };

  const addRunning = (cpu: Cpu, rq: Address, change: number): void => {
    for (const at of [rq + q.nr_running, rq + q.cfs_nr_running, rq + q.cfs_h_nr_running]) {
      cpu.store32(at, (cpu.load32(at) + change) >>> 0);
    }
  };

  const enqueue = (cpu: Cpu, rq: Address, t: Address): boolean => {
    updateCurr(cpu, rq);
    // place_entity
    const floor = cpu.load64(rq + q.cfs_min_vruntime) - SLEEPER_CREDIT_NS;
    if (cpu.load64(t + task.se_vruntime) < floor) cpu.store64(t + task.se_vruntime, floor);
    return tree.insert(cpu, t + RUN_NODE, rq + timeline, KEY);
  };

  const preempt = (cpu: Cpu, rq: Address, t: Address): void => {
    const curr = cpu.load64(rq + q.curr);
    if (curr !== cpu.load64(rq + q.idle)) {
      const ahead = cpu.load64(curr + task.se_vruntime) - cpu.load64(t + task.se_vruntime);
      if (ahead <= WAKEUP_GRANULARITY_NS) return;
    }
    if ((cpu.load32(curr + task.thread_info_flags) & TIF.NEED_RESCHED) !== 0) return;
    setNeedResched(cpu, curr);
    const other = cpu.load32(rq + q.cpu);
    if (other === cpu.load32(cpu.get(gs) + symbol.number)) return;
    cpu.set(rax, HYPERCALL.send_ipi);
    cpu.set(rdi, other);
    cpu.set(rsi, VECTOR.reschedule);
    cpu.hypercall();
  };

  const selectCpu = (cpu: Cpu, t: Address, last: number, own: number): number => {
    if ((cpu.load32(t + task.flags) & PF.NO_SETAFFINITY) !== 0) return last;
    const idle = (index: number, running: number): boolean =>
      cpu.load32(inline.cpuRq(cpu, index) + q.nr_running) <= running;
    if (idle(last, own)) return last;
    const online = cpu.load32(symbol.online);
    const cpus = cpu.load32(symbol.cpus);
    for (let index = 0; index < cpus && index < 32; index++) {
      if (index !== last && (online & (1 << index)) !== 0 && idle(index, 0)) return index;
    }
    return last;
  };

  return {
    updateCurr,
    addRunning,
    enqueue,
    preempt,
    selectCpu,
    tick(cpu, rq) {
      updateCurr(cpu, rq);
      const curr = cpu.load64(rq + q.curr);
      if (curr === cpu.load64(rq + q.idle) || cpu.load32(rq + q.nr_running) < 2) return;
      const ran =
        cpu.load64(curr + task.se_sum_exec_runtime) - cpu.load64(curr + task.se_prev_sum_exec_runtime);
      if (ran > MIN_GRANULARITY_NS) setNeedResched(cpu, curr);
    },
  };
}
