import { describe, expect, test } from 'vitest';
import type { Journal } from '../../src/hypervisor/journal.ts';
import { openJournal, undo, writeThrough } from '../../src/hypervisor/journal.ts';
import type { PhysicalMemory } from '../../src/target/target.ts';

const SIZE = 64;

function memory(): PhysicalMemory & { bytes: Uint8Array } {
  const bytes = Uint8Array.from({ length: SIZE }, (_, at) => at);
  const inside = (at: number, length: number): boolean => at >= 0 && at + length <= SIZE;
  return {
    size: SIZE,
    bytes,
    read(at, into): boolean {
      if (!inside(at, into.length)) return false;
      into.set(bytes.subarray(at, at + into.length));
      return true;
    },
    write(at, from): boolean {
      if (!inside(at, from.length)) return false;
      bytes.set(from, at);
      return true;
    },
  };
}

const write = (physical: number, ...after: number[]): Parameters<typeof writeThrough>[2] => ({
  time_ns: 7,
  place: 'web.x',
  address: '',
  physical,
  after: Uint8Array.from(after),
});

function written(journal: Journal, of: PhysicalMemory, ...writes: ReturnType<typeof write>[]): Journal {
  return writes.reduce((open, one) => writeThrough(open, of, one) ?? open, journal);
}

describe('a journal', () => {
  test('keeps what stood there before it lets a byte be written', () => {
    const of = memory();
    const journal = written(openJournal('rescue'), of, write(8, 0xaa, 0xbb));
    expect(journal.entries).toEqual([
      {
        time_ns: 7,
        place: 'web.x',
        address: '',
        physical: 8,
        before: Uint8Array.of(8, 9),
        after: Uint8Array.of(0xaa, 0xbb),
      },
    ]);
    expect([...of.bytes.subarray(7, 11)]).toEqual([7, 0xaa, 0xbb, 10]);
  });

  test('is undone to the byte, the first write and the last, and overlapping ones in the right order', () => {
    const of = memory();
    const before = of.bytes.slice();
    const journal = written(
      openJournal('rescue'),
      of,
      write(0, 1, 2, 3, 4),
      write(2, 9, 9, 9, 9),
      write(63, 5),
      write(0, 7),
    );
    expect(journal.entries).toHaveLength(4);
    expect(of.bytes).not.toEqual(before);
    expect(undo(journal, of).state).toBe('undone');
    expect(of.bytes).toEqual(before);
  });

  test('takes nothing that is not there, nothing empty, nothing without end, and nothing once it is closed', () => {
    const of = memory();
    const before = of.bytes.slice();
    const open = openJournal('rescue');
    for (const wrong of [
      write(SIZE - 1, 1, 2),
      write(-1, 1),
      write(0),
      { ...write(0), after: new Uint8Array(65_537) },
    ])
      expect(writeThrough(open, of, wrong)).toBeUndefined();
    for (const state of ['kept', 'undone'] as const)
      expect(writeThrough({ ...open, state }, of, write(0, 1))).toBeUndefined();
    const full: Journal = {
      ...open,
      entries: Array.from({ length: 4096 }, () => ({ ...write(0, 1), before: Uint8Array.of(0) })),
    };
    expect(writeThrough(full, of, write(0, 1))).toBeUndefined();
    expect(of.bytes).toEqual(before);
  });

  test('keeps its own copy of what was written', () => {
    const bytes = Uint8Array.of(1);
    const journal = written(openJournal('rescue'), memory(), { ...write(0), after: bytes });
    bytes[0] = 2;
    expect(journal.entries[0]?.after).toEqual(Uint8Array.of(1));
  });
});
