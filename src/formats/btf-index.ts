import type { BtfKind, TypeId } from './btf-format.ts';
import { BTF_HEADER_BYTES, BTF_KINDS, BTF_MAGIC, BTF_TYPE_BYTES, trailingBytes } from './btf-format.ts';
import { FIRST, HASHED_BYTES, step } from './btf-names.ts';
import type { Result } from './result.ts';
import { failure, success } from './result.ts';

const BLOB_LIMIT = 64 * 1_048_576;
const STRING_LIMIT = 512;

/**
 * The types of a blob by number, as words. Every access is inside the bytes: `indexTypes` has checked each type's
 * extent.
 */
export class TypeWords {
  readonly count: number;
  readonly #view: DataView;
  readonly #starts: Uint32Array;
  readonly #strings: Uint8Array;
  readonly #known_strings = new Map<number, string>();

  constructor(view: DataView, starts: Uint32Array, strings: Uint8Array) {
    this.#view = view;
    this.#starts = starts;
    this.#strings = strings;
    this.count = starts.length;
  }

  /** 'void' for 0 and for numbers that no type has. */
  kind(id: TypeId): BtfKind {
    return id > 0 && id <= this.count ? (BTF_KINDS[(this.#info(id) >>> 24) & 0x1f] as BtfKind) : 'void';
  }

  kindFlag(id: TypeId): boolean {
    return this.#info(id) >>> 31 === 1;
  }

  vlen(id: TypeId): number {
    return this.#info(id) & 0xffff;
  }

  nameOffset(id: TypeId): number {
    return this.#view.getUint32(this.#starts[id - 1] as number, true);
  }

  sizeOrType(id: TypeId): number {
    return this.#view.getUint32((this.#starts[id - 1] as number) + 8, true);
  }

  /** A word that follows the first three, which the kind and vlen must allow. */
  extra(id: TypeId, index: number): number {
    return this.#view.getUint32((this.#starts[id - 1] as number) + BTF_TYPE_BYTES + index * 4, true);
  }

  string(offset: number): string {
    if (offset === 0) return '';
    let text = this.#known_strings.get(offset);
    if (text === undefined) {
      const limit = Math.min(offset + STRING_LIMIT, this.#strings.length);
      let end = offset;
      while (end < limit && this.#strings[end] !== 0) end++;
      text = '';
      for (let at = offset; at < end; at++) text += String.fromCharCode(this.#strings[at] as number);
      this.#known_strings.set(offset, text);
    }
    return text;
  }

  /** Of the bytes of a string, for tables by name. */
  hashAt(offset: number): number {
    const limit = Math.min(offset + HASHED_BYTES, this.#strings.length);
    let hash = FIRST;
    for (let at = offset; at < limit; at++) {
      const byte = this.#strings[at] as number;
      if (byte === 0) break;
      hash = step(hash, byte);
    }
    return hash;
  }

  /** Whether a string is that text; nothing is made of it. */
  isString(offset: number, text: string): boolean {
    const strings = this.#strings;
    if (offset + text.length > strings.length) return false;
    for (let at = 0; at < text.length; at++) if (strings[offset + at] !== text.charCodeAt(at)) return false;
    return (
      offset + text.length === strings.length ||
      strings[offset + text.length] === 0 ||
      text.length === STRING_LIMIT
    );
  }

  #info(id: TypeId): number {
    return this.#view.getUint32((this.#starts[id - 1] as number) + 4, true);
  }
}

/** Checks the header and finds where every type begins, in one pass. Offsets of failures are bytes of the blob. */
export function indexTypes(bytes: Uint8Array): Result<TypeWords> {
  if (bytes.length < BTF_HEADER_BYTES) return failure('TRUNCATED', 'shorter than a BTF header', bytes.length);
  if (bytes.length > BLOB_LIMIT) return failure('LIMIT', `${bytes.length} bytes of BTF`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== BTF_MAGIC) return failure('MALFORMED', 'no BTF magic', 0);
  if (bytes[2] !== 1) return failure('VERSION', `BTF version ${bytes[2]}`, 2);
  const header_bytes = view.getUint32(4, true);
  const [type_off, type_len, str_off, str_len] = [8, 12, 16, 20].map((at) => view.getUint32(at, true));
  const types_at = header_bytes + (type_off as number);
  const types_end = types_at + (type_len as number);
  const strings_at = header_bytes + (str_off as number);
  const strings_end = strings_at + (str_len as number);
  if (header_bytes < BTF_HEADER_BYTES) return failure('MALFORMED', `a header of ${header_bytes} bytes`, 4);
  if (types_end > bytes.length) return failure('TRUNCATED', 'the types end after the bytes', 12);
  if (strings_end > bytes.length) return failure('TRUNCATED', 'the strings end after the bytes', 20);
  const starts = new Uint32Array(Math.floor((types_end - types_at) / BTF_TYPE_BYTES));
  let count = 0;
  for (let at = types_at; at < types_end;) {
    if (types_end - at < BTF_TYPE_BYTES) return failure('MALFORMED', 'a type is cut short', at);
    const info = view.getUint32(at + 4, true);
    const trailing = trailingBytes((info >>> 24) & 0x1f, info & 0xffff);
    if (trailing < 0) return failure('MALFORMED', `a type of kind ${(info >>> 24) & 0x1f}`, at);
    starts[count++] = at;
    at += BTF_TYPE_BYTES + trailing;
    if (at > types_end) return failure('MALFORMED', 'a type reaches beyond the types', at);
  }
  return success(new TypeWords(view, starts.subarray(0, count), bytes.subarray(strings_at, strings_end)));
}
