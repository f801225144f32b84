import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { Space } from '../../src/ambulance/space.ts';
import { substream } from '../../src/base/random.ts';
import { translate } from '../../src/formats/page-tables.ts';
import type { Patient } from '../../src/patient/patient.ts';

const PAGES = 96;
const MIB_2 = 0x20_0000;
const TOP = 0x1000;
const DIRECT = -0x7f80_0000_0000;

/**
 * Tables of three levels in the first pages, damaged by chance, over memory that is too small for much of what they
 * map.
 */
function tables(seed: number): Uint8Array {
  const stream = substream(seed, 'tables');
  const bytes = new Uint8Array(PAGES * 4096);
  const view = new DataView(bytes.buffer);
  const put = (at: number, frame: number, flags: number): void =>
    view.setBigUint64(at, BigInt(frame) | BigInt(flags), true);
  const of = (level: number, index: number): number => 0x2000 + (level * 4 + index) * 4096;
  for (const top of [0, 255, 256, 257]) put(TOP + top * 8, of(0, top & 3), stream.below(8) === 0 ? 0 : 1);
  for (let table = 0; table < 4; table++) {
    for (let index = 0; index < 4; index++) {
      const kind = stream.below(6);
      put(of(0, table) + index * 8, kind === 0 ? 0 : of(1, index), kind === 1 ? 0 : 1);
      const large = stream.below(3) === 0;
      put(
        of(1, table) + index * 8,
        large ? stream.below(2) * MIB_2 : stream.below(9) === 0 ? PAGES * 8192 : of(2, index),
        large ? 0x81 : stream.below(7) === 0 ? 0 : 1,
      );
    }
    for (let index = 0; index < 16; index++)
      put(of(2, table) + index * 8, stream.below(PAGES + 4) * 4096, stream.below(5) === 0 ? 0 : 1);
  }
  return bytes;
}

function spaceOn(bytes: Uint8Array): { space: Space; memory: PhysicalCache; meter: Meter } {
  const patient = {
    read(physical: number, into: Uint8Array): boolean {
      if (!(physical >= 0) || physical + into.length > bytes.length) return false;
      into.set(bytes.subarray(physical, physical + into.length));
      return true;
    },
  };
  const meter = new Meter(DEFAULT_LIMITS);
  const memory = new PhysicalCache(patient as unknown as Patient, meter);
  return { space: new Space(memory, TOP, 4), memory, meter };
}

describe('an address space of a patient', () => {
  it('leads where its tables lead, whatever stands in them', () => {
    let mapped = 0;
    let large = 0;
    for (let seed = 1; seed <= 24; seed++) {
      const bytes = tables(seed);
      const { space, memory } = spaceOn(bytes);
      for (const half of [0, DIRECT]) {
        for (let region = 0; region < 6; region++) {
          for (const page of [0, 1, 7, 15, 16, 511]) {
            const address = half + region * MIB_2 + page * 4096 + 8;
            const expected = translate(memory.read, TOP, 4, address);
            const there = expected >= 0 && expected < bytes.length;
            expect(space.mapped(address)).toBe(there);
            expect(space.physical(address)).toBe(expected < 0 ? -1 : expected);
            if (there) expect(space.u8(address)).toBe(bytes[expected]);
            mapped += there ? 1 : 0;
            large += there && page === 16 ? 1 : 0;
          }
        }
      }
    }
    // Else nothing was compared.
    expect(mapped).toBeGreaterThan(200);
    expect(large).toBeGreaterThan(10);
  });

  it('walks its tables anew when the guest has run', () => {
    const bytes = tables(3);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(TOP, BigInt(0x2000 + 1), true);
    view.setBigUint64(0x2000, BigInt(0x6000 + 1), true);
    view.setBigUint64(0x6000, BigInt(0xa000 + 1), true);
    view.setBigUint64(0xa000, BigInt(0x1_0000 + 1), true);
    const { space, memory } = spaceOn(bytes);
    expect(space.physical(0)).toBe(0x1_0000);
    view.setBigUint64(0x6000, BigInt(0xb000 + 1), true);
    view.setBigUint64(0xb000, BigInt(0x2_0000 + 1), true);
    expect(space.physical(0)).toBe(0x1_0000);
    memory.forget();
    expect(space.physical(0)).toBe(0x2_0000);
  });

  it('reads the page that it read last anew when the guest has run, whoever asked first', () => {
    const bytes = new Uint8Array(2 * MIB_2);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(TOP, BigInt(0x2000 + 1), true);
    view.setBigUint64(0x2000, BigInt(0x3000 + 1), true);
    view.setBigUint64(0x3000, BigInt(0x81), true);
    const { space, memory } = spaceOn(bytes);
    for (const [value, other] of [
      [1, undefined],
      [2, undefined],
      [3, 0x9000],
    ] as const) {
      bytes.fill(value, 0x8000, 0x9000);
      memory.forget();
      if (other !== undefined) expect(space.mapped(other)).toBe(true);
      expect([space.u8(0x8000), space.u16(0x8ffe), space.u32(0x8800)]).toEqual([
        value,
        value * 0x101,
        value * 0x1010101,
      ]);
    }
  });

  it('remembers what it lacks, and hands no buffer out twice', () => {
    const bytes = new Uint8Array(64 * 4096);
    for (let page = 0; page < 64; page++) bytes.fill(page, page * 4096, page * 4096 + 4096);
    const [one, other] = [spaceOn(bytes).memory, spaceOn(bytes).memory];
    const read = (memory: PhysicalCache, page: number): number => {
      const into = new Uint8Array(1);
      return memory.read(page * 4096, into) ? (into[0] as number) : -1;
    };
    for (let round = 0; round < 3; round++) {
      for (let page = 0; page < 66; page++) expect(read(one, page)).toBe(page < 64 ? page : -1);
      one.forget();
      for (let page = 0; page < 64; page++) {
        expect(read(other, 63 - page)).toBe(63 - page);
        expect(read(one, page)).toBe(page);
      }
      for (let page = 0; page < 64; page++)
        expect([read(one, page), read(other, page)]).toEqual([page, page]);
    }
  });

  it('keeps what it knows of many pages when its cache has grown', () => {
    const bytes = new Uint8Array(8 * 1_048_576);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(TOP, BigInt(0x2000 + 1), true);
    view.setBigUint64(0x2000, BigInt(0x3000 + 1), true);
    for (let index = 0; index < 4; index++)
      view.setBigUint64(0x3000 + index * 8, BigInt(index * MIB_2 + 0x81), true);
    for (let page = 4; page < 2048; page++) view.setUint32(page * 4096, page, true);
    const { space, meter } = spaceOn(bytes);
    for (let round = 0; round < 3; round++)
      for (let page = 4; page < 2048; page++) if (space.u32(page * 4096) !== page) expect(page).toBe(-1);
    // 2,044 pages, some of them twice while the cache grew.
    expect(meter.walks).toBeLessThan(3_000);
    expect(meter.bytes).toBe(2_047 * 4096);
  });
});
