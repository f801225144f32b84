import { describe, expect, it } from 'vitest';
import type { Guard } from '../../src/structure/elements.ts';
import { isHeld, sleeps } from '../../src/structure/guards.ts';
import { LinkedLibrary } from '../../src/structure/link.ts';
import { FlatSpace } from '../support/flat-space.ts';
import { library, struct } from '../support/structures.ts';

const memory = new FlatSpace();
const STRUCTS = [struct('rw_semaphore', { count: 'u64' }), struct('mutex', { owner: 'u64' })];
const source = new LinkedLibrary(library(STRUCTS, [], []), undefined).source;
const guard = (type: string, value: bigint): Guard => {
  memory.put(0x4000, value);
  return { address: 0x4000, type, place: 'it', space: memory.space };
};

describe('a lock', () => {
  it('that spins is held when its first byte is not zero', () => {
    expect(isHeld(guard('spinlock_t', 1n), source)).toBe(true);
    expect(isHeld(guard('spinlock_t', 0x100n), source)).toBe(false);
    expect(sleeps(guard('raw_spinlock_t', 1n))).toBe(false);
  });

  it('of readers and one writer is held by a writer alone: who waits, or reads, writes nothing', () => {
    expect(isHeld(guard('rw_semaphore', 1n), source)).toBe(true);
    expect(isHeld(guard('rw_semaphore', 0x302n), source)).toBe(false);
    expect(sleeps(guard('rw_semaphore', 1n))).toBe(true);
  });

  it('that names its owner is held when there is one, wherever that lies', () => {
    expect(isHeld(guard('mutex', 0xffff_8880_0123_4500n), source)).toBe(true);
    expect(isHeld(guard('mutex', 3n), source)).toBe(false);
    expect(sleeps(guard('mutex', 0n))).toBe(true);
  });

  it('that cannot be read is held by nobody', () => {
    expect(isHeld({ ...guard('mutex', 1n), address: 0x7000_0000 }, source)).toBe(false);
  });
});
