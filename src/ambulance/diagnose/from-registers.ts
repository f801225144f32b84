import type { Address } from '../../base/address.ts';
import { foldBits, trueHex } from '../../base/fold.ts';
import type { PatientCpu } from '../../patient/patient.ts';
import type { RegisterName } from '../../model/registers.ts';
import type { Subject } from '../subject.ts';
import type { Case, Cause } from './case.ts';

const PAGE_FAULT = 14;
const GATE_BYTES = 16;
const WEIGHT = 97;

/**
 * Registers of a CPU that are not what the kernel says, or what its other CPUs have, and by which it can do nothing.
 */
export function causesOfRegisters(of: Case): Cause[] {
  const { subject } = of;
  if (!subject) return [];
  return subject.processors.flatMap((cpu, number) =>
    cpu === undefined
      ? []
      : [...tableOfGates(of, subject, cpu, number), ...ownArea(of, subject, cpu, number)],
  );
}

/** idtr: leads to no gates, while another CPU's, or `idt_table`, does. */
function tableOfGates(of: Case, subject: Subject, cpu: PatientCpu, number: number): Cause[] {
  const own = valueOf(subject, cpu, 'idtr');
  if (own === 0 || hasGates(subject, own)) return [];
  const others = of.patient.cpus
    .filter((other) => other !== cpu)
    .map((other) => valueOf(subject, other, 'idtr'));
  const sound = [...others, subject.symbol('idt_table') ?? 0].find((at) => hasGates(subject, at));
  if (sound === undefined) return [];
  return [wrong(of, subject, cpu, number, 'idtr', sound, 'leads to no gates')];
}

/** True where the gate of the page fault leads into the kernel's text. */
function hasGates(subject: Subject, table: Address): boolean {
  const gate = table + PAGE_FAULT * GATE_BYTES;
  const [low, middle, high] = [
    subject.space.u32(gate),
    subject.space.u32(gate + 4),
    subject.space.u32(gate + 8),
  ];
  if (!(low >= 0 && middle >= 0 && high >= 0)) return false;
  return subject.inText((high | 0) * 0x1_0000_0000 + (((middle & 0xffff_0000) | (low & 0xffff)) >>> 0));
}

/**
 * gs_base in the kernel: `__per_cpu_offset` of this CPU. A process may have left what it likes there, but nothing of
 * the kernel's half.
 */
function ownArea(of: Case, subject: Subject, cpu: PatientCpu, number: number): Cause[] {
  const own = valueOf(subject, cpu, 'gs_base');
  const area = subject.perCpuBase(number);
  if ((cpu.register('cs') & 3n) !== 0n || !(own < 0) || !(area < 0) || own === area) return [];
  return [wrong(of, subject, cpu, number, 'gs_base', area, 'is not its own area')];
}

function wrong(
  of: Case,
  subject: Subject,
  cpu: PatientCpu,
  number: number,
  name: RegisterName,
  sound: Address,
  how: string,
): Cause {
  const [has, should] = [cpu.register(name), BigInt(`0x${trueHex(subject.space.fold, sound)}`)];
  const bits = [...(has ^ should).toString(2)].filter((bit) => bit === '1').length;
  const evidence = [
    `${name} of CPU ${number}, 0x${has.toString(16).padStart(16, '0')}, ${how}: that is at 0x${trueHex(subject.space.fold, sound)}`,
    ...(of.patient.reason === 'triple_fault' ? ['the hypervisor stopped the guest: triple_fault'] : []),
  ];
  return {
    cause: bits === 1 ? 'bit_flip' : 'wild_pointer',
    weight: WEIGHT,
    place: `cpus[${number}].${name}`,
    address: '',
    physical: -1,
    evidence,
    explains: [],
  };
}

function valueOf(subject: Subject, cpu: PatientCpu, name: RegisterName): Address {
  return foldBits(subject.space.fold, cpu.register(name));
}
