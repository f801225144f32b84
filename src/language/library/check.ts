import { isWrong } from '../../model/formula-types.ts';
import type { FormulaType, Wrong } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { condition, typeOf } from '../../model/typing.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';

const CODES: Readonly<Record<Wrong['problem'], string>> = {
  no_name: 'E0821',
  no_element: 'E0830',
  no_locator: 'E0821',
  no_member: 'E0822',
  no_type: 'E0802',
  no_function: 'E0823',
  arguments: 'E0824',
  mismatch: 'E0825',
  not_a_number: 'E0826',
  not_a_place: 'E0827',
  not_elements: 'E0828',
  out_of_bounds: 'E0829',
};

/** Tells what keeps a formula from having a type. */
export function tell(problem: Wrong, { scope }: Context): undefined {
  return failAt(scope, CODES[problem.problem], problem.span, problem.message, 'here');
}

/** False when a formula has no type, which is reported. */
export function checkFormula(formula: Formula, context: Context): boolean {
  return checkedType(formula, context) !== undefined;
}

/** The type of a formula; undefined when it has none, which is reported. */
export function checkedType(formula: Formula, context: Context): FormulaType | undefined {
  const type = typeOf(formula, context.typing);
  return isWrong(type) ? tell(type, context) : type;
}

/** False when a formula is no condition, which is reported. */
export function checkCondition(formula: Formula, context: Context): boolean {
  const problem = condition(formula, context.typing);
  if (problem !== undefined) tell(problem, context);
  return problem === undefined;
}
