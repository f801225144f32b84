import type { Address } from '../base/address.ts';
import type { LocatorModel, TypeModel } from '../model/structure.ts';
import type { TypeSource } from '../model/type-source.ts';
import { findMember } from '../model/type-source.ts';
import type { LocatorProgram } from './compile/program.ts';
import { nameOf, resolved, sizeOf, Unlinkable } from './compile/context.ts';
import type { Reader } from './reader.ts';

/** A member by its path, no pointer in between. */
export interface Field {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly signed: boolean;
  readonly type: TypeModel;
}

/** A locator with the offsets of one kernel. */
export interface LinkedLocator {
  readonly model: LocatorModel;
  /** C type of an element, '' when it has no name; its size. */
  readonly named: string;
  readonly of: TypeModel;
  readonly bytes: number;
  /** The element's link: 0 where the shape has none. */
  readonly link: Field | undefined;
  readonly key: Field | undefined;
  readonly label: Field | undefined;
  readonly id: Field | undefined;
  readonly program: LocatorProgram;
  /** Offsets of the members of the kernel's link types: `list_head.next`. */
  readonly at: (type: string, member: string) => number;
  readonly source: TypeSource;
  readonly bytesOf: (type: TypeModel) => number;
  /** The number that elements are named by; NaN when it cannot be read. */
  readId(space: Reader, base: Address): number;
}

/** Follows a path of members that contains no pointer. */
function fieldOf(type: TypeModel, path: readonly string[], source: TypeSource): Field | undefined {
  if (path.length === 0) return undefined;
  let [at, offset] = [type, 0];
  for (const name of path) {
    const member = findMember(at, name, source);
    if (!member || member === 'opaque')
      throw new Unlinkable('NO_TYPE', `BTF has no ${nameOf(type) || 'struct'}.${path.join('.')}`);
    offset += member.offset;
    at = member.type;
  }
  const seen = resolved(at, source);
  const signed = seen.kind === 'int' && seen.signed;
  return { path: path.join('.'), offset, bytes: sizeOf(at, source), signed, type: seen };
}

/** The offsets that a shape needs; whatever is not in BTF makes the locator unusable. */
export function linkLocator(model: LocatorModel, source: TypeSource, program: LocatorProgram): LinkedLocator {
  const of = resolved(model.of, source);
  const id = fieldOf(model.of, model.id, source);
  const offsets = new Map<string, number>();
  return {
    model,
    named: nameOf(model.of),
    of,
    bytes: sizeOf(of, source),
    link: fieldOf(model.of, model.via, source),
    key: fieldOf(model.of, model.key, source),
    label: fieldOf(model.of, model.label, source),
    id,
    program,
    source,
    bytesOf: (type) => sizeOf(type, source),
    at(type, member) {
      const name = `${type}.${member}`;
      const known = offsets.get(name);
      if (known !== undefined) return known;
      const offset = fieldOf({ kind: 'named', name: type }, member.split('.'), source)?.offset ?? 0;
      offsets.set(name, offset);
      return offset;
    },
    readId(space, base) {
      return id ? readField(space, base, id) : NaN;
    },
  };
}

/** A number of at most eight bytes, as an address is: rounded beyond 2^53; NaN when it cannot be read. */
export function readField(space: Reader, base: Address, { offset, bytes, signed }: Field): number {
  const at = base + offset;
  switch (bytes) {
    case 1:
      return signed ? (space.u8(at) << 24) >> 24 : space.u8(at);
    case 2:
      return signed ? signExtended(space.u16(at), 16) : space.u16(at);
    case 4:
      return signed ? signExtended(space.u32(at), 32) : space.u32(at);
    default:
      return space.u64(at);
  }
}

function signExtended(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** Stands for a locator that cannot be linked: it has no element. */
export function noLocator(name: string): LinkedLocator {
  return { model: { name, label: [], id: [] }, named: '' } as unknown as LinkedLocator;
}
