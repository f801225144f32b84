import type { TypeModel } from '../../model/structure.ts';
import type { TypeExpr } from '../tree.ts';
import { bring } from './bring.ts';
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
export function needed(type: TypeModel, where: Needing): void {
  if (type.kind === 'named') {
    bring('structs', type.name, where);
    where.needs.structs.add(type.name);
  } else if (type.kind === 'pointer') needed(type.to, where);
  else if (type.kind === 'array') needed(type.of, where);
  else if (type.kind === 'aggregate') for (const member of type.members) needed(member.type, where);
}

type Needing = Pick<Context, 'needs'> & Partial<Pick<Context, 'scope' | 'into'>>;
