import type { TypeModel } from '../../model/structure.ts';

type Bytes = 1 | 2 | 4 | 8;

/** Types that the language itself names. */
export const BASIC: ReadonlyMap<string, TypeModel> = new Map<string, TypeModel>([
  ...([1, 2, 4, 8] as const).flatMap((bytes): [string, TypeModel][] => {
    const of = (kind: string): string => `${kind}${bytes * 8}`;
    const both: [string, TypeModel][] = [
      [of('u'), int(of('u'), bytes, false, false)],
      [of('s'), int(of('s'), bytes, true, false)],
    ];
    return bytes === 1 ? both : [...both, [of('be'), int(of('be'), bytes, false, true)]];
  }),
  ['char', { kind: 'char' }],
  ['bool', { kind: 'bool' }],
  ['void', { kind: 'void' }],
]);

function int(name: string, bytes: Bytes, signed: boolean, big_endian: boolean): TypeModel {
  return { kind: 'int', name, bytes, signed, big_endian };
}

/** C's own words for them, and what is meant. */
export const OF_C: ReadonlyMap<string, string> = new Map([
  ['int', 's32'],
  ['unsigned', 'u32'],
  ['uint', 'u32'],
  ['short', 's16'],
  ['long', 's64'],
  ['ulong', 'u64'],
  ['size_t', 'u64'],
  ['uint8_t', 'u8'],
  ['uint16_t', 'u16'],
  ['uint32_t', 'u32'],
  ['uint64_t', 'u64'],
  ['int8_t', 's8'],
  ['int16_t', 's16'],
  ['i8', 's8'],
  ['i16', 's16'],
  ['i32', 's32'],
  ['i64', 's64'],
  ['isize', 's64'],
  ['usize', 'u64'],
  ['int32_t', 's32'],
  ['int64_t', 's64'],
  ['__be16', 'be16'],
  ['__be32', 'be32'],
  ['__be64', 'be64'],
  ['byte', 'u8'],
]);

/** One document for each. */
export const TYPE_WORDS: Readonly<Record<string, string>> = Object.fromEntries(
  [...BASIC].map(([name, type]) => [name, docOf(type)]),
);

function docOf(type: TypeModel): string {
  switch (type.kind) {
    case 'int': {
      const order = type.big_endian ? ', the most significant byte first' : '';
      return `A whole number of ${type.bytes * 8} bits, ${type.signed ? 'signed' : 'unsigned'}${order}.`;
    }
    case 'char':
      return 'One byte of text; an array of them is a text that ends at its first zero.';
    case 'bool':
      return 'One byte that is 0 or 1.';
    default:
      return 'Nothing: only a pointer can lead to it, as `*void`.';
  }
}
