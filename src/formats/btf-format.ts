/** BPF Type Format (Documentation/bpf/btf.rst): numbers that the reader and the writer share. */
export const BTF_MAGIC = 0xeb9f;
export const BTF_HEADER_BYTES = 24;

/** In the order of their numbers, from 0. */
export const BTF_KINDS = [
  'void',
  'int',
  'pointer',
  'array',
  'struct',
  'union',
  'enum',
  'forward',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'function',
  'prototype',
  'variable',
  'section',
  'float',
  'declaration_tag',
  'type_tag',
  'enum64',
] as const;
export type BtfKind = (typeof BTF_KINDS)[number];

/** Number of a type in one BTF blob; 0 is void. */
export type TypeId = number;

/** `name_off`, `info`, `size or type`. */
export const BTF_TYPE_BYTES = 12;

/** Bytes that follow the three words of a type, by kind number; -1 for kinds that do not exist. */
export function trailingBytes(kind: number, vlen: number): number {
  switch (BTF_KINDS[kind]) {
    case undefined:
    case 'void':
      return -1;
    case 'int':
    case 'variable':
    case 'declaration_tag':
      return 4;
    case 'array':
      return 12;
    case 'struct':
    case 'union':
    case 'section':
    case 'enum64':
      return 12 * vlen;
    case 'enum':
    case 'prototype':
      return 8 * vlen;
    default:
      return 0;
  }
}

/** Encodings of an int: bits 24..27 of its extra word. */
export const INT_ENCODING = { unsigned: 0, signed: 1, char: 2, bool: 4 } as const;
export type IntEncoding = keyof typeof INT_ENCODING;
