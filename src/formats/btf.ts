import type { Address } from '../base/address.ts';
import type { BtfKind, TypeId } from './btf-format.ts';
import type { TypeWords } from './btf-index.ts';
import { TypeNames } from './btf-names.ts';
import { indexTypes } from './btf-index.ts';
import type { ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';

/** A member as it lies in the struct that the path began at. */
export interface BtfMember {
  /** The last name of the path; '' for an anonymous one. */
  readonly name: string;
  readonly type: TypeId;
  /** Bytes from the start of the struct to the first byte that holds it. */
  readonly offset: number;
  /** Bytes that hold it. */
  readonly bytes: number;
  readonly bit_offset: number;
  /** Width of a bit-field; 0 when it is none. */
  readonly bits: number;
}

const BTF_LIMIT = 32 * 1_048_576;
const QUALIFIER_LIMIT = 32;
const DEPTH_LIMIT = 32;
const VISIT_LIMIT = 16_384;

/**
 * Opens a blob. One pass over the types; names are read when they are asked for. The bytes must not change afterwards.
 */
export function openBtf(bytes: Uint8Array): Result<Btf> {
  const indexed = indexTypes(bytes);
  return indexed.ok ? success(new Btf(indexed.value)) : indexed;
}

/** The bytes of a blob in memory, as `__start_BTF` and `__stop_BTF` or a region's entry give them. */
export function readBtfBytes(read: ReadMemory, address: Address, bytes: number): Result<Uint8Array> {
  if (!(bytes > 0 && bytes <= BTF_LIMIT)) return failure('LIMIT', `${bytes} bytes of BTF`);
  const into = new Uint8Array(bytes);
  return read(address, into) ? success(into) : failure('UNREADABLE', 'the BTF cannot be read');
}

/** The types of one kernel. Numbers that no type has are treated as void; nothing throws. */
export class Btf {
  /** Type numbers run from 1 to this. */
  readonly count: number;
  readonly #words: TypeWords;
  /** Made when the first type is looked for. */
  #names: TypeNames | undefined;
  readonly #members = new Map<string, BtfMember | undefined>();

  constructor(words: TypeWords) {
    this.#words = words;
    this.count = words.count;
  }

  kind(id: TypeId): BtfKind {
    return this.#words.kind(id);
  }

  /** '' when it has none. */
  name(id: TypeId): string {
    return this.kind(id) === 'void' ? '' : this.#words.string(this.#words.nameOffset(id));
  }

  /** The first type of that kind and name. */
  find(kind: BtfKind, name: string): TypeId | undefined {
    this.#names ??= new TypeNames(this.#words);
    return name === '' ? undefined : this.#names.find(kind, name);
  }

  /** By the name alone, as locators give it: a struct, else a typedef, a union, an enum or an int. */
  findType(name: string): TypeId | undefined {
    for (const kind of ['struct', 'typedef', 'union', 'enum', 'int'] as const) {
      const id = this.find(kind, name);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  /** The type without typedefs, qualifiers and tags; 0 when they never end. */
  resolve(id: TypeId): TypeId {
    let at = id;
    for (let step = 0; step < QUALIFIER_LIMIT; step++) {
      switch (this.kind(at)) {
        case 'typedef':
        case 'const':
        case 'volatile':
        case 'restrict':
        case 'type_tag':
        case 'variable':
          at = this.#words.sizeOrType(at);
          break;
        default:
          return at;
      }
    }
    return 0;
  }

  /** Bytes of a value of the type; 0 for void, functions, forward declarations and what never ends. */
  sizeOf(id: TypeId): number {
    let count = 1;
    let at = this.resolve(id);
    for (let depth = 0; depth < DEPTH_LIMIT && this.kind(at) === 'array'; depth++) {
      count *= this.#words.extra(at, 2);
      at = this.resolve(this.#words.extra(at, 0));
    }
    switch (this.kind(at)) {
      case 'pointer':
        return count * 8;
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
      case 'section':
        return count * this.#words.sizeOrType(at);
      default:
        return 0;
    }
  }

  /** What a pointer points at; undefined for other types. Typedefs and qualifiers of the pointer are looked through. */
  pointee(id: TypeId): TypeId | undefined {
    const at = this.resolve(id);
    return this.kind(at) === 'pointer' ? this.#words.sizeOrType(at) : undefined;
  }

  /** What an array holds and how many; undefined for other types. */
  elements(id: TypeId): { readonly type: TypeId; readonly count: number } | undefined {
    const at = this.resolve(id);
    if (this.kind(at) !== 'array') return undefined;
    return { type: this.#words.extra(at, 0), count: this.#words.extra(at, 2) };
  }

  /** True for a signed int or enum. */
  signed(id: TypeId): boolean {
    const at = this.resolve(id);
    if (this.kind(at) === 'int') return (this.#words.extra(at, 0) & 0x0100_0000) !== 0;
    return (this.kind(at) === 'enum' || this.kind(at) === 'enum64') && this.#words.kindFlag(at);
  }

  /** The members of a struct or union as they are declared, anonymous ones with the name ''. Empty for other types. */
  members(id: TypeId): BtfMember[] {
    const at = this.resolve(id);
    if (this.kind(at) !== 'struct' && this.kind(at) !== 'union') return [];
    return Array.from({ length: this.#words.vlen(at) }, (_, index) => this.#member(at, index, 0));
  }

  /** Names and values (32-bit ones) of an enum. */
  enumerators(id: TypeId): { readonly name: string; readonly value: number }[] {
    const at = this.resolve(id);
    if (this.kind(at) !== 'enum') return [];
    const signed = this.#words.kindFlag(at);
    return Array.from({ length: this.#words.vlen(at) }, (_, index) => {
      const value = this.#words.extra(at, index * 2 + 1);
      return {
        name: this.#words.string(this.#words.extra(at, index * 2)),
        value: signed ? value | 0 : value,
      };
    });
  }

  /**
   * Where `se.run_node.rb_left` or `clock_base[0].active` lies in a struct; undefined when there is no such path.
   * Anonymous members are searched through. Pointers are not followed.
   */
  member(id: TypeId, path: string): BtfMember | undefined {
    const key = `${id}.${path}`;
    if (this.#members.has(key)) return this.#members.get(key);
    let found: BtfMember | undefined;
    for (const step of path.split('.', DEPTH_LIMIT)) {
      const match = /^([A-Za-z_]\w*)((?:\[\d{1,9}\])*)$/.exec(step);
      const [type, base]: [TypeId, number] = found ? [found.type, found.bit_offset] : [id, 0];
      found = match ? this.#search(type, match[1] as string, base, 0, { visits: 0 }) : undefined;
      if (found && match?.[2]) found = this.#element(found, match[2]);
      if (!found) break;
    }
    this.#members.set(key, found);
    return found;
  }

  /** As C would write it: `struct list_head *`, `char[16]`. */
  describe(id: TypeId): string {
    let suffix = '';
    let at = id;
    for (let step = 0; step < QUALIFIER_LIMIT; step++) {
      const kind = this.kind(at);
      const inner = kind === 'void' ? 0 : this.#words.sizeOrType(at);
      if (kind === 'pointer') suffix = `*${suffix}`;
      else if (kind === 'array') suffix += `[${this.#words.extra(at, 2)}]`;
      else if (kind !== 'const' && kind !== 'volatile' && kind !== 'restrict' && kind !== 'type_tag') {
        return `${this.#spelled(at)}${suffix.startsWith('*') ? ' ' : ''}${suffix}`;
      }
      at = kind === 'array' ? this.#words.extra(at, 0) : inner;
    }
    return '(endless)';
  }

  /** The name that C would use, with its tag. */
  #spelled(id: TypeId): string {
    const kind = this.kind(id);
    if (kind === 'void') return 'void';
    if (kind === 'prototype') return 'function';
    const name = this.name(id) || '(anonymous)';
    if (kind === 'forward') return `${this.#words.kindFlag(id) ? 'union' : 'struct'} ${name}`;
    return kind === 'struct' || kind === 'union' || kind === 'enum' ? `${kind} ${name}` : name;
  }

  /** `[2][3]` of an array member. Indices beyond its length are taken as C takes them. */
  #element(array: BtfMember, indices: string): BtfMember | undefined {
    let at = array;
    for (const [, digits] of indices.matchAll(/\[(\d+)\]/g)) {
      const inner = this.elements(at.type);
      if (!inner) return undefined;
      const bytes = this.sizeOf(inner.type);
      const bit_offset = at.bit_offset + Number(digits) * bytes * 8;
      at = { name: at.name, type: inner.type, offset: bit_offset / 8, bytes, bit_offset, bits: 0 };
    }
    return at;
  }

  #search(
    id: TypeId,
    name: string,
    base: number,
    depth: number,
    budget: { visits: number },
  ): BtfMember | undefined {
    const at = this.resolve(id);
    const kind = this.kind(at);
    if ((kind !== 'struct' && kind !== 'union') || depth > DEPTH_LIMIT) return undefined;
    const count = this.#words.vlen(at);
    for (let index = 0; index < count; index++) {
      if (budget.visits++ > VISIT_LIMIT) return undefined;
      const name_offset = this.#words.extra(at, index * 3);
      if (name_offset === 0) {
        const inner = this.#member(at, index, base);
        const found = this.#search(inner.type, name, inner.bit_offset, depth + 1, budget);
        if (found) return found;
      } else if (this.#words.string(name_offset) === name) {
        return this.#member(at, index, base);
      }
    }
    return undefined;
  }

  /** The `index`th member of a struct that begins `base` bits into the outer one. */
  #member(id: TypeId, index: number, base: number): BtfMember {
    const word = this.#words.extra(id, index * 3 + 2);
    const flagged = this.#words.kindFlag(id);
    const bits = flagged ? word >>> 24 : 0;
    const bit_offset = base + (flagged ? word & 0xff_ffff : word);
    const type = this.#words.extra(id, index * 3 + 1);
    const offset = Math.floor(bit_offset / 8);
    const bytes = bits > 0 ? Math.ceil((bit_offset + bits) / 8) - offset : this.sizeOf(type);
    return {
      name: this.#words.string(this.#words.extra(id, index * 3)),
      type,
      offset,
      bytes,
      bit_offset,
      bits,
    };
  }
}
