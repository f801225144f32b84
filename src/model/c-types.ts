import { assert } from '../base/assert.ts';

/** A C type as far as a kernel's data structures need it. Structs, unions and enums are named by their tag. */
export type CType =
  | { readonly kind: 'void' }
  | { readonly kind: 'int'; readonly name: string; readonly bytes: number; readonly signed: boolean }
  | { readonly kind: 'typedef'; readonly name: string }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'aggregate'; readonly name: string }
  | { readonly kind: 'anonymous'; readonly union: boolean; readonly members: readonly CMember[] }
  | { readonly kind: 'pointer'; readonly to: CType }
  | { readonly kind: 'array'; readonly of: CType; readonly length: number }
  | { readonly kind: 'function' };

/** One member; `name` is '' for an anonymous struct or union, `bits` is 0 unless it is a bit-field. */
export interface CMember {
  readonly name: string;
  readonly type: CType;
  readonly bits: number;
}

export interface CAggregate {
  readonly name: string;
  readonly union: boolean;
  /** `__packed`: members follow each other without padding. */
  readonly packed: boolean;
  /** `__randomize_layout`: a layout seed permutes the members. */
  readonly randomized: boolean;
  readonly members: readonly CMember[];
}

interface CEnum {
  readonly name: string;
  readonly bytes: number;
  readonly values: readonly (readonly [string, number])[];
}

export interface CDeclarations {
  readonly aggregates: ReadonlyMap<string, CAggregate>;
  readonly enums: ReadonlyMap<string, CEnum>;
  readonly typedefs: ReadonlyMap<string, CType>;
  /** Variables declared at file scope, in order. */
  readonly variables: ReadonlyMap<string, CType>;
}

/** The integers of LP64, by each way Linux spells them. */
const INTEGERS: Readonly<Record<string, readonly [bytes: number, signed: boolean]>> = {
  bool: [1, false],
  char: [1, true],
  'unsigned char': [1, false],
  short: [2, true],
  'unsigned short': [2, false],
  int: [4, true],
  'unsigned int': [4, false],
  long: [8, true],
  'unsigned long': [8, false],
  'long long': [8, true],
  'unsigned long long': [8, false],
};

/**
 * Reads the C subset that kernel-types.ts is written in: struct, union, enum (with `: u8` for its size), typedef and
 * variables; one declarator each. The input is our own, so a mistake in it is an internal error.
 */
export function parseC(source: string): CDeclarations {
  const tokens = source.replace(/\/\*.*?\*\//gs, ' ').match(/[A-Za-z_]\w*|\d+|[{}[\]();:,=*-]/g) ?? [];
  let at = 0;
  const aggregates = new Map<string, CAggregate>();
  const enums = new Map<string, CEnum>();
  const typedefs = new Map<string, CType>();
  const variables = new Map<string, CType>();
  const peek = (): string => tokens[at] ?? '';
  const next = (): string => tokens[at++] ?? '';
  const expect = (token: string): void => {
    const got = next();
    assert(
      got === token,
      `C declarations: expected ${token}, got ${got} near ${tokens.slice(at - 6, at + 2).join(' ')}`,
    );
  };
  const accept = (token: string): boolean => peek() === token && ++at > 0;

  while (at < tokens.length) {
    if (accept('typedef')) {
      const member = declaration();
      typedefs.set(member.name, member.type);
      continue;
    }
    const type = baseType();
    if (accept(';')) continue;
    const member = declarator(type);
    variables.set(member.name, member.type);
  }
  return { aggregates, enums, typedefs, variables };

  function baseType(): CType {
    accept('const');
    const word = next();
    if (word === 'struct' || word === 'union') return aggregate(word === 'union');
    if (word === 'enum') return enumeration();
    if (word === 'void') return { kind: 'void' };
    let name = word;
    while (INTEGERS[`${name} ${peek()}`]) name = `${name} ${next()}`;
    if (name === 'unsigned') name = 'unsigned int';
    const integer = INTEGERS[name];
    if (integer) return { kind: 'int', name, bytes: integer[0], signed: integer[1] };
    assert(typedefs.has(name), `C declarations: unknown type ${name}`);
    return { kind: 'typedef', name };
  }

  function aggregate(union: boolean): CType {
    const name = peek() === '{' ? '' : next();
    if (!accept('{')) return { kind: 'aggregate', name };
    const members: CMember[] = [];
    while (!accept('}')) members.push(declaration());
    if (name === '') return { kind: 'anonymous', union, members };
    const packed = accept('__packed');
    const randomized = accept('__randomize_layout');
    aggregates.set(name, { name, union, packed, randomized, members });
    return { kind: 'aggregate', name };
  }

  function enumeration(): CType {
    const name = next();
    const sized = accept(':') ? baseType() : undefined;
    if (!accept('{')) return { kind: 'enum', name };
    const values: [string, number][] = [];
    while (!accept('}')) {
      const label = next();
      const value = accept('=') ? Number(next()) : (values.at(-1)?.[1] ?? -1) + 1;
      values.push([label, value]);
      accept(',');
    }
    const size = sized?.kind === 'typedef' ? typedefs.get(sized.name) : sized;
    enums.set(name, { name, bytes: size?.kind === 'int' ? size.bytes : 4, values });
    return { kind: 'enum', name };
  }

  function declaration(): CMember {
    const type = baseType();
    if (type.kind === 'anonymous' && accept(';')) return { name: '', type, bits: 0 };
    return declarator(type);
  }

  function declarator(base: CType): CMember {
    let type = base;
    while (accept('*')) type = { kind: 'pointer', to: type };
    let name: string;
    if (accept('(')) {
      expect('*');
      name = next();
      expect(')');
      expect('(');
      while (!accept(')')) at++;
      type = { kind: 'pointer', to: { kind: 'function' } };
    } else {
      name = next();
    }
    const lengths: number[] = [];
    while (accept('[')) {
      lengths.push(Number(next()));
      expect(']');
    }
    for (const length of lengths.reverse()) type = { kind: 'array', of: type, length };
    const bits = accept(':') ? Number(next()) : 0;
    expect(';');
    return { name, type, bits };
  }
}
