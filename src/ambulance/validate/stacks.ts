import type { Address } from '../../base/address.ts';
import type { Task } from '../locate/census.ts';
import { byPhysical } from '../locate/roots.ts';
import type { Inspection, Validator } from './validator.ts';
import { hex } from './validator.ts';

const TASK_DEAD = 0x80;
const DEFAULT_BYTES = 16_384;
const DEFAULT_MAGIC = 0x57ac_6e9d;
const STACK_POINTER_BITS = 47;
const PAGE_BITS = 12;
/** Where a switched-out task goes on: in the scheduler, or where a new one begins. */
const SWITCHED_OUT: ReadonlySet<string> = new Set([
  'schedule',
  '__schedule',
  'ret_from_fork',
  'ret_from_fork_asm',
]);

/** Kernel stacks: end magic, saved stack pointer, and where a sleeping task will go on. */
export const STACKS: Validator = {
  structure: 'stacks',
  run(inspection) {
    const { census, locator } = inspection;
    if (!census) return;
    const bytes = Number(locator.keys.get('BYTES') ?? DEFAULT_BYTES);
    const magic = Number(locator.keys.get('MAGIC') ?? DEFAULT_MAGIC);
    const running = new Set(inspection.activities.map((one) => one.current));
    // Tasks that are being forked or are going are on the list before and after they have a stack to look at.
    inspection.underLock('tasklist_lock', 'rwlock_t');
    for (const task of census.tasks) {
      if (!inspection.meter.step()) return inspection.unreachable('BUDGET', 'too many stacks');
      checkStack(inspection, task, { bytes, magic, running: running.has(task.address) });
    }
  },
};

function checkStack(
  inspection: Inspection,
  task: Task,
  of: { bytes: number; magic: number; running: boolean },
): void {
  const { space, census } = inspection;
  if (!census) return;
  const { layout } = census;
  // The stack of a dead task is given back before its parent asks for it.
  if ((space.u32(task.address + layout.state) & TASK_DEAD) !== 0) return;
  inspection.elements++;
  const low = space.u64(task.address + layout.stack);
  const sp = stackPointer(inspection, task, of.running);
  const marked = space.u32(low) === of.magic && space.u32(low + 4) === 0;
  const inside = sp >= low && sp < low + of.bytes;
  const name = task.name.replace(/^(?:tasks|threads)/, 'stacks');
  const object = { type: 'task_struct', base: task.address };
  // Neither the magic nor what is on it is where the pointer says: it is the pointer that is wrong.
  if (!space.mapped(low) || (low & 0xfff) !== 0 || (!marked && !inside && sp !== 0)) {
    const why = space.mapped(low) ? 'leads to no stack of this task' : 'is not mapped';
    inspection.report({ code: 'STACK_POINTER', place: `${task.name}.stack`, address: task.address + layout.stack, bytes: 8, object, message: `stack ${inspection.hexAt(task.address + layout.stack)} ${why}` }); // prettier-ignore
    return;
  }
  const better = marked ? undefined : otherStack(inspection, low, sp, of);
  if (better !== undefined) {
    inspection.report({ code: 'STACK_POINTER', place: `${task.name}.stack`, address: task.address + layout.stack, bytes: 8, object, message: `stack ${inspection.hexAt(task.address + layout.stack)} is one bit away from ${hex(better)}, where the end magic is`, expected: better }); // prettier-ignore
    return;
  }
  if (!marked) {
    inspection.report({ code: 'STACK_END', place: task.leader ? `${name}.end` : byPhysical(inspection.subject, low), address: low, bytes: 8, message: `the end magic is ${inspection.hexAt(low)}`, expected: of.magic }); // prettier-ignore
  }
  if (of.running || space.u32(task.address + layout.on_cpu) !== 0) return;
  checkFrame(inspection, task, name, low, low + of.bytes);
}

/** A stack one bit away that has its end magic and what the task has on its stack. */
function otherStack(inspection: Inspection, low: Address, sp: Address, of: { bytes: number; magic: number }): Address | undefined {
  for (let bit = PAGE_BITS; bit < STACK_POINTER_BITS; bit++) {
    const unit = 2 ** bit;
    const other = Math.floor(low / unit) % 2 === 0 ? low + unit : low - unit;
    if (inspection.space.u32(other) === of.magic && sp >= other && sp < other + of.bytes) return other;
  }
  return undefined;
} // prettier-ignore

/** Where the task's stack pointer is: saved, or in a CPU's register; 0 when its CPU is in user mode or on another stack. */
function stackPointer(inspection: Inspection, task: Task, running: boolean): Address {
  if (!running) return inspection.space.u64(task.address + (inspection.census?.layout.sp ?? NaN));
  const cpu = inspection.activities.find((one) => one.current === task.address);
  return cpu && cpu.mode !== 'user' && inspection.subject.functionAt(cpu.rip) !== '' ? cpu.rsp : 0;
}

/** The frame that a sleeping task will go on from. */
function checkFrame(inspection: Inspection, task: Task, name: string, low: Address, high: Address): void {
  const { space, subject, census } = inspection;
  const at = task.address + (census?.layout.sp ?? NaN);
  const sp = space.u64(at);
  const returns = subject.offset('inactive_task_frame', 'ret_addr');
  const object = { type: 'task_struct', base: task.address };
  const lies = sp >= low && sp + (Number.isNaN(returns) ? 8 : returns + 8) <= high;
  const target = space.u64(sp + returns);
  if (lies && (sp & 7) === 0 && (Number.isNaN(returns) || subject.inText(target))) return;
  const better = Number.isNaN(returns) ? undefined : otherPointer(inspection, sp, returns, low, high);
  if (lies && (sp & 7) === 0 && better === undefined) {
    inspection.report({ code: 'STACK_RETURN', place: task.leader ? `${name}.bytes[${sp + returns - low}]` : byPhysical(subject, sp + returns), address: sp + returns, bytes: 8, message: `it would return to ${inspection.hexAt(sp + returns)}` }); // prettier-ignore
    return;
  }
  const why = lies ? 'leads to no frame' : `is not in ${hex(low)}..${hex(high)}`;
  inspection.report({
    code: 'STACK_POINTER',
    place: task.leader ? `${name}.sp` : `${task.name}.thread.sp`,
    address: at,
    bytes: 8,
    object,
    message: `the saved stack pointer ${inspection.hexAt(at)} ${why}`,
    ...(better === undefined ? {} : { expected: better }),
  });
}

/** A pointer one bit away, at which a switched-out task's frame really lies. */
function otherPointer(inspection: Inspection, sp: Address, returns: number, low: Address, high: Address): Address | undefined {
  for (let bit = 0; bit < STACK_POINTER_BITS; bit++) {
    const unit = 2 ** bit;
    const other = Math.floor(sp / unit) % 2 === 0 ? sp + unit : sp - unit;
    if (!(other >= low && other + returns + 8 <= high) || (other & 7) !== 0) continue;
    if (SWITCHED_OUT.has(inspection.subject.functionAt(inspection.space.u64(other + returns)))) return other;
  }
  return undefined;
} // prettier-ignore
