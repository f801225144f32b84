import type { Formula } from '../../model/structure.ts';
import { fail, spanOf } from '../scope.ts';
import type { Expr, PathExpr } from '../tree.ts';
import { readCastType } from './cast.ts';
import type { Context } from './context.ts';

/** `sizeof(node)`: bytes of a type. */
export function readSizeof(expr: PathExpr, args: readonly Expr[], context: Context): Formula | undefined {
  const { scope } = context;
  const [arg] = args;
  if (args.length !== 1 || arg?.kind !== 'path' || arg.steps.length > 0)
    return fail(
      scope,
      'E1024',
      expr,
      '`sizeof` takes the name of a type',
      'no type',
      'as in `sizeof(order)`',
    );
  const { root, start, end } = arg;
  const type = readCastType(
    { pointers: 0, base: { kind: 'name', name: root }, lengths: [], start, end },
    context,
  );
  return type && { kind: 'sizeof', type, span: spanOf(scope.unit, expr) };
}
