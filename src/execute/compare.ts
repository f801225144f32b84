import { addressHex } from '../base/address.ts';
import { PAGE_SIZE } from '../base/units.ts';
import { REGISTERS } from '../target/target.ts';
import type { SimTarget } from '../targets/sim/sim-target.ts';
import { formatMoment } from './moment.ts';

const CHUNK_BYTES = PAGE_SIZE * 512;

/**
 * Compares one partition of two machines at one instant, bit by bit: all of its memory, the registers of its CPUs, everything it put
 * out with its times. '' when nothing differs, else the first difference in words.
 */
export function differenceOf(name: string, one: SimTarget, other: SimTarget): string {
  return outputs(name, one, other) || registers(name, one, other) || memory(name, one, other);
}

function outputs(name: string, one: SimTarget, other: SimTarget): string {
  const index = one.partitionNamed(name).plan.index;
  const left = one.machine_state.outputs[index];
  const right = other.machine_state.outputs[index];
  if (left === undefined || right === undefined) return 'no outputs to compare';
  if (left.count === right.count && left.hash.a === right.hash.a && left.hash.b === right.hash.b) return '';
  const count = Math.min(left.kept.length, right.kept.length);
  for (let at = 0; at < count; at++) {
    const a = left.kept[at];
    const b = right.kept[at];
    if (a === undefined || b === undefined) break;
    if (a.time !== b.time)
      return `output ${at} on ${a.device} at ${formatMoment(a.time - one.origin)}, not at ${formatMoment(b.time - other.origin)}`;
    if (a.device !== b.device || a.at !== b.at || a.hash !== b.hash)
      return `output ${at} at ${formatMoment(a.time - one.origin)} differs: ${a.bytes} bytes on ${a.device}, ${b.bytes} on ${b.device}`;
  }
  return `${left.count} outputs, not ${right.count}`;
}

function registers(name: string, one: SimTarget, other: SimTarget): string {
  const right = other.partitionNamed(name);
  for (const cpu of one.partitionNamed(name).cpus) {
    const twin = right.cpus[cpu.index];
    for (const register of REGISTERS) {
      const a = cpu.get(register);
      const b = twin?.get(register) ?? 0n;
      if (a !== b) return `cpus[${cpu.index}].${register} is ${addressHex(a)}, not ${addressHex(b)}`;
    }
  }
  return '';
}

function memory(name: string, one: SimTarget, other: SimTarget): string {
  const { base, bytes } = one.partitionNamed(name).plan;
  const left = one.machine_state.memory;
  const right = other.machine_state.memory;
  for (let at = base; at < base + bytes; at += CHUNK_BYTES) {
    const a = left.chunk(at / CHUNK_BYTES);
    const b = right.chunk(at / CHUNK_BYTES);
    if (a === b) continue;
    for (let page = 0; page < 512; page++) {
      if (a?.pages[page] === b?.pages[page]) continue;
      const address = at + page * PAGE_SIZE;
      const x = left.page(address).bytes;
      const y = right.page(address).bytes;
      if (Buffer.compare(x, y) === 0) continue;
      let first = 0;
      while (x[first] === y[first]) first++;
      const hex = (side: Uint8Array): string => Buffer.from(side.subarray(first, first + 8)).toString('hex');
      return `memory at guest-physical 0x${(address - base + first).toString(16)}: ${hex(x)}, not ${hex(y)}`;
    }
  }
  return '';
}
