import { addressHex } from '../../base/address.ts';
import { formatTime, PAGE_SIZE } from '../../base/units.ts';
import { REGISTERS } from '../../model/registers.ts';
import type { Output } from './machine/devices/outputs.ts';
import type { Outputs } from './machine/devices/outputs.ts';
import type { Leeway } from './leeway.ts';
import { NO_LEEWAY, streams, timesAlike, wordAt } from './leeway.ts';
import { digestMemory, firstDifference, firstWordDifference } from './machine/memory-compare.ts';
import { TraceHash } from './machine/trace-hash.ts';
import type { SimTarget } from './sim-target.ts';

/** Beside those of REGISTERS. */
const TASK_REGISTER = 23;

/**
 * The first difference between a partition of two machines that were forked from, or booted to, the same state, in
 * words; '' when memory (its own and what it shares), registers, sectors and outputs with their times are alike: bit
 * for bit, but for what `leeway` lets pass.
 */
export function comparePartition(
  a: SimTarget,
  b: SimTarget,
  name: string,
  leeway: Leeway = NO_LEEWAY,
): string {
  const { plan } = a.partitionNamed(name);
  const counted = plan.shared.filter(({ partner }) => !leeway.except.includes(partner));
  const own = { physical: 0, base: plan.base, bytes: plan.bytes, what: 'memory' };
  for (const { physical, base, bytes, what } of [
    own,
    ...counted.map((one) => ({ ...one, what: `memory shared as ${one.name}` })),
  ]) {
    // With slack a mailbox is compared by its messages, below: how many there are in the end is a matter of time.
    const skipped = what !== own.what && leeway.slack_ns > 0 ? PAGE_SIZE : 0;
    const at = differenceIn(a, b, base + skipped, bytes - skipped, leeway);
    if (at < 0) continue;
    const [here, there] = [a, b].map(({ machine_state }) =>
      machine_state.memory.read8(at).toString(16).padStart(2, '0'),
    );
    return `${what} at guest-physical 0x${(at - base + physical).toString(16)}: ${here} against ${there}`;
  }
  for (let cpu = 0; cpu < plan.cpu_slots.length; cpu++) {
    const difference = compareCpu(a, b, name, cpu, leeway);
    if (difference !== '') return difference;
  }
  const skipped = plan.shared.filter((one) => !counted.includes(one)).map((one) => one.name);
  return compareOutputs(a, b, name, leeway, new Set(skipped));
}

/** Address of the first byte, or with slack of the first word, that is not alike; -1 when there is none. */
function differenceIn(
  a: SimTarget,
  b: SimTarget,
  start: number,
  bytes: number,
  { slack_ns }: Leeway,
): number {
  const [here, there] = [a.machine_state.memory, b.machine_state.memory];
  if (slack_ns === 0) return firstDifference(here, there, start, bytes);
  const alike = timesAlike(a, slack_ns);
  const at = firstWordDifference(here, there, start, bytes, (one, other, offset) =>
    alike(wordAt(one, offset), wordAt(other, offset)),
  );
  if (at < 0) return at;
  let byte = at;
  while (here.read8(byte) === there.read8(byte)) byte++;
  return byte;
}

function compareCpu(a: SimTarget, b: SimTarget, name: string, index: number, { slack_ns }: Leeway): string {
  const [here, there] = [a.cpuNamed(name, index), b.cpuNamed(name, index)];
  if (here === undefined || there === undefined) return `cpu ${index} is missing`;
  const alike = timesAlike(a, slack_ns);
  for (let register = 0; register <= TASK_REGISTER; register++) {
    const [one, other] = [here.exact(register), there.exact(register)];
    if (one === other || (slack_ns > 0 && alike(Number(one), Number(other)))) continue;
    return `cpu ${index} ${REGISTERS[register] ?? 'tr'}: ${addressHex(one)} against ${addressHex(other)}`;
  }
  if (here.state !== there.state) return `cpu ${index}: ${here.state} against ${there.state}`;
  if (Math.abs(here.time - there.time) > slack_ns)
    return `cpu ${index} is at ${formatTime(here.time - a.origin)} against ${formatTime(there.time - b.origin)}`;
  if (Math.abs(here.cpu_time - there.cpu_time) > slack_ns)
    return `cpu ${index} has used ${formatTime(here.cpu_time)} against ${formatTime(there.cpu_time)}`;
  return '';
}

