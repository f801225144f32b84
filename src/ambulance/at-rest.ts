import type { CpuView } from '../structure/session.ts';
import { allRest } from './cpus.ts';
import type { Draft } from './draft.ts';
import { listed } from './roles.ts';
import type { Subject } from './subject.ts';

/** Concluded from where CPUs are, which changes while one looks. */
export const OF_CPUS: ReadonlySet<string> = new Set(['lock_leak', 'deadlock', 'lost_timer']);

/**
 * True for what nobody can be in the middle of. A CPU in user mode or in the idle loop holds no lock that spins, and
 * has interrupts and preemption to give back to nobody. A task that was taken off its CPU may be anywhere where it may
 * be taken off: of what a sleeping lock guards, or none, nothing is known then.
 */
export function isAtRest(of: Concluded, cpus: readonly CpuView[], subject: Known): boolean {
  if (!allRest(cpus)) return false;
  const { structure, code, means, link } = of;
  if (means !== undefined && OF_CPUS.has(means)) return true;
  const { library } = subject;
  const names = (one: string): boolean => one === structure || one === `${structure} ${code}`;
  if (listed('whole_at_rest', library).some(names)) return true;
  return (link || listed('whole_unless_preempted', library).some(names)) && !preemptsItself(subject);
}

type Concluded = Pick<Draft, 'structure' | 'code' | 'means' | 'link'>;
type Known = Pick<Subject, 'library' | 'kallsyms' | 'space'>;

/** preempt_dynamic_none and preempt_dynamic_voluntary (kernel/sched/core.c). */
const NEVER_MODES: ReadonlySet<number> = new Set([0, 1]);

/**
 * True where a task may be taken off its CPU anywhere in the kernel. Of a library that does not say how that is known
 * nothing is known.
 */
function preemptsItself({ library, kallsyms, space }: Known): boolean {
  const functions = listed('preempting', library);
  if (functions.every((name) => kallsyms.lookup(name) === undefined)) return functions.length === 0;
  const modes = listed('preemption_modes', library).map((name) => space.u32(kallsyms.lookup(name) ?? NaN));
  return !modes.some((mode) => NEVER_MODES.has(mode));
}
