import type { ReadMemory } from '../../src/formats/result.ts';

/** Memory that consists of the given runs and nothing else. A read must lie in one of them. */
export function memoryOf(...runs: readonly (readonly [address: number, bytes: Uint8Array])[]): ReadMemory {
  return (address, into) => {
    const run = runs.find(
      ([start, bytes]) => address >= start && address + into.length <= start + bytes.length,
    );
    if (!run) return false;
    into.set(run[1].subarray(address - run[0], address - run[0] + into.length));
    return true;
  };
}

/** The same memory without some pages, by their number. */
export function withoutPages(read: ReadMemory, ...pages: readonly number[]): ReadMemory {
  const missing = new Set(pages);
  return (address, into) => {
    const last = Math.floor((address + into.length - 1) / 4096);
    for (let page = Math.floor(address / 4096); page <= last; page++) if (missing.has(page)) return false;
    return read(address, into);
  };
}
