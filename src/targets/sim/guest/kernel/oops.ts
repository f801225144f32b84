import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { REG } from '../../step.ts';
import type { Part } from '../assembler.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { THREAD_SIZE } from '../memory-map.ts';
import { PF, SIGSEGV, TASK } from './constants.ts';
import type { Inline } from './inline.ts';
import { hex } from './inline.ts';
import type { Panic } from './panic.ts';
import type { Printk } from './printk.ts';
import { r12, r13, r14, rbx, rdi, rsp } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Sign } from './signs.ts';
import { SIGNS, signNumber } from './signs.ts';

/**
 * Handlers of the processor's exceptions, and what becomes of who caused them: arch/x86/mm/fault.c, kernel/traps.c,
 * dumpstack.c, exit.c.
 */
export interface Oops {
  /** Each: rdi: struct pt_regs *. */
  readonly page_fault: Label;
  readonly general_protection: Label;
  readonly invalid_opcode: Label;
  readonly double_fault: Label;
  readonly divide: Label;
}

/** Signs of a BUG() by its file. */
const BUG_SIGNS: Readonly<Record<string, Sign>> = { 'lib/list_debug.c': 'list_bug', 'mm/slub.c': 'slub_bug' };
/** arch/x86/kernel/dumpstack.c bounds nested oopses by the stack; this kernel says so at the fourth. */
const NESTED_OOPSES = 4;

