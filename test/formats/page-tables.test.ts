import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { Address } from '../../src/base/address.ts';
import { addressSpace, imageToPhysical, kernelSpace } from '../../src/formats/kernel.ts';
import type { PagingLevels } from '../../src/formats/page-tables.ts';
import {
  PTE,
  tableIndex,
  translate,
  TRANSLATE_NON_CANONICAL,
  TRANSLATE_UNREADABLE,
  walk,
} from '../../src/formats/page-tables.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { highHalf, lowHalf, toBigint } from '../../src/base/address.ts';
import { foldBits, foldOf } from '../../src/base/fold.ts';
import { memoryOf } from '../support/flat-memory.ts';

const GIB = 0x4000_0000;
const MIB_2 = 0x20_0000;
const TABLE = PTE.PRESENT | PTE.WRITABLE | PTE.USER;

/** Guest-physical memory of 64 KiB with a top table at 0, into which mappings are put. */
class Tables {
  readonly bytes = new Uint8Array(0x1_0000);
  readonly read = memoryOf([0, this.bytes]);
  readonly levels: PagingLevels;
  readonly #view = new DataView(this.bytes.buffer);
  #free = 4096;

  constructor(levels: PagingLevels = 4) {
    this.levels = levels;
  }

  /** Maps an address at a level (1, 2 or 3) and gives the place of its entry. */
  map(address: Address, physical: number, level = 1, flags: number = TABLE, no_execute = false): number {
    return this.mapHalves(lowHalf(address), highHalf(address), physical, level, flags, no_execute);
  }

