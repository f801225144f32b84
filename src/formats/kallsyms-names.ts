/** The names of kallsyms, decoded as far as they are asked for. It depends on their bytes alone, not on where the kernel lies. */
export interface NameTable {
  /** Names that lie wholly inside the bytes. */
  readonly readable: number;
  /** Type character and name of a symbol below `readable`. */
  decode(index: number): string;
  /** First symbol of that name, without its type; -1 when there is none. */
  indexOf(name: string): number;
}

/** After so many searches through the tokens a map pays. */
const SEARCHES_BEFORE_MAP = 16;
/** No symbol is longer (KSYM_NAME_LEN). */
const NAME_LIMIT = 512;

/** Finds where each of `count` names begins. `names` may be longer than they are, or shorter when memory was cut off. */
export function decodeNameTable(
  count: number,
  names: Uint8Array,
  token_table: Uint8Array,
  token_index: Uint8Array,
): NameTable {
  const tokens = decodeTokens(token_table, token_index);
  const starts = new Uint32Array(count + 1);
  let readable = 0;
  for (let at = 0; readable < count; readable++) {
    starts[readable] = at;
    if (at >= names.length) break;
    const first = names[at] as number;
    let length = first;
    at++;
    if (first >= 0x80) {
      if (at >= names.length) break;
      length = (first & 0x7f) | ((names[at] as number) << 7);
      at++;
    }
    at += length;
    if (at > names.length) break;
  }
  return new DecodedNames(names, starts, readable, tokens);
}

function decodeTokens(table: Uint8Array, index: Uint8Array): string[] {
  const tokens: string[] = [];
  for (let token = 0; token < 256; token++) {
    let at = (index[token * 2] as number) | ((index[token * 2 + 1] as number) << 8);
    let text = '';
    while (at < table.length && table[at] !== 0 && text.length < NAME_LIMIT) {
      text += String.fromCharCode(table[at++] as number);
    }
    tokens.push(text);
  }
  return tokens;
}

class DecodedNames implements NameTable {
  readonly readable: number;
  readonly #names: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #tokens: readonly string[];
  #searches = 0;
  #by_name: Map<string, number> | undefined;

  constructor(names: Uint8Array, starts: Uint32Array, readable: number, tokens: readonly string[]) {
    this.#names = names;
    this.#starts = starts;
    this.readable = readable;
    this.#tokens = tokens;
  }

  decode(index: number): string {
    let at = this.#starts[index] as number;
    const first = this.#names[at++] as number;
    const length = first < 0x80 ? first : (first & 0x7f) | ((this.#names[at++] as number) << 7);
    let text = '';
    for (const end = at + length; at < end && text.length <= NAME_LIMIT; at++) {
      text += this.#tokens[this.#names[at] as number] as string;
    }
    return text;
  }

  indexOf(name: string): number {
    if (this.#by_name) return this.#by_name.get(name) ?? -1;
    if (this.#searches++ >= SEARCHES_BEFORE_MAP) {
      this.#by_name = new Map();
      for (let index = this.readable - 1; index >= 0; index--) {
        this.#by_name.set(this.decode(index).slice(1), index);
      }
      return this.#by_name.get(name) ?? -1;
    }
    for (let index = 0; index < this.readable; index++) if (this.#matches(index, name)) return index;
    return -1;
  }

  /** Compares token by token and gives up at the first difference: nothing is built for names that are not wanted. */
  #matches(index: number, name: string): boolean {
    let at = this.#starts[index] as number;
    const first = this.#names[at++] as number;
    const length = first < 0x80 ? first : (first & 0x7f) | ((this.#names[at++] as number) << 7);
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
