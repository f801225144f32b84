import type { Address } from '../../base/address.ts';
import type { Fold } from '../../base/fold.ts';
import { foldBits, NO_FOLD, trueHex } from '../../base/fold.ts';
import { NS_PER_MS, formatTime } from '../../base/units.ts';
import type { CpuView } from '../../structure/session.ts';
import { mayHold, observe, STUCK_NS, waitsFor } from '../cpus.ts';
import type { Draft } from '../draft.ts';
import type { Subject } from '../subject.ts';
import type { Case, Cause } from './case.ts';
import { panicLine } from './case.ts';

/** Before that is believed the CPU gets the time of three ticks to take it after all. */
const CONFIRM_NS = 12 * NS_PER_MS;
const FLAG_INTERRUPTS = 0x200n;

/** Patients that the hypervisor stopped, or that stopped themselves, have no CPU that runs: that says nothing. */
export function stoppedAsAWhole(of: Case): boolean {
  return panicLine(of.log) !== '' || ['panic', 'second_level', 'triple_fault'].includes(of.patient.reason);
}

export function causesOfCpus(of: Case): Cause[] {
  if (stoppedAsAWhole(of) || !of.subject || of.inspected?.blind === true) return [];
  const causes: Cause[] = [];
  for (const { index: cpu, at, mode } of of.inspected?.cpus ?? []) {
    const own = of.patient.cpus[cpu];
    if (!own) continue;
    const stuck = own.steps > STUCK_NS;
    const deaf = (own.register('rflags') & FLAG_INTERRUPTS) === 0n;
    if (!own.running) {
      causes.push(
        cause('cpu_stopped', 85, `cpus[${cpu}]`, of, cpu, [
          `CPU ${cpu} was given time and executed nothing; it stands in ${at || 'user code'}`,
        ]),
      );
    } else if (mode === 'idle' && deaf && stuck) {
      causes.push(
        cause('cpu_stopped', 84, `cpus[${cpu}]`, of, cpu, [
          `CPU ${cpu} rests in ${at} with interrupts off: nothing wakes it, for ${formatTime(own.steps)} now`,
        ]),
      );
    } else if (mode === 'kernel' && stuck) {
      causes.push(
        cause('endless_loop', 66, `cpus[${cpu}].rip`, of, cpu, [
          `CPU ${cpu} has been in ${at || 'nowhere'} for ${formatTime(own.steps)} of its own time`,
        ]),
      );
    }
  }
  return [
    ...causes,
    ...deafAtRest(of, causes),
    ...lockedUp(of, causes),
    ...spinning(of, causes),
    ...lostTicks(of),
  ];
}

/**
 * CPUs that rest with interrupts off and have for less than that: on its way to rest every CPU does, so each is looked
 * at again.
 */
function deafAtRest(of: Case, known: readonly Cause[]): Cause[] {
  const deaf = (cpu: number): boolean =>
    ((of.patient.cpus[cpu]?.register('rflags') ?? FLAG_INTERRUPTS) & FLAG_INTERRUPTS) === 0n;
  const resting = (of.inspected?.cpus ?? []).filter(
    ({ index, mode }) =>
      mode === 'idle' && deaf(index) && !known.some(({ place }) => place === `cpus[${index}]`),
  );
  if (resting.length === 0 || of.inspected?.spared === true || !of.patient.letRun(CONFIRM_NS)) return [];
  of.subject?.memory.forget();
  const still = resting.filter(
    ({ index, rip }) =>
      deaf(index) &&
      foldBits(foldIn(of), of.patient.cpus[index]?.register('rip') ?? 0n) === rip &&
      (of.patient.cpus[index]?.steps ?? 0) >= CONFIRM_NS,
  );
  return still.map(({ index, at }) =>
    cause('cpu_stopped', 84, `cpus[${index}]`, of, index, [
      `CPU ${index} rests in ${at} with interrupts off: nothing wakes it`,
    ]),
  );
}

/** What Linux's own watchdog says of a CPU that takes interrupts and schedules nobody. */
const SOFT_LOCKUP = /watchdog: BUG: soft lockup - CPU#(\d+) stuck for/;

