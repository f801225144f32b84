import { describe, expect, it } from 'vitest';
import type { Guard } from '../../src/structure/elements.ts';
import { isHeld, sleeps } from '../../src/structure/guards.ts';
import { FlatSpace } from '../support/flat-space.ts';

const memory = new FlatSpace();
const guard = (type: string, value: bigint): Guard => {
  memory.put(0x4000, value);
  return { address: 0x4000, type, place: 'it', space: memory.space };
};

describe('a lock', () => {
  it('that spins is held when its first byte is not zero', () => {
    expect(isHeld(guard('spinlock_t', 1n))).toBe(true);
    expect(isHeld(guard('spinlock_t', 0x100n))).toBe(false);
    expect(sleeps(guard('raw_spinlock_t', 1n))).toBe(false);
  });

  it('of readers and one writer is held by a writer alone: who waits, or reads, writes nothing', () => {
    expect(isHeld(guard('rw_semaphore', 1n))).toBe(true);
    expect(isHeld(guard('rw_semaphore', 0x302n))).toBe(false);
    expect(sleeps(guard('rw_semaphore', 1n))).toBe(true);
  });

  it('that names its owner is held when there is one, wherever that lies', () => {
    expect(isHeld(guard('mutex', 0xffff_8880_0123_4500n))).toBe(true);
    expect(isHeld(guard('mutex', 3n))).toBe(false);
    expect(sleeps(guard('mutex', 0n))).toBe(true);
  });

  it('that cannot be read is held by nobody', () => {
    expect(isHeld({ ...guard('mutex', 1n), address: 0x7000_0000 })).toBe(false);
  });
});
