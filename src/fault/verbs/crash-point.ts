import type { Address } from '../../base/address.ts';
import { addressHex } from '../../base/address.ts';
import { resolve } from '../../place/evaluate.ts';
import { integerOf } from '../../place/integer.ts';
import type { Kernel } from '../../place/kernel.ts';
import { openKernel } from '../../place/kernel.ts';
import { cpusOfSlab, slabOf } from '../../place/collections/slabs.ts';
import { perCpu } from '../../place/collections/queues.ts';
import type { Outcome } from '../../place/outcome.ts';
import { found, lost } from '../../place/outcome.ts';
import type { BytesPlace, Place } from '../../place/place.ts';
import { addressBits, locations } from '../../place/place.ts';
import { partitionOf } from '../../place/read.ts';
import { elementOf, objectAt } from '../../place/typed.ts';
import { CRASH_POINT, CRASH_POINT_STATE, VECTOR } from '../../target/hypercalls.ts';
import type { Target } from '../../target/target.ts';
import type { Asked, Effect, Injection, Perform } from '../injection.ts';
import { clause, controlOf, NO_BYTES, refused, refusedFor } from '../injection.ts';
import { memberAddress, memberPlace, storeWord } from '../words.ts';
import { readPlace, writePlace } from '../write.ts';
import { subject } from './bytes.ts';
import { wordOf } from './lock.ts';

/** Requests that a CPU's queue holds (model/kernel-types.ts, lkdtm_queue). */
const QUEUE = 16;
const WRITER_LOCKED = 0xff;

/** What a CPU of the guest is asked to do by itself, with its own kernel's code. */
interface Request {
  readonly op: number;
  readonly mode: number;
  readonly address: Address;
  readonly cpu: number;
  readonly note: string;
}

/** `free OBJECT by CPU`: kfree, on the CPU whose own slab the object lies in unless it is said which. */
export const free: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const object = place.value;
  if (object.kind !== 'bytes' || object.element !== 'objects' || object.address === undefined)
    return refused(`${object.text} is no object of a slab cache`);
  const kernel = liveKernel(injection, object);
  if (!kernel.ok) return refusedFor(kernel);
  const slab = slabOf(kernel.value, object.address);
  if (slab === undefined) return refused(`${object.text} is in no slab any more`);
  const by = cpuBy(injection, object.partition);
  if (!by.ok) return refusedFor(by);
  const cpu = by.value ?? cpusOfSlab(kernel.value, slab)[0] ?? 0;
  return ask(injection, kernel.value, object, {
    op: CRASH_POINT.free,
    mode: 0,
    address: object.address,
    cpu,
    note: `kfree(0x${addressHex(addressBits(object) ?? 0n)}) on CPU ${cpu}`,
  });
};

/** `acquire LOCK by CPU mode MODE`: the CPU takes it, waits if it must, and keeps it. */
export const acquire: Perform = (injection) => {
  const lock = lockOf(injection);
  if (!lock.ok) return refusedFor(lock);
  const { place, kernel } = lock.value;
  const mode = clause(injection.action, 'mode');
  const reading = mode?.kind === 'word' && mode.value === 'read';
  if (reading && wordOf(kernel, place)?.kind !== 'rw')
    return refused(`${place.text} is a spinlock: it has no readers`);
  const by = cpuBy(injection, place.partition);
  if (!by.ok) return refusedFor(by);
  const cpu = by.value ?? 0;
  const how = reading ? CRASH_POINT.read : CRASH_POINT.write;
  return ask(injection, kernel, place, {
    op: CRASH_POINT.acquire,
    mode: how,
    address: place.address,
    cpu,
    note: `CPU ${cpu} takes it`,
  });
};

