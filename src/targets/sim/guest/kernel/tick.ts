import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { TICK_NS, TIF, TIMER_SOFTIRQ } from './constants.ts';
import { HRTIMER_RESTART } from './hrtimers.ts';
import type { Fair } from './fair.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Locks } from './locks.ts';
import type { Panic } from './panic.ts';
import type { Printk } from './printk.ts';
import { gs, r12, r13, rax, rbx, rdi } from './registers.ts';
import type { Timers } from './timers.ts';

/**
 * Callbacks of the per-CPU clock: the tick (kernel/time/tick-sched.c) and the lock-up detectors (kernel/watchdog.c).
 */
export interface Tick {
  readonly tick_sched_timer: Label;
  readonly watchdog_timer_fn: Label;
}

/** irq_cpustat_t.apic_timer_irqs; the struct is never randomized. */
const APIC_TIMER_IRQS = 4;

export function assembleTick(
  k: Kernel,
  inline: Inline,
  locks: Locks,
  fair: Fair,
  timers: Timers,
  printk: Printk,
  panic: Panic,
): Tick {
  const { task, rq, hrtimer } = k.o;
  const symbol = {
    jiffies: k.symbol('jiffies_64'),
    do_timer: k.symbol('tick_do_timer_cpu'),
    next_period: k.symbol('tick_next_period'),
    number: k.symbol('cpu_number'),
    irq_stat: k.symbol('irq_stat'),
    runqueues: k.symbol('runqueues'),
    touch: k.symbol('watchdog_touch_ts'),
    period: k.symbol('sample_period'),
    interrupts: k.symbol('hrtimer_interrupts'),
    saved: k.symbol('hrtimer_interrupts_saved'),
    saved_at: k.symbol('hardlockup_touch_ts'),
    soft_warn: k.symbol('soft_watchdog_warn'),
    hard_warn: k.symbol('hard_watchdog_warn'),
    online: k.symbol('__cpu_online_mask'),
    offsets: k.symbol('__per_cpu_offset'),
    softlockup_panic: k.symbol('softlockup_panic'),
  };
  const hung = k.string('softlockup: hung tasks');

  const tick_sched_timer = k.text.fn(
    'tick_sched_timer',
    fuse(
      (cpu) => {
        const timer = cpu.get(rdi);
        const base = cpu.get(gs);
        // hrtimer_forward
        const expires = cpu.load64(timer + hrtimer.node_expires);
        const missed = Math.max(1, Math.floor((cpu.now - expires) / TICK_NS) + 1);
        cpu.store64(timer + hrtimer.node_expires, expires + missed * TICK_NS);
        cpu.store64(timer + hrtimer._softexpires, expires + missed * TICK_NS);
        const interrupts = base + symbol.irq_stat + APIC_TIMER_IRQS;
        cpu.store32(interrupts, cpu.load32(interrupts) + 1);
        let jiffies = cpu.load64(symbol.jiffies);
        if (cpu.load32(symbol.do_timer) === cpu.load32(base + symbol.number)) {
          jiffies += missed;
          cpu.store64(symbol.jiffies, jiffies);
          cpu.store64(symbol.next_period, expires + missed * TICK_NS);
        }
        // update_process_times, run_local_timers
        const t = inline.current(cpu);
        cpu.store64(t + task.stime, cpu.load64(t + task.stime) + missed * TICK_NS);
        if (timers.due(cpu, jiffies)) {
          cpu.store32(base + symbol.irq_stat, cpu.load32(base + symbol.irq_stat) | (1 << TIMER_SOFTIRQ));
        }
        return locks.spinLock(cpu, base + symbol.runqueues + rq.__lock);
      },
      (cpu) => {
        // scheduler_tick
        const queue = cpu.get(gs) + symbol.runqueues;
        fair.tick(cpu, queue);
        locks.spinUnlock(cpu, queue + rq.__lock);
        cpu.set(rax, HRTIMER_RESTART);
        cpu.ret();
        return false;
      },
    ),
  );

  // rbx: timer, r12: what is to be said, r13: the CPU it is about
  const [neighbour, done] = [new Label(), new Label()];
  const watchdog_timer_fn = k.text.fn(
    'watchdog_timer_fn',
    (cpu) => {
      pushRegisters(cpu, rbx, r12, r13);
      const timer = cpu.get(rdi);
      const base = cpu.get(gs);
      const period = cpu.load64(symbol.period);
      cpu.set(rbx, timer);
      const due = Math.max(cpu.load64(timer + hrtimer.node_expires) + period, cpu.now + 1);
      cpu.store64(timer + hrtimer.node_expires, due);
      cpu.store64(timer + hrtimer._softexpires, due);
      const count = cpu.load64(base + symbol.interrupts) + 1;
      cpu.store64(base + symbol.interrupts, count);
      // The stopper thread that would touch the timestamp runs when this CPU schedules next.
      const t = inline.current(cpu);
      cpu.store32(t + task.thread_info_flags, cpu.load32(t + task.thread_info_flags) | TIF.NEED_RESCHED);
      const stuck = cpu.now - cpu.load64(base + symbol.touch);
      // get_softlockup_thresh is 2 * watchdog_thresh; the sample period a fifth of it
      if (stuck <= period * 5) {
        cpu.store8(base + symbol.soft_warn, 0);
        return cpu.jump(neighbour.at);
      }
      if (cpu.load8(base + symbol.soft_warn) !== 0) return cpu.jump(neighbour.at);
      cpu.store8(base + symbol.soft_warn, 1);
      cpu.set(r12, stuck);
      cpu.trace('stall', { sign: 'soft_lockup', cpu: cpu.load32(base + symbol.number) });
    },
    printk.print(0, (cpu) => {
      const t = inline.current(cpu);
      return `watchdog: BUG: soft lockup - CPU#${cpu.load32(cpu.get(gs) + symbol.number)} stuck for ${Math.round(cpu.get(r12) / 1e9)}s! [${inline.comm(cpu, t)}:${cpu.load32(t + task.pid)}]`;
    }),
    (cpu) => {
      if (cpu.load32(symbol.softlockup_panic) !== 0) panic.panicWith(cpu, hung, 'soft_lockup');
    },
    neighbour,
    (cpu) => {
      // As Linux's buddy detector, but at every sample: the next CPU's count has not moved for watchdog_thresh.
      const base = cpu.get(gs);
      const online = cpu.load32(symbol.online);
      const own = cpu.load32(base + symbol.number);
      let other = own;
      for (let step = 1; step <= 32; step++) {
        other = (own + step) & 31;
        if ((online & (1 << other)) !== 0) break;
      }
      if (other === own) return cpu.jump(done.at);
      const area = cpu.load64(symbol.offsets + other * 8);
      const count = cpu.load64(area + symbol.interrupts);
      if (count !== cpu.load64(area + symbol.saved)) {
        cpu.store64(area + symbol.saved, count);
        cpu.store64(area + symbol.saved_at, cpu.now);
        cpu.store8(area + symbol.hard_warn, 0);
        return cpu.jump(done.at);
      }
      if (cpu.now - cpu.load64(area + symbol.saved_at) < cpu.load64(symbol.period) * 2.5) {
        return cpu.jump(done.at);
      }
      if (cpu.load8(area + symbol.hard_warn) !== 0) return cpu.jump(done.at);
      cpu.store8(area + symbol.hard_warn, 1);
      cpu.set(r13, other);
      cpu.trace('stall', { sign: 'hard_lockup', cpu: other });
    },
    printk.print(0, (cpu) => `Watchdog detected hard LOCKUP on cpu ${cpu.get(r13)}`),
    done,
    (cpu: Cpu) => {
      popRegisters(cpu, rbx, r12, r13);
      cpu.set(rax, HRTIMER_RESTART);
      cpu.ret();
    },
  );
  return { tick_sched_timer, watchdog_timer_fn };
}
