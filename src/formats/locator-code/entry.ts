import type { Shape } from '../../model/structure.ts';
import type { Result } from '../result.ts';
import { failure, success } from '../result.ts';
import type { BlockName } from './assemble.ts';
import { BLOCKS, TEXT } from './assemble.ts';
import type { Leb } from './leb128.ts';
import { leb, readLeb } from './leb128.ts';
import { CODE_LIMIT } from './opcodes.ts';

/** In the order of their numbers in an entry. */
export const LOCATOR_SHAPES: readonly Shape[] = [
  'one',
  'list',
  'hlist',
  'llist',
  'tree',
  'hash',
  'array',
  'ring',
  'freelist',
  'bitmap',
  'xarray',
  'maple',
  'graph',
];

/** Names that an entry states, in the order in which it does; '' for what it does not. */
export const ENTRY_NAMES = [
  'name',
  'parent',
  'type',
  'via',
  'label',
  'id',
  'key',
  'space',
  'guard_type',
  'object_type',
  'head_type',
] as const;
export type EntryName = (typeof ENTRY_NAMES)[number];

/** A locator as a guest publishes it; region.md, beside this folder, has its bytes. */
export interface LocatorEntry {
  readonly shape: Shape;
  readonly including_head: boolean;
  /** More elements than that are damage: 1..2^32-1. */
  readonly limit: number;
  readonly names: Readonly<Record<EntryName, string>>;
  /** What the code's operands name, all different. */
  readonly texts: readonly string[];
  readonly blocks: ReadonlyMap<BlockName, Uint8Array>;
}

const ENTRY_VERSION = 1;
const HEADER_BYTES = 8;
const FLAG_HEAD = 1;
const TEXTS_LIMIT = 64;
/** Bytes of an entry. */
const ENTRY_LIMIT = 8192;
/** A name of the language, as long as a text of an entry can be. */
const NAME = /^[A-Za-z_]\w{0,126}$/;

/** The bytes of an entry. Its texts must be such as `decodeLocator` takes; it is our own. */
export function encodeLocator(entry: LocatorEntry): Uint8Array {
  const texts = [...entry.texts];
  const indexOf = (text: string): number => {
    if (text === '') return 0;
    const known = texts.indexOf(text);
    return known >= 0 ? known + 1 : texts.push(text);
  };
  const names = ENTRY_NAMES.flatMap((name) => leb(BigInt(indexOf(entry.names[name]))));
  const bytes: number[] = [
    ENTRY_VERSION,
    LOCATOR_SHAPES.indexOf(entry.shape),
    0,
    0,
    entry.including_head ? FLAG_HEAD : 0,
    0,
    texts.length,
    entry.blocks.size,
  ];
  for (const text of texts) bytes.push(text.length, ...Buffer.from(text, 'latin1'));
  bytes.push(...names, ...leb(BigInt(entry.limit)));
  for (const block of BLOCKS) {
    const code = entry.blocks.get(block);
    if (code) bytes.push(BLOCKS.indexOf(block), ...leb(BigInt(code.length)), ...code);
  }
  bytes[2] = bytes.length & 0xff;
  bytes[3] = bytes.length >>> 8;
  return Uint8Array.from(bytes);
}

/** What can be said of an entry that cannot be read: whose it is, if that could be read. */
export type DecodedLocator = Result<LocatorEntry> & { readonly name?: string };

/**
 * Reads an entry from a note's descriptor; what lies behind its own size is not looked at. Failures: VERSION,
 * TRUNCATED, MALFORMED, with the byte. Never throws. The code itself is not checked: whoever runs it finds out.
 */
