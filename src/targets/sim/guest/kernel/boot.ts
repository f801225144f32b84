import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { REG } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { BootParams } from '../boot-params.ts';
import { WORKLOADS } from '../boot-params.ts';
import type { Kernel } from '../kernel-data.ts';
import {
  DIRECT_MAP, FREE_PHYSICAL, imagePhysical, PER_CPU_GUARD_PAGE, PER_CPU_STRIDE, STACK_END_MAGIC, THREAD_SIZE, USER_STACK_TOP,
} from '../memory-map.ts'; // prettier-ignore
import { processesOf } from '../user/programs.ts';
import { INITIAL_JIFFIES, PF, SIGNAL_AUTOREAP, TASK, TICK_NS } from './constants.ts';
import { CLONE } from './fork.ts';
import type { Fork } from './fork.ts';
import type { Hrtimers } from './hrtimers.ts';
import type { Inline } from './inline.ts';
import { storeText } from './inline.ts';
import type { Lists } from './lists.ts';
import { initListHead, PREV } from './lists.ts';
import type { Memory } from './mm.ts';
import type { Printk } from './printk.ts';
import { gs, r10, r12, r13, r14, r8, rax, rbx, rcx, rdi, rdx, rsi, rsp } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Sleep } from './sleep.ts';
import type { Tick } from './tick.ts';
import type { Timers } from './timers.ts';
import type { Workqueue } from './workqueue.ts';

export interface BootParts {
  readonly inline: Inline;
  readonly printk: Printk;
  readonly sched: Scheduler;
  readonly fork: Fork;
  readonly hrtimers: Hrtimers;
  readonly timers: Timers;
  readonly sleep: Sleep;
  readonly tick: Tick;
  readonly workqueue: Workqueue;
  readonly memory: Memory;
  readonly lists: Lists;
  readonly probe: Label;
  readonly register_region: Label;
  readonly boot: BootParams;
  /** User entry by comm. */
  readonly programs: ReadonlyMap<string, Label>;
}

