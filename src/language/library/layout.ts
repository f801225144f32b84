import { AGGREGATES, ENUMS, TYPEDEFS, underlying } from '../../model/kernel-types.ts';
import type { CMember, CType } from '../../model/c-types.ts';
import type { StructModel, TypeModel } from '../../model/structure.ts';

/** Bytes that a type takes, and what its address is a multiple of. */
export interface Extent {
  readonly bytes: number;
  readonly align: number;
}

export const alignUp = (offset: number, align: number): number => Math.ceil(offset / align) * align;

/** Extent of a type by the x86-64 psABI; undefined where only a guest can tell, and for `void`. */
export function extentOf(
  type: TypeModel,
  struct: (name: string) => StructModel | undefined,
): Extent | undefined {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return { bytes: type.bytes, align: type.bytes };
    case 'char':
    case 'bool':
      return { bytes: 1, align: 1 };
    case 'pointer':
      return { bytes: 8, align: 8 };
    case 'array': {
      const of = extentOf(type.of, struct);
      return of && { bytes: of.bytes * type.count, align: of.align };
    }
    case 'aggregate':
      return { bytes: type.bytes, align: alignOf(type.members, struct) };
    case 'named': {
      const own = struct(type.name);
      if (own !== undefined && !own.from_guest)
        return { bytes: own.bytes, align: alignOf(own.members, struct) };
      return kernelExtent(type.name);
    }
    case 'void':
      return undefined;
  }
}

/** Structs hold structs: each is looked through once. */
const ALIGNS = new WeakMap<object, number>();

function alignOf(
  members: readonly { readonly type: TypeModel }[],
  struct: (name: string) => StructModel | undefined,
): number {
  const known = ALIGNS.get(members);
  if (known !== undefined) return known;
  let align = 1;
  for (const member of members) align = Math.max(align, extentOf(member.type, struct)?.align ?? 1);
  ALIGNS.set(members, align);
  return align;
}

/** Of a kernel's own type whose members no layout seed moves: `list_head`, `spinlock_t`, `atomic_t`. */
function kernelExtent(name: string): Extent | undefined {
  if (AGGREGATES.has(name)) return extentOfC({ kind: 'aggregate', name });
  const enumeration = ENUMS.get(name);
  if (enumeration !== undefined) return { bytes: enumeration.bytes, align: enumeration.bytes };
  return TYPEDEFS.has(name) ? extentOfC({ kind: 'typedef', name }) : undefined;
}

function extentOfC(type: CType): Extent | undefined {
  const seen = underlying(type);
  switch (seen.kind) {
    case 'int':
      return { bytes: seen.bytes, align: seen.bytes };
    case 'pointer':
      return { bytes: 8, align: 8 };
    case 'array': {
      const of = extentOfC(seen.of);
      return of && { bytes: of.bytes * seen.length, align: of.align };
    }
    case 'anonymous':
      return extentOfMembers(seen.members, seen.union);
    case 'aggregate': {
      const aggregate = AGGREGATES.get(seen.name);
      if (aggregate === undefined || aggregate.packed || aggregate.randomized) return undefined;
      return extentOfMembers(aggregate.members, aggregate.union);
    }
    default:
      return undefined;
  }
}

function extentOfMembers(members: readonly CMember[], union: boolean): Extent | undefined {
  let [bytes, align] = [0, 1];
  for (const member of members) {
    const extent = member.bits > 0 ? undefined : extentOfC(member.type);
    if (extent === undefined) return undefined;
    align = Math.max(align, extent.align);
    bytes = union ? Math.max(bytes, extent.bytes) : alignUp(bytes, extent.align) + extent.bytes;
  }
  return { bytes: alignUp(bytes, align), align };
}
