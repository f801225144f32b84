import type { CMember, CType } from './c-types.ts';
import { UNTYPED_SYMBOLS } from './kernel-symbols.ts';
import {
  AGGREGATES,
  ENUMS,
  GLOBAL_VARIABLES,
  membersOf,
  namedType,
  PER_CPU_VARIABLES,
  TYPEDEFS,
} from './kernel-types.ts';
import type { MemberModel, TypeModel } from './structure.ts';

/**
 * The simulated kernel's types as a checker sees them: names and kinds, no offsets (a layout makes those, and a guest's
 * BTF tells them). Undefined for a name that this kernel does not have.
 */
export function kernelType(name: string): TypeModel | undefined {
  const known = KNOWN.get(name);
  if (known) return known;
  const type = namedType(name);
  if (!type) return undefined;
  const made =
    type.kind === 'typedef'
      ? modelOf(TYPEDEFS.get(name) as CType)
      : type.kind === 'enum'
        ? enumOf(name)
        : aggregateOf(AGGREGATES.get(name)?.members ?? [], AGGREGATES.get(name)?.union === true);
  KNOWN.set(name, made);
  return made;
}

/** Type of a per-CPU variable of the simulated kernel. */
export function kernelPerCpu(symbol: string): TypeModel | undefined {
  const type = PER_CPU_VARIABLES.get(symbol);
  return type && modelOf(type);
}

/** Type of a global variable of the simulated kernel; BTF has none for these. */
export function kernelGlobal(symbol: string): TypeModel | undefined {
  const type = GLOBAL_VARIABLES.get(symbol);
  return type && modelOf(type);
}

/** Names of the simulated kernel's variables, and of whatever else in it is no function. */
export const KERNEL_VARIABLES: ReadonlySet<string> = new Set([
  ...GLOBAL_VARIABLES.keys(),
  ...PER_CPU_VARIABLES.keys(),
  ...UNTYPED_SYMBOLS,
]);

const KNOWN = new Map<string, TypeModel>();
const NOWHERE = { file: '', start: 0, end: 0 };

function modelOf(type: CType): TypeModel {
  switch (type.kind) {
    case 'void':
    case 'function':
      return { kind: 'void' };
    case 'int':
      if (type.name === 'bool') return { kind: 'bool' };
      if (type.name === 'char') return { kind: 'char' };
      return {
        kind: 'int',
        name: `${type.signed ? 's' : 'u'}${type.bytes * 8}`,
        bytes: type.bytes as 1 | 2 | 4 | 8,
        signed: type.signed,
        big_endian: false,
      };
    case 'anonymous':
      return aggregateOf(membersOf(type) ?? [], type.union);
    case 'pointer':
      return { kind: 'pointer', to: modelOf(type.to) };
    case 'array':
      return { kind: 'array', of: modelOf(type.of), count: type.length };
    default:
      return { kind: 'named', name: type.name };
  }
}

function enumOf(name: string): TypeModel {
  const { bytes, values } = ENUMS.get(name) ?? { bytes: 4, values: [] };
  return {
    kind: 'enum',
    bytes: bytes as 1 | 2 | 4 | 8,
    values: values.map(([label, value]) => ({ name: label, value: BigInt(value) })),
  };
}

function aggregateOf(members: readonly CMember[], union: boolean): TypeModel {
  return { kind: 'aggregate', union, members: members.map(memberModel), bytes: 0 };
}

function memberModel(member: CMember): MemberModel {
  return {
    name: member.name,
    type: modelOf(member.type),
    offset: 0,
    span: NOWHERE,
    ...(member.bits > 0 ? { bits: { from: 0, width: member.bits } } : {}),
  };
}
