import type { Address } from '../../base/address.ts';
import type { Btf } from '../../formats/btf.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';
import { bytesAt, memberOf, objectAt } from '../typed.ts';
import { ring } from '../walk.ts';
import type { Element } from './element.ts';

/** THREAD_SIZE of x86-64 (arch/x86/include/asm/page_64_types.h, without KASAN). */
const THREAD_SIZE = 16_384;
/** TASK_COMM_LEN. */
const COMM_BYTES = 16;
/** More than this on one ring is no list of tasks that a place is looked for in. */
const TASK_LIMIT = 32_768;

interface Task {
  readonly address: Address;
  /** The task that `tasks.next` leads to. */
  readonly next: Address;
  readonly pid: number;
  readonly comm: string;
  /** The task that forked it; itself for init_task. */
  readonly parent: Address;
}

/** Offsets in a task_struct that naming a task needs. */
interface TaskLayout {
  /** sizeof(struct task_struct). */
  readonly bytes: number;
  readonly tasks: number;
  readonly thread_group: number;
  readonly pid: number;
  readonly comm: number;
  readonly parent: number;
}

const layouts = new WeakMap<Btf, TaskLayout>();

/** `tasks`: thread-group leaders from init_task on, in the order of the ring. */
export function taskElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const tasks = leaders(kernel, at);
  return tasks.ok ? found(tasks.value.map((task) => taskElement(kernel, task, 'tasks'))) : tasks;
}

/** `threads`: every leader, each followed by the other threads of its group. */
export function threadElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const tasks = leaders(kernel, at);
  const layout = layoutOf(kernel, at);
  if (!tasks.ok) return tasks;
  if (!layout.ok) return layout;
  const elements: Element[] = [];
  for (const leader of tasks.value) {
    elements.push(taskElement(kernel, leader, 'threads'));
    const links = ring(kernel, leader.address + layout.value.thread_group, at);
    if (!links.ok) return links;
    for (const link of links.value) {
      const thread = taskAt(kernel, link - layout.value.thread_group, layout.value, at);
      if (!thread.ok) return thread;
      elements.push(taskElement(kernel, thread.value, 'threads'));
    }
  }
  return found(elements);
}

/** `stacks`: the kernel stack of each task on the ring. */
export function stackElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const tasks = leaders(kernel, at);
  if (!tasks.ok) return tasks;
  return found(
    tasks.value.map((task) => ({ ...identity(task), open: (text) => stackOf(kernel, task.address, text) })),
  );
}

/** `.end`: the word that holds the end magic; `.sp`: the saved stack pointer of its task. */
export function stackField(kernel: Kernel, stack: BytesPlace, name: string): Outcome<BytesPlace> {
  const text = `${stack.text}.${name}`;
  if (name === 'end') return bytesAt(kernel, stack.address as Address, 8, { text });
  if (name !== 'sp') return lost('NO_MEMBER', stack.text, `a stack has no ${name}`, ['bytes', 'end', 'sp']);
  const task = objectAt(kernel, stack.owner as Address, 'task_struct', { text });
  const thread = task.ok ? memberOf(kernel, task.value, 'thread') : task;
  const sp = thread.ok ? memberOf(kernel, thread.value, 'sp') : thread;
  return sp.ok ? found({ ...sp.value, text }) : sp;
}

/** The task before or after this one on the ring. */
export function neighbour(
  kernel: Kernel,
  task: BytesPlace,
  which: 'successor' | 'predecessor',
): Outcome<BytesPlace> {
  const text = `${task.text}.${which}`;
  const layout = layoutOf(kernel, text);
  if (!layout.ok) return layout;
  const tasks = memberOf(kernel, task, 'tasks');
  const link = tasks.ok ? memberOf(kernel, tasks.value, which === 'successor' ? 'next' : 'prev') : tasks;
  if (!link.ok) return link;
  const next = kernel.u64(link.value.address as Address);
  if (next === undefined) return lost('UNMAPPED', task.text, 'its link cannot be read');
  return objectAt(kernel, next - layout.value.tasks, 'task_struct', { text, element: 'tasks' });
}

