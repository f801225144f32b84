import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Census, Task } from '../locate/census.ts';
import { countOf } from '../locate/roots.ts';
import type { LinkFault, Ring } from './ring.ts';
import type { Inspection, Validator } from './validator.ts';
import { hex } from './validator.ts';

/** Values of `__state` (linux/sched.h): what a task can be in, and what may be added to it. */
const STATES: ReadonlySet<number> = new Set([0, 1, 2, 4, 8, 0x40, 0x80, 0x200, 0x800, 0x1000, 0x8000]);
/** WAKEKILL, NOLOAD, FREEZABLE, FREEZABLE_UNSAFE. */
const STATE_MODIFIERS = 0x100 | 0x400 | 0x2000 | 0x4000;
const PID_LIMIT = 4_194_304;
const COMM_BYTES = 16;
const PAGE_BYTES = 4096;

/** The task list: the ring of thread-group leaders, the ring of threads of each, and what every task says of itself. */
export const TASKS: Validator = {
  structure: 'tasks',
  run(inspection) {
    const { census, locator } = inspection;
    if (!census) return;
    const root = inspection.roots()[0];
    if (!root) return;
    inspection.under(root);
    if (census.ring.exhausted) inspection.unreachable('BUDGET', 'the ring has no end');
    reportRing(inspection, census.ring, (node) => taskField(census, node, census.layout.tasks, 'tasks'));
    for (const group of census.groups) {
      reportRing(inspection, group.ring, (node) => taskField(census, node, census.layout.thread_group, 'thread_group'));
    } // prettier-ignore
    for (const task of census.tasks) checkTask(inspection, census, task);
    checkSpaces(inspection, census);
    checkPids(inspection, census);
    const whole = census.ring.complete && census.groups.every((group) => group.ring.complete);
    const count = countOf(inspection.subject, locator, root);
    if (!whole || !count) return;
    // The head is the idle task, which is not counted.
    const found = census.tasks.length - 1;
    const said = inspection.space.unsigned(count.address, count.bytes);
    if (said === found) return;
    inspection.report({
      code: 'TASK_COUNT',
      place: `symbols["${count.name}"]`,
      address: count.address,
      bytes: count.bytes,
      message: `${count.name} says ${said}, ${found} threads are on the lists`,
      expected: found,
    });
  },
};

/** The damaged links of a ring; `field` names the object that a list_head is part of. */
export function reportRing(
  inspection: Inspection,
  ring: Ring,
  field: (node: Address) => { place: string; object?: { type: string; base: Address } },
): void {
  for (const fault of ring.faults) {
    const { place, object } = field(fault.node);
    const offset = inspection.subject.offset('list_head', fault.side);
    const address = fault.node + offset;
    inspection.report({
      code: fault.code,
      place: `${place}.${fault.side}`,
      address,
      bytes: 8,
      message: `${place}.${fault.side} is ${inspection.hexAt(address)}: ${saying(fault)}`,
      ...(object ? { object } : {}),
      ...(fault.expected === undefined ? {} : { expected: fault.expected }),
    });
  }
}

function saying(fault: LinkFault): string {
  const should = fault.expected === undefined ? '' : `; its neighbours say ${hex(fault.expected)}`;
  const what: Readonly<Record<string, string>> = {
    LIST_NULL: 'no link of a ring is NULL',
    LIST_NEXT_POISON: 'the poison of a deleted entry',
    LIST_PREV_POISON: 'the poison of a deleted entry',
    LIST_NEXT_WILD: 'it leads to no entry',
    LIST_PREV_WILD: 'it leads to no entry',
    LIST_CYCLE: 'it closes the ring without its head',
    LIST_BACKLINK: 'who stands there does not point back',
  };
  return `${what[fault.code] ?? fault.code}${should}`;
}

function taskField(census: Census, node: Address, offset: number, member: string): { place: string; object: { type: string; base: Address } } {
  const base = node - offset;
  const name = census.by_address.get(base)?.name ?? `memory[${hex(base)}]`;
  return { place: `${name}.${member}`, object: { type: 'task_struct', base } };
} // prettier-ignore

function checkTask(inspection: Inspection, census: Census, task: Task): void {
  inspection.elements++;
  if (!inspection.meter.step()) return inspection.unreachable('BUDGET', 'too many tasks');
  const { space } = inspection;
  const { layout } = census;
  const object = { type: 'task_struct', base: task.address };
  const state = space.u32(task.address + layout.state);
  if (!STATES.has(state & ~STATE_MODIFIERS) || state > 0xffff) {
    inspection.report({ code: 'TASK_STATE', place: `${task.name}.__state`, address: task.address + layout.state, bytes: 4, object, message: `__state is 0x${state.toString(16)}` }); // prettier-ignore
  }
  const problem = commProblem(inspection, task.address + layout.comm);
  if (problem !== '') {
    inspection.report({ code: 'TASK_COMM', place: `${task.name}.comm`, address: task.address + layout.comm, bytes: COMM_BYTES, object, message: `comm ${problem}` }); // prettier-ignore
  }
}

