import type { PartialBytes } from './partial-read.ts';
import { isPresent } from './partial-read.ts';

/**
 * The names of kallsyms, decoded as far as they are asked for. It depends on their bytes alone, not on where the kernel
 * lies.
 */
export interface NameTable {
  /** Names that could be read, of any index. */
  readonly readable: number;
  /** Type character and name of a symbol; '' when it could not be read. */
  decode(index: number): string;
  /** First symbol of that name, without its type; -1 when there is none. */
  indexOf(name: string): number;
}

/** The bytes that names are decoded from. */
export interface NameTableBytes {
  /** From the first name on; with `to_tokens` up to the token table, so that markers and seqs_of_names are its end. */
  readonly area: PartialBytes;
  readonly to_tokens: boolean;
  readonly token_table: Uint8Array;
  readonly token_index: Uint8Array;
}

/** After so many searches through all tokens a map pays. */
const SEARCHES_BEFORE_MAP = 24;
/** Bytes of an entry of kallsyms_seqs_of_names: a symbol's number, the high byte first. */
const SEQ_BYTES = 3;
/** No symbol is longer (KSYM_NAME_LEN). */
const NAME_LIMIT = 512;
const UNREADABLE = 0xffff_ffff;
/** Names between two markers. */
const BLOCK = 256;

/**
 * Finds where each of `count` names begins. Where the markers are sound each block of 256 names stands for itself, and
 * one that does not end where the next begins is damaged and left out: a wrong length would shift all names after it to
 * wrong addresses.
 */
export function decodeNameTable(count: number, bytes: NameTableBytes): NameTable {
  const { area } = bytes;
  const starts = new Uint32Array(count).fill(UNREADABLE);
  const markers = bytes.to_tokens ? findMarkers(area, count) : undefined;
  let readable = 0;
  if (markers) {
    for (let block = 0; block * BLOCK < count; block++) {
      const first = block * BLOCK;
      const last = Math.min(first + BLOCK, count);
      const limit = markers[block + 1] as number;
      const { next, end, missing } = walkNames(area, starts, first, last, markers[block] as number);
      // The last names are padded to 8 bytes. What stands before a page that is missing cannot be checked, and is
      // believed.
      const fits = next === last && (last === count ? limit - end >= 0 && limit - end < 8 : end === limit);
      if (fits || (missing && end < limit)) readable += next - first;
      else starts.fill(UNREADABLE, first, last);
    }
  } else {
    readable = walkNames(area, starts, 0, count, 0).next;
  }
  const tokens = decodeTokens(bytes.token_table, bytes.token_index);
  return new DecodedNames(area.bytes, starts, readable, tokens, markers ? seqsOf(area, count) : undefined);
}

/** Where each block begins, and after the last the end of the names; undefined when that cannot be so. */
function findMarkers(area: PartialBytes, count: number): Uint32Array | undefined {
  const blocks = Math.ceil(count / BLOCK);
  const seqs_at = area.bytes.length - Math.ceil((count * 3) / 8) * 8;
  const markers_at = seqs_at - Math.ceil((blocks * 4) / 8) * 8;
  if (!isPresent(area, markers_at, markers_at + blocks * 4)) return undefined;
  const view = new DataView(area.bytes.buffer, area.bytes.byteOffset + markers_at, blocks * 4);
  const markers = new Uint32Array(blocks + 1);
  for (let block = 0; block < blocks; block++) {
    const marker = view.getUint32(block * 4, true);
    if (block === 0 ? marker !== 0 : marker <= (markers[block - 1] as number)) return undefined;
    markers[block] = marker;
  }
  markers[blocks] = markers_at;
  return (markers[blocks - 1] as number) < markers_at ? markers : undefined;
}

/**
 * kallsyms_seqs_of_names: the numbers of the symbols by their names, before the token table; undefined when it is not
 * all there.
 */
function seqsOf(area: PartialBytes, count: number): Uint8Array | undefined {
  const at = area.bytes.length - Math.ceil((count * SEQ_BYTES) / 8) * 8;
  return isPresent(area, at, at + count * SEQ_BYTES)
    ? area.bytes.subarray(at, at + count * SEQ_BYTES)
    : undefined;
}

/**
 * Fills starts[first, last) from byte `at` on. Stops at the first name that is not all there, and says which, where,
 * and whether a page is missing.
 */
