import { PAGE_SIZE } from '../../../base/units.ts';

/**
 * Says whose a page or chunk is: compared by identity. A fork gives both sides new ones, so that what they share is
 * nobody's.
 */
export interface Owner {
  readonly owner: true;
}

/** 4 KiB of machine memory. Written only by the memory whose token it carries; all others copy it first. */
export interface Page {
  owner: Owner;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Hash of the content, kept once the page can no longer change; -1 until then. Two 32-bit lanes. */
  hash_a: number;
  hash_b: number;
}

/** 512 pages, 2 MiB; undefined stands for a page of zeros. */
export interface Chunk {
  owner: Owner;
  readonly pages: (Page | undefined)[];
}

/** Released pages kept for reuse: 32 MiB at most. A cache of buffers, nothing that a run could observe. */
const POOL_LIMIT = 8_192;
const pool: Page[] = [];

function madePage(owner: Owner): Page {
  const bytes = new Uint8Array(PAGE_SIZE);
  return { owner, bytes, view: new DataView(bytes.buffer), hash_a: -1, hash_b: -1 };
}

/** Nobody owns it, so nobody writes it. */
export const ZERO_PAGE: Page = madePage({ owner: true });

/** A page with the content of `from` (zeros when undefined). */
export function newPage(owner: Owner, from: Page | undefined): Page {
  const page = pool.pop();
  if (page === undefined) {
    const made = madePage(owner);
    if (from !== undefined) made.bytes.set(from.bytes);
    return made;
  }
  page.owner = owner;
  page.hash_a = -1;
  page.hash_b = -1;
  if (from === undefined) page.bytes.fill(0);
  else page.bytes.set(from.bytes);
  return page;
}

/** Gives a page back. The caller was its only holder. */
export function recycle(page: Page): void {
  page.owner = ZERO_PAGE.owner;
  if (pool.length < POOL_LIMIT) pool.push(page);
}

/** True when every byte is zero. */
export function isZero(page: Page): boolean {
  return Buffer.compare(page.bytes, ZERO_PAGE.bytes) === 0;
}

/**
 * Hashes the content into `hash_a` and `hash_b`: four multiplicative lanes (FNV-1a's prime) over 32-bit words, folded
 * into two.
 */
export function hashPage(page: Page): void {
  const words = new Int32Array(page.bytes.buffer);
  let a = 0x811c9dc5 | 0;
  let b = 0x3c6ef372 | 0;
  let c = 0x1b873593 | 0;
  let d = 0x7ed55d16 | 0;
  for (let index = 0; index < words.length; index += 4) {
    a = Math.imul(a ^ (words[index] as number), 0x01000193);
    b = Math.imul(b ^ (words[index + 1] as number), 0x01000193);
    c = Math.imul(c ^ (words[index + 2] as number), 0x01000193);
    d = Math.imul(d ^ (words[index + 3] as number), 0x01000193);
    a = (a << 13) | (a >>> 19);
    c = (c << 17) | (c >>> 15);
  }
  page.hash_a = (a ^ Math.imul(c, 0x85ebca6b)) >>> 0;
  page.hash_b = (b ^ Math.imul(d, 0xc2b2ae35)) >>> 0;
}
