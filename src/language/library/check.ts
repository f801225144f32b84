import { isWrong } from '../../model/formula-types.ts';
import type { FormulaType, Wrong } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { condition, typeOf } from '../../model/typing.ts';
import type { Span } from '../../text/span.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';

const CODES: Readonly<Record<Wrong['problem'], string>> = {
  no_name: 'E1021',
  no_element: 'E1030',
  no_locator: 'E1021',
  no_member: 'E1022',
  no_type: 'E1002',
  no_function: 'E1023',
  arguments: 'E1024',
  mismatch: 'E1025',
  not_a_number: 'E1026',
  not_a_place: 'E1027',
  not_elements: 'E1028',
  out_of_bounds: 'E1029',
};

/** Under the carets. */
const SAID: Readonly<Partial<Record<Wrong['problem'], string>>> = {
  mismatch: 'these do not go together',
  not_a_number: 'no number',
  not_a_place: 'no place',
  not_elements: 'nothing to go through',
  out_of_bounds: 'outside',
};

/** Tells what keeps a formula from having a type; where that is in a `def`, also which formula it was written out in. */
export function tell(problem: Wrong, { scope }: Context, within?: Span): undefined {
  return failAt(
    scope,
    CODES[problem.problem],
    problem.span,
    problem.message,
    SAID[problem.problem] ?? 'here',
    undefined,
    within === undefined || lies(problem.span, within) ? [] : [{ span: within, text: 'written out here' }],
  );
}

function lies({ file, start, end }: Span, within: Span): boolean {
  return file === within.file && start >= within.start && end <= within.end;
}

/** False when a formula has no type, which is reported. */
export function checkFormula(formula: Formula, context: Context): boolean {
  return checkedType(formula, context) !== undefined;
}

/** The type of a formula; undefined when it has none, which is reported. */
export function checkedType(formula: Formula, context: Context): FormulaType | undefined {
  const type = typeOf(formula, context.typing);
  return isWrong(type) ? tell(type, context, formula.span) : type;
}

/** False when a formula is no condition, which is reported. */
export function checkCondition(formula: Formula, context: Context): boolean {
  const problem = condition(formula, context.typing);
  if (problem !== undefined) tell(problem, context, formula.span);
  return problem === undefined;
}