/** The first task of that comm: whose address space an application's structure lies in. */
export function findTask(kernel: Kernel, comm: string, at: string): Outcome<Address> {
  const tasks = leaders(kernel, at);
  if (!tasks.ok) return tasks;
  const task = tasks.value.find((known) => known.comm === comm);
  return task ? found(task.address) : lost('NOT_FOUND', at, `there is no task ${comm}`);
}

function taskElement(kernel: Kernel, task: Task, collection: string): Element {
  return {
    ...identity(task),
    open: (text) => objectAt(kernel, task.address, 'task_struct', { text, element: collection }),
  };
}

function identity(task: Task): Omit<Element, 'open'> {
  const { address: own, parent } = task;
  return { label: JSON.stringify(task.comm), name: task.comm, number: task.pid, own, parent };
}

function stackOf(kernel: Kernel, task: Address, text: string): Outcome<BytesPlace> {
  const object = objectAt(kernel, task, 'task_struct', { text });
  const pointer = object.ok ? memberOf(kernel, object.value, 'stack') : object;
  if (!pointer.ok) return pointer;
  const low = kernel.u64(pointer.value.address as Address);
  if (low === undefined) return lost('UNMAPPED', text, 'its task cannot be read');
  return bytesAt(kernel, low, THREAD_SIZE, { text, element: 'stacks', owner: task });
}

/** From init_task on, in one pass: each task_struct is read once. */
function leaders(kernel: Kernel, at: string): Outcome<readonly Task[]> {
  const init = kernel.symbol('init_task');
  if (init === undefined) return lost('NO_SYMBOL', at, 'the kernel has no init_task');
  const layout = layoutOf(kernel, at);
  if (!layout.ok) return layout;
  const tasks: Task[] = [];
  const seen = new Set<Address>();
  let address = init;
  do {
    const task = taskAt(kernel, address, layout.value, at);
    if (!task.ok) return lost('UNMAPPED', at, `the ring leaves mapped memory after ${tasks.length} entries`);
    if (seen.has(address) || tasks.length >= TASK_LIMIT) {
      return lost('WALK', at, `the ring does not close: it has been through ${tasks.length} entries`);
    }
    seen.add(address);
    tasks.push(task.value);
    address = task.value.next;
  } while (address !== init);
  return found(tasks);
}

function taskAt(kernel: Kernel, address: Address, layout: TaskLayout, at: string): Outcome<Task> {
  const bytes = new Uint8Array(layout.bytes);
  if (!kernel.read(address, bytes)) return lost('UNMAPPED', at, 'a task leaves mapped memory');
  const view = new DataView(bytes.buffer);
  const comm = bytes.subarray(layout.comm, layout.comm + COMM_BYTES);
  const end = comm.indexOf(0);
  return found({
    address,
    next:
      kernel.address(view.getUint32(layout.tasks, true), view.getInt32(layout.tasks + 4, true)) -
      layout.tasks,
    pid: view.getInt32(layout.pid, true),
    parent: kernel.address(view.getUint32(layout.parent, true), view.getInt32(layout.parent + 4, true)),
    comm: String.fromCharCode(...(end < 0 ? comm : comm.subarray(0, end))),
  });
}

function layoutOf(kernel: Kernel, at: string): Outcome<TaskLayout> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const known = layouts.get(btf.value);
  if (known) return found(known);
  const type = btf.value.find('struct', 'task_struct');
  if (type === undefined) return lost('NO_TYPE', at, 'BTF has no struct task_struct');
  const [tasks, thread_group, pid, comm, parent] = [
    'tasks',
    'thread_group',
    'pid',
    'comm',
    'real_parent',
  ].map((name) => btf.value.member(type, name)?.offset);
  if (tasks === undefined || pid === undefined || comm === undefined) {
    return lost('NO_MEMBER', at, 'task_struct lacks tasks, pid or comm');
  }
  const bytes = btf.value.sizeOf(type);
  const layout = { bytes, tasks, thread_group: thread_group ?? tasks, pid, comm, parent: parent ?? tasks };
  layouts.set(btf.value, layout);
  return found(layout);
}