  mapHalves(
    low: number,
    high: number,
    physical: number,
    level = 1,
    flags: number = TABLE,
    no_execute = false,
  ): number {
    let table = 0;
    for (let at: number = this.levels; at > level; at--) {
      const entry = table + tableIndex(low, high, at) * 8;
      if (this.#view.getUint32(entry, true) === 0) {
        this.put(entry, this.#free, TABLE);
        this.#free += 4096;
      }
      table = this.#view.getUint32(entry, true) & 0xffff_f000;
    }
    const entry = table + tableIndex(low, high, level) * 8;
    this.put(entry, physical, flags | (level > 1 ? PTE.PAGE_SIZE : 0), no_execute);
    return entry;
  }

  put(entry: number, physical: number, flags: number, no_execute = false): void {
    const bits = BigInt(physical) | BigInt(flags) | (no_execute ? 1n << 63n : 0n);
    this.#view.setBigUint64(entry, bits, true);
  }
}

test.each([
  [4, 1, 4096],
  [4, 2, MIB_2],
  [4, 3, GIB],
  [5, 1, 4096],
  [5, 2, MIB_2],
  [5, 3, GIB],
] as const)('with %i levels an entry at level %i maps %i bytes', (levels, level, page_bytes) => {
  const address = fc.oneof(fc.integer({ min: -(2 ** 47), max: -1 }), fc.nat(2 ** 47 - 1));
  fc.assert(
    fc.property(address, fc.nat(2 ** 20), (at, frame) => {
      const tables = new Tables(levels);
      const physical = frame * page_bytes;
      const entry = tables.map(at, physical, level);
      const offset = Number(toBigint(at) % BigInt(page_bytes));
      expect(translate(tables.read, 0, levels, at)).toBe(physical + offset);
      expect(walk(tables.read, 0, levels, at)).toMatchObject({
        ok: true,
        physical: physical + offset,
        page_bytes,
        level,
        entry,
      });
    }),
    { numRuns: 30 },
  );
});

test('frames reach to bit 51, and bits above are not part of them', () => {
  const tables = new Tables();
  const entry = tables.map(0x1000, 0, 1);
  new DataView(tables.bytes.buffer).setBigUint64(
    entry,
    0xfff0_0000_0000_0001n | 0x000f_ffff_ffff_f000n,
    true,
  );
  expect(translate(tables.read, 0, 4, 0x1234)).toBe(0xf_ffff_ffff_f234);
});

test('an entry that is not present ends the walk at its level', () => {
  const tables = new Tables();
  const entry = tables.map(-4096, 0x5000, 1);
  expect(translate(tables.read, 0, 4, -8192)).toBe(-1);
  expect(translate(tables.read, 0, 4, 0x1000)).toBe(-4);
  expect(walk(tables.read, 0, 4, -8192)).toEqual({
    ok: false,
    code: 'NOT_PRESENT',
    level: 1,
    entry: entry - 8,
  });
});

test('an address that is not canonical is refused before any table is read', () => {
  const none = (): boolean => false;
  for (const address of [2 ** 47, -(2 ** 47) - 4096]) {
    expect(translate(none, 0, 4, address)).toBe(TRANSLATE_NON_CANONICAL);
    expect(walk(none, 0, 4, address)).toMatchObject({ ok: false, code: 'NON_CANONICAL' });
    expect(translate(none, 0, 5, address)).toBe(TRANSLATE_UNREADABLE);
  }
  expect(translate(none, 0, 5, 2 ** 56)).toBe(TRANSLATE_NON_CANONICAL);
});

test('a table outside memory is unreadable', () => {
  const tables = new Tables();
  tables.put(0, 0x123_0000, TABLE);
  expect(translate(tables.read, 0, 4, 0x1000)).toBe(TRANSLATE_UNREADABLE);
  expect(walk(tables.read, 0, 4, 0x1000)).toEqual({
    ok: false,
    code: 'UNREADABLE',
    level: 3,
    entry: 0x123_0000,
  });
});

test('what a page allows is what the whole path allows', () => {
  const tables = new Tables();
  tables.map(0x1000, 0x5000, 1, PTE.PRESENT | PTE.WRITABLE, true);
  tables.map(0x2000, 0x6000, 1, PTE.PRESENT | PTE.USER);
  expect(walk(tables.read, 0, 4, 0x1000)).toMatchObject({ writable: true, user: false, executable: false });
  expect(walk(tables.read, 0, 4, 0x2000)).toMatchObject({ writable: false, user: true, executable: true });
  tables.put(0, 0x1000, PTE.PRESENT);
  expect(walk(tables.read, 0, 4, 0x1000)).toMatchObject({ writable: false });
});

test('a table that leads to itself ends', () => {
  const tables = new Tables();
  tables.put(0, 0, TABLE);
  expect(translate(tables.read, 0, 4, 0)).toBe(0);
});

test('an address space reads across pages that lie apart', () => {
  const tables = new Tables();
  tables.map(0x1000, 0x9000);
  tables.map(0x2000, 0x8000);
  tables.bytes.fill(0xaa, 0x9ff0, 0xa000);
  tables.bytes.fill(0xbb, 0x8000, 0x8010);
  const space = addressSpace(tables.read, 0, 4);
  const into = new Uint8Array(32);
  expect(space.read(0x1ff0, into)).toBe(true);
  expect([...into]).toEqual([...new Uint8Array(16).fill(0xaa), ...new Uint8Array(16).fill(0xbb)]);
  expect(space.read(0x2ff0, into)).toBe(false);
});

test('the image lies at its fixed distance, whichever way it was moved', () => {
  const info = parseVmcoreInfo(
    'SYMBOL(swapper_pg_dir)=ffffffff82610000\nNUMBER(phys_base)=-16777216\nNUMBER(pgtable_l5_enabled)=1\n',
  );
  expect(imageToPhysical(info, -0x8000_0000 + 0x260_0000)).toBe(0x160_0000);
  expect(imageToPhysical(info, -0x8000_0000 - 1)).toBeUndefined();
  expect(imageToPhysical(info, -0x4000_0000)).toBeUndefined();
  expect(imageToPhysical(info, -0x8000_0000)).toBeUndefined();
  expect(kernelSpace(() => false, info)).toMatchObject({ root: 0x161_0000, levels: 5 });
  expect(kernelSpace(() => false, parseVmcoreInfo('OSRELEASE=6.1\n'))).toBeUndefined();
});

test('with five levels an address is walked by all of its 57 bits, whatever its number is', () => {
  const fold = foldOf({ direct: 0xff42_220e | 0, vmalloc: 0xffa0_1234 | 0, vmemmap: 0xffd5_0000 | 0 }) ?? [];
  const start = 0xff42_220e_0000_0000n;
  fc.assert(
    fc.property(fc.bigInt({ min: start, max: start + 2n ** 45n - 1n }), fc.nat(2 ** 20), (bits, frame) => {
      const tables = new Tables(5);
      const entry = tables.mapHalves(
        Number(bits & 0xffff_ffffn),
        Number(BigInt.asIntN(32, bits >> 32n)),
        frame * 4096,
      );
      const at = foldBits(fold, bits);
      const physical = frame * 4096 + Number(bits & 0xfffn);
      expect(translate(tables.read, 0, 5, at, fold)).toBe(physical);
      expect(walk(tables.read, 0, 5, at, fold)).toMatchObject({ ok: true, physical, level: 1, entry });
      expect(addressSpace(tables.read, 0, 5, fold).translate(at)).toBe(physical);
      expect(translate(tables.read, 0, 5, at)).toBeLessThan(0);
    }),
    { numRuns: 30 },
  );
});

test('an address whose number is not exact is refused before any table is read', () => {
  const none = (): boolean => false;
  for (const address of [-(2 ** 55), -(2 ** 53) - 4096, 2 ** 55, NaN, Infinity]) {
    expect(translate(none, 0, 5, address)).toBe(TRANSLATE_NON_CANONICAL);
    expect(walk(none, 0, 5, address)).toMatchObject({ ok: false, code: 'NON_CANONICAL' });
  }
});

test('each level takes nine bits of the address of its own', () => {
  // 0xff22_2345_6789_a000: bits 48 to 56, 39 to 47, 30 to 38, 21 to 29, 12 to 20.
  const [low, high] = [0x6789_a000, 0xff22_2345];
  expect([5, 4, 3, 2, 1].map((level) => tableIndex(low, high, level))).toEqual([
    0x122, 0x46, 0x115, 0x13c, 0x9a,
  ]);
});
