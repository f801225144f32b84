import type { BytesPlace } from '../../place/place.ts';
import { partitionOf } from '../../place/read.ts';
import { openKernel } from '../../place/kernel.ts';
import type { Effect, Perform } from '../injection.ts';
import { controlOf, refused, refusedFor } from '../injection.ts';
import { subject } from './bytes.ts';
import { done } from './cpu.ts';
import { dequeueHrtimer } from './hrtimer-queue.ts';
import { dequeueTimer } from './timer-wheel.ts';

/** `lose TIMER`: taken off its queue, though it believes to be on it. `lose INTERRUPT`: it never comes again. */
export const lose: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  const controls = controlOf(injection.live, 'loseInterrupt');
  if (value.kind === 'thing' && value.thing.kind === 'interrupt') {
    if (!controls.ok) return refusedFor(controls);
    const lost = controls.value.loseInterrupt(value.thing.source);
    return lost
      ? done(value, 'it never comes again')
      : refused(`${value.text} is no interrupt of this machine`);
  }
  if (value.kind !== 'bytes') return refused(`${value.text} is neither a timer nor an interrupt`);
  return loseTimer(injection, value);
};

function loseTimer(injection: Parameters<Perform>[0], timer: BytesPlace): Effect {
  const partition = partitionOf(injection.live, timer.partition);
  const kernel = partition && openKernel(partition);
  if (!kernel) return refused(`${timer.text} is in no partition`);
  if (!kernel.ok) return refusedFor(kernel);
  if (timer.element === 'hrtimers') return dequeueHrtimer(injection.live, kernel.value, timer);
  if (timer.element === 'timers') return dequeueTimer(injection.live, kernel.value, timer);
  return refused(`${timer.text} is no timer`);
}
