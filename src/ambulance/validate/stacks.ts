import type { Task } from '../locate/census.ts';
import type { Inspection, Validator } from './validator.ts';
import { hex } from './validator.ts';

const TASK_DEAD = 0x80;
const DEFAULT_BYTES = 16_384;
const DEFAULT_MAGIC = 0x57ac_6e9d;

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
  { bytes, magic, running }: { bytes: number; magic: number; running: boolean },
): void {
  const { space, subject, census } = inspection;
  if (!census) return;
  const { layout } = census;
  // The stack of a dead task is given back before its parent asks for it.
  if ((space.u32(task.address + layout.state) & TASK_DEAD) !== 0) return;
  inspection.elements++;
  const low = space.u64(task.address + layout.stack);
  const name = task.name.replace(/^(?:tasks|threads)/, 'stacks');
  const object = { type: 'task_struct', base: task.address };
  if (!space.mapped(low)) {
    inspection.report({ code: 'STACK_POINTER', place: `${task.name}.stack`, address: task.address + layout.stack, bytes: 8, object, message: `stack ${inspection.hexAt(task.address + layout.stack)} is not mapped` }); // prettier-ignore
    return;
  }
  if (space.u32(low) !== magic || space.u32(low + 4) !== 0) {
    inspection.report({
      code: 'STACK_END',
      place: `${name}.end`,
      address: low,
      bytes: 8,
      message: `the end magic is ${inspection.hexAt(low)}`,
      expected: magic,
    });
  }
  if (running || space.u32(task.address + layout.on_cpu) !== 0) return;
  const sp = space.u64(task.address + layout.sp);
  const frame = subject.sizeOf('inactive_task_frame');
  if (!(sp >= low && sp + (frame || 8) <= low + bytes) || (sp & 7) !== 0) {
    inspection.report({ code: 'STACK_POINTER', place: `${name}.sp`, address: task.address + layout.sp, bytes: 8, object, message: `the saved stack pointer ${inspection.hexAt(task.address + layout.sp)} is not in ${hex(low)}..${hex(low + bytes)}` }); // prettier-ignore
    return;
  }
  const returns = sp + subject.offset('inactive_task_frame', 'ret_addr');
  const target = space.u64(returns);
  if (Number.isNaN(returns) || subject.inText(target)) return;
  inspection.report({
    code: 'STACK_RETURN',
    place: `${name}.bytes[${returns - low}]`,
    address: returns,
    bytes: 8,
    message: `it would return to ${inspection.hexAt(returns)}`,
  });
}
