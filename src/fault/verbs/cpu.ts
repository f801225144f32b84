import { evaluate, scalar } from '../../place/evaluate.ts';
import { formatTime } from '../../base/units.ts';
import type { Done, Effect, Injection, Perform } from '../injection.ts';
import { clause, controlOf, NO_BYTES, refused, refusedFor, smallInteger } from '../injection.ts';
import { subject } from './bytes.ts';
import type { Place } from '../../place/place.ts';

/** `stop CPU`. */
export const stop: Perform = (injection) => {
  const cpu = cpuOf(injection);
  if (cpu.kind === 'refused') return cpu;
  const controls = controlOf(injection.live, 'stopCpu');
  if (!controls.ok) return refusedFor(controls);
  const stopped = controls.value.stopCpu(cpu.place.partition, cpu.cpu);
  return stopped
    ? done(cpu.place, 'it executes nothing any more')
    : refused(`${cpu.place.text} could not be stopped`);
};

/** `stall CPU for TIME`. */
export const stall: Perform = (injection) => {
  const cpu = cpuOf(injection);
  if (cpu.kind === 'refused') return cpu;
  const written = clause(injection.action, 'for');
  const value = written && scalar(injection.world, evaluate(injection.world, written));
  if (value && !value.ok) return refusedFor(value);
  const duration_ns =
    value?.value.kind === 'time' ? smallInteger(value.value, Number.MAX_SAFE_INTEGER) : undefined;
  if (duration_ns === undefined) return refused('`for` is a time');
  const controls = controlOf(injection.live, 'stallCpu');
  if (!controls.ok) return refusedFor(controls);
  const stalled = controls.value.stallCpu(cpu.place.partition, cpu.cpu, duration_ns);
  return stalled
    ? done(cpu.place, `for ${formatTime(duration_ns)}`)
    : refused(`${cpu.place.text} could not be stalled`);
};

/** An effect without bytes that needs nobody to read it. */
export function done(place: Place, note: string): Done {
  return { kind: 'done', place, before: NO_BYTES, after: NO_BYTES, watch: [], immediate: true, note };
}

function cpuOf(
  injection: Injection,
):
  | { readonly kind: 'cpu'; readonly place: Place; readonly cpu: number }
  | Extract<Effect, { kind: 'refused' }> {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'cpu') return refused(`${value.text} is no CPU`);
  return { kind: 'cpu', place: value, cpu: value.thing.cpu };
}
