import type { TypeModel } from '../../model/structure.ts';

/** What the compiler of locators has to know of a guest: its types, and which variables each CPU has a copy of. */
export interface LocatorTypes {
  /** What a name stands for, with the offsets of this guest; undefined when there is no such type. */
  named(name: string): TypeModel | undefined;
  /** Type of a variable, where that is known; of a per-CPU one, that of a CPU's copy. */
  variable(symbol: string): TypeModel | undefined;
  perCpu(symbol: string): boolean;
}

const DEPTH_LIMIT = 16;

/** Through the names, to what they stand for. */
export function resolved(types: LocatorTypes, type: TypeModel | undefined): TypeModel | undefined {
  let seen = type;
  for (let depth = 0; seen?.kind === 'named' && depth < DEPTH_LIMIT; depth++) seen = types.named(seen.name);
  return seen?.kind === 'named' ? undefined : seen;
}

/** Bytes of a type; undefined when it is not known. */
export function sizeOf(types: LocatorTypes, type: TypeModel): number | undefined {
  const seen = resolved(types, type);
  switch (seen?.kind) {
    case 'int':
    case 'enum':
    case 'aggregate':
      return seen.bytes;
    case 'char':
    case 'bool':
      return 1;
    case 'pointer':
      return 8;
    case 'array': {
      const bytes = sizeOf(types, seen.of);
      return bytes === undefined ? undefined : bytes * seen.count;
    }
    default:
      return undefined;
  }
}

export interface FoundMember {
  readonly type: TypeModel;
  readonly offset: number;
  readonly bits?: { readonly from: number; readonly width: number };
}

/** A member by name, through anonymous ones. */
export function memberOf(
  types: LocatorTypes,
  of: TypeModel | undefined,
  name: string,
  depth = 0,
): FoundMember | undefined {
  const seen = resolved(types, of);
  if (seen?.kind !== 'aggregate' || depth > DEPTH_LIMIT) return undefined;
  for (const member of seen.members) {
    if (member.name === name)
      return { type: member.type, offset: member.offset, ...(member.bits ? { bits: member.bits } : {}) };
    if (member.name !== '') continue;
    const inner = memberOf(types, member.type, name, depth + 1);
    if (inner) return { ...inner, offset: member.offset + inner.offset };
  }
  return undefined;
}

/** `*node`, `u64[15]`: as an entry names a type; '' for one without a name. */
export function typeText(type: TypeModel | undefined): string {
  switch (type?.kind) {
    case 'int':
    case 'named':
      return type.name;
    case 'char':
    case 'bool':
    case 'void':
      return type.kind;
    case 'pointer': {
      const to = typeText(type.to);
      return to === '' ? '' : `*${to}`;
    }
    case 'array': {
      const of = typeText(type.of);
      return of === '' ? '' : `${of}[${type.count}]`;
    }
    default:
      return '';
  }
}