/** NULL, or an mm_struct whose page table is a page of the guest's memory. One that several threads share is judged once. */
function checkSpaces(inspection: Inspection, census: Census): void {
  const { space, subject } = inspection;
  const pgd_at = subject.offset('mm_struct', 'pgd');
  const active_at = subject.offset('task_struct', 'active_mm');
  if (Number.isNaN(pgd_at)) return;
  const leads = (value: Address, unit: number): boolean => isCanonical(value) && value < 0 && value % unit === 0 && space.mapped(value); // prettier-ignore
  const sound = (mm: Address): boolean => leads(mm, 8) && leads(space.u64(mm + pgd_at), PAGE_BYTES);
  const seen = new Set<Address>();
  for (const task of census.tasks) {
    const mm = space.u64(task.address + census.layout.mm);
    if (mm === 0 || Number.isNaN(mm) || seen.has(mm)) continue;
    seen.add(mm);
    if (sound(mm)) continue;
    const active = space.u64(task.address + active_at);
    const better = active !== mm && sound(active) ? active : undefined;
    if (leads(mm, 8) && better === undefined) {
      const address = mm + pgd_at;
      inspection.report({ code: 'TASK_MM', place: `${task.name}.mm.pgd`, address, bytes: 8, object: { type: 'mm_struct', base: mm }, message: `mm.pgd is ${inspection.hexAt(address)}: no page of the guest` }); // prettier-ignore
      continue;
    }
    const address = task.address + census.layout.mm;
    inspection.report({ code: 'TASK_MM', place: `${task.name}.mm`, address, bytes: 8, object: { type: 'task_struct', base: task.address }, message: `mm is ${inspection.hexAt(address)}: no address space`, ...(better === undefined ? {} : { expected: better }) }); // prettier-ignore
  }
}

function commProblem(inspection: Inspection, address: Address): string {
  for (let index = 0; index < COMM_BYTES; index++) {
    const byte = inspection.space.u8(address + index);
    if (byte === 0) return index === 0 ? 'is empty' : '';
    if (!(byte >= 0x20 && byte < 0x7f)) return `holds the byte 0x${byte.toString(16)}`;
  }
  return 'is not terminated';
}

/** A pid in range and nobody else's; the tgid of a leader is its pid, of a thread its leader's. */
function checkPids(inspection: Inspection, census: Census): void {
  const facts = pidFacts(inspection, census);
  const owners = new Map<number, PidFacts[]>();
  for (const one of facts) owners.set(one.task.pid, [...(owners.get(one.task.pid) ?? []), one]);
  for (const one of facts) {
    const { task, tgid } = one;
    const shared = (owners.get(task.pid) ?? []).filter((other) => other !== one);
    // Of two with one pid, who contradicts itself is wrong; else a thread, which has no second mark; else the later.
    const better = shared.find((other) => rank(other) > rank(one) || (rank(other) === rank(one) && facts.indexOf(other) < facts.indexOf(one))); // prettier-ignore
    const message = !one.in_range
      ? `pid is ${task.pid}`
      : better
        ? `pid ${task.pid} is ${better.task.name}'s too`
        : !one.consistent
          ? task.leader
            ? `pid is ${task.pid}, tgid ${tgid}`
            : `tgid ${tgid} is not its group's`
          : '';
    if (message === '') continue;
    const blames_tgid =
      one.in_range && !better && (!task.leader || isTgidWrong(inspection, one, facts, owners));
    const [member, offset] = blames_tgid ? ['tgid', census.layout.tgid] : ['pid', census.layout.pid];
    inspection.report({
      code: 'TASK_PID',
      place: `${task.name}.${member}`,
      address: task.address + offset,
      bytes: 4,
      object: { type: 'task_struct', base: task.address },
      message,
    });
  }
}

interface PidFacts {
  readonly task: Task;
  readonly tgid: number;
  readonly in_range: boolean;
  /** A leader's two numbers agree; a thread's tgid is one of its leader's two. */
  readonly consistent: boolean;
  /** tgids of the other threads of its group. */
  readonly siblings: readonly number[];
}

function pidFacts(inspection: Inspection, census: Census): readonly PidFacts[] {
  const { space } = inspection;
  const tgidOf = (task: Task): number => space.i32(task.address + census.layout.tgid);
  const facts: PidFacts[] = [];
  let leader: Task | undefined;
  let threads: number[] = [];
  for (const task of census.tasks) {
    const tgid = tgidOf(task);
    if (task.leader) [leader, threads] = [task, []];
    else threads.push(tgid);
    const in_range = task.address === census.head ? task.pid === 0 : task.pid >= 1 && task.pid <= PID_LIMIT;
    const of_group = leader !== undefined && (tgid === leader.pid || tgid === tgidOf(leader));
    facts.push({ task, tgid, in_range, consistent: task.leader ? tgid === task.pid : of_group, siblings: threads }); // prettier-ignore
  }
  return facts;
}

function rank(one: PidFacts): number {
  return (one.consistent && one.in_range ? 2 : 0) + (one.task.leader ? 1 : 0);
}

/** Whether of a leader's pid and tgid the tgid is the wrong one: what its threads, its range and the order of pids say. */
function isTgidWrong(
  inspection: Inspection,
  { task, tgid, siblings }: PidFacts,
  facts: readonly PidFacts[],
  owners: ReadonlyMap<number, readonly PidFacts[]>,
): boolean {
  if (siblings.length > 0) return siblings.filter((one) => one === task.pid).length > siblings.filter((one) => one === tgid).length; // prettier-ignore
  if (!(tgid >= 1 && tgid <= PID_LIMIT) || owners.has(tgid)) return true;
  // The ring is in the order of birth, in which pids grow until they wrap.
  const leaders = facts.filter((one) => one.task.leader);
  const at = leaders.findIndex((one) => one.task === task);
  const before = leaders[at - 1]?.task.pid ?? 0;
  const last = inspection.subject.symbol('last_pid');
  const after = leaders[at + 1]?.task.pid ?? (last === undefined ? Infinity : inspection.space.u32(last) + 1);
  const fits = (pid: number): boolean => before < pid && pid < after;
  return fits(task.pid) && !fits(tgid);
}
