import { addressHex } from '../../base/address.ts';
import { formatTime } from '../../base/units.ts';
import { REGISTERS } from '../../model/registers.ts';
import type { Output } from './machine/devices/outputs.ts';
import type { Outputs } from './machine/devices/outputs.ts';
import { digestMemory, firstDifference } from './machine/memory-compare.ts';
import { TraceHash } from './machine/trace-hash.ts';
import type { SimTarget } from './sim-target.ts';

/** Beside those of REGISTERS. */
const TASK_REGISTER = 23;

/**
 * The first difference between a partition of two machines that were forked from, or booted to, the same state, in words; '' when memory,
 * registers, sectors and outputs with their times are alike bit for bit.
 */
export function comparePartition(a: SimTarget, b: SimTarget, name: string): string {
  const { plan } = a.partitionNamed(name);
  const memory = [a.machine_state.memory, b.machine_state.memory] as const;
  const at = firstDifference(memory[0], memory[1], plan.base, plan.bytes);
  if (at >= 0) {
    const [here, there] = memory.map((one) => one.read8(at).toString(16).padStart(2, '0'));
    return `memory at guest-physical 0x${(at - plan.base).toString(16)}: ${here} against ${there}`;
  }
  for (let cpu = 0; cpu < plan.cpu_slots.length; cpu++) {
    const difference = compareCpu(a, b, name, cpu);
    if (difference !== '') return difference;
  }
  return compareOutputs(a, b, name);
}

function compareCpu(a: SimTarget, b: SimTarget, name: string, index: number): string {
  const [here, there] = [a.cpuNamed(name, index), b.cpuNamed(name, index)];
  if (here === undefined || there === undefined) return `cpu ${index} is missing`;
  for (let register = 0; register <= TASK_REGISTER; register++) {
    const [one, other] = [here.exact(register), there.exact(register)];
    if (one !== other)
      return `cpu ${index} ${REGISTERS[register] ?? 'tr'}: ${addressHex(one)} against ${addressHex(other)}`;
  }
  if (here.state !== there.state) return `cpu ${index}: ${here.state} against ${there.state}`;
  if (here.time !== there.time)
    return `cpu ${index} is at ${formatTime(here.time - a.origin)} against ${formatTime(there.time - b.origin)}`;
  if (here.cpu_time !== there.cpu_time)
    return `cpu ${index} has used ${formatTime(here.cpu_time)} against ${formatTime(there.cpu_time)}`;
  return '';
}

function compareOutputs(a: SimTarget, b: SimTarget, name: string): string {
  const { plan } = a.partitionNamed(name);
  const [here, there] = [a, b].map((target) => target.machine_state.outputs[plan.index]) as [
    Outputs,
    Outputs,
  ];
  if (here.hash.a === there.hash.a && here.hash.b === there.hash.b && here.count === there.count) return '';
  const [ours, theirs] = [a.outputs(name), b.outputs(name)];
  const index = ours.findIndex((output, at) => describe(output) !== describe(theirs[at]));
  if (index < 0 && ours.length === theirs.length)
    return `outputs after the first ${ours.length}: ${here.count} against ${there.count} in all`;
  const at = index < 0 ? ours.length : index;
  return `output ${at}: ${describe(ours[at])} against ${describe(theirs[at])}`;
}

function describe(output: Output | undefined): string {
  if (output === undefined) return 'none';
  const { time, device, what, at, bytes, hash } = output;
  return `${what}${what === 'sector' ? ` ${at}` : ''} of ${bytes} bytes (${hash}) on ${device} at ${formatTime(time)}`;
}

/** Sixteen hex digits over the events so far and the state as it is: memory, registers, outputs. */
export function stateHash(target: SimTarget): string {
  const machine = target.machine_state;
  const hash = new TraceHash();
  hash.word(machine.hash.a);
  hash.word(machine.hash.b);
  hash.number(machine.clock);
  digestMemory(machine.memory, 0, machine.memory.size, hash);
  for (const cpu of machine.cpus) {
    for (const half of cpu.registers) hash.word(half);
    hash.text(cpu.state);
    hash.number(cpu.time);
    hash.number(cpu.cpu_time);
  }
  for (const outputs of machine.outputs) {
    hash.word(outputs.hash.a);
    hash.word(outputs.hash.b);
    hash.word(outputs.count);
  }
  return hash.hex();
}
