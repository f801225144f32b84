import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Locator } from '../../formats/locator.ts';
import type { Meter } from '../limits.ts';
import type { Links, Ring } from '../validate/ring.ts';
import { walkRing } from '../validate/ring.ts';
import { STOCK_LOCATORS } from './stock.ts';
import type { Subject } from './subject.ts';

/** A task, by what its own memory says. */
export interface Task {
  readonly address: Address;
  readonly pid: number;
  /** Up to the NUL; damaged names show as they are. */
  readonly comm: string;
  readonly leader: boolean;
  /** As a spec names it: `tasks["nginx"]`, `tasks[412]`, `threads[413]`. */
  readonly name: string;
}

/** Offsets in task_struct that several validators use. */
export interface TaskLayout {
  readonly tasks: number;
  readonly thread_group: number;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: number;
  readonly state: number;
  readonly exit_state: number;
  readonly cpu: number;
  readonly on_cpu: number;
  readonly on_rq: number;
  readonly se_on_rq: number;
  readonly stack: number;
  readonly sp: number;
  readonly run_node: number;
  readonly vruntime: number;
  readonly mm: number;
  readonly bytes: number;
}

const LAYOUT: Readonly<Record<Exclude<keyof TaskLayout, 'bytes'>, string>> = {
  tasks: 'tasks', thread_group: 'thread_group', pid: 'pid', tgid: 'tgid', comm: 'comm', state: '__state', exit_state: 'exit_state', cpu: 'thread_info.cpu',
  on_cpu: 'on_cpu', on_rq: 'on_rq', se_on_rq: 'se.on_rq', stack: 'stack', sp: 'thread.sp', run_node: 'se.run_node', vruntime: 'se.vruntime', mm: 'mm',
}; // prettier-ignore
const COMM_BYTES = 16;
/** No name of a task has it. */
export const UNPRINTABLE = '\ufffd';
/** PID_MAX_LIMIT of a 64-bit kernel. */
const PID_LIMIT = 4_194_304;

/** Every task that is to be found, and how. */
export interface Census {
  readonly head: Address;
  readonly layout: TaskLayout;
  readonly links: Links;
  readonly ring: Ring;
  /** The ring of threads of each group leader that has more than itself, or whose ring is broken. */
  readonly groups: readonly { readonly leader: Task; readonly ring: Ring }[];
  /** init_task first, then the ring, each leader followed by its threads. */
  readonly tasks: readonly Task[];
  readonly by_address: ReadonlyMap<Address, Task>;
}

export type CensusResult =
  | { readonly ok: true; readonly census: Census }
  | { readonly ok: false; readonly code: 'NO_SYMBOL' | 'NO_TYPE' | 'UNMAPPED'; readonly message: string };

/** Walks the task list as the patient's locator says, or as every stock Linux has it. */
export function takeCensus(subject: Subject, described: Locator | undefined, meter: Meter): CensusResult {
  const locator = described ?? STOCK_LOCATORS.get('tasks');
  const symbol = locator?.root.symbol ?? 'init_task';
  const head = subject.symbol(symbol) ?? (symbol === '' ? locator?.root.address : undefined);
  if (head === undefined) return { ok: false, code: 'NO_SYMBOL', message: `there is no symbol ${symbol}` };
  const type = locator?.keys.get('TYPE') ?? 'task_struct';
  const link = locator?.keys.get('LINK') ?? 'tasks';
  const nested = locator?.keys.get('NESTED') ?? 'thread_group';
  const layout = layoutOf(subject, type, link, nested);
  const links = { next: subject.offset('list_head', 'next'), prev: subject.offset('list_head', 'prev') };
  if (typeof layout === 'string') return { ok: false, code: 'NO_TYPE', message: layout };
  if (!subject.space.mapped(head + layout.tasks)) return { ok: false, code: 'UNMAPPED', message: `${symbol} is not mapped` }; // prettier-ignore
  const limit = Math.min(Number(locator?.keys.get('LIMIT') ?? 32_768) || 32_768, 65_536);
  const ring = walkRing(subject.space, head + layout.tasks, links, meter, limit);
  const addresses: { address: Address; leader: boolean }[] = [];
  const broken: { leader: Address; ring: Ring }[] = [];
  for (const leader of [head, ...ring.nodes.map((node) => node - layout.tasks)]) {
    addresses.push({ address: leader, leader: true });
    const group_head = leader + layout.thread_group;
    // Most groups are alone: their ring is its own head.
    if (subject.space.u64(group_head + links.next) === group_head && subject.space.u64(group_head + links.prev) === group_head) continue; // prettier-ignore
    const group = walkRing(subject.space, group_head, links, meter, limit);
    broken.push({ leader, ring: group });
    for (const member of group.nodes)
      addresses.push({ address: member - layout.thread_group, leader: false });
  }
  const tasks = nameTasks(subject, layout, addresses);
  const by_address = new Map(tasks.map((task) => [task.address, task]));
  const groups = broken.map(({ leader, ring: of }) => ({ leader: by_address.get(leader) as Task, ring: of }));
  return { ok: true, census: { head, layout, links, ring, groups, tasks, by_address } };
}

