import type { Address } from '../../base/address.ts';
import { byPhysical } from '../locate/roots.ts';
import type { Inspection } from './validator.ts';

/** A timer on the kernel stack of the task that sleeps until it fires. */
export interface StackTimer {
  readonly timer: Address;
  /** As a spec names it: `stacks["nginx"].bytes[16000]`. */
  readonly name: string;
}

/** What lies around such a timer, and its callback (kernel/time/timer.c, kernel/time/hrtimer.c). */
const AROUND: Readonly<Record<string, { type: string; callback: string }>> = {
  timer_list: { type: 'process_timer', callback: 'process_timeout' },
  hrtimer: { type: 'hrtimer_sleeper', callback: 'hrtimer_wakeup' },
};
/** TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE. */
const ASLEEP = 1 | 2;
const STACK_BYTES = 16_384;

/** The timers on the stacks of tasks that are asleep and on no CPU, known by their callback and by the task that they would wake. */
export function stackTimers(inspection: Inspection, type: string): readonly StackTimer[] {
  const { census, subject, space, meter } = inspection;
  const around = AROUND[type];
  const callback = around && subject.symbol(around.callback);
  if (!census || !around || callback === undefined) return [];
  const timer_at = subject.offset(around.type, 'timer');
  const wakes_at = subject.offset(around.type, 'task');
  const function_at = subject.offset(type, 'function');
  if (Number.isNaN(timer_at + wakes_at + function_at)) return [];
  const { layout } = census;
  const running = new Set(inspection.activities.map((one) => one.current));
  const found: StackTimer[] = [];
  for (const task of census.tasks) {
    const { address } = task;
    if ((space.u32(address + layout.state) & ASLEEP) === 0 || running.has(address)) continue;
    if (space.u32(address + layout.on_rq) !== 0 || space.u32(address + layout.on_cpu) !== 0) continue;
    const low = space.u64(address + layout.stack);
    const sp = space.u64(address + layout.sp);
    if (!(sp >= low && sp < low + STACK_BYTES) || (sp & 7) !== 0 || !meter.step()) continue;
    for (let word = sp; word < low + STACK_BYTES; word += 8) {
      if (space.u64(word) !== callback) continue;
      const timer = word - function_at;
      if (timer < sp || space.u64(timer - timer_at + wakes_at) !== address) continue;
      const name = task.leader
        ? `${task.name.replace(/^tasks/, 'stacks')}.bytes[${timer - low}]`
        : byPhysical(subject, timer);
      found.push({ timer, name });
    }
  }
  return found;
}
