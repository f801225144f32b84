import { VECTOR } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { HARDIRQ_OFFSET, IN_INTERRUPT, SOFTIRQ_OFFSET, TIF, TIMER_SOFTIRQ } from './constants.ts';
import type { Inline } from './inline.ts';
import type { Panic } from './panic.ts';
import { REBOOT_VECTOR } from './panic.ts';
import {
  gs,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  r8,
  r9,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
} from './registers.ts';
import type { Scheduler } from './sched.ts';

/** Where the processor enters the kernel: arch/x86/entry, and what it does on the way out. */
export interface Entry {
  /** `entry_SYSCALL_64`: what user code goes to with a number in rax. */
  readonly syscall: Label;
  /** First thing that a new task executes. */
  readonly ret_from_fork: Label;
  readonly gates: readonly Gate[];
}

export interface Gate {
  readonly vector: number;
  readonly entry: Label;
  /** Interrupt stack table entry, 0 for none. */
  readonly ist: number;
}

const ENOSYS = -38;

/** struct pt_regs from its end: rdi first, r15 last. */
const SAVED = [rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15] as const;

/** Pushes everything but orig_ax, which lies there already. */
function pushRegs(cpu: Cpu): void {
  cpu.pushRegisters(SAVED);
  cpu.set(rdi, cpu.get(rsp));
}

/** Pops everything, orig_ax too. */
function popRegs(cpu: Cpu): void {
  cpu.popRegisters(SAVED);
  cpu.set(rsp, cpu.get(rsp) + 8);
}

