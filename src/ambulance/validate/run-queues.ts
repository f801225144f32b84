import type { Address } from '../../base/address.ts';
import type { Census } from '../locate/census.ts';
import { isIdleTask, looksLikeTask } from '../locate/census.ts';
import type { Root } from '../locate/roots.ts';
import { byPhysical } from '../locate/roots.ts';
import type { NodeLayout, Tree, TreeFault } from './tree.ts';
import { walkTree } from './tree.ts';
import { checkGuard } from './guards.ts';
import type { Inspection, Validator } from './validator.ts';
import { hex } from './validator.ts';

const TASK_DEAD = 0x80;
const TASK_NEW = 0x800;
/** Below this a task is scheduled by deadline or real time, and in no tree of the fair class (linux/sched/prio.h). */
const FIRST_FAIR_PRIO = 100;

interface Queue {
  readonly nr_running: number;
  readonly cfs_nr: number;
  readonly root: number;
  readonly leftmost: number;
  readonly curr: number;
  readonly idle: number;
}

/** Per-CPU run queues: the fair class's tree, what it counts, and who runs. */
export const RUN_QUEUES: Validator = {
  structure: 'run_queues',
  run(inspection) {
    const { locator, census } = inspection;
    const type = locator.keys.get('TYPE') ?? 'rq';
    const tree = locator.keys.get('TREE') ?? 'cfs.tasks_timeline';
    const at = inspection.offsets(type, {
      nr_running: (locator.keys.get('COUNT') ?? '.nr_running').replace(/^\./, ''),
      cfs_nr: `${tree.split('.')[0] ?? 'cfs'}.h_nr_running`,
      root: `${tree}.rb_root.rb_node`,
      leftmost: `${tree}.rb_leftmost`,
      curr: locator.keys.get('CURRENT') ?? 'curr',
      idle: locator.keys.get('IDLE') ?? 'idle',
    });
    const nodes = nodeLayout(inspection);
    if (!at || !nodes || !census) return;
    for (const root of inspection.roots()) {
      if (
        !inspection.space.mapped(root.base) ||
        Number.isNaN(inspection.space.u32(root.base + at.nr_running))
      ) {
        return inspection.unreachable('UNMAPPED', `the run queue of CPU ${root.cpu} is not mapped`);
      }
      inspection.under(root);
      checkQueue(inspection, census, root, at, nodes, tree);
      checkGuard(inspection, root);
    }
    inspection.unguarded();
    checkPlacement(inspection, census);
  },
};

export function nodeLayout(inspection: Inspection): NodeLayout | undefined {
  return inspection.offsets('rb_node', { parent: '__rb_parent_color', left: 'rb_left', right: 'rb_right' });
}

