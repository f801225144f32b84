import { DISTRESS, HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { loadText } from './inline.ts';
import type { Printk } from './printk.ts';
import { gs, r12, rax, rbx, rdi, rsi } from './registers.ts';
import type { Sign } from './signs.ts';
import { SIGNS, signNumber } from './signs.ts';

/** Raised on the other CPUs of a kernel that panicked (asm/irq_vectors.h, REBOOT_VECTOR). */
export const REBOOT_VECTOR = 0xf8;

/** kernel/panic.c */
export interface Panic {
  /** panic(rdi: address of the message, rsi: number of the sign). Does not return. */
  readonly panic: Label;
  /** Handler of REBOOT_VECTOR. */
  readonly stop_this_cpu: Label;
  /** Ends a step in a panic. */
  panicWith(cpu: Cpu, message: number, sign: Sign): void;
}

export function assemblePanic(k: Kernel, printk: Printk): Panic {
  const panic_cpu = k.symbol('panic_cpu');
  const cpu_number = k.symbol('cpu_number');
  const online = k.symbol('__cpu_online_mask');

  const stop_this_cpu = k.text.fn('stop_this_cpu', (cpu) => cpu.die());
  const [stop_next, stopped] = [new Label(), new Label()];
  // rbx: message, r12: sign, then the CPU to stop next
  const panic = k.text.fn(
    'panic',
    (cpu) => {
      cpu.interruptsOff();
      cpu.set(rbx, cpu.get(rdi));
      cpu.set(r12, cpu.get(rsi));
      // Only one CPU may panic, and only once: PANIC_CPU_INVALID is -1.
      if (cpu.load32(panic_cpu) !== 0xffff_ffff) return cpu.jump(stop_this_cpu.at);
      cpu.store32(panic_cpu, cpu.load32(cpu.get(gs) + cpu_number));
      cpu.trace('panic', { sign: SIGNS[cpu.get(r12)] ?? 'bug', cpu: cpu.index });
    },
    printk.print(0, (cpu) => `Kernel panic - not syncing: ${loadText(cpu, cpu.get(rbx), 160)}`),
    (cpu) => {
      cpu.set(rax, HYPERCALL.distress);
      cpu.set(rdi, DISTRESS.panic);
      cpu.set(rsi, cpu.get(rbx));
      cpu.hypercall();
      cpu.set(r12, 0);
    },
    stop_next,
    (cpu) => {
      // smp_send_stop
      const index = cpu.get(r12);
      if (index >= 32) return cpu.jump(stopped.at);
      cpu.set(r12, index + 1);
      if ((cpu.load32(online) & (1 << index)) !== 0 && index !== cpu.load32(cpu.get(gs) + cpu_number)) {
        cpu.set(rax, HYPERCALL.send_ipi);
        cpu.set(rdi, index);
        cpu.set(rsi, REBOOT_VECTOR);
        cpu.hypercall();
      }
      cpu.jump(stop_next.at);
    },
    stopped,
    printk.print(0, () => '---[ end Kernel panic - not syncing ]---'),
    (cpu) => cpu.die(),
  );
  return {
    panic,
    stop_this_cpu,
    panicWith(cpu, message, sign) {
      cpu.set(rdi, message);
      cpu.set(rsi, signNumber(sign));
      cpu.jump(panic.at);
    },
  };
}