export function assembleEntry(
  k: Kernel,
  inline: Inline,
  sched: Scheduler,
  panic: Panic,
  handlers: ReadonlyMap<number, Label>,
  interrupts: ReadonlyMap<number, Label>,
  timer_softirq: Label,
  syscalls: ReadonlyMap<number, Label>,
): Entry {
  const { task, regs } = k.o;
  const preempt_count = k.symbol('__preempt_count');
  const irq_stat = k.symbol('irq_stat');
  const do_exit = k.text.entry('do_exit');

  const count = (cpu: Cpu, change: number): number => {
    const at = cpu.get(gs) + preempt_count;
    const now = cpu.load32(at) + change;
    cpu.store32(at, now >>> 0);
    return now;
  };

  /** exit_to_user_mode_loop, then back to user code with what lies at rsp (struct pt_regs). */
  const [work, signal] = [new Label(), new Label()];
  const exitToUser = (cpu: Cpu): void => {
    cpu.interruptsOff();
    const flags = cpu.load32(inline.current(cpu) + task.thread_info_flags);
    if ((flags & (TIF.NEED_RESCHED | TIF.SIGPENDING)) === 0) {
      popRegs(cpu);
      return cpu.iret();
    }
    cpu.interruptsOn();
    if ((flags & TIF.SIGPENDING) !== 0) return cpu.jump(signal.at);
    cpu.push(work.at);
    cpu.jump(sched.schedule.at);
  };
  const to_user = k.text.fn('exit_to_user_mode', work, exitToUser, signal, (cpu) => {
    // get_signal: the only signal that this kernel knows is a fatal one; anything else is dropped.
    const t = inline.current(cpu);
    const flags = t + task.thread_info_flags;
    cpu.store32(flags, cpu.load32(flags) & ~TIF.SIGPENDING);
    const low = cpu.load32(t + task.pending_signal);
    // SIGNAL_UNKILLABLE: init hears of none.
    if ((low & 0x1ff) === 0 || cpu.load32(t + task.pid) === 1) return cpu.jump(work.at);
    cpu.set(rdi, 32 - Math.clz32(low & -low));
    cpu.jump(do_exit.at);
  });

  /** Back to whatever was interrupted. */
  const irqReturn = (cpu: Cpu): void => {
    if ((cpu.load32(cpu.get(rsp) + regs.cs) & 3) !== 0) return exitToUser(cpu);
    popRegs(cpu);
    cpu.iret();
  };
  const irq_return = k.text.fn('common_interrupt_return', irqReturn);

  const softirq_again = new Label();
  const do_softirq = k.text.fn(
    '__do_softirq',
    softirq_again,
    (cpu) => {
      const at = cpu.get(gs) + irq_stat;
      const pending = cpu.load32(at);
      cpu.store32(at, 0);
      if ((pending & (1 << TIMER_SOFTIRQ)) === 0) {
        count(cpu, -SOFTIRQ_OFFSET);
        cpu.interruptsOff();
        return cpu.ret();
      }
      cpu.interruptsOn();
      cpu.call(timer_softirq.at);
    },
    (cpu) => cpu.jump(softirq_again.at),
  );

  const no_syscall = k.text.fn('__x64_sys_ni_syscall', (cpu) => {
    cpu.set(rax, ENOSYS);
    cpu.ret();
  });

  const gates: Gate[] = [];
  const interrupt = (name: string, vector: number, body: Label): void => {
    const entry = k.text.fn(
      name,
      timed(200, (cpu) => {
        cpu.push(-1);
        pushRegs(cpu);
        count(cpu, HARDIRQ_OFFSET);
        cpu.call(body.at);
      }),
      (cpu) => {
        // irq_exit_rcu
        const now = count(cpu, -HARDIRQ_OFFSET);
        if ((now & IN_INTERRUPT) !== 0 || cpu.load32(cpu.get(gs) + irq_stat) === 0) return irqReturn(cpu);
        count(cpu, SOFTIRQ_OFFSET);
        cpu.push(irq_return.at);
        cpu.jump(do_softirq.at);
      },
    );
    gates.push({ vector, entry, ist: 0 });
  };
  const reschedule = k.text.fn('sysvec_reschedule_ipi', (cpu) => cpu.ret());
  interrupt('asm_sysvec_reschedule_ipi', VECTOR.reschedule, reschedule);
  gates.push({ vector: REBOOT_VECTOR, entry: panic.stop_this_cpu, ist: 0 });
  for (const [vector, body] of interrupts) {
    interrupt(
      vector === VECTOR.timer
        ? 'asm_sysvec_apic_timer_interrupt'
        : `asm_common_interrupt_0x${vector.toString(16)}`,
      vector,
      body,
    );
  }

  const error_vectors = new Set([8, 10, 11, 12, 13, 14, 17]);
  for (const [vector, body] of handlers) {
    const entry = k.text.fn(
      `asm_exc_${vector}`,
      timed(500, (cpu) => {
        if (!error_vectors.has(vector)) cpu.push(0);
        pushRegs(cpu);
        cpu.call(body.at);
      }),
      (cpu) => cpu.jump(irq_return.at),
    );
    gates.push({ vector, entry, ist: vector === VECTOR.double_fault ? 1 : 0 });
  }

  const syscall = k.text.fn(
    'entry_SYSCALL_64',
    (cpu) => {
      const target = syscalls.get(cpu.get(rax)) ?? no_syscall;
      cpu.store64From(rax, cpu.get(rsp) - 8);
      cpu.set(rsp, cpu.get(rsp) - 8);
      const first = cpu.get(rdi);
      pushRegs(cpu);
      cpu.set(rdi, first);
      cpu.interruptsOn();
      cpu.call(target.at);
    },
    (cpu) => {
      cpu.store64From(rax, cpu.get(rsp) + regs.ax);
      exitToUser(cpu);
    },
  );

  const ret_from_fork = k.text.fn(
    'ret_from_fork',
    (cpu) => {
      cpu.set(rdi, cpu.get(rax));
      cpu.call(sched.tail.at);
    },
    (cpu) => {
      // A kernel thread begins with its function in rbx and its argument in r12; a process goes on where its parent
      // forked.
      const start = cpu.get(rbx);
      if (start === 0) return cpu.jump(to_user.at);
      cpu.set(rdi, cpu.get(r12));
      cpu.call(start);
    },
    (cpu) => cpu.jump(to_user.at),
  );
  return { syscall, ret_from_fork, gates };
}
