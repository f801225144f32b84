import type { Btf, BtfMember } from '../formats/btf.ts';
import type { TypeId } from '../formats/btf-format.ts';
import type { MemberModel, StructModel, TypeModel } from '../model/structure.ts';
import { spelled } from '../model/formula-types.ts';
import { findMember, resolveType } from '../model/type-source.ts';

const NOWHERE = { file: '', start: 0, end: 0 };
const DEPTH_LIMIT = 16;
/** No anonymous struct of a kernel has more, and a forged one shall not cost more. */
const MEMBER_LIMIT = 4096;

/**
 * The types of a kernel as formulas see them, made from its BTF as they are asked for. Damaged BTF gives no type, never
 * an exception.
 */
export class BtfTypes {
  readonly #btf: Btf;
  readonly #known = new Map<string, TypeModel | undefined>();
  readonly #functions = new Map<string, readonly number[]>();
  #variables: Map<string, TypeId> | undefined;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  named(name: string): TypeModel | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const id = this.#btf.findType(name);
    // Before it is made: what leads back to itself is seen as unknown, and then by its name.
    this.#known.set(name, undefined);
    const made = id === undefined ? undefined : this.#shape(id, 0);
    this.#known.set(name, made);
    return made;
  }

  /** Type of a per-CPU variable: those are all that BTF has a VAR for. */
  perCpu(symbol: string): TypeModel | undefined {
    if (!this.#variables) {
      this.#variables = new Map();
      for (let id = 1; id <= this.#btf.count; id++)
        if (this.#btf.kind(id) === 'variable') this.#variables.set(this.#btf.name(id), id);
    }
    const id = this.#variables.get(symbol);
    return id === undefined ? undefined : this.#use(this.#btf.resolve(id), 0);
  }

  /** Offsets of pointers to functions in a struct and the structs in it. */
  functionPointers(name: string): readonly number[] {
    const known = this.#functions.get(name);
    if (known) return known;
    const found: number[] = [];
    const id = this.#btf.findType(name);
    if (id !== undefined) this.#collectFunctions(id, 0, found, 0);
    this.#functions.set(name, found);
    return found;
  }

  #collectFunctions(given: TypeId, base: number, found: number[], depth: number): void {
    const btf = this.#btf;
    const id = btf.resolve(given);
    if (btf.kind(id) !== 'struct' || depth > 4) return;
    for (const member of btf.members(id).slice(0, MEMBER_LIMIT)) {
      const to = btf.pointee(member.type);
      if (to !== undefined && btf.kind(btf.resolve(to)) === 'prototype') found.push(base + member.offset);
      else if (to === undefined) this.#collectFunctions(member.type, base + member.offset, found, depth + 1);
    }
  }

  /** A type where it is used: named ones by their name. */
  #use(id: TypeId, depth: number): TypeModel {
    const btf = this.#btf;
    const kind = btf.kind(id);
    const name = kind === 'pointer' || kind === 'array' || kind === 'int' ? '' : btf.name(id);
    if (kind === 'const' || kind === 'volatile' || kind === 'restrict' || kind === 'type_tag') {
      const inner = btf.resolve(id);
      return inner === id ? { kind: 'void' } : this.#use(inner, depth + 1);
    }
    if (
      name !== '' &&
      (kind === 'struct' || kind === 'union' || kind === 'enum' || kind === 'enum64' || kind === 'typedef')
    )
      return { kind: 'named', name };
    return this.#shape(id, depth);
  }

  /** What a type is made of. */
  #shape(given: TypeId, depth: number): TypeModel {
    const btf = this.#btf;
    const id = btf.resolve(given);
    if (depth > DEPTH_LIMIT) return { kind: 'void' };
    const bytes = btf.sizeOf(id);
    switch (btf.kind(id)) {
      case 'int':
        return intOf(btf.name(id), bytes, btf.signed(id));
      case 'pointer': {
        const to = btf.pointee(id) ?? 0;
        return { kind: 'pointer', to: btf.kind(to) === 'void' ? { kind: 'void' } : this.#use(to, depth + 1) };
      }
      case 'array': {
        const entries = btf.elements(id);
        return entries
          ? { kind: 'array', of: this.#use(entries.type, depth + 1), count: entries.count }
          : { kind: 'void' };
      }
      case 'enum':
      case 'enum64':
        return {
          kind: 'enum',
          bytes: sized(bytes),
          values: btf.enumerators(id).map(({ name, value }) => ({ name, value: BigInt(value) })),
        };
      case 'struct':
      case 'union': {
        const members = btf.members(id).slice(0, MEMBER_LIMIT);
        return {
          kind: 'aggregate',
          union: btf.kind(id) === 'union',
          bytes,
          members: members.map((one) => this.#member(one, depth)),
        };
      }
      default:
        return { kind: 'void' };
    }
  }

  #member(member: BtfMember, depth: number): MemberModel {
    const type = this.#use(member.type, depth + 1);
    if (member.bits === 0) return { name: member.name, type, offset: member.offset, span: NOWHERE };
    // The unit that the bits lie in: as many bytes as the type has, aligned to them.
    const unit = Math.max(this.#btf.sizeOf(member.type), 1);
    const offset = Math.floor(member.bit_offset / (unit * 8)) * unit;
    return {
      name: member.name,
      type,
      offset,
      bits: { from: member.bit_offset - offset * 8, width: member.bits },
      span: NOWHERE,
    };
  }
}

function intOf(name: string, bytes: number, signed: boolean): TypeModel {
  if (name === '_Bool' || name === 'bool') return { kind: 'bool' };
  if (name === 'char' && bytes === 1) return { kind: 'char' };
  const size = sized(bytes);
  return { kind: 'int', name: `${signed ? 's' : 'u'}${size * 8}`, bytes: size, signed, big_endian: false };
}

function sized(bytes: number): 1 | 2 | 4 | 8 {
  return bytes === 1 || bytes === 2 || bytes === 4 ? bytes : 8;
}

/** In what a struct that is written out differs from the guest's own of that name; empty when it does not. */
export function differences(
  written: StructModel,
  guest: TypeModel,
  types: { named(name: string): TypeModel | 'opaque' | undefined },
): string[] {
  const source = { named: types.named.bind(types), perCpu: () => undefined, locator: () => undefined };
  const found: string[] = [];
  if (guest.kind !== 'aggregate') return [`${written.name} is no struct in the guest`];
  if (written.bytes !== guest.bytes)
    found.push(`${written.name} has ${written.bytes} bytes, in the guest ${guest.bytes}`);
  const compare = (members: readonly MemberModel[], base: number): void => {
    for (const member of members) {
      if (member.name === '') {
        const inner = resolveType(member.type, source);
        if (inner !== 'opaque' && inner?.kind === 'aggregate') compare(inner.members, base + member.offset);
        continue;
      }
      const other = findMember(guest, member.name, source);
      const name = `${written.name}.${member.name}`;
      if (!other || other === 'opaque') found.push(`${name} is not in the guest's`);
      else {
        const [here, there] = [
          (base + member.offset) * 8 + (member.bits?.from ?? 0),
          other.offset * 8 + (other.bits?.from ?? 0),
        ];
        const at = (bits: number): string =>
          bits % 8 === 0 ? `${bits / 8}` : `${Math.floor(bits / 8)} bit ${bits % 8}`;
        if (here !== there) found.push(`${name} is at ${at(here)}, in the guest at ${at(there)}`);
        const [mine, theirs] = [resolveType(member.type, source), resolveType(other.type, source)];
        if (mine !== 'opaque' && theirs !== 'opaque' && !alike(mine, theirs))
          found.push(`${name} is ${spelled(member.type)}, in the guest ${spelled(other.type)}`);
      }
    }
  };
  compare(written.members, 0);
  return found;
}

/** Kinds and sizes agree; signs and names may differ. */
function alike(one: TypeModel | undefined, other: TypeModel | undefined): boolean {
  if (!one || !other) return false;
  const scalar = (type: TypeModel): number =>
    type.kind === 'int' || type.kind === 'enum'
      ? type.bytes
      : type.kind === 'bool' || type.kind === 'char'
        ? 1
        : type.kind === 'pointer'
          ? 8
          : 0;
  if (scalar(one) > 0)
    return scalar(one) === scalar(other) && (one.kind === 'pointer') === (other.kind === 'pointer');
  if (one.kind === 'array' && other.kind === 'array') return one.count === other.count;
  return one.kind === other.kind;
}
