import { describe, expect, test } from 'vitest';
import { MachineMemory, OutOfMemoryRange } from '../../../../src/targets/sim/machine/memory.ts';
import { digestMemory, firstDifference } from '../../../../src/targets/sim/machine/memory-compare.ts';
import { TraceHash } from '../../../../src/targets/sim/machine/trace-hash.ts';

const SIZE = 8 * 1_048_576;

function digest(memory: MachineMemory): string {
  const hash = new TraceHash();
  digestMemory(memory, 0, memory.size, hash);
  return hash.hex();
}

describe('machine memory', () => {
  test('what was never written reads as zeros', () => {
    const memory = new MachineMemory(SIZE);
    expect(memory.read64(0x1238)).toBe(0);
    expect(memory.read8(SIZE - 1)).toBe(0);
  });

  test('is little-endian', () => {
    const memory = new MachineMemory(SIZE);
    memory.write64(0x1000, 0x1122_3344_5566);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((at) => memory.read8(0x1000 + at))).toEqual([
      0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0, 0,
    ]);
    memory.write64(0x1000, -2);
    expect(memory.read32(0x1004)).toBe(0xffff_ffff);
  });

  test('an access outside is a typed fault, never a value', () => {
    const memory = new MachineMemory(SIZE);
    expect(() => memory.read8(SIZE)).toThrow(OutOfMemoryRange);
    expect(() => memory.read8(-1)).toThrow(OutOfMemoryRange);
    expect(() => memory.write8(SIZE, 1)).toThrow(OutOfMemoryRange);
    expect(() => memory.read(SIZE - 4, new Uint8Array(8))).toThrow(OutOfMemoryRange);
  });

  test('goes up to 4 GiB, whose last byte has a sign bit in 32-bit arithmetic', () => {
    const memory = new MachineMemory(2 ** 32);
    memory.write8(2 ** 32 - 1, 7);
    memory.write32(0x8000_0000, 0xdead_beef);
    expect(memory.read8(0xffff_ffff)).toBe(7);
    expect(memory.read32(0x8000_0000)).toBe(0xdead_beef);
  });

  test('ranges cross pages and chunks', () => {
    const memory = new MachineMemory(SIZE);
    const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
    memory.write(0x20_0000 - 5_000, bytes);
    const back = new Uint8Array(10_000);
    memory.read(0x20_0000 - 5_000, back);
    expect(back).toEqual(bytes);
  });
});

describe('a fork', () => {
  test('sees what was, and neither sees what the other writes afterwards', () => {
    const parent = new MachineMemory(SIZE);
    parent.write32(0x1000, 1);
    parent.write32(0x2000, 2);
    const child = parent.fork();
    parent.write32(0x1000, 10);
    child.write32(0x2000, 20);
    child.write32(0x30_0000, 3);
    expect([parent.read32(0x1000), parent.read32(0x2000), parent.read32(0x30_0000)]).toEqual([10, 2, 0]);
    expect([child.read32(0x1000), child.read32(0x2000), child.read32(0x30_0000)]).toEqual([1, 20, 3]);
  });

  test('of a fork of a fork is as isolated, and releasing one leaves the others whole', () => {
    const first = new MachineMemory(SIZE);
    first.write32(0, 1);
    const second = first.fork();
    second.write32(0, 2);
    second.write32(4096, 22);
    const third = second.fork();
    third.write32(0, 3);
    second.release();
    // Pages that were given back are handed out again, zeroed or copied over.
    const other = new MachineMemory(SIZE);
    for (let page = 0; page < 64; page++) other.write8(page * 4096 + 1, 0xff);
    expect(other.read32(0)).toBe(0xff00);
    expect([first.read32(0), third.read32(0), third.read32(4096)]).toEqual([1, 3, 22]);
  });

  test('a reused page holds nothing of its former life', () => {
    const gone = new MachineMemory(SIZE);
    for (let page = 0; page < 16; page++) gone.write32(page * 4096 + 512, 0xffff_ffff);
    gone.release();
    const memory = new MachineMemory(SIZE);
    for (let page = 0; page < 16; page++) {
      memory.write8(page * 4096, 1);
      expect(memory.read32(page * 4096 + 512)).toBe(0);
    }
  });
});

describe('comparison', () => {
  test('finds the first byte that differs, and none where there is none', () => {
    const a = new MachineMemory(SIZE);
    a.write32(0x5000, 0x01020304);
    const b = a.fork();
    expect(firstDifference(a, b, 0, SIZE)).toBe(-1);
    b.write32(0x5000, 0x01020304);
    expect(firstDifference(a, b, 0, SIZE)).toBe(-1);
    b.write8(0x40_5002, 9);
    b.write8(0x5002, 9);
    expect(firstDifference(a, b, 0, SIZE)).toBe(0x5002);
    expect(firstDifference(a, b, 0x6000, SIZE - 0x6000)).toBe(0x40_5002);
    expect(firstDifference(a, b, 0x6000, 0x1000)).toBe(-1);
  });

  test('a page of written zeros is like one that was never written', () => {
    const a = new MachineMemory(SIZE);
    const b = a.fork();
    b.write8(0x5000, 1);
    b.write8(0x5000, 0);
    expect(firstDifference(a, b, 0, SIZE)).toBe(-1);
    expect(digest(a)).toBe(digest(b));
  });
});

describe('digest', () => {
  test('tells content and place, not the history of forks', () => {
    const straight = new MachineMemory(SIZE);
    straight.write32(0x1000, 1);
    straight.write32(0x2000, 2);
    const forked = new MachineMemory(SIZE);
    forked.write32(0x2000, 2);
    const child = forked.fork().fork();
    child.write32(0x1000, 1);
    expect(digest(child)).toBe(digest(straight));
    expect(digest(forked)).not.toBe(digest(straight));
    const moved = new MachineMemory(SIZE);
    moved.write32(0x3000, 1);
    moved.write32(0x2000, 2);
    expect(digest(moved)).not.toBe(digest(straight));
  });

  test('a page that is hashed, written and then shared is hashed anew', () => {
    const memory = new MachineMemory(SIZE);
    memory.write32(0x1000, 1);
    const before = digest(memory);
    memory.write32(0x1000, 2);
    memory.fork();
    expect(digest(memory)).not.toBe(before);
  });
});
