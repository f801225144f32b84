import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { APP_ENTRY, APPS_LIMIT } from '../app-table.ts';
import { Label } from '../assembler.ts';
import { COURIER } from '../../../../model/collections.ts';
import { WORKLOADS } from '../boot-params.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP, THREAD_SIZE, USER_STACK_TOP } from '../memory-map.ts';
import { processesOf } from '../user/programs.ts';
import type { BootParts } from './boot-parts.ts';
import { PF, SIGNAL_AUTOREAP, TASK } from './constants.ts';
import { CLONE } from './fork.ts';
import { r12, r13, r14, rax, rbx, rcx, rdi, rdx, rsi, rsp } from './registers.ts';
import type { Smp } from './smp.ts';

/** kernel_init, pid 1: CPUs, drivers, the workload's processes, the region, boot complete; then it becomes init. */
export function assembleInit(k: Kernel, parts: BootParts, smp: Smp): Label {
  const { inline, printk, sched, fork, hrtimers, workqueue, boot } = parts;
  const { task, signal, mm, hrtimer } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const s = {
    init: at('init_process'),
    heartbeat_timer: at('heartbeat_timer'),
    heartbeat_period: at('heartbeat_period'),
  };

  const beat_again = new Label();
  const heartbeat_thread = k.text.fn(
    'heartbeat_thread',
    beat_again,
    (cpu) => cpu.call(parts.sleep.heartbeat_wait.at),
    (cpu) => {
      cpu.set(rax, HYPERCALL.heartbeat);
      cpu.hypercall();
      cpu.jump(beat_again.at);
    },
  );

  // kernel_init, pid 1. r12: next of the workload's programs, r13: the workload; user tasks are chained on the stack
  // until they are woken
  const beat_comm = k.string(`heartbeat${'\0'.repeat(16)}`);
  const startedBy = (workload: string): readonly string[] =>
    processesOf(workload).filter((comm) => !parts.apps.includes(comm));
  const plans = WORKLOADS.map((workload) =>
    startedBy(workload).map((comm) => ({
      comm: k.string(`${comm}${'\0'.repeat(16)}`),
      entry: parts.programs.get(comm) ?? new Label(),
    })),
  );
  const courier_comm = k.string(`${COURIER}${'\0'.repeat(16)}`);
  const courier_entry = parts.programs.get(COURIER) ?? new Label();
  const beat_entry = parts.programs.get('heartbeat') ?? new Label();
  const init_entry = parts.programs.get('init') ?? new Label();
  const [spawn, spawned, wake_next, woken] = [1, 2, 3, 4].map(() => new Label()) as [
    Label,
    Label,
    Label,
    Label,
  ];
  const app_table = at('app_table');
  /** The app that is next to start, once the workload has been; 0 behind the last. */
  const appAt = (cpu: Cpu): Address => {
    const index = cpu.get(r12) - (plans[cpu.get(r13)]?.length ?? 0);
    if (cpu.get(r14) !== 0 || index < 0 || index >= APPS_LIMIT) return 0;
    const entry = app_table + index * APP_ENTRY.bytes;
    return cpu.load8(entry) === 0 ? 0 : entry;
  };
  return k.text.fn(
    'kernel_init',
    (cpu) => cpu.call(smp.smp_init.at),
    (cpu) => {
      const t = inline.current(cpu);
      cpu.store64(s.init, t);
      cpu.store32(cpu.load64(t + task.signal) + signal.flags, SIGNAL_AUTOREAP);
      cpu.call(smp.percpu_threads.at);
    },
    (cpu) => cpu.call(parts.probe.at),
    (cpu) => cpu.call(workqueue.start_clocksource_watchdog.at),
    (cpu) => {
      cpu.set(r12, 0);
      cpu.set(r13, cpu.load32(boot.workload));
      cpu.set(r14, 0);
    },
    spawn,
    (cpu) => {
      const plan = plans[cpu.get(r13)]?.[cpu.get(r12)];
      cpu.set(rdx, 0);
      if (plan !== undefined) {
        cpu.set(rdi, CLONE.spawn);
        cpu.set(rsi, plan.entry.at);
        cpu.set(rcx, plan.comm);
        return cpu.call(fork.copy_process.at);
      }
      const app = appAt(cpu);
      if (app !== 0) {
        cpu.set(rdi, CLONE.spawn);
        cpu.set(rsi, cpu.load64(app + APP_ENTRY.entry));
        cpu.set(rcx, app);
        return cpu.call(fork.copy_process.at);
      }
      // r14: what came after the workload; 2 the courier, 1 the heartbeat
      if (cpu.get(r14) === 0 && cpu.load64(boot.shared) !== 0) {
        cpu.set(r14, 2);
        cpu.set(rdi, CLONE.spawn);
        cpu.set(rsi, courier_entry.at);
        cpu.set(rcx, courier_comm);
        return cpu.call(fork.copy_process.at);
      }
      if (cpu.get(r14) === 1) return cpu.jump(spawned.at);
      cpu.set(r14, 1);
      cpu.set(rcx, beat_comm);
      if (cpu.load32(boot.heartbeat_by) === 1) {
        cpu.set(rdi, CLONE.kernel);
        cpu.set(rsi, heartbeat_thread.at);
      } else {
        cpu.set(rdi, CLONE.spawn);
        cpu.set(rsi, beat_entry.at);
      }
      cpu.call(fork.copy_process.at);
    },
    (cpu) => {
      const app = appAt(cpu);
      cpu.set(r12, cpu.get(r12) + 1);
      if (app !== 0 && cpu.get(rax) !== 0) {
        cpu.set(rdi, cpu.load64(cpu.get(rax) + task.mm));
        cpu.set(rsi, app);
        cpu.push(spawn.at);
        return cpu.jump(parts.memory.map_app.at);
      }
      if ((cpu.load32(cpu.get(rax) + task.flags) & PF.KTHREAD) === 0) return cpu.jump(spawn.at);
      // A kernel thread is nobody's child here: it starts at once, and waits for the first beat.
      cpu.set(rdi, cpu.get(rax));
      cpu.push(spawn.at);
      cpu.jump(sched.wake_new.at);
    },
    spawned,
    parts.app_problems.map((problem) => printk.print(4, () => problem)),
    (cpu) => cpu.call(parts.register_region.at),
    (cpu) => {
      cpu.set(rax, HYPERCALL.boot_complete);
      cpu.hypercall();
      const timer = s.heartbeat_timer;
      cpu.store64(timer + hrtimer.function, parts.sleep.heartbeat_wakeup.at);
      cpu.set(rdi, timer);
      cpu.set(rsi, cpu.now + cpu.load64(s.heartbeat_period));
      cpu.call(hrtimers.start.at);
    },
    printk.print(6, () => 'Run /sbin/init as init process'),
    (cpu) => cpu.set(r12, cpu.load64(inline.current(cpu) + task.children)),
    wake_next,
    (cpu) => {
      const t = inline.current(cpu);
      const entry = cpu.get(r12);
      if (entry === t + task.children) return cpu.jump(woken.at);
      const child = entry - task.sibling;
      cpu.set(r12, cpu.load64(entry));
      if (cpu.load32(child + task.__state) !== TASK.NEW) return cpu.jump(wake_next.at);
      cpu.set(rdi, child);
      cpu.push(wake_next.at);
      cpu.jump(sched.wake_new.at);
    },
    woken,
    // kernel_execve: init gets an address space and a frame to go to user mode with
    parts.memory.makeMm(() => true),
    (cpu) => {
      const t = inline.current(cpu);
      const m = cpu.get(rbx);
      const old = cpu.load64(t + task.active_mm);
      cpu.interruptsOff();
      cpu.store64(t + task.mm, m);
      cpu.store64(t + task.active_mm, m);
      cpu.store64(m + mm.owner, t);
      cpu.store32(old + mm.mm_count, cpu.load32(old + mm.mm_count) - 1);
      cpu.loadCr3(cpu.load64(m + mm.pgd) - DIRECT_MAP);
      cpu.store32(t + task.flags, 0);
      cpu.interruptsOn();
      const top = cpu.load64(t + task.stack) + THREAD_SIZE;
      cpu.set(rsp, top);
      cpu.toUser(init_entry.at, USER_STACK_TOP - 16);
    },
  );
}
