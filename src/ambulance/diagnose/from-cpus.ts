import type { Address } from '../../base/address.ts';
import { addressHex, fromBigint } from '../../base/address.ts';
import { NS_PER_MS, formatTime } from '../../base/units.ts';
import type { Activity } from '../cpus.ts';
import { observe, STUCK_NS } from '../cpus.ts';
import { byPhysical } from '../locate/roots.ts';
import type { Subject } from '../locate/subject.ts';
import { holdersOf, waitsFor } from '../locks.ts';
import type { Case, Cause } from './case.ts';
import { panicLine } from './case.ts';

/** A clock event this long past, on a CPU that could take it, has been lost. */
const OVERDUE_NS = 20 * NS_PER_MS;
/** Before that is believed the CPU gets the time of three ticks to take it after all. */
const CONFIRM_NS = 12 * NS_PER_MS;
const FLAG_INTERRUPTS = 0x200n;

/** Patients that the hypervisor stopped, or that stopped themselves, have no CPU that runs: that says nothing. */
export function stoppedAsAWhole(of: Case): boolean {
  return panicLine(of.log) !== '' || ['panic', 'second_level', 'triple_fault'].includes(of.patient.reason);
}

export function causesOfCpus(of: Case): Cause[] {
  if (stoppedAsAWhole(of) || !of.subject) return [];
  const causes: Cause[] = [];
  for (const { cpu, at, mode } of of.inspected?.activities ?? []) {
    const own = of.patient.cpus[cpu];
    if (!own) continue;
    const stuck = own.steps > STUCK_NS;
    const deaf = (own.register('rflags') & FLAG_INTERRUPTS) === 0n;
    if (!own.running) {
      causes.push(cause('cpu_stopped', 85, `cpus[${cpu}]`, of, cpu, [`CPU ${cpu} was given time and executed nothing; it stands in ${at || 'user code'}`])); // prettier-ignore
    } else if (mode === 'idle' && deaf && stuck) {
      causes.push(cause('cpu_stopped', 84, `cpus[${cpu}]`, of, cpu, [`CPU ${cpu} rests in ${at} with interrupts off: nothing wakes it, for ${formatTime(own.steps)} now`])); // prettier-ignore
    } else if (mode === 'kernel' && stuck) {
      causes.push(cause('endless_loop', 66, `cpus[${cpu}].rip`, of, cpu, [`CPU ${cpu} has been in ${at || 'nowhere'} for ${formatTime(own.steps)} of its own time`])); // prettier-ignore
    }
  }
  return [...causes, ...spinning(of, causes), ...lostTicks(of)];
}

/** CPUs that spin for a lock of which no finding speaks: looked at again after a while, each still waits for the same. */
function spinning(of: Case, known: readonly Cause[]): Cause[] {
  const before = unaccounted(of, of.inspected?.activities ?? []);
  const { subject } = of;
  if (!subject || before.length === 0) return [];
  if (of.patient.letRun(CONFIRM_NS)) subject.memory.forget();
  const activities = observe(subject);
  const still = unaccounted(of, activities).filter((one) => before.some(({ cpu, waits_for }) => cpu === one.cpu && waits_for === one.waits_for)); // prettier-ignore
  const causes: Cause[] = [];
  const seen = new Set<number>();
  for (const { cpu, waits_for: lock, at } of still) {
    if (seen.has(lock)) continue;
    seen.add(lock);
    const { candidates } = holdersOf('', lock, activities);
    const place = placeOf(of, subject, lock);
    const spins = `CPU ${cpu} spins in ${at}`;
    const word = subject.space.u32(lock);
    const spot = { address: addressHex(lock), physical: subject.physical(lock), explains: [] };
    if (candidates.length === 0 && word !== 0) {
      causes.push({ ...spot, cause: 'lock_leak', weight: 69, place, evidence: [`${place} is 0x${word.toString(16).padStart(8, '0')}, held, and no CPU is where a holder could be`, spins] }); // prettier-ignore
    } else if (
      candidates.length > 0 &&
      candidates.every((one) => still.some((other) => other.cpu === one.cpu))
    ) {
      causes.push({ ...spot, cause: 'deadlock', weight: 68, place, evidence: [`who could hold ${place} waits for another lock`, spins] }); // prettier-ignore
    } else if (known.length === 0 && (of.patient.cpus[cpu]?.steps ?? 0) > STUCK_NS) {
      causes.push(cause('endless_loop', 60, `cpus[${cpu}].rip`, of, cpu, [`${spins}, for ${place}`]));
    }
  }
  return causes;
}

