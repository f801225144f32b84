import type { TypeId } from '../../../formats/btf-format.ts';
import type { MemberContent } from '../../../formats/btf-write.ts';
import { BtfBuilder } from '../../../formats/btf-write.ts';
import type { CType } from '../../../model/c-types.ts';
import { AGGREGATES, ENUMS, PER_CPU_VARIABLES, TYPEDEFS } from '../../../model/kernel-types.ts';
import type { Layout, Placed } from './layout.ts';

/** How BTF of a real kernel spells the integers. */
const SPELLED: Readonly<Record<string, string>> = {
  bool: '_Bool',
  long: 'long int',
  'unsigned long': 'long unsigned int',
  short: 'short int',
  'unsigned short': 'short unsigned int',
  'long long': 'long long int',
  'unsigned long long': 'long long unsigned int',
};

/**
 * BTF of a layout, as pahole makes it for vmlinux: types, and a VAR for per-CPU variables alone, listed in
 * `.data..percpu`. `per_cpu` says at which offset each lies.
 */
export function btfOf(
  layout: Layout,
  per_cpu: ReadonlyMap<string, number>,
  per_cpu_bytes: number,
): Uint8Array {
  const builder = new BtfBuilder();
  const known = new Map<string, TypeId>();
  const once = (key: string, make: () => TypeId): TypeId => {
    const id = known.get(key) ?? make();
    known.set(key, id);
    return id;
  };

  function idOf(type: CType): TypeId {
    switch (type.kind) {
      case 'void':
        return 0;
      case 'int':
        return once(`int ${type.name}`, () => {
          const encoding = type.name === 'bool' ? 'bool' : type.signed ? 'signed' : 'unsigned';
          return builder.int(SPELLED[type.name] ?? type.name, type.bytes, encoding);
        });
      case 'typedef':
        return once(`typedef ${type.name}`, () =>
          builder.typedef(type.name, idOf(TYPEDEFS.get(type.name) as CType)),
        );
      case 'enum':
        return once(`enum ${type.name}`, () => {
          const declared = ENUMS.get(type.name);
          return builder.enumeration(type.name, declared?.bytes ?? 4, declared?.values ?? []);
        });
      case 'aggregate': {
        const union = AGGREGATES.get(type.name)?.union === true;
        return once(`struct ${type.name}`, () => builder.declare(union ? 'union' : 'struct', type.name));
      }
      case 'anonymous': {
        const members = membersOf(layout.placed(type));
        return builder[type.union ? 'union' : 'struct']('', layout.placed(type).bytes, members);
      }
      case 'pointer':
        return builder.pointer(idOf(type.to));
      case 'array':
        return builder.array(idOf(type.of), type.length);
      case 'function':
        return once('function', () => builder.prototype(0, []));
    }
  }

  function membersOf(placed: Placed): MemberContent[] {
    return placed.members.map(({ name, type, bit_offset, bits }) => ({
      name,
      type: idOf(type),
      bit_offset,
      bits,
    }));
  }

  for (const name of TYPEDEFS.keys()) idOf({ kind: 'typedef', name });
  for (const name of ENUMS.keys()) idOf({ kind: 'enum', name });
  for (const aggregate of AGGREGATES.values()) {
    const placed = layout.placed(aggregate);
    builder.define(idOf({ kind: 'aggregate', name: aggregate.name }), placed.bytes, membersOf(placed));
  }
  const variables = [...PER_CPU_VARIABLES].map(([name, type]) => ({
    variable: builder.variable(name, idOf(type)),
    offset: per_cpu.get(name) ?? 0,
    bytes: layout.sizeOf(type),
  }));
  builder.section(
    '.data..percpu',
    per_cpu_bytes,
    variables.sort((a, b) => a.offset - b.offset),
  );
  return builder.bytes();
}