function checkQueue(inspection: Inspection, census: Census, root: Root, at: Queue, nodes: NodeLayout, path: string): void {
  const { space, subject, meter } = inspection;
  const { layout } = census;
  const place = `run_queues[${root.cpu}]`;
  const object = { type: 'rq', base: root.base };
  inspection.elements++;
  const tree = walkTree(
    space,
    {
      root: root.base + at.root,
      leftmost: root.base + at.leftmost,
      key: (node) => space.u64(node - layout.run_node + layout.vruntime),
      keyAddress: (node) => node - layout.run_node + layout.vruntime,
      genuine: (node) => isTask(inspection, census, node - layout.run_node),
    },
    nodes,
    meter,
  );
  if (tree.exhausted) return inspection.unreachable('BUDGET', `the tree of CPU ${root.cpu} has no end`);
  for (const fault of tree.faults) reportTree(inspection, census, fault, `${place}.${path}`, object);
  const queued = new Set(tree.nodes.map((node) => node - layout.run_node));
  for (const task of queued) {
    inspection.elements++;
    const problem = queuedProblem(inspection, census, task, root.cpu);
    if (problem) reportTask(inspection, census, task, problem.member, problem.offset, problem.message);
  }

  const curr = space.u64(root.base + at.curr);
  const idle = space.u64(root.base + at.idle);
  const idle_sound = isIdleTask(subject, census, idle, root.cpu);
  if (!idle_sound) pointer('idle', at.idle, `idle is ${inspection.hexAt(root.base + at.idle)}: no idle task of this CPU`);
  const curr_sound = curr === idle ? idle_sound : isTask(inspection, census, curr);
  if (!curr_sound && curr !== idle) {
    pointer('curr', at.curr, `curr is ${inspection.hexAt(root.base + at.curr)}: no task`);
  }
  const lost = lostTasks(inspection, census, queued, root.cpu, curr);
  const explained = reportLost(inspection, census, lost, tree, nodes, root, at, `${place}.${path}`, object);
  // A count is judged only when what it counts could be counted.
  if (tree.faults.some((fault) => fault.code === 'RB_POINTER') && lost.length === 0) return;
  if (!curr_sound && curr !== idle) return;
  const running = curr !== idle && space.u32(curr + layout.on_rq) !== 0 && !queued.has(curr) ? 1 : 0;
  const fair = queued.size + lost.length + running;
  const others = realTime(inspection, census, root.cpu, queued);
  const said = space.u32(root.base + at.nr_running);
  count('nr_running', at.nr_running, said, fair + others);
  if (others === 0) count('cfs.h_nr_running', at.cfs_nr, space.u32(root.base + at.cfs_nr), fair);
  if (!explained && said !== fair - lost.length) for (const task of lost) reportTask(inspection, census, task, 'se.run_node', layout.run_node, 'it is runnable and in no tree'); // prettier-ignore

  function pointer(member: string, offset: number, message: string): void {
    inspection.report({ code: 'RQ_CURR', place: `${place}.${member}`, address: root.base + offset, bytes: 8, object, message }); // prettier-ignore
  }

  function count(member: string, offset: number, value: number, expected: number): void {
    if (value === expected || (lost.length > 0 && value === expected - lost.length)) return;
    inspection.report({ code: 'RQ_COUNT', place: `${place}.${member}`, address: root.base + offset, bytes: 4, object, message: `${member} is ${value}, ${expected} are queued or running`, expected }); // prettier-ignore
  }

  function realTime(of: Inspection, all: Census, cpu: number, fair_tasks: ReadonlySet<Address>): number {
    const prio = of.subject.offset('task_struct', 'prio');
    let found = 0;
    for (const { address } of all.tasks) {
      if (fair_tasks.has(address) || of.space.i32(address + prio) >= FIRST_FAIR_PRIO) continue;
      if (of.space.u32(address + layout.on_rq) === 1 && of.space.u32(address + layout.cpu) === cpu && address !== curr) found++; // prettier-ignore
    }
    return Number.isNaN(prio) || !subject.btf ? 0 : found;
  }
} // prettier-ignore

function isTask(inspection: Inspection, census: Census, address: Address): boolean {
  return census.by_address.has(address) || looksLikeTask(inspection.subject, census.layout, address);
}

/**
 * What is wrong with a queued task. Its state may say that it is about to sleep: a task is preempted between saying so and scheduling.
 */
function queuedProblem(
  inspection: Inspection,
  census: Census,
  task: Address,
  cpu: number,
): { member: string; offset: number; message: string } | undefined {
  const { space } = inspection;
  const { layout } = census;
  const state = space.u32(task + layout.state);
  if ((state & (TASK_DEAD | TASK_NEW)) !== 0 && state <= 0xffff) {
    return { member: '__state', offset: layout.state, message: `it is queued, and its state is 0x${state.toString(16)}` }; // prettier-ignore
  }
  const on_rq = space.u32(task + layout.on_rq);
  if (on_rq !== 1)
    return { member: 'on_rq', offset: layout.on_rq, message: `it is queued, and on_rq is ${on_rq}` };
  const own = space.u32(task + layout.cpu);
  if (own === cpu || own >= inspection.subject.cpus) return undefined;
  return {
    member: 'thread_info.cpu',
    offset: layout.cpu,
    message: `it is queued on CPU ${cpu} and says CPU ${own}`,
  };
}

/** TASK_ON_RQ_QUEUED and TASK_ON_RQ_MIGRATING (kernel/sched/sched.h) are 1 and 2. */
const ON_RQ_LIMIT = 2;

