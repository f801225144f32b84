import type { Outcome } from '../../place/outcome.ts';
import { lost } from '../../place/outcome.ts';
import { openKernel } from '../../place/kernel.ts';
import type { BytesPlace, Place } from '../../place/place.ts';
import { partitionOf, readValue } from '../../place/read.ts';
import type { Value } from '../../place/value.ts';
import { evaluate, resolve } from '../../place/evaluate.ts';
import { memberOf } from '../../place/typed.ts';
import { VECTOR } from '../../target/hypercalls.ts';
import type { Done, Effect, Injection, Perform } from '../injection.ts';
import { clause, controlOf, NO_BYTES, refused, refusedFor } from '../injection.ts';
import { readPlace, writePlace } from '../write.ts';
import { subject } from './bytes.ts';

/** Bit of SIGKILL in a sigset_t, and of TIF_SIGPENDING in thread_info.flags (arch/x86/include/asm/thread_info.h). */
const SIGKILL_BIT = 8;
const TIF_SIGPENDING_BIT = 2;

/** `exit TASK`: a pending SIGKILL, as kill(2) leaves it; the task dies when it next returns to user mode. */
export const exit: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const task = place.value;
  const isTask = task.kind === 'bytes' && (task.element === 'tasks' || task.element === 'threads');
  if (task.kind !== 'bytes' || !isTask) return refused(`${task.text} is no task`);
  if (injection.live.stimulate) return told(injection, task);
  for (const [path, bit] of [
    ['pending.signal.sig', SIGKILL_BIT],
    ['thread_info.flags', TIF_SIGPENDING_BIT],
  ] as const) {
    const member = memberPath(injection, task, path);
    if (!member.ok) return refusedFor(member);
    const bytes = readPlace(injection.live, member.value);
    if (!bytes) return refused(`${member.value.text} cannot be read`);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (1 << (bit & 7));
    if (!writePlace(injection.live, member.value, bytes))
      return refused(`${member.value.text} cannot be written`);
  }
  return asked(task, 'SIGKILL is pending');
};

/** By its name and number, to a guest with ears: its init sends the signal. */
function told(injection: Injection, task: BytesPlace): Effect {
  const read = (member: string): Value | undefined => {
    const place = memberPath(injection, task, member);
    const value = place.ok ? readValue(injection.live, place.value) : place;
    return value.ok ? value.value : undefined;
  };
  const [comm, pid] = [read('comm'), read('pid')];
  if (comm?.kind !== 'string' || pid?.kind !== 'int') return refused(`${task.text} cannot be read`);
  return injection.live.stimulate?.(task.partition, `exit ${comm.value} ${pid.value}`)
    ? asked(task, 'the guest was asked to kill it')
    : { ...refused(`${task.partition} does not listen`), unsupported: true };
}

/** `panic LPAR`: the magic key of its console. */
export const panic: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'partition')
    return refused(`${value.text} is no partition`);
  if (injection.live.stimulate?.(value.partition, 'panic')) return asked(value, 'the guest was asked to');
  const controls = controlOf(injection.live, 'raiseInterrupt');
  if (!controls.ok) return refusedFor(controls);
  const raised = controls.value.raiseInterrupt(value.partition, 0, VECTOR.sysrq);
  return raised ? asked(value, 'sysrq-c') : refused(`${value.text} takes no interrupt`);
};

/** `summon AMBULANCE to LPAR for PURPOSE`. */
export const summon: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'ambulance')
    return refused(`${value.text} is no ambulance`);
  const to = clause(injection.action, 'to');
  const patient = to ? resolve(injection.world, to) : lost('TYPE', '', '`to` is missing');
  if (!patient.ok) return refusedFor(patient);
  const written = clause(injection.action, 'for');
  const purpose = written ? evaluate(injection.world, written) : undefined;
  const service = purpose?.ok && purpose.value.kind === 'word' && purpose.value.value === 'service';
  const came = injection.hooks.summon(
    value.thing.ambulance,
    patient.value.partition,
    service ? 'service' : 'inspection',
  );
  return came
    ? asked(value, `to ${patient.value.text}`)
    : refused(`${value.text} does not attend ${patient.value.text}`);
};

/** A stimulus damages nothing, so that nothing can be activated. */
function asked(place: Place, note: string): Done {
  return { kind: 'done', place, before: NO_BYTES, after: NO_BYTES, watch: [], note };
}

function memberPath(injection: Injection, task: BytesPlace, path: string): Outcome<BytesPlace> {
  const partition = partitionOf(injection.live, task.partition);
  const kernel = partition ? openKernel(partition) : lost('NO_PARTITION', task.partition, 'it is gone');
  if (!kernel.ok) return kernel;
  let at: Outcome<BytesPlace> = { ok: true, value: task };
  for (const name of path.split('.')) {
    if (!at.ok) return at;
    at = memberOf(kernel.value, at.value, name);
  }
  return at;
}
