import { describeType, PLACE_TYPES } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { typeOf } from '../../model/typing.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';

/** False when a formula is no place in memory, which is reported. */
export function checkPlace(formula: Formula, word: string, context: Context): boolean {
  const type = typeOf(formula, context.typing);
  if (type.kind === 'wrong' || PLACE_TYPES.has(type.kind)) return true;
  const message = `\`${word}\` takes a place in memory, and this is ${describeType(type)}`;
  failAt(context.scope, 'E1027', formula.span, message, 'no place');
  return false;
}
