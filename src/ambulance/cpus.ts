import type { Address } from '../base/address.ts';
import { fromBigint } from '../base/address.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { PatientCpu } from '../patient/patient.ts';
import type { Subject } from './locate/subject.ts';

/** What a CPU was doing when the patient was parked, from its registers and the stack it was on. */
export interface Activity {
  readonly cpu: number;
  readonly rip: Address;
  readonly rsp: Address;
  /** Function that rip lies in; '' outside the kernel's text. */
  readonly at: string;
  readonly mode: 'user' | 'idle' | 'waiting' | 'kernel';
  /** False when it will never execute again by itself: stopped, or at the end of a panic. */
  readonly live: boolean;
  /** It had this much time of its own without idling or taking an interrupt: what it is in the middle of will not be finished. */
  readonly stuck: boolean;
  /** Lock that it spins for; 0 when it does not. */
  readonly waits_for: Address;
  readonly waits_to: '' | 'spin' | 'read' | 'write';
  /** Variable that the lock is or begins; '' when it has no name. */
  readonly waits_on: string;
  /** Functions on its stack, the innermost first, `at` among them: return addresses and interrupted ones. */
  readonly frames: readonly string[];
  /** The task that it runs, by `current_task`; 0 when that cannot be had. */
  readonly current: Address;
}

/** Where a CPU waits for a lock (kernel/locking); all keep the lock's address in rdi. */
export const SLOW_PATHS: Readonly<Record<string, Activity['waits_to']>> = {
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

/** Looks at every CPU. Bounded by the stack's size; what cannot be read is left out. */
export function observe(subject: Subject): readonly Activity[] {
  return subject.patient.cpus.slice(0, subject.cpus).map((cpu) => activityOf(subject, cpu));
}

function activityOf(subject: Subject, cpu: PatientCpu): Activity {
  const rip = fromBigint(cpu.register('rip'));
  const rsp = fromBigint(cpu.register('rsp'));
  const at = subject.functionAt(rip);
  const user = (Number(cpu.register('cs') & 3n) & 3) === 3;
  const waits_to = SLOW_PATHS[at] ?? '';
  const waits_for = waits_to === '' ? 0 : fromBigint(cpu.register('rdi'));
  const frames = user ? [] : framesOf(subject, at, rsp);
  const halted = DEAD_FUNCTIONS.has(at) && (Number(cpu.register('rflags') & 0xffffn) & FLAG_INTERRUPTS) === 0;
  const current = subject.space.u64(subject.perCpu('current_task', cpu.index));
  return {
    cpu: cpu.index,
    rip,
    rsp,
    at,
    mode: user ? 'user' : IDLE_FUNCTIONS.has(at) ? 'idle' : waits_to !== '' ? 'waiting' : 'kernel',
    live: cpu.running && !halted,
    stuck: cpu.steps > STUCK_NS,
    waits_for,
    waits_to,
    waits_on: waits_for === 0 ? '' : nameOf(subject, waits_for),
    frames,
    current: Number.isNaN(current) ? 0 : current,
  };
}

/** A lock's wait_lock lies in its second word. */
const LOCK_BYTES = 8;

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
export function functionsOn(subject: Subject, start: Address, end: Address): string[] {
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
