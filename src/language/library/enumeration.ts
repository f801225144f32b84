import type { Formula, MemberModel, TypeModel } from '../../model/structure.ts';
import { findMember } from '../../model/type-source.ts';
import { fail, spanOf } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { PathExpr } from '../tree.ts';
import { needed } from './cast.ts';
import type { Context } from './context.ts';
import { memberNames } from './members-of.ts';

/** `order.state` where `order` is a struct: the values of that member's enumeration. */
export function structName(expr: PathExpr, context: Context): Formula | undefined {
  const { scope, names } = context;
  const { text } = expr.root;
  let type: TypeModel = { kind: 'named', name: text };
  for (const step of expr.steps) {
    const member: MemberModel | 'opaque' | undefined =
      step.kind === 'field' ? findMember(type, step.name, names.source) : undefined;
    if (member === undefined || member === 'opaque' || step.kind !== 'field') {
      const known = memberNames(type, names.source);
      const help = step.kind === 'field' ? didYouMean(step.name, known, 'its members are') : undefined;
      const what = step.kind === 'field' ? ` \`${step.name}\`` : ' of that kind';
      return fail(scope, 'E1022', step, `\`${text}\` is a struct and has no member${what}`, 'unknown', help);
    }
    ({ type } = member);
  }
  needed({ kind: 'named', name: text }, context);
  return { kind: 'enumeration', type, span: spanOf(scope.unit, expr) };
}
