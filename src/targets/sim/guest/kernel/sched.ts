import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP, STACK_END_MAGIC, THREAD_SIZE } from '../memory-map.ts';
import { TASK, TIF } from './constants.ts';
import type { Fair } from './fair.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters, restoreFlags, saveFlags } from './inline.ts';
import type { Locks } from './locks.ts';
import type { RedBlack } from './rbtree.ts';
import { gs, r12, r13, r14, r15, rax, rbp, rbx, rdi, rsi, rsp } from './registers.ts';

/** kernel/sched/core.c */
export interface Scheduler {
  /** schedule(): gives the CPU away; comes back when this task is picked again. A called function. */
  readonly schedule: Label;
  /** try_to_wake_up(rdi: task); rax is 0 after it. A called function. */
  readonly wake: Label;
  /** wake_up_new_task(rdi: task), for one whose state is TASK_NEW. A called function. */
  readonly wake_new: Label;
  /** schedule_tail(rdi: previous task): first thing a new task does. A called function. */
  readonly tail: Label;
}

export function assembleScheduler(
  k: Kernel,
  inline: Inline,
  locks: Locks,
  tree: RedBlack,
  fair: Fair,
  panic_stack_end: Label,
): Scheduler {
  const { task, rq: q, mm, tss } = k.o;
  const RUN_NODE = task.se_run_node;
  const KEY = task.se_vruntime - RUN_NODE;
  const timeline = q.cfs_tasks_timeline;
  const leftmost_at = q.cfs_tasks_timeline_rb_leftmost;
  const symbol = {
    current: k.symbol('current_task'),
    top: k.symbol('cpu_current_top_of_stack'),
    tss: k.symbol('cpu_tss_rw'),
    touch: k.symbol('watchdog_touch_ts'),
    runqueues: k.symbol('runqueues'),
  };
  /** rdi: a dead task or 0, rsi: an address space that nobody has any more or 0. In exit.ts. */
  const bury = k.text.entry('finish_task_switch');

  const { updateCurr, addRunning, enqueue, preempt, selectCpu } = fair;

  // rbx: task, r12: rq
  const not_asleep = new Label();
  const queue_it = new Label();
  const asleep = TASK.INTERRUPTIBLE | TASK.UNINTERRUPTIBLE;
  const wake = k.text.fn(
    'try_to_wake_up',
    fuse(
      (cpu) => {
        const t = cpu.get(rdi);
        if ((cpu.load32(t + task.__state) & asleep) === 0) {
          cpu.set(rax, 0);
          cpu.ret();
          return false;
        }
        pushRegisters(cpu, rbx, r12);
        saveFlags(cpu);
        const rq = inline.cpuRq(cpu, cpu.load32(t + task.thread_info_cpu));
        cpu.set(rbx, t);
        cpu.set(r12, rq);
        return locks.spinLock(cpu, rq + q.__lock);
      },
      (cpu) => {
        const t = cpu.get(rbx);
        const rq = cpu.get(r12);
        if ((cpu.load32(t + task.__state) & asleep) === 0) {
          cpu.jump(not_asleep.at);
          return false;
        }
        if (cpu.load32(t + task.on_rq) !== 0) {
          // On its way to sleep: it will find itself running.
          cpu.store32(t + task.__state, TASK.RUNNING);
          cpu.jump(not_asleep.at);
          return false;
        }
        cpu.store32(t + task.__state, TASK.WAKING);
        const last = cpu.load32(t + task.thread_info_cpu);
        const target = selectCpu(cpu, t, last, 0);
        if (target === last) return true;
        const next = inline.cpuRq(cpu, target);
        const shift = cpu.load64(next + q.cfs_min_vruntime) - cpu.load64(rq + q.cfs_min_vruntime);
        cpu.store64(t + task.se_vruntime, cpu.load64(t + task.se_vruntime) + shift);
        cpu.store32(t + task.thread_info_cpu, target);
        cpu.store32(t + task.wake_cpu, target);
        locks.spinUnlock(cpu, rq + q.__lock);
        cpu.set(r12, next);
        return locks.spinLock(cpu, next + q.__lock);
      },
      (cpu) => enqueue(cpu, cpu.get(r12), cpu.get(rbx)),
    ),
    queue_it,
    (cpu) => {
      const t = cpu.get(rbx);
      const rq = cpu.get(r12);
      cpu.store32(t + task.se_on_rq, 1);
      cpu.store32(t + task.on_rq, 1);
      addRunning(cpu, rq, 1);
      cpu.store32(t + task.__state, TASK.RUNNING);
      preempt(cpu, rq, t);
      leave(cpu);
    },
    not_asleep,
    (cpu) => leave(cpu),
  );

  const wake_new = k.text.fn(
    'wake_up_new_task',
    fuse(
      (cpu) => {
        const t = cpu.get(rdi);
        pushRegisters(cpu, rbx, r12);
        saveFlags(cpu);
        const target = selectCpu(cpu, t, cpu.load32(t + task.thread_info_cpu), 1);
        const rq = inline.cpuRq(cpu, target);
        cpu.set(rbx, t);
        cpu.set(r12, rq);
        cpu.store32(t + task.thread_info_cpu, target);
        cpu.store32(t + task.wake_cpu, target);
        return locks.spinLock(cpu, rq + q.__lock);
      },
      (cpu) => {
        const t = cpu.get(rbx);
        cpu.store64(t + task.se_vruntime, cpu.load64(cpu.get(r12) + q.cfs_min_vruntime));
        return enqueue(cpu, cpu.get(r12), t);
      },
      (cpu) => {
        cpu.jump(queue_it.at);
        return false;
      },
    ),
  );

  /** finish_task_switch of the task that this CPU just left: a stage, true when there was nothing to bury. */
  const finishSwitch = (cpu: Cpu, prev: Address): boolean => {
    const rq = cpu.get(gs) + symbol.runqueues;
    const state = cpu.load32(prev + task.__state);
    const borrowed = cpu.load64(rq + q.prev_mm);
    if (borrowed !== 0) cpu.store64(rq + q.prev_mm, 0);
    cpu.store32(prev + task.on_cpu, 0);
    locks.spinUnlock(cpu, rq + q.__lock);
    cpu.interruptsOn();
    let last = false;
    if (borrowed !== 0) {
      const count = cpu.load32(borrowed + mm.mm_count) - 1;
      cpu.store32(borrowed + mm.mm_count, count >>> 0);
      last = count === 0;
    }
    if (!last && state !== TASK.DEAD) return true;
    cpu.set(rdi, state === TASK.DEAD ? prev : 0);
    cpu.set(rsi, last ? borrowed : 0);
    cpu.call(bury.at);
    return false;
  };
  const finish = k.text.fn(
    'schedule_tail',
    fuse(
      (cpu) => finishSwitch(cpu, cpu.get(rdi)),
      (cpu) => {
        cpu.ret();
        return false;
      },
    ),
  );

  /** r12: prev, r13: next. Returns on the other task's stack, the task that was left in rax. */
  const switch_to = k.text.fn('__switch_to_asm', (cpu) => {
    const prev = cpu.get(r12);
    const next = cpu.get(r13);
    pushRegisters(cpu, rbp, rbx, r12, r13, r14, r15);
    cpu.store64(prev + task.thread_sp, cpu.get(rsp));
    const stack = cpu.load64(next + task.thread_sp);
    const top = cpu.load64(next + task.stack) + THREAD_SIZE;
    const base = cpu.get(gs);
    cpu.store64(base + symbol.current, next);
    cpu.store64(base + symbol.top, top);
    cpu.store64(base + symbol.tss + tss.sp0, top);
    cpu.set(rsp, stack);
    popRegisters(cpu, rbp, rbx, r12, r13, r14, r15);
    cpu.set(rax, prev);
    cpu.ret();
  });

  // rbx: rq, r12: prev, r13: next
  const same = new Label();
  const schedule = k.text.fn(
    'schedule',
    fuse(
      (cpu) => {
        const prev = inline.current(cpu);
        pushRegisters(cpu, rbx, r12, r13);
        cpu.interruptsOff();
        const rq = cpu.get(gs) + symbol.runqueues;
        cpu.set(rbx, rq);
        cpu.set(r12, prev);
        // CONFIG_SCHED_STACK_END_CHECK, schedule_debug()
        if (cpu.load32(cpu.load64(prev + task.stack)) !== STACK_END_MAGIC) {
          cpu.jump(panic_stack_end.at);
          return false;
        }
        return locks.spinLock(cpu, rq + q.__lock);
      },
      (cpu) => {
        const rq = cpu.get(rbx);
        const prev = cpu.get(r12);
        updateCurr(cpu, rq);
        const flags = prev + task.thread_info_flags;
        const before = cpu.load32(flags);
        if ((before & TIF.NEED_RESCHED) !== 0) cpu.store32(flags, before & ~TIF.NEED_RESCHED);
        // Stands for the stopper thread that Linux's watchdog queues: it runs when this CPU can schedule.
        cpu.store64(cpu.get(gs) + symbol.touch, cpu.now);
        const state = cpu.load32(prev + task.__state);
        if (state !== TASK.RUNNING) {
          if ((before & TIF.SIGPENDING) !== 0 && (state & TASK.INTERRUPTIBLE) !== 0) {
            cpu.store32(prev + task.__state, TASK.RUNNING);
          } else {
            cpu.store32(prev + task.se_on_rq, 0);
            cpu.store32(prev + task.on_rq, 0);
            addRunning(cpu, rq, -1);
            return true;
          }
        }
        if (prev === cpu.load64(rq + q.idle)) return true;
        if (cpu.load64(rq + leftmost_at) === 0) {
          cpu.jump(same.at);
          return false;
        }
        // put_prev_entity: what goes on running waits in the tree.
        return tree.insert(cpu, prev + RUN_NODE, rq + timeline, KEY);
      },
    ),
    fuse(
      (cpu) => {
        const rq = cpu.get(rbx);
        const node = cpu.load64(rq + leftmost_at);
        if (node === 0) {
          cpu.set(r13, cpu.load64(rq + q.idle));
          cpu.store64(rq + q.cfs_curr, 0);
          return true;
        }
        const next = node - RUN_NODE;
        cpu.set(r13, next);
        cpu.store64(rq + q.cfs_curr, next + task.se);
        cpu.store64(next + task.se_prev_sum_exec_runtime, cpu.load64(next + task.se_sum_exec_runtime));
        cpu.store64(next + task.se_exec_start, cpu.now);
        return tree.erase(cpu, node, rq + timeline);
      },
      (cpu) => {
        const rq = cpu.get(rbx);
        const prev = cpu.get(r12);
        const next = cpu.get(r13);
        if (next === prev) {
          cpu.jump(same.at);
          return false;
        }
        cpu.store64(rq + q.curr, next);
        cpu.store32(next + task.on_cpu, 1);
        cpu.store64(rq + q.nr_switches, cpu.load64(rq + q.nr_switches) + 1);
        if (cpu.traces('run')) {
          cpu.trace('run', inline.named(cpu, next));
        }
        // context_switch: kernel threads borrow the mm that is loaded.
        const old = cpu.load64(prev + task.active_mm);
        const wanted = cpu.load64(next + task.mm);
        const from_kernel = cpu.load64(prev + task.mm) === 0;
        if (wanted === 0) {
          cpu.store64(next + task.active_mm, old);
          if (!from_kernel) cpu.store32(old + mm.mm_count, cpu.load32(old + mm.mm_count) + 1);
        } else {
          if (wanted !== old) cpu.loadCr3(cpu.load64(wanted + mm.pgd) - DIRECT_MAP);
          if (from_kernel) cpu.store64(rq + q.prev_mm, old);
        }
        if (from_kernel) cpu.store64(prev + task.active_mm, 0);
        cpu.call(switch_to.at);
        return false;
      },
    ),
    fuse(
      (cpu) => finishSwitch(cpu, cpu.get(rax)),
      (cpu) => {
        popRegisters(cpu, rbx, r12, r13);
        cpu.ret();
        return false;
      },
    ),
    same,
    (cpu) => {
      locks.spinUnlock(cpu, cpu.get(rbx) + q.__lock);
      popRegisters(cpu, rbx, r12, r13);
      cpu.interruptsOn();
      cpu.ret();
    },
  );

  /** The end of a wake-up: the lock and the flags go back. */
  function leave(cpu: Cpu): void {
    locks.spinUnlock(cpu, cpu.get(r12) + q.__lock);
    restoreFlags(cpu);
    popRegisters(cpu, rbx, r12);
    cpu.set(rax, 0);
    cpu.ret();
  }

  return {
    schedule,
    wake,
    wake_new,
    tail: finish,
  };
}
