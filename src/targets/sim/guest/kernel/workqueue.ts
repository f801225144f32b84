import type { Cpu } from '../../step.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { HZ, TASK } from './constants.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Lists } from './lists.ts';
import { gs, rbx, rdi, rsi } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Timers } from './timers.ts';
import { TIMER_DEFERRABLE } from './timers.ts';

/** kernel/workqueue.c with one worker for each CPU, and the timers that keep the wheel turning on a quiet machine. */
export interface Workqueue {
  /** Body of kworker/N and ksoftirqd/N. */
  readonly worker_thread: Label;
  readonly ksoftirqd: Label;
  /** Arms this CPU's vmstat_work; a called function. */
  readonly start_vmstat: Label;
  /** Arms `watchdog_timer`; a called function. */
  readonly start_clocksource_watchdog: Label;
  init(cpu: Cpu, area: number): void;
}

/** kernel/time/clocksource.c: WATCHDOG_INTERVAL, half a second. */
const WATCHDOG_JIFFIES: number = HZ / 2;

export function assembleWorkqueue(
  k: Kernel,
  inline: Inline,
  sched: Scheduler,
  timers: Timers,
  lists: Lists,
): Workqueue {
  const { delayed_work, timer, task } = k.o;
  const worklist = k.symbol('worklist');
  const kworker = k.symbol('kworker_task');
  const vmstat = k.symbol('vmstat_work');
  const jiffies = k.symbol('jiffies_64');
  const watchdog_timer = k.symbol('watchdog_timer');

  const start_vmstat = k.text.fn('vmstat_start', (cpu) => {
    const work = cpu.get(gs) + vmstat;
    cpu.set(rdi, work + delayed_work.timer);
    cpu.set(rsi, cpu.load64(jiffies) + HZ);
    cpu.jump(timers.add.at);
  });
  const vmstat_update = k.text.fn('vmstat_update', (cpu) => cpu.jump(start_vmstat.at));

  /** rdi: timer. Queues the work and wakes the CPU's worker. */
  const delayed_work_timer_fn = k.text.fn(
    'delayed_work_timer_fn',
    (cpu) => {
      pushRegisters(cpu, rbx);
      cpu.set(rbx, cpu.get(rdi) - delayed_work.timer + delayed_work.work_entry);
    },
    lists.addTail(
      (cpu) => cpu.get(rbx),
      (cpu) => cpu.get(gs) + worklist,
    ),
    (cpu) => {
      popRegisters(cpu, rbx);
      cpu.set(rdi, cpu.load64(cpu.get(gs) + kworker));
      cpu.jump(sched.wake.at);
    },
  );

  const [next, rest] = [new Label(), new Label()];
  const worker_thread = k.text.fn(
    'worker_thread',
    next,
    (cpu) => {
      const t = inline.current(cpu);
      cpu.interruptsOff();
      cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
      const head = cpu.get(gs) + worklist;
      const first = cpu.load64(head);
      if (first === head) {
        cpu.interruptsOn();
        return cpu.jump(rest.at);
      }
      cpu.store32(t + task.__state, TASK.RUNNING);
      cpu.set(rbx, first);
    },
    lists.delInit((cpu) => cpu.get(rbx)),
    (cpu) => {
      cpu.interruptsOn();
      cpu.set(rdi, cpu.get(rbx) - delayed_work.work_entry);
      cpu.push(next.at);
      cpu.jump(cpu.load64(cpu.get(rbx) - delayed_work.work_entry + delayed_work.work_func));
    },
    rest,
    (cpu) => {
      cpu.push(next.at);
      cpu.jump(sched.schedule.at);
    },
  );
  const again = new Label();
  const ksoftirqd = k.text.fn('run_ksoftirqd', again, (cpu) => {
    cpu.store32(inline.current(cpu) + task.__state, TASK.INTERRUPTIBLE);
    cpu.push(again.at);
    cpu.jump(sched.schedule.at);
  });

  const start_clocksource_watchdog = k.text.fn('clocksource_watchdog_start', (cpu) => {
    cpu.set(rdi, watchdog_timer);
    cpu.set(rsi, cpu.load64(jiffies) + WATCHDOG_JIFFIES);
    cpu.jump(timers.add.at);
  });
  const clocksource_watchdog = k.text.fn('clocksource_watchdog', (cpu) =>
    cpu.jump(start_clocksource_watchdog.at),
  );

  // The functions go into memory once: whoever runs them finds them there.
  const init_watchdog = (cpu: Cpu): void =>
    cpu.store64(watchdog_timer + timer.function, clocksource_watchdog.at);
  return {
    worker_thread,
    ksoftirqd,
    start_vmstat,
    start_clocksource_watchdog,
    init(cpu, area) {
      const head = area + worklist;
      cpu.store64(head, head);
      cpu.store64(head + 8, head);
      const work = area + vmstat;
      cpu.store64(work + delayed_work.work_entry, work + delayed_work.work_entry);
      cpu.store64(work + delayed_work.work_entry + 8, work + delayed_work.work_entry);
      cpu.store64(work + delayed_work.work_func, vmstat_update.at);
      cpu.store64(work + delayed_work.timer + timer.function, delayed_work_timer_fn.at);
      cpu.store32(work + delayed_work.timer + timer.flags, TIMER_DEFERRABLE);
      init_watchdog(cpu);
    },
  };
}
