import type { Address } from '../base/address.ts';
import { fromBigint } from '../base/address.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { PatientCpu } from '../patient/patient.ts';
import type { CpuView } from '../structure/session.ts';
import type { Subject } from './subject.ts';

/** What tells what a CPU is at, by the lists of the library, in `specs/lib/locks.spec`. */
interface Functions {
  /** Where it waits for a lock, and to do what; all keep the lock's address in rdi. */
  readonly waiting: ReadonlyMap<string, string>;
  readonly idle: ReadonlySet<string>;
  readonly dead: ReadonlySet<string>;
}

const KNOWN = new WeakMap<LibraryModel, Functions>();

function functionsOf(library: LibraryModel): Functions {
  const known = KNOWN.get(library);
  if (known) return known;
  const named = (list: string): readonly string[] => library.lists?.[list] ?? [];
  const waiting = new Map<string, string>();
  for (const to of ['spin', 'read', 'write'])
    for (const name of named(`${to}_slow_paths`)) waiting.set(name, to);
  const functions = {
    waiting,
    idle: new Set(named('idle_functions')),
    dead: new Set(named('dead_functions')),
  };
  KNOWN.set(library, functions);
  return functions;
}

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
  const functions = functionsOf(subject.library);
  return subject.patient.cpus.slice(0, subject.cpus).map((cpu) => viewOf(subject, cpu, functions));
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

function viewOf(subject: Subject, cpu: PatientCpu, functions: Functions): CpuView {
  const rip = fromBigint(cpu.register('rip'));
  const rsp = fromBigint(cpu.register('rsp'));
  const at = subject.functionAt(rip);
  const user = (Number(cpu.register('cs') & 3n) & 3) === 3;
  const waits_to = functions.waiting.get(at) ?? '';
  const waits_for = waits_to === '' ? 0 : fromBigint(cpu.register('rdi'));
  const frames = user ? [] : framesOf(subject, at, rsp);
  const interrupts_off = (Number(cpu.register('rflags') & 0xffffn) & FLAG_INTERRUPTS) === 0;
  const current = subject.space.u64(subject.perCpu('current_task', cpu.index));
  return {
    index: cpu.index,
    rip,
    rsp,
    at,
    mode: user ? 'user' : functions.idle.has(at) ? 'idle' : waits_to !== '' ? 'waiting' : 'kernel',
    runs_in: frames.at(-1) ?? '',
    live: cpu.running && !(functions.dead.has(at) && interrupts_off),
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