/** init/main.c: from the first instruction to normal operation. Returns the entry that the boot loader jumps to. */
export function assembleBoot(k: Kernel, parts: BootParts): Label {
  const { inline, printk, sched, fork, hrtimers, workqueue, boot } = parts;
  const { task, signal, rq: q, mm, hrtimer, clock_base, cpu_base, super_block } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const s = {
    offsets: at('__per_cpu_offset'), cpus: at('nr_cpu_ids'), online: at('__cpu_online_mask'), init_task: at('init_task'), init_signals: at('init_signals'),
    init_mm: at('init_mm'), memory_next: at('memory_next'), memory_end: at('memory_end'), region: at('metadata_region'), region_bytes: at('metadata_bytes'),
    jiffies: at('jiffies_64'), period: at('sample_period'), thresh: at('watchdog_thresh'), random: at('random_state'), kthreadd: at('kthreadd_task'),
    init: at('init_process'), heartbeat_timer: at('heartbeat_timer'), heartbeat_period: at('heartbeat_period'), super_blocks: at('super_blocks'),
    root_super: at('root_super'), current: at('current_task'), number: at('cpu_number'), top: at('cpu_current_top_of_stack'), tss: at('cpu_tss_rw'),
    runqueues: at('runqueues'), bases: at('hrtimer_bases'), tick: at('tick_cpu_sched'), watchdog: at('watchdog_hrtimer'), idle: at('idle_task'),
    ksoftirqd: at('ksoftirqd'), kworker: at('kworker_task'), touch: at('watchdog_touch_ts'), nr_threads: at('nr_threads'),
  }; // prettier-ignore
  const init_stack = at('init_stack');
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
      cpu.store64(cpu.get(gs) + at('hardlockup_touch_ts'), cpu.now);
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

  /** rdi: function, rsi: argument, rcx: comm. A called function: rax is the woken thread. */
  const kernel_thread = k.text.fn(
    'kernel_thread',
    (cpu) => {
      cpu.set(rdx, cpu.get(rsi));
      cpu.set(rsi, cpu.get(rdi));
      cpu.set(rdi, CLONE.kernel);
      cpu.call(fork.copy_process.at);
    },
    (cpu) => {
      cpu.push(cpu.get(rax));
      cpu.set(rdi, cpu.get(rax));
      cpu.call(sched.wake_new.at);
    },
    (cpu) => {
      cpu.set(rax, cpu.pop());
      cpu.ret();
    },
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

  const kthreadd_again = new Label();
  const kthreadd = k.text.fn('kthreadd', kthreadd_again, (cpu) => {
    cpu.store32(inline.current(cpu) + task.__state, TASK.INTERRUPTIBLE);
    cpu.push(kthreadd_again.at);
    cpu.jump(sched.schedule.at);
  });

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

  /** smp_init: rbx: CPU at hand. The idle task is made as a kernel thread that is on no list. */
  const [next_cpu, wait_online, cpus_done] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
  const smp_init = k.text.fn(
    'smp_init',
    (cpu) => cpu.set(rbx, 1),
    next_cpu,
    (cpu) => {
      const index = cpu.get(rbx);
      if (index >= cpu.load32(s.cpus)) return cpu.jump(cpus_done.at);
      // fork_idle
      const idle_task = parts.memory.allocTask(cpu);
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

  // kernel_init, pid 1. r12: next of the workload's programs, r13: the workload; user tasks are chained on the stack until they are woken
  const kthreadd_comm = k.string(`kthreadd${'\0'.repeat(16)}`);
  const init_comm = k.string(`init${'\0'.repeat(16)}`);
  const beat_comm = k.string(`heartbeat${'\0'.repeat(16)}`);
  const plans = WORKLOADS.map((workload) =>
    processesOf(workload).map((comm) => ({
      comm: k.string(`${comm}${'\0'.repeat(16)}`),
      entry: parts.programs.get(comm) ?? new Label(),
    })),
  );
  const beat_entry = parts.programs.get('heartbeat') ?? new Label();
  const init_entry = parts.programs.get('init') ?? new Label();
  const [spawn, spawned, wake_next, woken] = [1, 2, 3, 4].map(() => new Label()) as [Label, Label, Label, Label]; // prettier-ignore
  const kernel_init = k.text.fn(
    'kernel_init',
    (cpu) => cpu.call(smp_init.at),
    (cpu) => {
      const t = inline.current(cpu);
      cpu.store64(s.init, t);
      cpu.store32(cpu.load64(t + task.signal) + signal.flags, SIGNAL_AUTOREAP);
      cpu.call(percpu_threads.at);
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
      if (cpu.get(r14) !== 0) return cpu.jump(spawned.at);
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
      cpu.set(r12, cpu.get(r12) + 1);
      if ((cpu.load32(cpu.get(rax) + task.flags) & PF.KTHREAD) === 0) return cpu.jump(spawn.at);
      // A kernel thread is nobody's child here: it starts at once, and waits for the first beat.
      cpu.set(rdi, cpu.get(rax));
      cpu.push(spawn.at);
      cpu.jump(sched.wake_new.at);
    },
    spawned,
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
    parts.memory.make_mm,
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

  const banner = 'Linux version 6.1.0-siren (siren@sim) #1 SMP PREEMPT_DYNAMIC';
  const start_kernel = k.text.fn(
    'start_kernel',
    timed(20_000, (cpu) => {
      // setup_arch, setup_per_cpu_areas: what the allocator has not yet is taken from the end of the image on
      // NR_CPUS is 32
      const cpus = Math.min(32, cpu.load32(boot.cpus));
      let free = FREE_PHYSICAL;
      for (let index = 0; index < cpus && index < 32; index++) {
        cpu.store64(s.offsets + index * 8, DIRECT_MAP + free);
        // Below the interrupt stack lies a page that is not mapped.
        cpu.store64(at('level1_direct_pgt') + (((free / 4096) % 512) + PER_CPU_GUARD_PAGE) * 8, 0);
        free += PER_CPU_STRIDE;
      }
      cpu.store64(s.region, free);
      cpu.store64(s.region_bytes, cpu.load64(boot.region_bytes));
      free += Math.ceil(cpu.load64(boot.region_bytes) / 4096) * 4096;
      cpu.store32(s.cpus, cpus);
      cpu.store64(s.memory_next, free);
      cpu.store64(s.memory_end, cpu.load64(boot.memory_bytes));
      cpu.set(gs, cpu.load64(s.offsets));
      cpu.set(REG.idtr, at('idt_table'));
      cpu.set(REG.tr, cpu.get(gs) + s.tss);
    }),
    (cpu) => {
      const t = s.init_task;
      cpu.store64(t + task.stack, init_stack);
      cpu.store64(init_stack, STACK_END_MAGIC);
      cpu.store32(t + task.flags, PF.IDLE | PF.KTHREAD);
      cpu.store32(t + task.usage, 2);
      for (const field of [task.prio, task.static_prio, task.normal_prio]) cpu.store32(t + field, 120);
      cpu.store64(t + task.se_load_weight, 1_048_576);
      cpu.store32(t + task.nr_cpus_allowed, cpu.load32(s.cpus));
      for (const field of [task.tasks, task.children, task.sibling, task.thread_group, task.pending_list])
        initListHead(cpu, t + field);
      for (const field of [task.real_parent, task.parent, task.group_leader]) cpu.store64(t + field, t);
      cpu.store64(t + task.signal, s.init_signals);
      for (const [from, to] of [[s.init_signals + signal.thread_head, t + task.thread_node], [t + task.thread_node, s.init_signals + signal.thread_head]] as const) {
        cpu.store64(from, to);
        cpu.store64(from + PREV, to);
      } // prettier-ignore
      cpu.store32(s.init_signals + signal.nr_threads, 1);
      cpu.store32(s.init_signals + signal.sigcnt, 1);
      cpu.store32(s.init_signals + signal.live, 1);
      storeText(cpu, t + task.comm, 'swapper/0\0');
      cpu.store32(t + task.on_cpu, 1);
      cpu.store64(t + task.active_mm, s.init_mm);
      cpu.store64(s.init_mm + mm.pgd, at('init_top_pgt'));
      cpu.store32(s.init_mm + mm.mm_users, 2);
      cpu.store32(s.init_mm + mm.mm_count, 64);
      initCpu(cpu, cpu.get(gs), 0, t);
    },
    (cpu) => {
      cpu.store64(s.jiffies, INITIAL_JIFFIES);
      cpu.store32(s.online, 1);
      cpu.store32(s.random, cpu.load32(boot.random) | 1);
      const thresh = cpu.load64(boot.watchdog_thresh_ns);
      cpu.store64(s.period, Math.max(1_000_000, Math.floor((thresh * 2) / 5)));
      cpu.store32(s.thresh, Math.max(1, Math.round(thresh / 1e9)));
      cpu.store64(s.heartbeat_period, cpu.load64(boot.heartbeat_ns));
      cpu.store32(at('panic_on_oops'), cpu.load32(boot.panic_on_oops));
      cpu.store32(at('softlockup_panic'), cpu.load32(boot.softlockup_panic));
      cpu.store32(at('panic_cpu'), 0xffff_ffff);
      // vfs_caches_init: two file systems
      initListHead(cpu, s.super_blocks);
      for (const name of ['rootfs', 'tmpfs']) {
        const super_at = parts.memory.kmalloc(cpu);
        const entry = super_at + super_block.s_list;
        const last = cpu.load64(s.super_blocks + PREV);
        cpu.store64(entry, s.super_blocks);
        cpu.store64(entry + PREV, last);
        cpu.store64(last, entry);
        cpu.store64(s.super_blocks + PREV, entry);
        cpu.store64(super_at + super_block.s_blocksize, 4096);
        storeText(cpu, super_at + super_block.s_id, `${name}\0`);
      }
    },
    printk.print(5, () => banner),
    printk.print(6, (cpu) => `Memory: ${Math.floor(cpu.load64(boot.memory_bytes) / 1024)}K`),
    (cpu) => cpu.call(start_clocks.at),
    (cpu) => {
      // rest_init
      cpu.set(rdi, kernel_init.at);
      cpu.set(rsi, 0);
      cpu.set(rcx, init_comm);
      cpu.call(kernel_thread.at);
    },
    (cpu) => {
      cpu.set(rdi, kthreadd.at);
      cpu.set(rsi, 0);
      cpu.set(rcx, kthreadd_comm);
      cpu.call(kernel_thread.at);
    },
    (cpu) => {
      cpu.store64(s.kthreadd, cpu.get(rax));
      cpu.jump(idle.at);
    },
  );
  return start_kernel;
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
