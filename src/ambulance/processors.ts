import { foldBits } from '../base/fold.ts';
import type { PatientCpu } from '../patient/patient.ts';
import { servingAs, stackBytes } from './roles.ts';
import type { Subject } from './subject.ts';

/** CPUs that are looked at: notes of a dump are read of no more. */
const CPU_LIMIT = 1024;
/** Which CPUs there are; simulated guests have the second alone. */
const MASKS = ['__cpu_present_mask', '__cpu_online_mask'] as const;

/**
 * How many CPUs the guest has. The hypervisor knows; a dump holds those whose registers somebody wrote down, and a CPU
 * that did not answer when the machine went down is not among them. Then the kernel's own masks say, as far as they
 * have an area of its own for each.
 */
export function cpuCount(subject: Pick<Subject, 'patient' | 'space' | 'kallsyms'>): number {
  const { patient, space, kallsyms } = subject;
  const said = space.u32(kallsyms.lookup('nr_cpu_ids') ?? NaN);
  const shown = Math.min(patient.cpus.length, CPU_LIMIT);
  if (said >= 1 && said < shown) return said;
  if (patient.cpus_may_lack !== true) return shown;
  const masks = kallsyms.lookup(MASKS[0]) ?? kallsyms.lookup(MASKS[1]) ?? NaN;
  const areas = kallsyms.lookup('__per_cpu_offset') ?? NaN;
  const last = Math.min(said, CPU_LIMIT) - 1;
  for (let cpu = last; cpu >= shown; cpu--) {
    const byte = space.u8(masks + Math.floor(cpu / 8));
    if (((byte >> (cpu % 8)) & 1) === 1 && space.u64(areas + cpu * 8) < 0) return cpu + 1;
  }
  return shown;
}

/**
 * The CPUs by their number. Where some are missing, those that there are tell which they are; one that does not is as
 * good as none.
 */
export function processorsOf(subject: Subject): readonly (PatientCpu | undefined)[] {
  const { patient, cpus } = subject;
  if (patient.cpus.length >= cpus) return patient.cpus.slice(0, cpus);
  const processors = Array.from({ length: cpus }, (): PatientCpu | undefined => undefined);
  for (const cpu of patient.cpus) {
    const number = processors.findIndex((known, index) => known === undefined && isAt(subject, cpu, index));
    if (number >= 0) processors[number] = cpu;
  }
  return processors;
}

/**
 * True for a CPU that addresses its own area by that of the number, or stands on the stack of the task that is at work
 * there.
 */
function isAt(subject: Subject, cpu: PatientCpu, index: number): boolean {
  const { space, library } = subject;
  const task = library.locators.find(({ name }) => name === servingAs('processes', library))?.of;
  const bits = (name: 'gs_base' | 'rsp'): number => foldBits(space.fold, cpu.register(name));
  if (bits('gs_base') === subject.perCpuBase(index)) return true;
  const current = space.u64(subject.perCpu('current_task', index));
  const above =
    bits('rsp') - space.u64(current + subject.offset(task?.kind === 'named' ? task.name : '', 'stack'));
  return above >= 0 && above < stackBytes(subject.library);
}

/** What is to be said of CPUs whose registers are not there; none where all are. */
export function lackingCpus({ processors }: Pick<Subject, 'processors'>): readonly string[] {
  const missing = processors.flatMap((cpu, index) => (cpu === undefined ? [index] : []));
  if (missing.length === 0) return [];
  const [first] = missing;
  const which =
    missing.length === 1 ? `CPU ${first} are` : `${missing.length} CPUs, the first of them CPU ${first}, are`;
  return [`the registers of ${which} not in the file: what depends on them is left unsaid`];
}