/** `release LOCK by CPU`: unlock, on the CPU that was made to acquire it unless it is said which. */
export const release: Perform = (injection) => {
  const lock = lockOf(injection);
  if (!lock.ok) return refusedFor(lock);
  const { place, kernel } = lock.value;
  const by = cpuBy(injection, place.partition);
  if (!by.ok) return refusedFor(by);
  const cpu = by.value ?? holder(kernel, place.address) ?? 0;
  const word = wordOf(kernel, place);
  const bytes = word && readPlace(injection.live, word.whole);
  const reading =
    word?.kind === 'rw' && bytes !== undefined && (Number(integerOf(bytes, false)) & WRITER_LOCKED) === 0;
  const how = reading ? CRASH_POINT.read : CRASH_POINT.write;
  return ask(injection, kernel, place, {
    op: CRASH_POINT.release,
    mode: how,
    address: place.address,
    cpu,
    note: `CPU ${cpu} gives it back`,
  });
};

/** `loop CPU irqs off`: the CPU enters a loop without end in its kernel. */
export const loop: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'cpu') return refused(`${value.text} is no CPU`);
  const kernel = liveKernel(injection, value);
  if (!kernel.ok) return refusedFor(kernel);
  const irqs = clause(injection.action, 'irqs');
  const off = irqs?.kind === 'word' && irqs.value === 'off';
  const mode = off ? CRASH_POINT.irqs_off : CRASH_POINT.irqs_on;
  const note = `for (;;) with interrupts ${off ? 'off' : 'on'}`;
  return ask(injection, kernel.value, value, {
    op: CRASH_POINT.loop,
    mode,
    address: 0,
    cpu: value.thing.cpu,
    note,
  });
};

/**
 * Puts a request at the end of the CPU's queue and raises the interrupt that says so. It counts as activated once the
 * guest reads it.
 */
function ask(injection: Injection, kernel: Kernel, place: Place, request: Request): Effect {
  const controls = controlOf(injection.live, 'raiseInterrupt');
  if (!controls.ok) return refusedFor(controls);
  const base = perCpu(kernel, 'lkdtm_queue', request.cpu, place.text);
  const queue = base.ok ? objectAt(kernel, base.value, 'lkdtm_queue', { text: place.text }) : base;
  if (!queue.ok) return refusedFor(queue);
  const asked_at = kernel.symbol('lkdtm_asked');
  const head_at = memberAddress(kernel, queue.value, 'head');
  const tail_at = memberAddress(kernel, queue.value, 'tail');
  const requests = memberPlace(kernel, queue.value, 'requests');
  const [head, tail, asked] = [head_at, tail_at, asked_at].map((at) =>
    at === undefined ? undefined : kernel.u32(at),
  );
  if (
    head === undefined ||
    tail === undefined ||
    asked === undefined ||
    head_at === undefined ||
    asked_at === undefined ||
    !requests
  )
    return refused(`${place.partition}: this kernel has no crash points`);
  if ((head - tail) >>> 0 >= QUEUE)
    return { kind: 'later', note: `CPU ${request.cpu} has ${QUEUE} requests waiting` };
  const entry = elementOf(kernel, requests, head % QUEUE);
  if (!entry.ok) return refusedFor(entry);
  const { live } = injection;
  const before = readPlace(live, entry.value);
  const words = [
    ['op', request.op],
    ['mode', request.mode],
    ['number', asked],
    ['pid', 0],
    ['state', CRASH_POINT_STATE.asked],
  ] as const;
  for (const [name, value] of words) {
    const field = memberPlace(kernel, entry.value, name);
    if (!field || !writePlace(live, field, word32(value))) return refused('the request cannot be written');
  }
  const address = memberAddress(kernel, entry.value, 'address');
  if (address === undefined || !storeWord(live, kernel, address, request.address))
    return refused('the request cannot be written');
  store32(live, kernel, asked_at, asked + 1);
  store32(live, kernel, head_at, head + 1);
  if (!controls.value.raiseInterrupt(place.partition, request.cpu, VECTOR.lkdtm))
    return refused(`CPU ${request.cpu} of ${place.partition} takes no interrupt`);
  // The harness changes nothing of the place itself: the guest's own kernel does.
  const note = `${request.note}, asked by lkdtm_queue.requests[${head % QUEUE}] from ${hex(before)} to ${hex(readPlace(live, entry.value))}`;
  return {
    kind: 'done',
    place,
    before: NO_BYTES,
    after: NO_BYTES,
    watch: locations(entry.value),
    note,
    ...askedOf(kernel, entry.value, asked, request.cpu),
  };
}

