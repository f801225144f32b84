// Memory is compared with what it was when the guest had booted, and with the symbols around an address.
import { describe, expect, it } from 'vitest';
import { firstChanged } from '../../src/ambulance/changed.ts';
import type { ReadMemory } from '../../src/formats/result.ts';
import type { Reader } from '../../src/structure/reader.ts';
import { FlatSpace } from '../support/flat-space.ts';
import { binary, call, int, symbol } from '../support/formulas.ts';
import { library, require_, sessionOn, validator } from '../support/structures.ts';

const over =
  (bytes: Uint8Array): ReadMemory =>
  (physical, into) => {
    if (physical < 0 || physical + into.length > bytes.length) return false;
    into.set(bytes.subarray(physical, physical + into.length));
    return true;
  };

describe('the first byte that is another', () => {
  const PAGES = 40;
  const then = new Uint8Array(PAGES * 4096).map((_, index) => index % 251);
  const changed = (at: readonly number[], address: number, length: number, physical = (of: number) => of) => {
    const now = then.slice();
    for (const index of at) now[index]! ^= 1;
    return firstChanged({ readOnce: over(now), booted: over(then) }, physical, address, length);
  };

  it('is found wherever it lies, and none before it or behind the run', () => {
    for (const at of [0, 1, 4095, 4096, 65_535, 65_536, 70_000, PAGES * 4096 - 1])
      expect(changed([at], 0, PAGES * 4096)).toBe(at);
    expect(changed([5, 500], 6, 500)).toBe(500);
    expect(changed([5, 506], 6, 500)).toBe(506);
    expect(changed([5, 507], 6, 500)).toBe(506);
  });

  it('is looked for page by page where the machine has them elsewhere', () => {
    // Every other page lies at the end, in reverse.
    const physical = (of: number): number => {
      const page = Math.floor(of / 4096);
      return (page % 2 === 0 ? page : PAGES - page) * 4096 + (of % 4096);
    };
    expect(changed([(PAGES - 3) * 4096 + 7], 0, PAGES * 4096, physical)).toBe(3 * 4096 + 7);
  });

  it('cannot be told where a page is missing, now or then, and not at all where nobody kept what was', () => {
    expect(changed([], 0, 8192, (of) => (of < 4096 ? of : -1))).toBeNaN();
    expect(
      firstChanged({ readOnce: over(then), booted: over(then.subarray(0, 4096)) }, (of) => of, 0, 8192),
    ).toBeNaN();
    expect(firstChanged({ readOnce: over(then), booted: undefined }, (of) => of, 0, 1)).toBeUndefined();
  });
});

describe('in a validator', () => {
  const said = (
    reader: Partial<Reader>,
    condition = binary(
      '==',
      call('first_changed', symbol('code'), int(64)),
      binary('+', call('first_changed', symbol('code'), int(0)), int(64)),
    ),
  ) => {
    const memory = new FlatSpace();
    memory.put(0x5000, 0xe8);
    Object.assign(memory.space, reader);
    const around = {
      symbolAround: (address: number): readonly [number, number] =>
        address < 0x5000 ? [NaN, 0x5000] : [0x5000, NaN],
    };
    return sessionOn(
      library([], [], [validator('v', [require_(condition, 'CHANGED')])]),
      memory,
      { code: 0x5000 },
      around,
    ).validate('v');
  };

  it('a change is a finding, and none is none', () => {
    expect(said({ firstChanged: (address, length) => address + length })?.drafts).toEqual([]);
    expect(said({ firstChanged: (address) => address })?.drafts.map(({ code }) => code)).toEqual(['CHANGED']);
    expect(
      said(
        { booted: () => 0xe8 },
        binary('==', call('booted', symbol('code')), call('u8_at', symbol('code'))),
      )?.drafts,
    ).toEqual([]);
  });

  it('nothing is concluded where nobody kept what was there', () => {
    expect(said({})).toMatchObject({ drafts: [], failure: { code: 'NO_REFERENCE' } });
    expect(said({ firstChanged: () => undefined })?.failure?.code).toBe('NO_REFERENCE');
    expect(said({ firstChanged: () => NaN })?.failure?.code).toBe('UNMAPPED');
  });

  it('a symbol reaches to the next one, and what lies before the first or behind the last is 0', () => {
    const start = (of: number) => call('symbol_start', int(of));
    const end = (of: number) => call('symbol_end', int(of));
    for (const [made, value] of [
      [start(0x5008), 0x5000],
      [start(0x10), 0],
      [end(0x10), 0x5000],
      [end(0x5000), 0],
    ] as const)
      expect(said({}, binary('==', made, int(value)))?.drafts).toEqual([]);
  });
});
