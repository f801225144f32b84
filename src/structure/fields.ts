import type { TypeModel } from '../model/structure.ts';
import { resolveType } from '../model/type-source.ts';
import type { TypeSource } from '../model/type-source.ts';

/** A field of an object. */
export interface FieldAt {
  /** `link.next`. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

const FIELD_LIMIT = 64;
const DEPTH_LIMIT = 4;

/** The innermost named fields that lie wholly in [from, from + bytes) of a type, at most 64; offsets from `from`. */
export function fieldsIn(
  type: TypeModel,
  source: TypeSource,
  bytesOf: (type: TypeModel) => number,
  from: number,
  bytes: number,
): readonly FieldAt[] {
  const fields: FieldAt[] = [];
  collect(type, 0, '', 0);
  return fields;

  function collect(of: TypeModel, base: number, prefix: string, depth: number): void {
    const seen = resolveType(of, source);
    if (typeof seen !== 'object' || seen.kind !== 'aggregate') return;
    for (const member of seen.members) {
      if (fields.length >= FIELD_LIMIT) return;
      const [offset, size] = [base + member.offset, bytesOf(member.type)];
      if (offset + size <= from || offset >= from + bytes) continue;
      const name = member.name === '' ? prefix : prefix === '' ? member.name : `${prefix}.${member.name}`;
      const inner = resolveType(member.type, source);
      const is_struct = typeof inner === 'object' && inner.kind === 'aggregate';
      if (is_struct && (!inner.union || member.name === '') && depth < DEPTH_LIMIT)
        collect(inner, offset, name, depth + 1);
      else if (offset >= from && offset + size <= from + bytes && name !== '' && size > 0)
        fields.push({ name, offset: offset - from, bytes: size });
    }
  }
}
