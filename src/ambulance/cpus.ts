import type { Address } from '../base/address.ts';
import { foldBits } from '../base/fold.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { OrcTable } from '../formats/orc.ts';
import { openOrc } from '../formats/orc.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { PatientCpu } from '../patient/patient.ts';
import type { CpuView } from '../structure/session.ts';
import { stackBytes } from './roles.ts';
import type { Subject } from './subject.ts';
import type { RegsLayout, Unwound } from './unwind.ts';
import { unwind } from './unwind.ts';

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
const FRAME_LIMIT = 64;
const FLAG_INTERRUPTS = 0x200;
/** A lock's own queue lies in its second word. */
const LOCK_BYTES = 8;

/**
 * What every CPU was doing when the patient was parked, from its registers and the stack it was on. What cannot be read
 * is left out.
 */
export function observe(subject: Subject): readonly CpuView[] {
  const functions = functionsOf(subject.library);
  const tables = tablesOf(subject);
  return subject.processors.map((cpu, index) => {
    const current = subject.space.u64(subject.perCpu('current_task', index));
    const task = Number.isNaN(current) ? 0 : current;
    return cpu ? viewOf(subject, cpu, index, task, functions, tables) : unseen(index, task);
  });
}

/** A CPU whose registers are not to be had: it may be anywhere, and hold anything. */
function unseen(index: number, current: Address): CpuView {
  return {
    index,
    current,
    mode: 'unknown',
    rip: 0,
    rsp: 0,
    at: '',
    runs_in: '',
    live: false,
    stuck: false,
    running: true,
    interrupts_off: false,
    waits_for: 0,
    waits_to: '',
    waits_on: '',
    caller: '',
    frames: [],
    depth: 0,
  };
}

/**
 * True when nobody is in the kernel but who is at rest there: nothing that is done without being put to sleep is half
 * done.
 */
export function allRest(cpus: readonly CpuView[]): boolean {
  return cpus.length > 0 && cpus.every(({ mode }) => mode === 'user' || mode === 'idle');
}

/** True for a CPU that spins for a lock, or for the queue inside of it. */
export function waitsFor(cpu: CpuView, lock: Address): boolean {
  return cpu.waits_to !== '' && cpu.waits_for >= lock && cpu.waits_for < lock + LOCK_BYTES;
}

/** CPUs that may be in the critical section of a lock: not in user mode, not at rest, not spinning for it. */
export function mayHold(cpus: readonly CpuView[], lock: Address): readonly CpuView[] {
  return cpus.filter((one) => one.mode !== 'user' && one.mode !== 'idle' && !waitsFor(one, lock));
}

function viewOf(
  subject: Subject,
  cpu: PatientCpu,
  index: number,
  current: Address,
  functions: Functions,
  tables: Tables | undefined,
): CpuView {
  const { fold } = subject.space;
  const rip = foldBits(fold, cpu.register('rip'));
  const rsp = foldBits(fold, cpu.register('rsp'));
  const at = functionAt(subject, rip);
  const user = (Number(cpu.register('cs') & 3n) & 3) === 3;
  const waits_to = functions.waiting.get(at) ?? '';
  const waits_for = waits_to === '' ? 0 : foldBits(fold, cpu.register('rdi'));
  const frames = user ? [] : framesOf(subject, cpu, at, rsp, tables);
  const interrupts_off = (Number(cpu.register('rflags') & 0xffffn) & FLAG_INTERRUPTS) === 0;
  return {
    index,
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
    current,
  };
}

function nameOf(subject: Subject, lock: Address): string {
  const symbol = subject.kallsyms.symbolAt(lock);
  return symbol && symbol.offset < LOCK_BYTES ? symbol.name : '';
}

/** What the compiler calls a part or a copy of a function (`ptrace_stop.part.0`). */
const CLONE = /\.(?:part|isra|constprop|cold)\b.*$/;

/** Name of the function that an address of the text lies in, as its source calls it; '' outside of the text. */
function functionAt(subject: Subject, address: Address): string {
  return subject.functionAt(address).replace(CLONE, '');
}

/**
 * The functions that a CPU is in, innermost first: as the kernel's own tables tell its frames, and from where they say
 * nothing, or where a kernel has none, those that the words of its stack point into.
 */
function framesOf(
  subject: Subject,
  cpu: PatientCpu,
  at: string,
  rsp: Address,
  tables: Tables | undefined,
): readonly string[] {
  const told = tables && unwound(subject, cpu, rsp, tables);
  if (!told) return [...(at === '' ? [] : [at]), ...functionsOn(subject, rsp)];
  const frames = told.frames.map((address) => functionAt(subject, address)).filter((name) => name !== '');
  return told.complete ? frames : [...frames, ...functionsOn(subject, told.sp)].slice(0, FRAME_LIMIT);
}

interface Tables {
  readonly orc: OrcTable;
  readonly layout: RegsLayout;
}

/** Undefined where the kernel has no tables. */
function tablesOf(subject: Subject): Tables | undefined {
  const orc = openOrc(subject);
  if (!orc) return undefined;
  const offset = (member: string): number => subject.offset('pt_regs', member);
  const layout = {
    ip: offset('ip'),
    sp: offset('sp'),
    bp: offset('bp'),
    cs: offset('cs'),
    r10: offset('r10'),
    r13: offset('r13'),
    di: offset('di'),
    dx: offset('dx'),
  };
  return { orc, layout };
}

function unwound(subject: Subject, cpu: PatientCpu, sp: Address, tables: Tables): Unwound {
  const [ip, bp, r10, r13, di, dx] = (['rip', 'rbp', 'r10', 'r13', 'rdi', 'rdx'] as const).map((name) =>
    foldBits(subject.space.fold, cpu.register(name)),
  ) as [Address, Address, Address, Address, Address, Address];
  return unwind(subject.space, tables.orc, tables.layout, { ip, sp, bp, r10, r13, di, dx }, FRAME_LIMIT);
}

/**
 * Functions that words of a stack point into, from there up to the variable's end when it is one, else to the guard
 * page above it. What a call left behind in the frame of another one is among them.
 */
function functionsOn(subject: Subject, start: Address): string[] {
  const variable = subject.kallsyms.symbolAt(start);
  const bytes = stackBytes(subject.library);
  const left = variable === undefined || variable.bytes === 0 ? bytes : variable.bytes - variable.offset;
  const frames: string[] = [];
  const last = start + Math.min(left, bytes);
  for (let word = start; word < last && frames.length < FRAME_LIMIT; word += 8) {
    const value = subject.space.u64(word);
    if (Number.isNaN(value)) break;
    if (value < 0 && subject.inText(value)) {
      const name = functionAt(subject, value);
      if (name !== '') frames.push(name);
    }
  }
  return frames;
}