/** Where it will be seen how the request went. */
function askedOf(kernel: Kernel, entry: BytesPlace, number: number, cpu: number): { asked?: Asked } {
  const at = (name: string): number | undefined => memberPlace(kernel, entry, name)?.runs[0]?.physical;
  const [number_at, pid_at, state_at] = [at('number'), at('pid'), at('state')];
  if (number_at === undefined || pid_at === undefined || state_at === undefined) return {};
  return { asked: { partition: entry.partition, cpu, number, number_at, pid_at, state_at } };
}

/** What became of a request, as the guest's memory says. */
export function wentAs({ partition, cpu, number, number_at, pid_at, state_at }: Asked, live: Target): string {
  const word = (physical: number): number | undefined => {
    const into = new Uint8Array(4);
    if (partitionOf(live, partition)?.memory.read(physical, into) !== true) return undefined;
    return new DataView(into.buffer).getUint32(0, true);
  };
  if (word(number_at) !== number)
    return 'what became of it is not known: its place in the queue was needed again';
  const [state, pid] = [word(state_at), word(pid_at)];
  if (state === CRASH_POINT_STATE.asked) return `CPU ${cpu} has not come to it`;
  return state === CRASH_POINT_STATE.done
    ? `pid ${pid} on CPU ${cpu} has done it`
    : `pid ${pid} on CPU ${cpu} began it and has not come to its end`;
}

const hex = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? 'nothing' : Buffer.from(bytes).toString('hex');

function word32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

function store32(live: Injection['live'], kernel: Kernel, at: Address, value: number): void {
  const runs = kernel.runs(at, 4);
  const partition = partitionOf(live, kernel.partition.name);
  if (runs?.[0] && partition) partition.memory.write(runs[0].physical, word32(value));
}

function liveKernel(injection: Injection, place: Place): Outcome<Kernel> {
  const partition = partitionOf(injection.live, place.partition);
  return partition ? openKernel(partition) : lost('NO_PARTITION', place.partition, 'it is gone');
}

function lockOf(
  injection: Injection,
): Outcome<{ readonly place: BytesPlace & { readonly address: Address }; readonly kernel: Kernel }> {
  const place = subject(injection);
  if (!place.ok) return place;
  const { value } = place;
  if (value.kind !== 'bytes' || value.address === undefined) return lost('TYPE', value.text, 'it is no lock');
  const kernel = liveKernel(injection, value);
  if (!kernel.ok) return kernel;
  if (!wordOf(kernel.value, value)) return lost('TYPE', value.text, 'it is neither a spinlock nor an rwlock');
  return found({ place: { ...value, address: value.address }, kernel: kernel.value });
}

/** The CPU that `by` names; undefined when nothing is said. */
function cpuBy(injection: Injection, partition: string): Outcome<number | undefined> {
  const written = clause(injection.action, 'by');
  if (!written) return found(undefined);
  const place = resolve(injection.world, written);
  if (!place.ok) return place;
  const { value } = place;
  return value.kind === 'thing' && value.thing.kind === 'cpu' && value.partition === partition
    ? found(value.thing.cpu)
    : lost('TYPE', value.text, `it is no CPU of ${partition}`);
}

/** The CPU whose innermost acquired lock this is. */
function holder(kernel: Kernel, lock: Address): number | undefined {
  for (let cpu = 0; cpu < kernel.partition.cpus.length; cpu++) {
    const at = perCpu(kernel, 'lkdtm_lock', cpu, '');
    if (at.ok && kernel.u64(at.value) === lock) return cpu;
  }
  return undefined;
}
