import { resolveType } from '../../model/type-source.ts';
import type { TypeSource } from '../../model/type-source.ts';
import type { TypeModel } from '../../model/structure.ts';

/** Names of a type's members, those found through anonymous ones included; a pointer is followed. */
export function memberNames(type: TypeModel, source: TypeSource, depth = 0): string[] {
  const seen = resolveType(type, source);
  if (typeof seen !== 'object' || depth > 8) return [];
  if (seen.kind === 'pointer') return depth === 0 ? memberNames(seen.to, source, 1) : [];
  if (seen.kind !== 'aggregate') return [];
  return seen.members.flatMap((one) =>
    one.name === '' ? memberNames(one.type, source, depth + 1) : [one.name],
  );
}