function layoutOf(subject: Subject, type: string, link: string, nested: string): TaskLayout | string {
  const layout: Record<string, number> = { bytes: subject.sizeOf(type) };
  for (const [key, path] of Object.entries(LAYOUT)) {
    const name = key === 'tasks' ? link : key === 'thread_group' ? nested : path;
    const offset = subject.offset(type, name);
    if (Number.isNaN(offset)) return `BTF has no ${type}.${name}`;
    layout[key] = offset;
  }
  return layout as unknown as TaskLayout;
}

function nameTasks(
  subject: Subject,
  layout: TaskLayout,
  addresses: readonly { address: Address; leader: boolean }[],
): Task[] {
  const comms = addresses.map(({ address }) => readText(subject, address + layout.comm));
  const leaders = new Map<string, number>();
  addresses.forEach(({ leader }, index) => {
    if (leader) leaders.set(comms[index] as string, (leaders.get(comms[index] as string) ?? 0) + 1);
  });
  return addresses.map(({ address, leader }, index) => {
    const comm = comms[index] as string;
    const pid = subject.space.i32(address + layout.pid);
    const named = leader && leaders.get(comm) === 1 && /^[\x20-\x7e]+$/.test(comm) && !/["\\]/.test(comm);
    const name = named ? `tasks["${comm}"]` : `${leader ? 'tasks' : 'threads'}[${pid}]`;
    return { address, pid, comm, leader, name };
  });
}

/** char[16]; what is not printable ASCII shows as UNPRINTABLE. */
function readText(subject: Subject, address: Address): string {
  let text = '';
  for (let index = 0; index < COMM_BYTES; index++) {
    const byte = subject.space.u8(address + index);
    if (byte === 0 || Number.isNaN(byte)) break;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : UNPRINTABLE;
  }
  return text;
}

/** How many of a task's own marks an address must bear: one of them may be what is damaged. */
const MARKS_NEEDED = 4;

/**
 * True when an address that is on no list holds something that can be nothing but a task: one that is being reaped is off the ring
 * while it still runs; idle tasks never were on it.
 */
export function looksLikeTask(subject: Subject, layout: TaskLayout, address: Address): boolean {
  if (!isCanonical(address) || (address & 7) !== 0) return false;
  const { space } = subject;
  const pid = space.i32(address + layout.pid);
  const tgid = space.i32(address + layout.tgid);
  if (Number.isNaN(pid) || Number.isNaN(tgid)) return false;
  const stack = space.u64(address + layout.stack);
  const comm = readText(subject, address + layout.comm);
  const marks = [
    pid >= 0 && pid <= PID_LIMIT,
    tgid >= 0 && tgid <= PID_LIMIT,
    isCanonical(stack) && stack < 0 && (stack & 0xfff) === 0,
    comm !== '' && !comm.includes(UNPRINTABLE),
    space.u32(address + layout.cpu) < Math.max(subject.cpus, 1),
  ];
  return marks.filter(Boolean).length >= MARKS_NEEDED;
}

/** True for the idle task of a CPU: init_task is the first CPU's, the others bear the marks of one. */
export function isIdleTask(subject: Subject, census: Census, address: Address, cpu: number): boolean {
  if (address === census.head) return cpu === 0;
  const { layout } = census;
  if (!looksLikeTask(subject, layout, address)) return false;
  const { space } = subject;
  const marks = [
    space.i32(address + layout.pid) === 0,
    space.i32(address + layout.tgid) === 0,
    space.u32(address + layout.cpu) === cpu,
    readText(subject, address + layout.comm).startsWith('swapper'),
  ];
  return marks.filter(Boolean).length >= 3;
}
