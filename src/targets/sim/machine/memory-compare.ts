import { PAGE_SIZE } from '../../../base/units.ts';
import type { MachineMemory } from './memory.ts';
import type { Page } from './page.ts';
import { hashPage, isZero, ZERO_PAGE } from './page.ts';
import type { TraceHash } from './trace-hash.ts';

const CHUNK_BYTES = 0x20_0000;

/**
 * Address of the first byte in [start, start + bytes) in which two memories of one size differ; -1 when they are alike.
 * `start` and `bytes` are multiples of 4 KiB. What both share from a fork is skipped by identity, so the price is that
 * of what was written.
 */
export function firstDifference(a: MachineMemory, b: MachineMemory, start: number, bytes: number): number {
  const end = start + bytes;
  for (let address = start; address < end;) {
    const chunk = Math.floor(address / CHUNK_BYTES);
    const chunk_end = Math.min((chunk + 1) * CHUNK_BYTES, end);
    if (a.chunk(chunk) !== b.chunk(chunk)) {
      for (let at = address; at < chunk_end; at += PAGE_SIZE) {
        const offset = differenceInPage(a.page(at), b.page(at));
        if (offset >= 0) return at + offset;
      }
    }
    address = chunk_end;
  }
  return -1;
}

/**
 * Address of the first aligned word of eight bytes that `alike` does not let pass, in the same range as above; -1 when
 * there is none. `alike` is given the views of the two pages and the word's offset, and asked only about words that
 * differ.
 */
export function firstWordDifference(
  a: MachineMemory,
  b: MachineMemory,
  start: number,
  bytes: number,
  alike: (one: DataView, other: DataView, offset: number) => boolean,
): number {
  let from = start;
  for (;;) {
    const at = firstDifference(a, b, from, start + bytes - from);
    if (at < 0) return -1;
    const page = at - (at % PAGE_SIZE);
    const [one, other] = [a.page(page).view, b.page(page).view];
    for (let offset = 0; offset < PAGE_SIZE; offset += 8) {
      const same =
        one.getInt32(offset) === other.getInt32(offset) &&
        one.getInt32(offset + 4) === other.getInt32(offset + 4);
      if (!same && !alike(one, other, offset)) return page + offset;
    }
    from = page + PAGE_SIZE;
    if (from >= start + bytes) return -1;
  }
}

function differenceInPage(a: Page, b: Page): number {
  if (a === b || Buffer.compare(a.bytes, b.bytes) === 0) return -1;
  return a.bytes.findIndex((byte, offset) => byte !== b.bytes[offset]);
}

/**
 * Adds the content of [start, start + bytes) to a hash: the pages that are not all zeros, with their place. What a page
 * went through does not matter, only what it holds. Hashes of pages that can no longer change are kept with them.
 */
export function digestMemory(memory: MachineMemory, start: number, bytes: number, into: TraceHash): void {
  for (let base = start; base < start + bytes; base += CHUNK_BYTES) {
    const chunk = memory.chunk(Math.floor(base / CHUNK_BYTES));
    if (chunk === undefined) continue;
    const end = Math.min(base + CHUNK_BYTES, start + bytes);
    for (let at = base; at < end; at += PAGE_SIZE) {
      const page = memory.page(at);
      if (page === ZERO_PAGE) continue;
      if (page.hash_a < 0 || memory.owns(page)) {
        if (isZero(page)) continue;
        hashPage(page);
      }
      into.word(at / PAGE_SIZE);
      into.word(page.hash_a | 0);
      into.word(page.hash_b | 0);
      // It may yet be written in place; what it will hold when it is shared is not known.
      if (memory.owns(page)) page.hash_a = -1;
    }
  }
}