function unaccounted(of: Case, activities: readonly Activity[]): Activity[] {
  const said = of.findings.filter(({ draft }) => draft.means === 'lock_leak' || draft.means === 'deadlock').map(({ draft }) => draft.address);
  return activities.filter((one) => one.mode === 'waiting' && !said.some((address) => waitsFor(one, address)));
} // prettier-ignore

/** A lock as a spec names it: by what it guards, by its variable, else by its guest-physical address. */
function placeOf(of: Case, subject: Subject, lock: Address): string {
  const guarded = of.inspected?.landmarks.find(({ guard }) => guard?.address === lock)?.guard;
  if (guarded) return guarded.place;
  const symbol = subject.kallsyms.symbolAt(lock);
  if (symbol?.offset === 0) return `symbols["${symbol.name}"]`;
  return byPhysical(subject, lock);
}

function cause(name: string, weight: number, place: string, of: Case, cpu: number, evidence: readonly string[]): Cause {
  const rip = of.inspected?.activities.find((one) => one.cpu === cpu)?.rip ?? 0;
  return { cause: name, weight, place, address: addressHex(rip), physical: -1, evidence, explains: [] };
} // prettier-ignore

/** CPUs whose clock event has not come although it is long due. */
function lostTicks(of: Case): Cause[] {
  const overdue = overdueCpus(of);
  if (overdue.length === 0) return [];
  const before = new Map(overdue.map(({ cpu }) => [cpu, of.patient.cpus[cpu]?.ticks ?? 0]));
  if (of.patient.letRun(CONFIRM_NS)) of.subject?.memory.forget();
  return overdueCpus(of).flatMap(({ cpu, late_ns }) => {
    const ticks = of.patient.cpus[cpu]?.ticks ?? 0;
    if (before.get(cpu) !== ticks) return [];
    return [cause('lost_interrupt', 68, `cpus[${cpu}].tick`, of, cpu, [`the next event of CPU ${cpu}'s clock is ${formatTime(late_ns)} past, and no tick has come since`])]; // prettier-ignore
  });
}

/** By the queue of high-resolution timers, which programs the clock, and the newest time that any run queue has seen. */
function overdueCpus(of: Case): { cpu: number; late_ns: number }[] {
  const { subject } = of;
  if (!subject) return [];
  const { space } = subject;
  const clock = subject.offset('rq', 'clock');
  const next = subject.offset('hrtimer_cpu_base', 'expires_next');
  let newest = -Infinity;
  for (let cpu = 0; cpu < subject.cpus; cpu++) {
    const seen = space.u64(subject.perCpu('runqueues', cpu) + clock);
    if (seen > newest) newest = seen;
  }
  return (of.inspected?.activities ?? []).flatMap(({ cpu, live }) => {
    const own = of.patient.cpus[cpu];
    const expires = space.u64(subject.perCpu('hrtimer_bases', cpu) + next);
    const late_ns = newest - expires;
    if (!own?.running || !live || !(late_ns > OVERDUE_NS) || expires <= 0) return [];
    // With interrupts off it could not come: that has another cause.
    return (own.register('rflags') & FLAG_INTERRUPTS) === 0n ? [] : [{ cpu, late_ns }];
  });
}

/** Address that the processor last faulted on, on the first CPU that has one. */
export function faultAddress(of: Case): number {
  for (const cpu of of.patient.cpus) {
    const at = fromBigint(cpu.register('cr2'));
    if (at !== 0) return at;
  }
  return 0;
}
