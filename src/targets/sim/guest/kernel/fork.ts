import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP, STACK_END_MAGIC, THREAD_SIZE, USER_DATA, USER_STACK_TOP } from '../memory-map.ts';
import { PF, PID_MAX, RESERVED_PIDS, SIGCHLD, TASK } from './constants.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Lists } from './lists.ts';
import { initListHead, PREV } from './lists.ts';
import type { Locks } from './locks.ts';
import type { Memory } from './mm.ts';
import { KMALLOC_BYTES } from './mm.ts';
import { gs, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rdx, rsi } from './registers.ts';

/** What copy_process is asked for, in rdi. */
export const CLONE = {
  /** A kernel thread: starts in rsi with the argument rdx. */
  kernel: 0,
  /** A process with a copy of the caller's memory, back from the same system call. */
  fork: 1,
  /** A thread of the caller's process: user rip in rsi, stack in rdx. */
  thread: 2,
  /** A process with the user image and memory of its own: user rip in rsi. What init's fork and execve come down to. */
  spawn: 3,
} as const;

const USER_CS = 0x33;
const USER_SS = 0x2b;
const USER_FLAGS = 0x202;

/** kernel/fork.c */
export interface Fork {
  /**
   * rdi: CLONE, rsi and rdx as it says, rcx: comm (address of a string) or 0. rax: the task, TASK_NEW, or 0. A called
   * function.
   */
  readonly copy_process: Label;
}