/**
 * CPUs of which the log says that they schedule nobody, and that are, looked at again after a while, still in the same
 * function for the same task.
 */
function lockedUp(of: Case, known: readonly Cause[]): Cause[] {
  const { subject } = of;
  const said = new Map(
    of.log.flatMap((line) => {
      const cpu = SOFT_LOCKUP.exec(line.slice(0, 1024))?.[1];
      return cpu === undefined ? [] : [[Number(cpu), line] as const];
    }),
  );
  if (!subject || said.size === 0) return [];
  const before = (of.inspected?.cpus ?? []).filter(({ index, mode }) => mode === 'kernel' && said.has(index));
  const told = new Set(known.map(({ place }) => place));
  const left = before.filter(({ index }) => !told.has(`cpus[${index}].rip`) && !told.has(`cpus[${index}]`));
  if (left.length === 0 || of.inspected?.spared === true) return [];
  if (of.patient.letRun(CONFIRM_NS)) subject.memory.forget();
  const now = observe(subject);
  const still = left.filter((one) =>
    now.some(
      ({ index, at, current, mode }) =>
        index === one.index && at === one.at && current === one.current && mode === 'kernel',
    ),
  );
  return still.map(({ index, at }) =>
    cause('endless_loop', 65, `cpus[${index}].rip`, of, index, [
      `CPU ${index} is still in ${at || 'nowhere'}, takes its ticks and schedules nobody; the log says: ${said.get(index) ?? ''}`,
    ]),
  );
}

/**
 * CPUs that spin for a lock of which no finding speaks: looked at again after a while, each still waits for the same.
 */
function spinning(of: Case, known: readonly Cause[]): Cause[] {
  const before = unaccounted(of, of.inspected?.cpus ?? []);
  const { subject } = of;
  if (!subject || before.length === 0 || of.inspected?.spared === true) return [];
  const ran = of.patient.letRun(CONFIRM_NS);
  if (ran) subject.memory.forget();
  const cpus = observe(subject);
  // At one look alone who spins may have the lock already, and be about to return.
  const lasts = ran || theyHaveLong(of, before);
  const still = unaccounted(of, cpus).filter((one) =>
    before.some(({ index, waits_for }) => index === one.index && waits_for === one.waits_for),
  );
  const causes: Cause[] = [];
  const seen = new Set<number>();
  for (const { index: cpu, waits_for: lock, at } of still) {
    if (seen.has(lock)) continue;
    seen.add(lock);
    const candidates = mayHold(cpus, lock);
    const place = placeOf(of, subject, lock);
    const spins = `CPU ${cpu} spins in ${at}`;
    const word = subject.space.u32(lock);
    const spot = {
      address: trueHex(subject.space.fold, lock),
      physical: subject.physical(lock),
      explains: [],
    };
    if (candidates.length === 0 && isTaken(word, lock, cpus)) {
      causes.push({
        ...spot,
        cause: 'lock_leak',
        weight: 69,
        place,
        evidence: [
          `${place} is 0x${word.toString(16).padStart(8, '0')}, held, and no CPU is where a holder could be`,
          spins,
        ],
      });
    } else if (
      lasts &&
      candidates.length > 0 &&
      candidates.every((one) => still.some((other) => other.index === one.index))
    ) {
      causes.push({
        ...spot,
        cause: 'deadlock',
        weight: 68,
        place,
        evidence: [`who could hold ${place} waits for another lock`, spins],
      });
    } else if (known.length === 0 && (of.patient.cpus[cpu]?.steps ?? 0) > STUCK_NS) {
      causes.push(cause('endless_loop', 60, `cpus[${cpu}].rip`, of, cpu, [`${spins}, for ${place}`]));
    }
  }
  return causes;
}

/**
 * Below this an rwlock's count says who writes, and who waits to; above it, how many readers there are. Of a spinlock
 * the lowest byte says all.
 */
const READERS_FROM = 9;

/**
 * True for a word that says that somebody has the lock: a writer who waits for readers to go, and readers for a writer,
 * are in it before they have it.
 */
