import type { LocatorTypes } from '../../../formats/locator-code/types.ts';
import type { CType } from '../../../model/c-types.ts';
import {
  AGGREGATES,
  ENUMS,
  GLOBAL_VARIABLES,
  PER_CPU_VARIABLES,
  TYPEDEFS,
} from '../../../model/kernel-types.ts';
import type { MemberModel, StructModel, TypeModel } from '../../../model/structure.ts';
import type { Layout, Placed } from './layout.ts';

const NOWHERE = { file: '', start: 0, end: 0 };

/**
 * The types of a layout, and the structs that a spec writes out, as locators are compiled against them. The kernel's
 * own win.
 */
export function locatorTypes(layout: Layout, structs: readonly StructModel[]): LocatorTypes {
  const known = new Map<string, TypeModel | undefined>();
  const written = new Map(structs.map((one) => [one.name, one]));

  function named(name: string): TypeModel | undefined {
    if (known.has(name)) return known.get(name);
    const type = make(name);
    known.set(name, type);
    return type;
  }

  function make(name: string): TypeModel | undefined {
    const aggregate = AGGREGATES.get(name);
    if (aggregate) return placed(layout.placed(aggregate), aggregate.union);
    const alias = TYPEDEFS.get(name);
    if (alias) return typeOf(alias);
    if (ENUMS.has(name)) return typeOf({ kind: 'enum', name });
    const own = written.get(name);
    if (!own || own.from_guest) return undefined;
    return { kind: 'aggregate', union: false, members: own.members, bytes: own.bytes };
  }

  function placed({ bytes, members }: Placed, union: boolean): TypeModel {
    const models = members.map(({ name, type, bit_offset, bits }): MemberModel => {
      const of = typeOf(type);
      const unit = bits > 0 ? layout.sizeOf(type) : 1;
      const offset = Math.floor(bit_offset / 8 / unit) * unit;
      const field = bits > 0 ? { bits: { from: bit_offset - offset * 8, width: bits } } : {};
      return { name, type: of, offset, ...field, span: NOWHERE };
    });
    return { kind: 'aggregate', union, members: models, bytes };
  }

  function typeOf(type: CType): TypeModel {
    switch (type.kind) {
      case 'int':
        return {
          kind: 'int',
          name: type.name,
          bytes: type.bytes as 1 | 2 | 4 | 8,
          signed: type.signed,
          big_endian: false,
        };
      case 'enum':
        return { kind: 'enum', bytes: (ENUMS.get(type.name)?.bytes ?? 4) as 1 | 2 | 4 | 8, values: [] };
      case 'typedef':
      case 'aggregate':
        return { kind: 'named', name: type.name };
      case 'anonymous':
        return placed(layout.placed(type), type.union);
      case 'pointer':
        return { kind: 'pointer', to: typeOf(type.to) };
      case 'array':
        return { kind: 'array', of: typeOf(type.of), count: type.length };
      default:
        return { kind: 'void' };
    }
  }

  return {
    named,
    variable(symbol) {
      const type = PER_CPU_VARIABLES.get(symbol) ?? GLOBAL_VARIABLES.get(symbol);
      return type && typeOf(type);
    },
    perCpu: (symbol) => PER_CPU_VARIABLES.has(symbol),
  };
}