export function assembleFork(k: Kernel, inline: Inline, locks: Locks, lists: Lists, memory: Memory): Fork {
  const { task, signal, regs } = k.o;
  const tasklist_lock = k.symbol('tasklist_lock');
  const init_tasks = k.symbol('init_task') + task.tasks;
  const nr_threads = k.symbol('nr_threads');
  const total_forks = k.symbol('total_forks');
  const last_pid = k.symbol('last_pid');
  const pid_map = k.symbol('pid_map');
  const cpu_number = k.symbol('cpu_number');
  const random_state = k.symbol('random_state');
  const kthreadd_task = k.symbol('kthreadd_task');
  const ret_from_fork = k.text.entry('ret_from_fork');

  /** A word from the kernel's generator (xorshift32). */
  const random = (cpu: Cpu): number => {
    let word = cpu.load32(random_state);
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    cpu.store32(random_state, word >>> 0);
    return word >>> 0;
  };

  // rbp: the new task, r12: CLONE, r13: start, r14: argument, r15: comm, rbx: its mm
  const [fail, pid_search, old_signal, no_mm, dup_mm, thread_links, linked] = [1, 2, 3, 4, 5, 6, 7].map(
    () => new Label(),
  ) as [Label, Label, Label, Label, Label, Label, Label];
  const copy_process = k.text.fn(
    'copy_process',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, rbp, r12, r13, r14, r15);
        for (const [to, from] of [
          [r12, rdi],
          [r13, rsi],
          [r14, rdx],
          [r15, rcx],
        ] as const)
          cpu.set(to, cpu.get(from));
        cpu.spend(1_880);
        return memory.allocTask(cpu);
      },
      (cpu) => {
        // dup_task_struct
        const p = cpu.get(rax);
        const stack = p === 0 ? 0 : memory.allocStack(cpu);
        cpu.set(rbp, p);
        if (stack === 0) {
          cpu.jump(fail.at);
          return false;
        }
        cpu.copy(p, inline.current(cpu), task.bytes);
        cpu.store64(p + task.stack, stack);
        cpu.store64(stack, STACK_END_MAGIC);
        cpu.store32(p + task.usage, 2);
        return false;
      },
    ),
    (cpu) => {
      const p = cpu.get(rbp);
      const kind = cpu.get(r12);
      cpu.store64(p + task.thread_info_flags, 0);
      cpu.store32(p + task.thread_info_cpu, cpu.load32(cpu.get(gs) + cpu_number));
      cpu.store32(p + task.__state, TASK.NEW);
      cpu.store32(p + task.flags, kind === CLONE.kernel ? PF.KTHREAD : 0);
      for (const field of [task.on_cpu, task.on_rq, task.se_on_rq, task.exit_state, task.exit_code])
        cpu.store32(p + field, 0);
      for (const field of [
        task.se_exec_start,
        task.se_sum_exec_runtime,
        task.se_prev_sum_exec_runtime,
        task.se_run_node,
        task.utime,
        task.stime,
        task.pending_signal,
        task.nvcsw,
        task.active_mm,
      ]) {
        cpu.store64(p + field, 0);
      }
      cpu.store32(
        p + task.exit_signal,
        kind === CLONE.thread || kind === CLONE.kernel ? 0xffff_ffff : SIGCHLD,
      );
      cpu.store64(p + task.start_time, cpu.now);
      for (const field of [task.children, task.sibling, task.tasks, task.thread_group, task.pending_list])
        initListHead(cpu, p + field);
      cpu.store64(p + task.stack_canary, random(cpu) * 256);
      if (cpu.get(r15) !== 0) cpu.copy(p + task.comm, cpu.get(r15), 16);
    },
    pid_search,
    fuse(
      (cpu) => {
        // alloc_pid
        const p = cpu.get(rbp);
        let pid = cpu.load32(last_pid);
        for (let turn = 0; turn < 64; turn++) {
          pid = pid + 1 >= PID_MAX ? RESERVED_PIDS : pid + 1;
          const byte = pid_map + (pid >> 3);
          const bits = cpu.load8(byte);
          if ((bits & (1 << (pid & 7))) !== 0) continue;
          cpu.store8(byte, bits | (1 << (pid & 7)));
          cpu.store32(last_pid, pid);
          cpu.store32(p + task.pid, pid);
          if (cpu.get(r12) !== CLONE.thread) return memory.kmalloc(cpu);
          cpu.jump(old_signal.at);
          return false;
        }
        cpu.store32(last_pid, pid);
        cpu.jump(pid_search.at);
        return false;
      },
      (cpu) => {
        // copy_signal
        const p = cpu.get(rbp);
        const s = cpu.get(rax);
        cpu.fill(s, 0, KMALLOC_BYTES);
        cpu.store32(p + task.tgid, cpu.load32(p + task.pid));
        cpu.store32(s + signal.sigcnt, 1);
        cpu.store32(s + signal.live, 1);
        cpu.store32(s + signal.nr_threads, 1);
        for (const [at, to] of [
          [s + signal.thread_head, p + task.thread_node],
          [p + task.thread_node, s + signal.thread_head],
        ] as const) {
          cpu.store64(at, to);
          cpu.store64(at + PREV, to);
        }
        cpu.store64(p + task.signal, s);
        cpu.store64(p + task.group_leader, p);
        return false;
      },
    ),
    old_signal,
    (cpu) => {
      const kind = cpu.get(r12);
      const p = cpu.get(rbp);
      if (kind === CLONE.fork || kind === CLONE.spawn) return;
      if (kind === CLONE.kernel) cpu.store64(p + task.mm, 0);
      else {
        const m = cpu.load64(p + task.mm);
        cpu.store64(p + task.active_mm, m);
        cpu.store32(m + k.o.mm.mm_users, cpu.load32(m + k.o.mm.mm_users) + 1);
      }
      cpu.jump(no_mm.at);
    },
    memory.makeMm((cpu) => cpu.get(r12) !== CLONE.fork),
    timed(1_500, (cpu) => {
      const p = cpu.get(rbp);
      const m = cpu.get(rbx);
      cpu.store64(p + task.mm, m);
      cpu.store64(p + task.active_mm, m);
      cpu.store64(m + k.o.mm.owner, p);
      if (cpu.get(r12) === CLONE.fork) return cpu.jump(dup_mm.at);
      // Sixteen random bytes that execve leaves a program (AT_RANDOM); here four.
      const entry = cpu.load64(memory.userTable(cpu, m) + ((USER_DATA / 4096) % 512) * 8);
      cpu.store32(direct(entry), random(cpu) | 1);
      cpu.jump(no_mm.at);
    }),
    dup_mm,
    timed(1_500, (cpu) => memory.copyUserPages(cpu, cpu.get(rbx))),
    no_mm,
    (cpu) => {
      // copy_thread
      const p = cpu.get(rbp);
      const kind = cpu.get(r12);
      const frame = cpu.load64(p + task.stack) + THREAD_SIZE - regs.bytes;
      if (kind === CLONE.fork || kind === CLONE.thread) {
        cpu.copy(frame, cpu.load64(inline.current(cpu) + task.stack) + THREAD_SIZE - regs.bytes, regs.bytes);
        cpu.store64(frame + regs.ax, 0);
      }
      if (kind === CLONE.spawn || kind === CLONE.thread) {
        cpu.store64(frame + regs.ip, cpu.get(r13));
        cpu.store64(frame + regs.sp, kind === CLONE.spawn ? USER_STACK_TOP - 16 : cpu.get(r14));
        cpu.store64(frame + regs.cs, USER_CS);
        cpu.store64(frame + regs.ss, USER_SS);
        cpu.store64(frame + regs.flags, USER_FLAGS);
      }
      // struct inactive_task_frame: r15, r14, r13, r12, bx, bp, ret_addr
      const inactive = frame - 56;
      const kernel = kind === CLONE.kernel;
      for (const at of [0, 8, 16, 40]) cpu.store64(inactive + at, 0);
      cpu.store64(inactive + 24, kernel ? cpu.get(r14) : 0);
      cpu.store64(inactive + 32, kernel ? cpu.get(r13) : 0);
      cpu.store64(inactive + 48, ret_from_fork.at);
      cpu.store64(p + task.thread_sp, inactive);
    },
    (cpu) => {
      cpu.interruptsOff();
      locks.writeLock(cpu, tasklist_lock);
    },
    (cpu) => {
      const p = cpu.get(rbp);
      const current = inline.current(cpu);
      if (cpu.get(r12) === CLONE.thread) {
        cpu.store64(p + task.real_parent, cpu.load64(current + task.real_parent));
        cpu.store64(p + task.parent, cpu.load64(current + task.real_parent));
        return cpu.jump(thread_links.at);
      }
      const kthreadd = cpu.get(r12) === CLONE.kernel ? cpu.load64(kthreadd_task) : 0;
      const leader = kthreadd !== 0 ? kthreadd : cpu.load64(current + task.group_leader);
      cpu.store64(p + task.real_parent, leader);
      cpu.store64(p + task.parent, leader);
    },
    lists.addTail(
      (cpu) => cpu.get(rbp) + task.sibling,
      (cpu) => cpu.load64(cpu.get(rbp) + task.real_parent) + task.children,
    ),
    lists.addTail(
      (cpu) => cpu.get(rbp) + task.tasks,
      () => init_tasks,
    ),
    (cpu) => cpu.jump(linked.at),
    thread_links,
    lists.addTail(
      (cpu) => cpu.get(rbp) + task.thread_group,
      (cpu) => cpu.load64(cpu.get(rbp) + task.group_leader) + task.thread_group,
    ),
    lists.addTail(
      (cpu) => cpu.get(rbp) + task.thread_node,
      (cpu) => cpu.load64(cpu.get(rbp) + task.signal) + signal.thread_head,
    ),
    (cpu) => {
      const s = cpu.load64(cpu.get(rbp) + task.signal);
      for (const field of [signal.nr_threads, signal.live, signal.sigcnt])
        cpu.store32(s + field, cpu.load32(s + field) + 1);
    },
    linked,
    (cpu) => {
      cpu.store32(nr_threads, cpu.load32(nr_threads) + 1);
      cpu.store64(total_forks, cpu.load64(total_forks) + 1);
      locks.writeUnlock(cpu, tasklist_lock);
      cpu.interruptsOn();
      const p = cpu.get(rbp);
      if (cpu.traces('fork')) cpu.trace('fork', inline.named(cpu, p));
      cpu.set(rax, p);
      popRegisters(cpu, rbx, rbp, r12, r13, r14, r15);
      cpu.ret();
    },
    fail,
    (cpu) => {
      if (cpu.get(rbp) !== 0) memory.slub.free(cpu, cpu.get(rbp));
    },
    (cpu) => {
      cpu.set(rax, 0);
      popRegisters(cpu, rbx, rbp, r12, r13, r14, r15);
      cpu.ret();
    },
  );
  return { copy_process };

  /** Direct-map address of what a page-table entry leads to. */
  function direct(entry: number): Address {
    return DIRECT_MAP + (entry - (entry & 0xfff));
  }
}