export function decodeLocator(bytes: Uint8Array): DecodedLocator {
  if (bytes.length < HEADER_BYTES)
    return failure('TRUNCATED', `${bytes.length} bytes are less than a header`, bytes.length);
  const [
    version = 0,
    shape_number = 0,
    low = 0,
    high = 0,
    flags = 0,
    zero = 0,
    text_count = 0,
    block_count = 0,
  ] = bytes;
  const total = low | (high << 8);
  if (version !== ENTRY_VERSION) return failure('VERSION', `a locator of version ${version}`, 0);
  if (total > bytes.length)
    return failure('TRUNCATED', `it says ${total} bytes, there are ${bytes.length}`, 2);
  if (total < HEADER_BYTES || total > ENTRY_LIMIT)
    return failure('MALFORMED', `a locator of ${total} bytes`, 2);
  const reader = new Reader(bytes, total);
  const texts = reader.texts(text_count);
  const names = texts && reader.names(texts);
  if (!texts || !names) return reader.failed();
  const named = { name: names.name };
  const shape = LOCATOR_SHAPES[shape_number];
  if (!shape) return { ...failure('MALFORMED', `there is no shape ${shape_number}`, 1), ...named };
  if (flags > FLAG_HEAD || zero !== 0)
    return { ...failure('MALFORMED', `flags 0x${flags.toString(16)}`, 4), ...named };
  const limit = reader.number();
  const blocks = limit === undefined ? undefined : reader.blocks(block_count);
  if (limit === undefined || !blocks) return { ...reader.failed(), ...named };
  if (limit < 1 || limit > 0xffff_ffff)
    return { ...failure('MALFORMED', `a limit of ${limit}`, reader.at), ...named };
  if (!blocks.has('roots'))
    return { ...failure('MALFORMED', 'it has no code for its roots', total), ...named };
  return success({ shape, including_head: flags === FLAG_HEAD, limit, names, texts, blocks });
}

/** Goes through an entry's bytes; the first thing that is wrong stands. */
class Reader {
  at = HEADER_BYTES;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #leb: Leb = { low: 0, high: 0, next: 0 };
  #problem = '';

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  failed(): ReturnType<typeof failure> {
    return failure('MALFORMED', this.#problem, this.at);
  }

  #wrong(problem: string): undefined {
    this.#problem = problem;
    return undefined;
  }

  /** One that JavaScript holds exactly. */
  number(): number | undefined {
    if (!readLeb(this.#bytes, this.at, this.#end, this.#leb) || this.#leb.high > 0x1f_ffff)
      return this.#wrong('a number cannot be read');
    this.at = this.#leb.next;
    return this.#leb.high * 0x1_0000_0000 + this.#leb.low;
  }

  texts(count: number): readonly string[] | undefined {
    if (count > TEXTS_LIMIT) return this.#wrong(`${count} texts`);
    const texts: string[] = [];
    for (let index = 0; index < count; index++) {
      const length = this.#bytes[this.at] ?? 0;
      if (this.at + 1 + length > this.#end) return this.#wrong('a text is cut short');
      const text = Buffer.from(this.#bytes.subarray(this.at + 1, this.at + 1 + length)).toString('latin1');
      if (!TEXT.test(text)) return this.#wrong('a text has other characters than names have');
      if (texts.includes(text)) return this.#wrong(`the text ${text} is there twice`);
      texts.push(text);
      this.at += 1 + length;
    }
    return texts;
  }

  names(texts: readonly string[]): Readonly<Record<EntryName, string>> | undefined {
    const names: Partial<Record<EntryName, string>> = {};
    for (const name of ENTRY_NAMES) {
      const index = this.number();
      if (index === undefined) return undefined;
      const text = index === 0 ? '' : texts[index - 1];
      if (text === undefined) return this.#wrong(`there is no text ${index - 1} for ${name}`);
      names[name] = text;
    }
    if (!NAME.test(names.name ?? ''))
      return this.#wrong(names.name ? 'its name is none of the language' : 'it has no name');
    return names as Record<EntryName, string>;
  }

  blocks(count: number): ReadonlyMap<BlockName, Uint8Array> | undefined {
    const blocks = new Map<BlockName, Uint8Array>();
    for (let index = 0; index < count; index++) {
      const name = BLOCKS[this.#bytes[this.at] ?? BLOCKS.length];
      if (name === undefined || this.at >= this.#end || blocks.has(name))
        return this.#wrong('a block of code has no known kind');
      this.at++;
      const length = this.number();
      if (length === undefined) return undefined;
      if (length > CODE_LIMIT || this.at + length > this.#end)
        return this.#wrong(`a block of ${length} bytes`);
      blocks.set(name, this.#bytes.slice(this.at, this.at + length));
      this.at += length;
    }
    return blocks;
  }
}
