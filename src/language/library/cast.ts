import type { TypeModel } from '../../model/structure.ts';
import type { TypeExpr } from '../tree.ts';
import type { Context } from './context.ts';
import { typeModel } from './types.ts';

/** The type after `as`, or in `sizeof( )`. */
export function readCastType(expr: TypeExpr, context: Context): TypeModel | undefined {
  const { scope, names } = context;
  const type = typeModel(expr, { scope, names, struct: (name) => names.structs.get(name), type: typeModel });
  if (type !== undefined) needed(type, context);
  return type;
}

/** Notes the structs that a type names. */
export function needed(type: TypeModel, { needs }: Pick<Context, 'needs'>): void {
  if (type.kind === 'named') needs.structs.add(type.name);
  else if (type.kind === 'pointer') needed(type.to, { needs });
  else if (type.kind === 'array') needed(type.of, { needs });
  else if (type.kind === 'aggregate') for (const member of type.members) needed(member.type, { needs });
}
