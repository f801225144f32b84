import type { Cpu } from '../../step.ts';
import { fuse, Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { PF, SIGKILL, SIGNAL_AUTOREAP, TASK, TIF } from './constants.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Lists } from './lists.ts';
import type { Locks } from './locks.ts';
import type { Memory } from './mm.ts';
import type { Panic } from './panic.ts';
import { r12, r13, r14, rax, rbx, rdi, rsi } from './registers.ts';
import type { Scheduler } from './sched.ts';

/** kernel/exit.c */
export interface Exit {
  /** do_exit(rdi: code). Does not return. */
  readonly do_exit: Label;
  /** wait4: rax: pid of the child that was reaped, or -10 (ECHILD), or -4 (EINTR). A called function. */
  readonly wait: Label;
}

const ECHILD = -10;
const EINTR = -4;
/** Entries looked at in one step. */
const STRIDE = 16;

export function assembleExit(
  k: Kernel,
  inline: Inline,
  locks: Locks,
  lists: Lists,
  memory: Memory,
  sched: Scheduler,
  panic: Panic,
): Exit {
  const { task, signal, mm } = k.o;
  const tasklist_lock = k.symbol('tasklist_lock');
  const nr_threads = k.symbol('nr_threads');
  const pid_map = k.symbol('pid_map');
  const init_process = k.symbol('init_process');
  const killed_init = k.string('Attempted to kill init! exitcode=0x0000000b');

  /** put_task_struct as the last thing that a function does. */
  const putTask = (cpu: Cpu, t: number): void => {
    const left = cpu.load32(t + task.usage) - 1;
    cpu.store32(t + task.usage, left >>> 0);
    if (left === 0) memory.slub.freeAndReturn(cpu, t);
    else cpu.ret();
  };

  /**
   * The rest of finish_task_switch when there is something to bury: rdi: a dead task or 0, rsi: an mm without borrowers
   * or 0.
   */
  k.text.fn(
    'finish_task_switch',
    fuse(
      (cpu) => {
        const m = cpu.get(rsi);
        cpu.push(cpu.get(rdi));
        if (m === 0) return true;
        // __mmdrop
        memory.freePage(cpu, cpu.load64(m + mm.pgd));
        return memory.slub.free(cpu, m);
      },
      (cpu) => {
        const t = cpu.pop();
        if (t !== 0) {
          memory.freeStack(cpu, cpu.load64(t + task.stack));
          putTask(cpu, t);
        } else cpu.ret();
        return false;
      },
    ),
  );

  // rbx: task
  const [thread, unhashed] = [new Label(), new Label()];
  const entry = (offset: number) => (cpu: Cpu) => cpu.get(rbx) + offset;
  const release_task = k.text.fn(
    'release_task',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx);
        cpu.set(rbx, cpu.get(rdi));
        cpu.interruptsOff();
        return locks.writeLock(cpu, tasklist_lock);
      },
      (cpu) => {
        // __exit_signal, __unhash_process
        const t = cpu.get(rbx);
        const s = cpu.load64(t + task.signal);
        cpu.store32(nr_threads, (cpu.load32(nr_threads) - 1) >>> 0);
        cpu.store32(s + signal.nr_threads, (cpu.load32(s + signal.nr_threads) - 1) >>> 0);
        if (cpu.load64(t + task.group_leader) !== t) cpu.jump(thread.at);
        return false;
      },
    ),
    lists.delRcu(entry(task.tasks)),
    lists.delInit(entry(task.sibling)),
    (cpu) => cpu.jump(unhashed.at),
    thread,
    lists.delRcu(entry(task.thread_group)),
    lists.delRcu(entry(task.thread_node)),
    unhashed,
    fuse(
      (cpu) => {
        const t = cpu.get(rbx);
        const s = cpu.load64(t + task.signal);
        const pid = cpu.load32(t + task.pid) & 0x7fff;
        const byte = pid_map + (pid >> 3);
        cpu.store8(byte, cpu.load8(byte) & ~(1 << (pid & 7)));
        locks.writeUnlock(cpu, tasklist_lock);
        cpu.interruptsOn();
        const left = (cpu.load32(s + signal.sigcnt) - 1) >>> 0;
        cpu.store32(s + signal.sigcnt, left);
        return left !== 0 || memory.slub.free(cpu, s);
      },
      (cpu) => {
        const t = cpu.get(rbx);
        popRegisters(cpu, rbx);
        putTask(cpu, t);
        return false;
      },
    ),
  );

  // rbx: current, r12: code, r13: child, r14: whether it reaps itself
  const [next_thread, wait_threads, alone, children, no_children, notify, self_reap, last] = [
    1, 2, 3, 4, 5, 6, 7, 8,
  ].map(() => new Label()) as [Label, Label, Label, Label, Label, Label, Label, Label];
  const do_exit = k.text.fn(
    'do_exit',
    timed(1_000, (cpu) => {
      const t = inline.current(cpu);
      cpu.set(rbx, t);
      cpu.set(r12, cpu.get(rdi));
      if (cpu.load32(t + task.pid) === 1) return panic.panicWith(cpu, killed_init, 'bug');
      cpu.store32(t + task.flags, cpu.load32(t + task.flags) | PF.EXITING);
      cpu.store32(t + task.exit_code, cpu.get(r12));
      cpu.set(r13, 0);
      const s = cpu.load64(t + task.signal);
      if (cpu.load64(t + task.group_leader) !== t || cpu.load32(s + signal.nr_threads) < 2)
        return cpu.jump(alone.at);
    }),
    fuse(
      (cpu) => locks.readLock(cpu, tasklist_lock),
      (cpu) => {
        cpu.set(r13, cpu.load64(cpu.get(rbx) + task.thread_group));
        return false;
      },
    ),
    next_thread,
    (cpu) => {
      // zap_other_threads
      const other = cpu.get(r13) - task.thread_group;
      if (other === cpu.get(rbx)) {
        locks.readUnlock(cpu, tasklist_lock);
        return cpu.jump(wait_threads.at);
      }
      cpu.set(r13, cpu.load64(other + task.thread_group));
      const flags = other + task.thread_info_flags;
      cpu.store32(
        other + task.pending_signal,
        cpu.load32(other + task.pending_signal) | (1 << (SIGKILL - 1)),
      );
      cpu.store32(flags, cpu.load32(flags) | TIF.SIGPENDING);
      cpu.set(rdi, other);
      cpu.push(next_thread.at);
      cpu.jump(sched.wake.at);
    },
    wait_threads,
    (cpu) => {
      const t = cpu.get(rbx);
      if (cpu.load32(cpu.load64(t + task.signal) + signal.nr_threads) < 2) return cpu.jump(alone.at);
      cpu.store32(t + task.__state, TASK.UNINTERRUPTIBLE);
      cpu.push(wait_threads.at);
      cpu.jump(sched.schedule.at);
    },
    alone,
    (cpu) => {
      // exit_mm: from here on the address space is borrowed.
      const t = cpu.get(rbx);
      cpu.store32(t + task.__state, TASK.RUNNING);
      const m = cpu.load64(t + task.mm);
      if (m === 0) return;
      cpu.spend(1_500);
      const users = cpu.load32(m + mm.mm_users) - 1;
      cpu.store64(t + task.mm, 0);
      cpu.store32(m + mm.mm_users, users >>> 0);
      if (users !== 0) cpu.store32(m + mm.mm_count, cpu.load32(m + mm.mm_count) + 1);
      else memory.unmapUser(cpu, m);
    },
    fuse(
      (cpu) => {
        cpu.interruptsOff();
        return locks.writeLock(cpu, tasklist_lock);
      },
      (cpu) => {
        const head = cpu.get(rbx) + task.children;
        if (cpu.load64(head) === head) cpu.jump(no_children.at);
        return false;
      },
    ),
    children,
    (cpu) => {
      // forget_original_parent
      const head = cpu.get(rbx) + task.children;
      const first = cpu.load64(head);
      if (first === head) return cpu.jump(no_children.at);
      const child = first - task.sibling;
      const init = cpu.load64(init_process);
      cpu.set(r13, child);
      cpu.store64(child + task.real_parent, init);
      cpu.store64(child + task.parent, init);
    },
    lists.delInit((cpu) => cpu.get(r13) + task.sibling),
    lists.addTail(
      (cpu) => cpu.get(r13) + task.sibling,
      (cpu) => cpu.load64(cpu.get(r13) + task.real_parent) + task.children,
    ),
    (cpu) => cpu.jump(children.at),
    no_children,
    (cpu) => {
      // exit_notify
      const t = cpu.get(rbx);
      const parent = cpu.load64(t + task.real_parent);
      const ignored = (cpu.load32(cpu.load64(parent + task.signal) + signal.flags) & SIGNAL_AUTOREAP) !== 0;
      const reaps = ignored || cpu.load32(t + task.exit_signal) === 0xffff_ffff;
      cpu.set(r14, reaps ? 1 : 0);
      cpu.set(r13, cpu.load64(t + task.group_leader) === t ? parent : cpu.load64(t + task.group_leader));
      cpu.store32(t + task.exit_state, reaps ? TASK.EXIT_DEAD : TASK.EXIT_ZOMBIE);
      locks.writeUnlock(cpu, tasklist_lock);
      cpu.interruptsOn();
      if (cpu.traces('exit')) cpu.trace('exit', inline.named(cpu, t));
      if (reaps) return cpu.jump(self_reap.at);
    },
    notify,
    (cpu) => {
      cpu.set(rdi, cpu.get(r13));
      cpu.push(last.at);
      cpu.jump(sched.wake.at);
    },
    self_reap,
    (cpu) => {
      cpu.set(rdi, cpu.get(rbx));
      cpu.call(release_task.at);
    },
    (cpu) => {
      if (cpu.load64(cpu.get(rbx) + task.group_leader) !== cpu.get(rbx)) cpu.jump(notify.at);
    },
    last,
    (cpu) => {
      // do_task_dead
      cpu.interruptsOff();
      cpu.store32(cpu.get(rbx) + task.__state, TASK.DEAD);
      cpu.call(sched.schedule.at);
    },
    (cpu) => cpu.raise(6, 0),
  );

  // rbx: current, r12: list entry, r13: zombie
  const [again, scan, found, asleep] = [1, 2, 3, 4].map(() => new Label()) as [Label, Label, Label, Label];
  const wait = k.text.fn(
    'kernel_wait4',
    (cpu) => {
      pushRegisters(cpu, rbx, r12, r13);
      cpu.set(rbx, inline.current(cpu));
    },
    again,
    fuse(
      (cpu) => {
        cpu.store32(cpu.get(rbx) + task.__state, TASK.INTERRUPTIBLE);
        return locks.readLock(cpu, tasklist_lock);
      },
      (cpu) => {
        cpu.set(r12, cpu.load64(cpu.get(rbx) + task.children));
        return true;
      },
      (cpu) => {
        scanChildren(cpu);
        return false;
      },
    ),
    scan,
    timed(800, (cpu) => scanChildren(cpu)),
    found,
    (cpu) => {
      cpu.store32(cpu.get(rbx) + task.__state, TASK.RUNNING);
      const child = cpu.get(r13);
      cpu.set(r12, cpu.load32(child + task.pid));
      cpu.set(rdi, child);
      cpu.call(release_task.at);
    },
    (cpu) => {
      cpu.set(rax, cpu.get(r12));
      popRegisters(cpu, rbx, r12, r13);
      cpu.ret();
    },
    asleep,
    (cpu) => {
      const t = cpu.get(rbx);
      const pending = (cpu.load32(t + task.thread_info_flags) & TIF.SIGPENDING) !== 0;
      if (cpu.load64(t + task.children) === t + task.children || pending) {
        cpu.store32(t + task.__state, TASK.RUNNING);
        cpu.set(rax, pending ? EINTR : ECHILD);
        popRegisters(cpu, rbx, r12, r13);
        return cpu.ret();
      }
      cpu.push(again.at);
      cpu.jump(sched.schedule.at);
    },
  );
  return { do_exit, wait };

  /** do_wait_thread: up to STRIDE children from r12 on. */
  function scanChildren(cpu: Cpu): void {
    const head = cpu.get(rbx) + task.children;
    let at = cpu.get(r12);
    for (let turn = 0; turn < STRIDE; turn++) {
      if (at === head) {
        locks.readUnlock(cpu, tasklist_lock);
        return cpu.jump(asleep.at);
      }
      if (cpu.load32(at - task.sibling + task.exit_state) === TASK.EXIT_ZOMBIE) {
        cpu.set(r13, at - task.sibling);
        locks.readUnlock(cpu, tasklist_lock);
        return cpu.jump(found.at);
      }
      at = cpu.load64(at);
    }
    cpu.set(r12, at);
    cpu.jump(scan.at);
  }
}