/** What every task says of where it runs, queued or not. */
function checkPlacement(inspection: Inspection, census: Census): void {
  const { space, subject } = inspection;
  const { layout } = census;
  for (const { address } of census.tasks) {
    const cpu = space.u32(address + layout.cpu);
    if (cpu >= subject.cpus) reportTask(inspection, census, address, 'thread_info.cpu', layout.cpu, `CPU ${cpu} is none of ${subject.cpus}`); // prettier-ignore
    const on_rq = space.u32(address + layout.on_rq);
    const alone = on_rq === 1 && space.u32(address + layout.se_on_rq) === 0 && address !== census.head;
    if (on_rq > ON_RQ_LIMIT) reportTask(inspection, census, address, 'on_rq', layout.on_rq, `on_rq is ${on_rq}`);
    else if (alone) reportTask(inspection, census, address, 'on_rq', layout.on_rq, 'on_rq says queued, its entity does not'); // prettier-ignore
  }
}

/** Tasks of the fair class that say they are queued on this CPU, and are not. */
function lostTasks(inspection: Inspection, census: Census, queued: ReadonlySet<Address>, cpu: number, curr: Address): Address[] {
  const { space, subject } = inspection;
  const { layout } = census;
  const prio = subject.offset('task_struct', 'prio');
  return census.tasks.flatMap(({ address }) => {
    if (queued.has(address) || address === curr || address === census.head) return [];
    if (space.u32(address + layout.on_rq) !== 1 || space.u32(address + layout.cpu) !== cpu) return [];
    // Its scheduling entity says the same, or it is on_rq that is wrong.
    if (space.u32(address + layout.se_on_rq) !== 1) return [];
    return space.i32(address + prio) < FIRST_FAIR_PRIO ? [] : [address];
  });
} // prettier-ignore

/** A lost task still knows its parent in the tree: that parent's link, or the root, is what is wrong. */
function reportLost(
  inspection: Inspection,
  census: Census,
  lost: readonly Address[],
  tree: Tree,
  nodes: NodeLayout,
  root: Root,
  at: Queue,
  place: string,
  object: { type: string; base: Address },
): boolean {
  const { space } = inspection;
  const { layout } = census;
  const inside = new Set(tree.nodes);
  let explained = false;
  for (const task of lost) {
    const node = task + layout.run_node;
    const word = space.u64(node + nodes.parent);
    const parent = word - (((word % 4) + 4) % 4);
    if (parent !== 0 && !inside.has(parent)) continue;
    const goes_left =
      space.u64(task + layout.vruntime) < space.u64(parent - layout.run_node + layout.vruntime);
    const member = parent === 0 ? 'rb_node' : goes_left ? 'rb_left' : 'rb_right';
    const field = parent === 0 ? root.base + at.root : parent + (goes_left ? nodes.left : nodes.right);
    explained = true;
    if (tree.faults.some((fault) => fault.field === field)) continue;
    reportTree(inspection, census, { code: 'RB_POINTER', field, node: parent, member, expected: node, message: 'has lost a node that is its child' }, place, object); // prettier-ignore
  }
  return explained || tree.faults.length > 0;
}

function reportTask(inspection: Inspection, census: Census, task: Address, member: string, offset: number, message: string): void {
  const known = census.by_address.get(task)?.name;
  const name = known ?? hex(task);
  const place = known === undefined ? byPhysical(inspection.subject, task + offset) : `${known}.${member}`;
  inspection.report({ code: 'RQ_TASK', place, address: task + offset, bytes: 4, object: { type: 'task_struct', base: task }, message: `${name}: ${message}` }); // prettier-ignore
} // prettier-ignore

function reportTree(inspection: Inspection, census: Census, fault: TreeFault, place: string, object: { type: string; base: Address }): void {
  const task = fault.node - census.layout.run_node;
  const name = census.by_address.get(task)?.name;
  const own = fault.member === 'rb_node' || fault.member === 'rb_leftmost';
  const member = fault.member === 'rb_node' ? 'rb_root.rb_node' : fault.member;
  const field = fault.member === 'key' ? 'se.vruntime' : `se.run_node.${fault.member}`;
  const where = own ? `${place}.${member}` : name === undefined ? byPhysical(inspection.subject, fault.field) : `${name}.${field}`; // prettier-ignore
  inspection.report({
    code: fault.code,
    place: where,
    address: fault.field,
    bytes: 8,
    object: own ? object : { type: 'task_struct', base: task },
    message: `${where} is ${inspection.hexAt(fault.field)}: ${fault.message}`,
    ...(fault.expected === undefined ? {} : { expected: fault.expected }),
  });
} // prettier-ignore
