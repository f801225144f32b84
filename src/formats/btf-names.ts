import type { BtfKind, TypeId } from './btf-format.ts';
import type { TypeWords } from './btf-index.ts';

/** Types that have the same name are few; more in one place are a crafted blob. */
const CHAIN_LIMIT = 4096;

/**
 * Types by name, without a string for each of a hundred thousand: a hash table over the bytes of the names, made in one
 * pass.
 */
export class TypeNames {
  readonly #words: TypeWords;
  /** First type of each bucket, and the next one of the same: 0 for none. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;

  constructor(words: TypeWords) {
    this.#words = words;
    this.#heads = new Int32Array(2 ** Math.max(4, 32 - Math.clz32(words.count)));
    this.#next = new Int32Array(words.count + 1);
    // The lowest number comes first in its bucket.
    for (let id = words.count; id > 0; id--) {
      const offset = words.nameOffset(id);
      if (offset === 0) continue;
      const bucket = words.hashAt(offset) & (this.#heads.length - 1);
      this.#next[id] = this.#heads[bucket] as number;
      this.#heads[bucket] = id;
    }
  }

  /** The first type of that kind and name. */
  find(kind: BtfKind, name: string): TypeId | undefined {
    const words = this.#words;
    let id = this.#heads[hashOf(name) & (this.#heads.length - 1)] as number;
    for (let step = 0; id !== 0 && step < CHAIN_LIMIT; step++) {
      if (words.kind(id) === kind && words.isString(words.nameOffset(id), name)) return id;
      id = this.#next[id] as number;
    }
    return undefined;
  }
}

/** As `hashAt` of the words. */
function hashOf(name: string): number {
  let hash = FIRST;
  for (let at = 0; at < name.length && at < HASHED_BYTES; at++) hash = step(hash, name.charCodeAt(at));
  return hash;
}

/** Of a name no more is hashed: names tell themselves apart sooner, and a blob may claim a million long ones. */
export const HASHED_BYTES = 64;

/** FNV-1a, 32 bits. */
export const FIRST: number = 0x811c_9dc5 | 0;
export function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x0100_0193);
}
