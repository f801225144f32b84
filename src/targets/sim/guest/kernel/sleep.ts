import { VECTOR } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { TASK } from './constants.ts';
import type { Hrtimers } from './hrtimers.ts';
import { HRTIMER_NORESTART, HRTIMER_RESTART } from './hrtimers.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import { rax, rbx, rdi, rsi, rsp } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Timers } from './timers.ts';

/** Ways to sleep for a time. Each is a called function that returns when the time is over or a signal is pending. */
export interface Sleep {
  /** rdi: absolute ns. hrtimer_nanosleep: the timer lies on the sleeper's stack. */
  readonly until: Label;
  /** rdi: jiffies. schedule_timeout_interruptible: a wheel timer on the stack. */
  readonly timeout: Label;
  /** Waits for the next beat of `heartbeat_timer`. */
  readonly heartbeat_wait: Label;
  readonly heartbeat_wakeup: Label;
}

export function assembleSleep(
  k: Kernel,
  inline: Inline,
  sched: Scheduler,
  hrtimers: Hrtimers,
  timers: Timers,
): Sleep {
  const { task, hrtimer, sleeper, timer, process_timer } = k.o;
  const jiffies = k.symbol('jiffies_64');
  const beat = k.symbol('heartbeat_task');
  const period = k.symbol('heartbeat_period');
  const round = (bytes: number): number => Math.ceil(bytes / 16) * 16;
  const SLEEPER = round(sleeper.bytes);
  const PROCESS_TIMER = round(process_timer.bytes);

  const hrtimer_wakeup = k.text.fn('hrtimer_wakeup', (cpu) => {
    const t = cpu.load64(cpu.get(rdi) - sleeper.timer + sleeper.task);
    cpu.store64(cpu.get(rdi) - sleeper.timer + sleeper.task, 0);
    cpu.set(rax, HRTIMER_NORESTART);
    if (t === 0) return cpu.ret();
    // The wake-up's 0 is HRTIMER_NORESTART too.
    cpu.set(rdi, t);
    cpu.jump(sched.wake.at);
  });
  const asleep = new Label();
  const until = k.text.fn(
    'hrtimer_nanosleep',
    (cpu) => {
      const t = inline.current(cpu);
      const at = cpu.get(rsp) - SLEEPER;
      cpu.fill(at, 0, sleeper.bytes);
      cpu.store64(at + sleeper.timer + hrtimer.function, hrtimer_wakeup.at);
      cpu.store64(at + sleeper.task, t);
      cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
      cpu.set(rsp, at);
      cpu.set(rsi, cpu.get(rdi));
      cpu.set(rdi, at + sleeper.timer);
      // Returns into schedule(), and that to the step after this one.
      cpu.push(asleep.at);
      cpu.push(sched.schedule.at);
      cpu.jump(hrtimers.start.at);
    },
    asleep,
    (cpu) => {
      const at = cpu.get(rsp);
      if (cpu.load8(at + sleeper.timer + hrtimer.state) === 0) {
        cpu.set(rsp, at + SLEEPER);
        return cpu.ret();
      }
      cpu.set(rdi, at + sleeper.timer);
      cpu.call(hrtimers.cancel.at);
    },
    (cpu) => {
      cpu.set(rsp, cpu.get(rsp) + SLEEPER);
      cpu.ret();
    },
  );

  const process_timeout = k.text.fn('process_timeout', (cpu) => {
    cpu.set(rdi, cpu.load64(cpu.get(rdi) - process_timer.timer + process_timer.task));
    cpu.jump(sched.wake.at);
  });
  const waiting = new Label();
  const timeout = k.text.fn(
    'schedule_timeout',
    (cpu) => {
      const t = inline.current(cpu);
      const at = cpu.get(rsp) - PROCESS_TIMER;
      cpu.fill(at, 0, process_timer.bytes);
      cpu.store64(at + process_timer.timer + timer.function, process_timeout.at);
      cpu.store64(at + process_timer.task, t);
      cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
      cpu.set(rsp, at);
      cpu.set(rsi, cpu.load64(jiffies) + cpu.get(rdi));
      cpu.set(rdi, at + process_timer.timer);
      cpu.push(waiting.at);
      cpu.push(sched.schedule.at);
      cpu.jump(timers.add.at);
    },
    waiting,
    (cpu) => {
      const at = cpu.get(rsp);
      if (cpu.load64(at + process_timer.timer + timer.entry_pprev) === 0) {
        cpu.set(rsp, at + PROCESS_TIMER);
        return cpu.ret();
      }
      cpu.set(rdi, at + process_timer.timer);
      cpu.call(timers.del.at);
    },
    (cpu) => {
      cpu.set(rsp, cpu.get(rsp) + PROCESS_TIMER);
      cpu.ret();
    },
  );

  /** heartbeat_task holds the sleeper's address; its lowest bit says that a beat is due. */
  const due = (cpu: Cpu): boolean => (cpu.load32(beat) & 1) !== 0;
  const heartbeat_wakeup = k.text.fn(
    'heartbeat_timer_fn',
    (cpu) => {
      const at = cpu.get(rdi);
      const step = cpu.load64(period);
      if (step <= 0) cpu.raise(VECTOR.divide, 0);
      const expires = cpu.load64(at + hrtimer.node_expires);
      const next = expires + Math.max(1, Math.floor((cpu.now - expires) / step) + 1) * step;
      cpu.store64(at + hrtimer.node_expires, next);
      cpu.store64(at + hrtimer._softexpires, next);
      const t = cpu.load64(beat);
      const sleeping = t - (t & 1);
      cpu.store64(beat, sleeping + 1);
      if (sleeping === 0) {
        cpu.set(rax, HRTIMER_RESTART);
        return cpu.ret();
      }
      cpu.set(rdi, sleeping);
      cpu.call(sched.wake.at);
    },
    (cpu) => {
      cpu.set(rax, HRTIMER_RESTART);
      cpu.ret();
    },
  );
  const over = new Label();
  const heartbeat_wait = k.text.fn(
    'heartbeat_wait',
    (cpu) => {
      pushRegisters(cpu, rbx);
      const t = inline.current(cpu);
      cpu.set(rbx, t);
      cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
      if (due(cpu)) return cpu.jump(over.at);
      cpu.store64(beat, t);
      cpu.call(sched.schedule.at);
    },
    over,
    (cpu) => {
      const t = cpu.get(rbx);
      cpu.store32(t + task.__state, TASK.RUNNING);
      cpu.store64(beat, t);
      popRegisters(cpu, rbx);
      cpu.ret();
    },
  );
  return { until, timeout, heartbeat_wait, heartbeat_wakeup };
}
