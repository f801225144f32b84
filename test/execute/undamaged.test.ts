import { expect, it } from 'vitest';
import { Undamaged } from '../../src/execute/undamaged.ts';
import type { Target } from '../../src/target/target.ts';
import { memoryOf } from '../support/flat-memory.ts';
import { receipt } from '../support/records.ts';

const AT = 0x1ffc;

function damaged(): {
  bytes: Uint8Array;
  whole: Undamaged;
  read: (address: number, bytes: number) => number[];
} {
  const bytes = new Uint8Array(0x4000);
  const memory = { size: bytes.length, read: memoryOf([0, bytes]), write: () => true };
  const partition = {
    name: 'web',
    memory,
    cpus: [],
    vmcoreinfo: () => '',
    park() {},
    resume() {},
    parked: false,
  };
  const live: Target = { name: 'qemu', partitions: [partition], now: () => 7, runUntil: () => undefined };
  const whole = new Undamaged(live);
  const read = (address: number, length: number): number[] => {
    const into = new Uint8Array(length);
    expect(whole.partitions[0]?.memory.read(address, into)).toBe(true);
    return [...into];
  };
  return { bytes, whole, read };
}

it('lays what a fault overwrote over the memory, wherever a read meets it', () => {
  const { bytes, whole, read } = damaged();
  bytes.set([0xaa, 0xbb], AT);
  whole.note([receipt({ physical: AT, before: '0102', after: 'aabb' })]);
  expect(read(AT - 1, 4)).toEqual([0, 1, 2, 0]);
  expect(read(AT + 1, 1)).toEqual([2]);
  expect(read(AT + 2, 2)).toEqual([0, 0]);
  expect([bytes[AT], bytes[AT + 1]]).toEqual([0xaa, 0xbb]);
});

it('leaves alone what was written since, and takes several faults off in their order', () => {
  const { bytes, whole, read } = damaged();
  bytes.set([0xaa, 0xbb], AT);
  const first = receipt({ physical: AT, before: '0102', after: 'aabb' });
  whole.note([first]);
  bytes.set([0xcc], AT);
  expect(read(AT, 2)).toEqual([0xcc, 0xbb]);
  whole.note([first, receipt({ physical: AT + 1, before: 'bb', after: 'dd' })]);
  bytes.set([0xaa, 0xdd], AT);
  expect(read(AT + 1, 1)).toEqual([0xbb]);
});

it('goes by what has fired, and knows nothing beyond the page of a fault', () => {
  const { bytes, whole, read } = damaged();
  const { fired_ns: _, ...armed } = receipt({ physical: 0x100, before: '01', after: '00' });
  whole.note([armed, receipt({ physical: AT, before: '010203040506', after: '000000000000' })]);
  expect(read(0x100, 1)).toEqual([0]);
  expect(read(AT, 6)).toEqual([1, 2, 3, 4, 0, 0]);
  expect(whole.partitions[0]?.memory.write(0, new Uint8Array(1))).toBe(false);
  expect(bytes[0]).toBe(0);
});
