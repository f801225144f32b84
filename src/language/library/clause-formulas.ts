import type { Formula } from '../../model/structure.ts';
import { single } from '../settings.ts';
import type { Clause } from '../tree.ts';
import { checkAlways } from './always.ts';
import { checkCondition, checkFormula } from './check.ts';
import type { Context } from './context.ts';

/** The condition of a clause. */
export function conditionOf(clause: Clause | undefined, context: Context): Formula | undefined {
  const expr = clause && single(clause.values, clause.word, context.scope);
  const formula = expr && context.read(expr, context);
  if (formula === undefined || !checkCondition(formula, context)) return undefined;
  checkAlways(formula, context);
  return formula;
}

/** The value of a clause. */
export function formulaOf(clause: Clause | undefined, context: Context): Formula | undefined {
  const expr = clause && single(clause.values, clause.word, context.scope);
  const formula = expr && context.read(expr, context);
  return formula !== undefined && checkFormula(formula, context) ? formula : undefined;
}
