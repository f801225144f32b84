import type { BtfKind, IntEncoding, TypeId } from './btf-format.ts';
import { BTF_HEADER_BYTES, BTF_KINDS, BTF_MAGIC, INT_ENCODING } from './btf-format.ts';

/** A member to be written. Offsets are in bits from the start of the struct; `bits` is a bit-field's width. */
export interface MemberContent {
  /** '' for an anonymous struct or union. */
  readonly name: string;
  readonly type: TypeId;
  readonly bit_offset: number;
  readonly bits?: number;
}

/** A declared type: `words` are what follows its first two words. */
interface Declared {
  kind: BtfKind;
  readonly name: string;
  vlen: number;
  kind_flag: boolean;
  words: number[];
}

/**
 * Builds a BTF blob. Every method returns the number of the type that it adds; pointers, arrays and qualifiers of one
 * type are added once. A struct may be declared first and defined later, so that structs can point at each other; one
 * that is never defined is written as a forward declaration.
 */
export class BtfBuilder {
  readonly #types: Declared[] = [];
  readonly #derived = new Map<string, TypeId>();
  readonly #strings = new Map<string, number>([['', 0]]);
  #string_bytes = 1;

  int(name: string, bytes: number, encoding: IntEncoding = 'unsigned'): TypeId {
    return this.#add('int', name, [bytes, (INT_ENCODING[encoding] << 24) | (bytes * 8)]);
  }

  float(name: string, bytes: number): TypeId {
    return this.#add('float', name, [bytes]);
  }

  pointer(to: TypeId): TypeId {
    return this.#derive('pointer', to);
  }

  /** `const`, `volatile` or `restrict` of a type. */
  qualified(qualifier: 'const' | 'volatile' | 'restrict', of: TypeId): TypeId {
    return this.#derive(qualifier, of);
  }

  array(of: TypeId, count: number): TypeId {
    const key = `array ${of} ${count}`;
    const known = this.#derived.get(key);
    if (known !== undefined) return known;
    const index = this.#derived.get('index') ?? this.int('__ARRAY_SIZE_TYPE__', 4);
    this.#derived.set('index', index);
    const id = this.#add('array', '', [0, of, index, count]);
    this.#derived.set(key, id);
    return id;
  }

  typedef(name: string, of: TypeId): TypeId {
    return this.#add('typedef', name, [of]);
  }

  /** Values outside 32 bits need `bytes` 8. Negative ones make it signed. */
  enumeration(name: string, bytes: number, values: readonly (readonly [string, number])[]): TypeId {
    const words = values.flatMap(([value_name, value]) => {
      const low = Number(BigInt.asUintN(32, BigInt(value)));
      const high = Number(BigInt.asUintN(32, BigInt(value) >> 32n));
      return bytes === 8 ? [this.#string(value_name), low, high] : [this.#string(value_name), low];
    });
    const signed = values.some(([, value]) => value < 0);
    return this.#add(bytes === 8 ? 'enum64' : 'enum', name, [bytes, ...words], values.length, signed);
  }

  /** A struct or union whose members come later, or never. */
  declare(kind: 'struct' | 'union', name: string): TypeId {
    return this.#add('forward', name, [0], 0, kind === 'union');
  }

  /** Gives a declared type its members. */
  define(id: TypeId, bytes: number, members: readonly MemberContent[]): TypeId {
    const type = this.#types[id - 1] as Declared;
    type.kind = type.kind_flag ? 'union' : 'struct';
    type.vlen = members.length;
    type.kind_flag = members.some((member) => (member.bits ?? 0) > 0);
    type.words = [bytes];
    for (const { name, type: of, bit_offset, bits } of members) {
      type.words.push(this.#string(name), of, type.kind_flag ? ((bits ?? 0) << 24) | bit_offset : bit_offset);
    }
    return id;
  }

  struct(name: string, bytes: number, members: readonly MemberContent[]): TypeId {
    return this.define(this.declare('struct', name), bytes, members);
  }

  union(name: string, bytes: number, members: readonly MemberContent[]): TypeId {
    return this.define(this.declare('union', name), bytes, members);
  }

  prototype(returns: TypeId, parameters: readonly (readonly [string, TypeId])[]): TypeId {
    const words = parameters.flatMap(([name, type]) => [this.#string(name), type]);
    return this.#add('prototype', '', [returns, ...words], parameters.length);
  }

  /** A static function of a prototype. */
  function(name: string, prototype: TypeId): TypeId {
    return this.#add('function', name, [prototype]);
  }

  /** A global variable; it counts only when a section lists it. */
  variable(name: string, type: TypeId): TypeId {
    return this.#add('variable', name, [type, 1]);
  }

  /** `.data..percpu` and the like: its variables with their offsets in it. */
  section(
    name: string,
    bytes: number,
    variables: readonly { readonly variable: TypeId; readonly offset: number; readonly bytes: number }[],
  ): TypeId {
    const words = variables.flatMap(({ variable, offset, bytes: size }) => [variable, offset, size]);
    return this.#add('section', name, [bytes, ...words], variables.length);
  }

  /** The blob: header, types, strings. */
  bytes(): Uint8Array {
    let words = 0;
    for (const type of this.#types) words += 2 + type.words.length;
    const type_bytes = words * 4;
    const strings_at = BTF_HEADER_BYTES + type_bytes;
    const bytes = new Uint8Array(strings_at + this.#string_bytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, BTF_MAGIC, true);
    bytes[2] = 1;
    [BTF_HEADER_BYTES, 0, type_bytes, type_bytes, this.#string_bytes].forEach((word, index) => {
      view.setUint32(4 + index * 4, word, true);
    });
    let at = BTF_HEADER_BYTES;
    for (const type of this.#types) {
      const info = (type.kind_flag ? 0x8000_0000 : 0) + BTF_KINDS.indexOf(type.kind) * 0x100_0000 + type.vlen;
      for (const word of [this.#strings.get(type.name) as number, info, ...type.words]) {
        view.setUint32(at, word, true);
        at += 4;
      }
    }
    for (const [text, offset] of this.#strings) {
      for (let index = 0; index < text.length; index++) {
        bytes[strings_at + offset + index] = text.charCodeAt(index);
      }
    }
    return bytes;
  }

  #derive(kind: BtfKind, of: TypeId): TypeId {
    const key = `${kind} ${of}`;
    const id = this.#derived.get(key) ?? this.#add(kind, '', [of]);
    this.#derived.set(key, id);
    return id;
  }

  #add(kind: BtfKind, name: string, words: number[], vlen = 0, kind_flag = false): TypeId {
    this.#string(name);
    return this.#types.push({ kind, name, vlen, kind_flag, words });
  }

  #string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const offset = this.#string_bytes;
    this.#strings.set(text, offset);
    this.#string_bytes += text.length + 1;
    return offset;
  }
}
