import type { Formula } from '../../model/structure.ts';
import { fail, spanOf } from '../scope.ts';
import type { Node, Step } from '../tree.ts';
import { sized } from './build.ts';
import type { Context } from './context.ts';

/** Follows members and indices. */
export function readSteps(
  start: Formula,
  steps: readonly Step[],
  whole: Node,
  context: Context,
): Formula | undefined {
  let formula: Formula | undefined = start;
  for (const step of steps) {
    const span = spanOf(context.scope.unit, { start: whole.start, end: step.end });
    if (step.kind === 'field') formula = { kind: 'member', of: formula, name: step.name, span };
    else if (step.kind === 'all') formula = { kind: 'every', of: formula, span };
    else if (step.kind === 'index') {
      const index = context.read(step.index, context);
      if (index === undefined) return undefined;
      formula = { kind: 'index', of: formula, index, span };
    } else
      return fail(context.scope, 'E1023', step, 'only functions are called, and this is none', 'not a function'); // prettier-ignore
    formula = sized(formula, whole, context);
    if (formula === undefined) return undefined;
  }
  return formula;
}
