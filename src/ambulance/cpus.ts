import type { Address } from '../base/address.ts';
import { fromBigint } from '../base/address.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { PatientCpu } from '../patient/patient.ts';
import type { CpuView } from '../structure/session.ts';
import type { Subject } from './subject.ts';

/** Where a CPU waits for a lock (kernel/locking); all keep the lock's address in rdi. */
const SLOW_PATHS: Readonly<Record<string, string>> = {
  native_queued_spin_lock_slowpath: 'spin',
  queued_spin_lock_slowpath: 'spin',
  __pv_queued_spin_lock_slowpath: 'spin',
  queued_read_lock_slowpath: 'read',
  queued_write_lock_slowpath: 'write',
};
const IDLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'default_idle', 'do_idle', 'cpu_startup_entry', 'native_safe_halt', 'pv_native_safe_halt', 'mwait_idle', 'default_idle_call', 'cpuidle_idle_call',
]); // prettier-ignore
const DEAD_FUNCTIONS: ReadonlySet<string> = new Set(['panic', 'stop_this_cpu', 'native_stop_other_cpus']);

/** A CPU that had this much time of its own and neither idled nor took an interrupt is in a loop. */
export const STUCK_NS: number = 20 * NS_PER_MS;
const STACK_BYTES = 16_384;
const FRAME_LIMIT = 64;
const FLAG_INTERRUPTS = 0x200;
/** An idle CPU has no more functions on its stack than those of the idle loop. */
const IDLE_DEPTH = 3;
/** A lock's own queue lies in its second word. */
const LOCK_BYTES = 8;

/** What every CPU was doing when the patient was parked, from its registers and the stack it was on. What cannot be read is left out. */
export function observe(subject: Subject): readonly CpuView[] {
  return subject.patient.cpus.slice(0, subject.cpus).map((cpu) => viewOf(subject, cpu));
}

/** True for a CPU that spins for a lock, or for the queue inside of it. */
export function waitsFor(cpu: CpuView, lock: Address): boolean {
  return cpu.waits_to !== '' && cpu.waits_for >= lock && cpu.waits_for < lock + LOCK_BYTES;
}

/** CPUs that may be in the critical section of a lock: not in user mode, not at rest, not spinning for it. */
export function mayHold(cpus: readonly CpuView[], lock: Address): readonly CpuView[] {
  return cpus.filter(
    (one) => one.mode !== 'user' && !waitsFor(one, lock) && !(one.mode === 'idle' && one.depth <= IDLE_DEPTH),
  );
}

function viewOf(subject: Subject, cpu: PatientCpu): CpuView {
  const rip = fromBigint(cpu.register('rip'));
  const rsp = fromBigint(cpu.register('rsp'));
  const at = subject.functionAt(rip);
  const user = (Number(cpu.register('cs') & 3n) & 3) === 3;
  const waits_to = SLOW_PATHS[at] ?? '';
  const waits_for = waits_to === '' ? 0 : fromBigint(cpu.register('rdi'));
  const frames = user ? [] : framesOf(subject, at, rsp);
  const interrupts_off = (Number(cpu.register('rflags') & 0xffffn) & FLAG_INTERRUPTS) === 0;
  const current = subject.space.u64(subject.perCpu('current_task', cpu.index));
  return {
    index: cpu.index,
    rip,
    rsp,
    at,
    mode: user ? 'user' : IDLE_FUNCTIONS.has(at) ? 'idle' : waits_to !== '' ? 'waiting' : 'kernel',
    runs_in: frames.at(-1) ?? '',
    live: cpu.running && !(DEAD_FUNCTIONS.has(at) && interrupts_off),
    stuck: cpu.steps > STUCK_NS,
    running: cpu.running,
    interrupts_off,
    waits_for,
    waits_to,
    waits_on: waits_for === 0 ? '' : nameOf(subject, waits_for),
    caller: waits_for === 0 ? '' : (frames[1] ?? ''),
    frames,
    depth: frames.length,
    current: Number.isNaN(current) ? 0 : current,
  };
}

function nameOf(subject: Subject, lock: Address): string {
  const symbol = subject.kallsyms.symbolAt(lock);
  return symbol && symbol.offset < LOCK_BYTES ? symbol.name : '';
}

/** What the stack that a CPU is on leads back to: up to the variable's end when it is one, else to the guard page above it. */
function framesOf(subject: Subject, at: string, rsp: Address): readonly string[] {
  const variable = subject.kallsyms.symbolAt(rsp);
  const left =
    variable === undefined || variable.bytes === 0 ? STACK_BYTES : variable.bytes - variable.offset;
  return [...(at === '' ? [] : [at]), ...functionsOn(subject, rsp, rsp + left)];
}

/** Functions that words of a stack point into, from `start` up. Stale words above a stack pointer there are none. */
function functionsOn(subject: Subject, start: Address, end: Address): string[] {
  const frames: string[] = [];
  const last = Math.min(end, start + STACK_BYTES);
  for (let word = start; word < last && frames.length < FRAME_LIMIT; word += 8) {
    const value = subject.space.u64(word);
    if (Number.isNaN(value)) break;
    if (value < 0 && subject.inText(value)) {
      const name = subject.functionAt(value);
      if (name !== '') frames.push(name);
    }
  }
  return frames;
}