function isTaken(word: number, lock: number, cpus: readonly CpuView[]): boolean {
  const waiting = cpus.filter((one) => one.waits_for === lock);
  if ((word & 0xff) !== 0 || waiting.every(({ waits_to }) => waits_to === 'spin')) return (word & 0xff) !== 0;
  return word >>> READERS_FROM > waiting.filter(({ waits_to }) => waits_to === 'read').length;
}

/** What Linux's own watchdogs say of CPUs that do not get on. */
const LOCKED_UP = /(?:soft lockup - CPU#|hard LOCKUP on cpu|rcu_\w+ self-detected stall on CPU)/;

/** CPUs that have been at it for long, by their own time or as the kernel's watchdogs say. */
function theyHaveLong(of: Case, cpus: readonly CpuView[]): boolean {
  const stuck = cpus.some(({ index }) => (of.patient.cpus[index]?.steps ?? 0) > STUCK_NS);
  return stuck || of.log.some((line) => LOCKED_UP.test(line.slice(0, 1024)));
}

function unaccounted(of: Case, cpus: readonly CpuView[]): CpuView[] {
  const said = of.findings
    .filter(({ draft }) => draft.means === 'lock_leak' || draft.means === 'deadlock')
    .map(({ draft }) => draft.address);
  return cpus.filter((one) => one.mode === 'waiting' && !said.some((address) => waitsFor(one, address)));
}

/** A lock as a spec names it: by what it guards, by its variable, else by its guest-physical address. */
function placeOf(of: Case, subject: Subject, lock: Address): string {
  const guarded = of.inspected?.landmarks.find(({ guard }) => guard?.address === lock)?.guard;
  if (guarded) return guarded.place;
  const symbol = subject.kallsyms.symbolAt(lock);
  if (symbol?.offset === 0) return `symbols["${symbol.name}"]`;
  const physical = subject.physical(lock);
  return physical < 0 ? '' : `memory[0x${physical.toString(16)}]`;
}

function cause(
  name: string,
  weight: number,
  place: string,
  of: Case,
  cpu: number,
  evidence: readonly string[],
): Cause {
  const rip = of.inspected?.cpus.find((one) => one.index === cpu)?.rip ?? 0;
  return {
    cause: name,
    weight,
    place,
    address: trueHex(foldIn(of), rip),
    physical: -1,
    evidence,
    explains: [],
  };
}

/**
 * CPUs whose clock event has not come although it is long due: signs that lie in a CPU's own area. Where nobody can
 * wait for it, as in a dump, nothing is said: the event of a guest whose host had it stand is due as well.
 */
function lostTicks(of: Case): Cause[] {
  const { subject, inspected } = of;
  if (!subject || !inspected) return [];
  const overdue = (): { cpu: number; sign: Draft }[] =>
    inspected.signs().flatMap((sign) => {
      const cpu = subject.cpuOf(sign.address);
      return cpu < 0 ? [] : [{ cpu, sign }];
    });
  const before = new Map(overdue().map(({ cpu }) => [cpu, of.patient.cpus[cpu]?.ticks ?? 0]));
  if (before.size === 0 || inspected.spared) return [];
  if (!of.patient.letRun(CONFIRM_NS)) return [];
  subject.memory.forget();
  return overdue().flatMap(({ cpu, sign }) => {
    if (before.get(cpu) !== (of.patient.cpus[cpu]?.ticks ?? 0)) return [];
    return [
      cause('lost_interrupt', 68, `cpus[${cpu}].tick`, of, cpu, [
        `${sign.message}, and no tick has come since`,
      ]),
    ];
  });
}

/** What the patient's numbers stand for. */
export function foldIn({ subject }: Case): Fold {
  return subject?.space.fold ?? NO_FOLD;
}

/** Address that the processor last faulted on, on the first CPU that has one. */
export function faultAddress(of: Case): number {
  for (const cpu of of.patient.cpus) {
    const at = foldBits(foldIn(of), cpu.register('cr2'));
    if (at !== 0) return at;
  }
  return 0;
}
