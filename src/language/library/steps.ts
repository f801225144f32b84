import { CPU_MEMBERS } from '../../model/formula-functions.ts';
import type { Formula } from '../../model/structure.ts';
import { typeOf } from '../../model/typing.ts';
import { fail, spanOf } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Node, Step } from '../tree.ts';
import { bring } from './bring.ts';
import { sized } from './build.ts';
import type { Context } from './context.ts';
import { memberNames } from './members-of.ts';

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
    if (step.kind === 'field') {
      const member: Formula = { kind: 'member', of: formula, name: step.name, span };
      if (!isMember(member, step, context)) return undefined;
      formula = member;
    } else if (step.kind === 'all') formula = { kind: 'every', of: formula, span };
    else if (step.kind === 'index') {
      const index = context.read(step.index, context);
      if (index === undefined) return undefined;
      formula = { kind: 'index', of: formula, index, span };
    } else
      return fail(
        context.scope,
        'E1023',
        step,
        'only functions are called, and this is none',
        'not a function',
      );
    formula = sized(formula, whole, context);
    if (formula === undefined) return undefined;
  }
  return formula;
}

/** False when there is no such member, which is reported at its name. */
function isMember(formula: Formula & { kind: 'member' }, step: Node, context: Context): boolean {
  const { typing, scope } = context;
  if (context.into !== undefined && context.names.locators.get(formula.name)?.parent !== undefined)
    bring('locators', formula.name, context);
  const type = typeOf(formula, typing);
  if (type.kind !== 'wrong' || type.problem !== 'no_member' || type.span !== formula.span) return true;
  const of = typeOf(formula.of, typing);
  const each = of.kind === 'elements' && of.locator === undefined ? of.of : of;
  const names =
    each.kind === 'cpu'
      ? [...CPU_MEMBERS.keys()]
      : each.kind === 'place'
        ? memberNames(each.type, typing.source)
        : each.kind === 'pointer'
          ? memberNames(each.to, typing.source)
          : [];
  const help = didYouMean(formula.name, names, 'its members are');
  fail(scope, 'E1022', step, type.message, 'unknown', help);
  return false;
}