export function assembleOops(
  k: Kernel,
  inline: Inline,
  printk: Printk,
  panic: Panic,
  sched: Scheduler,
): Oops {
  const { task, regs } = k.o;
  const nest = k.symbol('die_nest_count');
  const count = k.symbol('oops_count');
  const panic_on_oops = k.symbol('panic_on_oops');
  const do_exit = k.text.entry('do_exit');
  const cpu_number = k.symbol('cpu_number');
  const messages = {
    fatal: k.string('Fatal exception'),
    interrupt: k.string('Fatal exception in interrupt'),
    idle: k.string('Attempted to kill the idle task!'),
    init: k.string('Attempted to kill init! exitcode=0x0000000b'),
    nested: k.string('Fatal exception while handling a fatal exception'),
    double: k.string('kernel stack overflow (double-fault)'),
  };

  /** `symbol+0x10/0x40`, from the kernel's own symbol table. */
  const symbolOf = (rip: Address): string => {
    const found = k.text.symbols.find((one) => rip >= one.address && rip < one.address + one.bytes);
    return found
      ? `${found.name}+0x${(rip - found.address).toString(16)}/0x${found.bytes.toString(16)}`
      : `0x${hex(rip)}`;
  };
  const bugAt = (rip: Address): { file: string; line: number } | undefined => {
    const bug = k.bugs.find((one) => one.at.at === rip);
    return bug && { file: bug.file, line: bug.line };
  };

  // rbx: regs, r12: sign, r13: error code, r14: address for the trace
  const recursive = new Label();

  /** make_task_dead. rdi: signal. */
  const make_task_dead = k.text.fn(
    'make_task_dead',
    (cpu) => {
      const t = inline.current(cpu);
      cpu.interruptsOn();
      cpu.set(rbx, t);
      if (cpu.load32(t + task.pid) === 0) {
        return panic.panicWith(cpu, messages.idle, SIGNS[cpu.get(r12)] ?? 'bug');
      }
      if (cpu.load32(t + task.pid) === 1) {
        return panic.panicWith(cpu, messages.init, SIGNS[cpu.get(r12)] ?? 'bug');
      }
      if ((cpu.load32(t + task.flags) & PF.EXITING) !== 0) return cpu.jump(recursive.at);
      cpu.jump(do_exit.at);
    },
    recursive,
    printk.print(1, () => 'Fixing recursive fault but reboot is needed!'),
    (cpu) => {
      const t = cpu.get(rbx);
      cpu.store32(t + task.exit_state, TASK.EXIT_DEAD);
      // Its memory is never given back: the state is not TASK_DEAD, and nothing wakes it.
      cpu.store32(t + task.__state, TASK.UNINTERRUPTIBLE);
      cpu.call(sched.schedule.at);
    },
    (cpu) => cpu.raise(6, 0),
  );

  const [in_interrupt, fatal, say_fault, say_general, say_opcode, said] = [1, 2, 3, 4, 5, 6].map(
    () => new Label(),
  ) as [Label, Label, Label, Label, Label, Label];
  const die = k.text.fn(
    'die',
    timed(2_000, (cpu) => {
      const depth = cpu.load32(nest) + 1;
      cpu.store32(nest, depth);
      cpu.store32(count, cpu.load32(count) + 1);
      const sign: Sign = SIGNS[cpu.get(r12)] ?? 'bug';
      cpu.trace('oops', {
        sign,
        address: hex(cpu.get(r14)),
        comm: inline.named(cpu, inline.current(cpu)).comm,
        cpu: cpu.index,
      });
      if (depth > NESTED_OOPSES) return panic.panicWith(cpu, messages.nested, sign);
      if (sign === 'general_protection') return cpu.jump(say_general.at);
      if (sign !== 'page_fault' && sign !== 'null_pointer') return cpu.jump(say_opcode.at);
    }),
    say_fault,
    printk.print(1, (cpu) =>
      cpu.get(r12) === signNumber('null_pointer')
        ? `BUG: kernel NULL pointer dereference, address: ${hex(cpu.get(r14))}`
        : `BUG: unable to handle page fault for address: ${hex(cpu.get(r14))}`,
    ),
    printk.print(1, (cpu) => {
      const code = cpu.get(r13);
      const what = code & 16 ? 'instruction fetch' : code & 2 ? 'write access' : 'read access';
      return `#PF: supervisor ${what} in kernel mode, error_code(0x${code.toString(16).padStart(4, '0')}) - ${code & 1 ? 'permissions violation' : 'not-present page'}`;
    }),
    printk.print(1, (cpu) => `Oops: ${oopsCode(cpu)} [#${cpu.load32(count)}] PREEMPT SMP NOPTI`),
    (cpu) => cpu.jump(said.at),
    say_general,
    printk.print(
      1,
      (cpu) =>
        `general protection fault, probably for non-canonical address: ${oopsCode(cpu)} [#${cpu.load32(count)}] PREEMPT SMP NOPTI`,
    ),
    (cpu) => cpu.jump(said.at),
    say_opcode,
    printk.print(1, (cpu) => {
      const bug = bugAt(cpu.load64(cpu.get(rbx) + regs.ip));
      return bug
        ? `kernel BUG at ${bug.file}:${bug.line}!`
        : `invalid opcode at ${hex(cpu.load64(cpu.get(rbx) + regs.ip))}`;
    }),
    printk.print(1, (cpu) => `invalid opcode: 0000 [#${cpu.load32(count)}] PREEMPT SMP NOPTI`),
    said,
    printk.print(1, (cpu) => {
      const t = inline.current(cpu);
      return `CPU: ${cpu.load32(gsBase(cpu) + cpu_number)} PID: ${cpu.load32(t + task.pid)} Comm: ${inline.comm(cpu, t)} Not tainted 6.1.0-siren #1`;
    }),
    printk.print(1, (cpu) => `RIP: 0010:${symbolOf(cpu.load64(cpu.get(rbx) + regs.ip))}`),
    printk.print(
      1,
      (cpu) =>
        `RSP: 0018:${hex(cpu.load64(cpu.get(rbx) + regs.sp))} CR2: ${hex(cpu.get(REG.cr2))} CR3: ${hex(cpu.get(REG.cr3))}`,
    ),
    printk.print(1, () => '---[ end trace 0000000000000000 ]---'),
    (cpu) => {
      // oops_end
      if (inline.inInterrupt(cpu) !== 0) return cpu.jump(in_interrupt.at);
      if (cpu.load32(panic_on_oops) !== 0) return cpu.jump(fatal.at);
      cpu.store32(nest, cpu.load32(nest) - 1);
      // rewind_stack_and_make_dead
      cpu.set(rsp, cpu.load64(inline.current(cpu) + task.stack) + THREAD_SIZE - regs.bytes);
      cpu.set(rdi, SIGSEGV);
      cpu.jump(make_task_dead.at);
    },
    in_interrupt,
    (cpu) => panic.panicWith(cpu, messages.interrupt, SIGNS[cpu.get(r12)] ?? 'bug'),
    fatal,
    (cpu) => panic.panicWith(cpu, messages.fatal, 'oops'),
  );

  /** A fault of user code kills its process, as an unhandled SIGSEGV does. */
  const bad_area = k.text.fn(
    'bad_area_nosemaphore',
    (cpu) => cpu.interruptsOn(),
    printk.print(6, (cpu) => {
      const t = inline.current(cpu);
      const at = cpu.get(rbx);
      return `${inline.comm(cpu, t)}[${cpu.load32(t + task.pid)}]: segfault at ${hex(cpu.get(r14))} ip ${hex(cpu.load64(at + regs.ip))} sp ${hex(cpu.load64(at + regs.sp))}`;
    }),
    (cpu) => {
      cpu.set(rdi, SIGSEGV);
      cpu.jump(do_exit.at);
    },
  );

  /** What all handlers have in common; `judge` names the sign of a kernel fault. */
  const handler = (
    name: string,
    judge: (cpu: Cpu, at: Address) => Sign,
    address: (cpu: Cpu, at: Address) => Address,
  ): Label =>
    k.text.fn(name, (cpu) => {
      const at = cpu.get(rdi);
      cpu.set(rbx, at);
      cpu.set(r13, cpu.load32(at + regs.orig_ax));
      cpu.set(r14, address(cpu, at));
      if ((cpu.load32(at + regs.cs) & 3) !== 0) return cpu.jump(bad_area.at);
      cpu.set(r12, signNumber(judge(cpu, at)));
      cpu.jump(die.at);
    });
  const rip = (cpu: Cpu, at: Address): Address => cpu.load64(at + regs.ip);

  const df_count = k.symbol('df_count');
  const double: Part = (cpu: Cpu) => {
    // On a stack of its own. A second one means that not even this can run.
    const seen = cpu.load32(df_count);
    cpu.store32(df_count, seen + 1);
    if (seen > 0) return cpu.die();
    cpu.trace('oops', { sign: 'double_fault', address: hex(cpu.get(REG.cr2)), comm: '', cpu: cpu.index });
  };

  return {
    page_fault: handler(
      'exc_page_fault',
      (cpu) => {
        const at = cpu.get(REG.cr2);
        return at >= 0 && at < 4096 ? 'null_pointer' : 'page_fault';
      },
      (cpu) => cpu.get(REG.cr2),
    ),
    general_protection: handler('exc_general_protection', () => 'general_protection', rip),
    invalid_opcode: handler(
      'exc_invalid_op',
      (cpu, at) => {
        const bug = bugAt(rip(cpu, at));
        return bug === undefined ? 'invalid_opcode' : (BUG_SIGNS[bug.file] ?? 'bug');
      },
      rip,
    ),
    double_fault: k.text.fn('exc_double_fault', double, (cpu) =>
      panic.panicWith(cpu, messages.double, 'double_fault'),
    ),
    divide: handler('exc_divide_error', () => 'bug', rip),
  };

  function oopsCode(cpu: Cpu): string {
    return cpu.get(r13).toString(16).padStart(4, '0');
  }

  function gsBase(cpu: Cpu): Address {
    return cpu.get(REG.gs_base);
  }
}
