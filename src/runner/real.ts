import { adapted, impossible, runReal } from '../execute/real.ts';
import { restoreMachine } from '../targets/qemu/machine.ts';
import { type ProblemCode, QemuProblem } from '../targets/qemu/problem.ts';
import type { RealRun, RunOnReal } from './execute.ts';

/** What is not here: the scenario was not run for want of it, which says nothing of anybody's code. */
const ABSENT: ReadonlySet<ProblemCode> = new Set(['MISSING_PROGRAM', 'NO_GUEST', 'NO_KERNEL']);

/** One run on a stock kernel under QEMU. A machine that cannot be had, or is lost, costs its own scenario alone. */
export const runOnQemu: RunOnReal = (scenario, { seed }, context) => {
  const { cache = '', search_path = '', levels = 4, aside } = context;
  const reason = impossible(scenario);
  if (reason !== undefined) return { status: 'inconclusive', reason };
  const fit = adapted(scenario);
  try {
    const machine = restoreMachine(fit.scenario.topology, {
      cache,
      search_path,
      levels,
      ...(aside && { aside }),
    });
    if (machine instanceof QemuProblem) return told(machine);
    try {
      return { finished: runReal(fit, seed, machine), scenario: fit.scenario };
    } catch (error) {
      machine.release();
      throw error;
    }
  } catch (error) {
    if (error instanceof QemuProblem) return told(error);
    throw error;
  }
};

function told({ code, message, mend }: QemuProblem): RealRun {
  const reason = `${message}: ${mend}`;
  if (code === 'UNSUPPORTED') return { status: 'inconclusive', reason };
  return { status: ABSENT.has(code) ? 'skipped' : 'errored', reason };
}