function walkNames(
  area: PartialBytes,
  starts: Uint32Array,
  first: number,
  last: number,
  at: number,
): { next: number; end: number; missing: boolean } {
  const { bytes } = area;
  let end = at;
  for (let index = first; index < last; index++) {
    const head = bytes[end] as number;
    const length_bytes = head < 0x80 ? 1 : 2;
    const length = head < 0x80 ? head : (head & 0x7f) | ((bytes[end + 1] as number) << 7);
    const next = end + length_bytes + length;
    const missing = !isPresent(area, end, Math.min(next, bytes.length));
    // A missing page reads as zeros: a length of zero says nothing there.
    if (missing || length === 0 || next > bytes.length) return { next: index, end, missing };
    starts[index] = end;
    end = next;
  }
  return { next: last, end, missing: false };
}

function decodeTokens(table: Uint8Array, index: Uint8Array): string[] {
  const text = `${Buffer.from(table.buffer, table.byteOffset, table.length).toString('latin1')}\0`;
  const tokens: string[] = [];
  for (let token = 0; token < 256; token++) {
    const at = (index[token * 2] as number) | ((index[token * 2 + 1] as number) << 8);
    tokens.push(text.slice(at, Math.min(Math.max(text.indexOf('\0', at), at), at + NAME_LIMIT)));
  }
  return tokens;
}

function seqAt(seqs: Uint8Array, place: number): number {
  const at = place * SEQ_BYTES;
  return ((seqs[at] as number) << 16) | ((seqs[at + 1] as number) << 8) | (seqs[at + 2] as number);
}

/** Names that are remembered. */
const KNOWN_LIMIT = 4096;

class DecodedNames implements NameTable {
  readonly readable: number;
  readonly #names: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #tokens: readonly string[];
  readonly #seqs: Uint8Array | undefined;
  /** What was looked for, and where it was. */
  readonly #known = new Map<string, number>();
  #searches = 0;
  #by_name: Map<string, number> | undefined;

  constructor(
    names: Uint8Array,
    starts: Uint32Array,
    readable: number,
    tokens: readonly string[],
    seqs: Uint8Array | undefined,
  ) {
    this.#seqs = seqs;
    this.#names = names;
    this.#starts = starts;
    this.readable = readable;
    this.#tokens = tokens;
  }

  decode(index: number): string {
    let at = this.#starts[index] as number;
    if (at === UNREADABLE) return '';
    const first = this.#names[at++] as number;
    const length = first < 0x80 ? first : (first & 0x7f) | ((this.#names[at++] as number) << 7);
    let text = '';
    for (const end = at + length; at < end && text.length <= NAME_LIMIT; at++) {
      text += this.#tokens[this.#names[at] as number] as string;
    }
    return text;
  }

  indexOf(name: string): number {
    let index = this.#known.get(name);
    if (index === undefined) {
      index = this.#bySeqs(name);
      // Where that table is damaged a name may be missed by it.
      if (index < 0) index = this.#search(name);
      if (this.#known.size < KNOWN_LIMIT) this.#known.set(name, index);
    }
    return index;
  }

  /** Among the names in their order, as the kernel itself looks one up; -1 when it is not where it should be. */
  #bySeqs(name: string): number {
    const seqs = this.#seqs;
    if (!seqs) return -1;
    const count = this.#starts.length;
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#named(seqs, middle) < name) low = middle + 1;
      else high = middle;
    }
    return low < count && this.#named(seqs, low) === name ? seqAt(seqs, low) : -1;
  }

  #named(seqs: Uint8Array, place: number): string {
    const index = seqAt(seqs, place);
    return index < this.#starts.length ? this.decode(index).slice(1) : '';
  }

  #search(name: string): number {
    if (this.#by_name) return this.#by_name.get(name) ?? -1;
    if (this.#searches++ >= SEARCHES_BEFORE_MAP) {
      this.#by_name = new Map();
      for (let index = this.#starts.length - 1; index >= 0; index--) {
        if (this.#starts[index] !== UNREADABLE) this.#by_name.set(this.decode(index).slice(1), index);
      }
      return this.#by_name.get(name) ?? -1;
    }
    for (let index = 0; index < this.#starts.length; index++) if (this.#matches(index, name)) return index;
    return -1;
  }

  /** Compares token by token and gives up at the first difference: nothing is built for names that are not wanted. */
  #matches(index: number, name: string): boolean {
    let at = this.#starts[index] as number;
    if (at === UNREADABLE) return false;
    const first = this.#names[at++] as number;
    const length = first < 0x80 ? first : (first & 0x7f) | ((this.#names[at++] as number) << 7);
    // The first character is the type.
    let matched = -1;
    for (const end = at + length; at < end; at++) {
      const token = this.#tokens[this.#names[at] as number] as string;
      for (let character = 0; character < token.length; character++, matched++) {
        if (matched >= 0 && token.charCodeAt(character) !== name.charCodeAt(matched)) return false;
      }
    }
    return matched === name.length;
  }
}
