import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { REG } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { imagePhysical, PER_CPU_STRIDE, STACK_END_MAGIC, THREAD_SIZE } from '../memory-map.ts';
import type { BootParts } from './boot-parts.ts';
import { INITIAL_JIFFIES, PF, TICK_NS } from './constants.ts';
import { CLONE } from './fork.ts';
import { storeText } from './inline.ts';
import { initListHead } from './lists.ts';
import { gs, r10, r8, rax, rbx, rcx, rdi, rdx, rsi } from './registers.ts';

/** Bringing CPUs up: kernel/smpboot.c, and what each CPU sets up for itself. */
export interface Smp {
  /** Run queue, timer bases and the rest of a CPU's area. Part of a step. */
  initCpu(cpu: Cpu, area: Address, index: number, idle_task: Address): void;
  /** Tick, watchdog and vmstat work of the CPU that calls. A called function. */
  readonly start_clocks: Label;
  /** Starts the secondary CPUs, one after the other. A called function. */
  readonly smp_init: Label;
  /** ksoftirqd/N and kworker/N. A called function. */
  readonly percpu_threads: Label;
  /** do_idle. */
  readonly idle: Label;
}

export function assembleSmp(k: Kernel, parts: BootParts): Smp {
  const { printk, sched, fork, hrtimers, workqueue } = parts;
  const { task, rq: q, hrtimer, clock_base, cpu_base } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const s = {
    offsets: at('__per_cpu_offset'),
    cpus: at('nr_cpu_ids'),
    online: at('__cpu_online_mask'),
    init_task: at('init_task'),
    init_mm: at('init_mm'),
    period: at('sample_period'),
    current: at('current_task'),
    number: at('cpu_number'),
    top: at('cpu_current_top_of_stack'),
    tss: at('cpu_tss_rw'),
    runqueues: at('runqueues'),
    bases: at('hrtimer_bases'),
    tick: at('tick_cpu_sched'),
    watchdog: at('watchdog_hrtimer'),
    idle: at('idle_task'),
    ksoftirqd: at('ksoftirqd'),
    kworker: at('kworker_task'),
    touch: at('watchdog_touch_ts'),
    buddy_touch: at('hardlockup_touch_ts'),
  };
  const idle = idleLoop(k, parts);

  /** Registers that a CPU has for itself, its run queue, its timer bases. Part of a step. */
  const initCpu = (cpu: Cpu, area: Address, index: number, idle_task: Address): void => {
    cpu.store32(area + s.number, index);
    cpu.store64(area + s.current, idle_task);
    cpu.store64(area + s.idle, idle_task);
    cpu.store64(area + s.top, cpu.load64(idle_task + task.stack) + THREAD_SIZE);
    cpu.store64(area + s.tss + k.o.tss.sp0, cpu.load64(idle_task + task.stack) + THREAD_SIZE);
    cpu.store64(area + s.tss + k.o.tss.ist, area + PER_CPU_STRIDE);
    const rq = area + s.runqueues;
    for (const field of [q.curr, q.idle]) cpu.store64(rq + field, idle_task);
    cpu.store64(rq + q.cfs_rq, rq);
    cpu.store32(rq + q.cpu, index);
    cpu.store32(rq + q.online, 1);
    const base = area + s.bases;
    cpu.store32(base + cpu_base.cpu, index);
    cpu.store64(base + cpu_base.expires_next, 2 ** 53);
    for (let clock = 0; clock < 2; clock++) {
      const each = base + cpu_base.clock_base + clock * clock_base.bytes;
      cpu.store64(each + clock_base.cpu_base, base);
      cpu.store32(each + clock_base.index, clock);
      cpu.store32(each + clock_base.clockid, clock === 0 ? 1 : 0);
    }
    parts.timers.init(cpu, area, index, INITIAL_JIFFIES);
    workqueue.init(cpu, area);
  };

  /** What every CPU does once it runs: its tick, its watchdog, its vmstat work. */
  const start_clocks = k.text.fn(
    'tick_setup_sched_timer',
    (cpu) => {
      const timer = cpu.get(gs) + s.tick + k.o.tick_sched.sched_timer;
      cpu.store64(timer + hrtimer.function, parts.tick.tick_sched_timer.at);
      cpu.store64(cpu.get(gs) + s.touch, cpu.now);
      cpu.store64(cpu.get(gs) + s.buddy_touch, cpu.now);
      // The CPUs' ticks are staggered (skew_tick), so that they do not queue for the same locks.
      cpu.set(rdi, timer);
      cpu.set(
        rsi,
        (Math.floor(cpu.now / TICK_NS) + 1) * TICK_NS + cpu.load32(cpu.get(gs) + s.number) * 350_000,
      );
      cpu.call(hrtimers.start.at);
    },
    (cpu) => {
      const timer = cpu.get(gs) + s.watchdog;
      cpu.store64(timer + hrtimer.function, parts.tick.watchdog_timer_fn.at);
      cpu.set(rdi, timer);
      cpu.set(rsi, cpu.now + cpu.load64(s.period));
      cpu.call(hrtimers.start.at);
    },
    (cpu) => cpu.jump(workqueue.start_vmstat.at),
  );

  /** A secondary CPU begins here, on its idle task's stack, its per-CPU area in gs. */
  const start_secondary = k.text.fn(
    'start_secondary',
    (cpu) => {
      cpu.set(REG.idtr, at('idt_table'));
      cpu.set(REG.tr, cpu.get(gs) + s.tss);
      cpu.store32(s.online, cpu.load32(s.online) | (1 << cpu.load32(cpu.get(gs) + s.number)));
      cpu.call(start_clocks.at);
    },
    (cpu) => cpu.jump(idle.at),
  );

  /** smp_init: rbx: CPU at hand. The idle task is made as a kernel thread that is on no list. */
  const [next_cpu, wait_online, cpus_done] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
  const smp_init = k.text.fn(
    'smp_init',
    (cpu) => cpu.set(rbx, 1),
    next_cpu,
    (cpu) => {
      const index = cpu.get(rbx);
      if (index >= cpu.load32(s.cpus)) return cpu.jump(cpus_done.at);
      parts.memory.allocTask(cpu);
    },
    (cpu) => {
      // fork_idle
      const index = cpu.get(rbx);
      const idle_task = cpu.get(rax);
      const stack = parts.memory.allocStack(cpu);
      cpu.copy(idle_task, s.init_task, task.bytes);
      cpu.store64(idle_task + task.stack, stack);
      cpu.store64(stack, STACK_END_MAGIC);
      cpu.store64(idle_task + task.thread_info_flags, 0);
      cpu.store32(idle_task + task.thread_info_cpu, index);
      for (const field of [task.tasks, task.children, task.sibling, task.thread_group, task.thread_node])
        initListHead(cpu, idle_task + field);
      cpu.store64(idle_task + task.group_leader, idle_task);
      cpu.store64(idle_task + task.active_mm, s.init_mm);
      storeText(cpu, idle_task + task.comm, `swapper/${index}\0`);
      const area = cpu.load64(s.offsets + index * 8);
      initCpu(cpu, area, index, idle_task);
      cpu.set(rax, HYPERCALL.start_cpu);
      cpu.set(rdi, index);
      cpu.set(rsi, start_secondary.at);
      cpu.set(rdx, stack + THREAD_SIZE - 16);
      cpu.set(r10, imagePhysical(at('init_top_pgt')));
      cpu.set(r8, area);
      cpu.hypercall();
    },
    wait_online,
    timed(2_000, (cpu) => {
      if ((cpu.load32(s.online) & (1 << cpu.get(rbx))) === 0) return cpu.jump(wait_online.at);
      cpu.set(rbx, cpu.get(rbx) + 1);
      cpu.jump(next_cpu.at);
    }),
    cpus_done,
    printk.print(6, (cpu) => `smp: Brought up 1 node, ${cpu.load32(s.cpus)} CPUs`),
    (cpu) => cpu.ret(),
  );

  /** Per-CPU kernel threads: rbx: CPU. */
  const [next_thread, threads_done] = [new Label(), new Label()];
  const names = ['ksoftirqd', 'kworker'].map((name) =>
    Array.from({ length: 32 }, (_, index) => k.string(`${name}/${index}${'\0'.repeat(16)}`)),
  );
  /** kthread_bind */
  const pin = (cpu: Cpu, t: Address, index: number): void => {
    cpu.store32(t + task.thread_info_cpu, index);
    cpu.store32(t + task.flags, (cpu.load32(t + task.flags) | PF.NO_SETAFFINITY) >>> 0);
  };
  const percpu_threads = k.text.fn(
    'smpboot_threads_init',
    (cpu) => cpu.set(rbx, 0),
    next_thread,
    (cpu) => {
      const index = cpu.get(rbx);
      if (index >= cpu.load32(s.cpus)) return cpu.jump(threads_done.at);
      cpu.set(rdi, CLONE.kernel);
      cpu.set(rsi, workqueue.ksoftirqd.at);
      cpu.set(rdx, index);
      cpu.set(rcx, names[0]?.[index] ?? 0);
      cpu.call(fork.copy_process.at);
    },
    (cpu) => {
      const index = cpu.get(rbx);
      const t = cpu.get(rax);
      pin(cpu, t, index);
      cpu.store64(cpu.load64(s.offsets + index * 8) + s.ksoftirqd, t);
      cpu.set(rdi, t);
      cpu.call(sched.wake_new.at);
    },
    (cpu) => {
      const index = cpu.get(rbx);
      cpu.set(rdi, CLONE.kernel);
      cpu.set(rsi, workqueue.worker_thread.at);
      cpu.set(rdx, index);
      cpu.set(rcx, names[1]?.[index] ?? 0);
      cpu.call(fork.copy_process.at);
    },
    (cpu) => {
      const index = cpu.get(rbx);
      const t = cpu.get(rax);
      pin(cpu, t, index);
      cpu.store64(cpu.load64(s.offsets + index * 8) + s.kworker, t);
      cpu.set(rbx, index + 1);
      cpu.push(next_thread.at);
      cpu.set(rdi, t);
      cpu.jump(sched.wake_new.at);
    },
    threads_done,
    (cpu) => cpu.ret(),
  );
  return { initCpu, start_clocks, smp_init, percpu_threads, idle };
}

/** do_idle (kernel/sched/idle.c). */
function idleLoop(k: Kernel, { inline, sched }: BootParts): Label {
  const again = new Label();
  return k.text.fn('do_idle', again, (cpu) => {
    cpu.interruptsOn();
    if (inline.needResched(cpu)) {
      cpu.push(again.at);
      return cpu.jump(sched.schedule.at);
    }
    cpu.jump(again.at);
    cpu.halt();
  });
}