function compareOutputs(
  a: SimTarget,
  b: SimTarget,
  name: string,
  { slack_ns }: Leeway,
  skipped: ReadonlySet<string>,
): string {
  const { plan } = a.partitionNamed(name);
  const [here, there] = [a, b].map((target) => target.machine_state.outputsOf(plan.index)) as [
    Outputs,
    Outputs,
  ];
  if (here.hash.a === there.hash.a && here.hash.b === there.hash.b && here.count === there.count) return '';
  const [ours, theirs] = [a.outputs(name), b.outputs(name)];
  const cut = here.count > ours.length || there.count > theirs.length;
  if (slack_ns === 0 && skipped.size === 0) {
    const index = ours.findIndex((output, at) => describe(output) !== describe(theirs[at]));
    if (index < 0 && ours.length === theirs.length) return notKept(here, there, ours.length);
    const at = index < 0 ? ours.length : index;
    return `output ${at}: ${describe(ours[at])} against ${describe(theirs[at])}`;
  }
  const [mine, others] = [streams(ours, skipped), streams(theirs, skipped)];
  const end_ns = Math.min(a.now(), b.now());
  for (const key of new Set([...mine.keys(), ...others.keys()])) {
    const difference = compareStream(mine.get(key) ?? [], others.get(key) ?? [], slack_ns, end_ns);
    if (difference !== '') return difference;
  }
  return cut ? notKept(here, there, Math.min(ours.length, theirs.length)) : '';
}

function notKept(here: Outputs, there: Outputs, kept: number): string {
  return `outputs after the first ${kept}: ${here.count} against ${there.count} in all`;
}

/** What went one way in two runs: the same, in the same order, each within the slack of its counterpart. */
function compareStream(
  ours: readonly Output[],
  theirs: readonly Output[],
  slack_ns: number,
  end_ns: number,
): string {
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const [one, other] = [ours[at], theirs[at]];
    const alone = one ?? other;
    if (one === undefined || other === undefined) {
      if (slack_ns > 0 && alone !== undefined && alone.time >= end_ns - slack_ns) continue;
    } else if (describeContent(one) === describeContent(other) && Math.abs(one.time - other.time) <= slack_ns)
      continue;
    return `output ${at} of ${alone?.device}: ${describe(one)} against ${describe(other)}`;
  }
  return '';
}

function describe(output: Output | undefined): string {
  return output === undefined ? 'none' : `${describeContent(output)} at ${formatTime(output.time)}`;
}

function describeContent({ device, what, at, bytes, hash }: Output): string {
  const numbered = what === 'sector' || what === 'message' ? ` ${at}` : '';
  return `${what}${numbered} of ${bytes} bytes (${hash}) on ${device}`;
}

/** Sixteen hex digits over the whole memory of a partition. */
export function memoryHash(target: SimTarget, name: string): string {
  const { plan } = target.partitionNamed(name);
  const hash = new TraceHash();
  digestMemory(target.machine_state.memory, plan.base, plan.bytes, hash);
  return hash.hex();
}

/** Sixteen hex digits over the events so far and the state as it is: memory, registers, outputs. */
export function stateHash(target: SimTarget): string {
  const machine = target.machine_state;
  machine.bringBackAll();
  const hash = new TraceHash();
  hash.word(machine.hash.a);
  hash.word(machine.hash.b);
  hash.number(machine.clock);
  digestMemory(machine.memory, 0, machine.memory.size, hash);
  for (const cpu of machine.presentCpus) {
    for (const half of cpu.registers) hash.word(half);
    hash.text(cpu.state);
    hash.number(cpu.time);
    hash.number(cpu.cpu_time);
  }
  for (const { index } of machine.plan.partitions) {
    const outputs = machine.outputsOf(index);
    hash.word(outputs.hash.a);
    hash.word(outputs.hash.b);
    hash.word(outputs.count);
  }
  return hash.hex();
}
