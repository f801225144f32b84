import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBigint, isCanonical } from '../../src/base/address.ts';
import type { Bases } from '../../src/base/fold.ts';
import {
  foldBits,
  foldHalves,
  foldOf,
  LEAST_PLAIN,
  NO_FOLD,
  trueBits,
  trueHex,
  trueHigh,
  turned,
} from '../../src/base/fold.ts';

/** Where Linux has its areas without KASLR (Documentation/x86/x86_64/mm.rst), and a kernel that has moved them. */
const PLAIN: Bases = { direct: 0xff11_0000 | 0, vmalloc: 0xffa0_0000 | 0, vmemmap: 0xffd4_0000 | 0 };
const MOVED: Bases = { direct: 0xff42_220e | 0, vmalloc: 0xff83_31c4 | 0, vmemmap: 0xffe1_7e02 | 0 };
const TIB = 1n << 40n;

function made(bases: Bases) {
  const fold = foldOf(bases);
  if (!fold) throw new Error('there is no such kernel');
  return fold;
}

const bitsOf = (high: number): bigint => BigInt.asUintN(64, BigInt(high) << 32n);

describe('a fold', () => {
  it.each([PLAIN, MOVED])('makes an exact, canonical number of whatever such a kernel maps', (bases) => {
    const fold = made(bases);
    const { direct, vmalloc, vmemmap } = bases;
    const mapped = [
      bitsOf(direct),
      bitsOf(direct) + 0x1234_5679n,
      bitsOf(direct) + 32n * TIB - 1n,
      bitsOf(vmalloc),
      bitsOf(vmalloc) + 16n * TIB - 1n,
      bitsOf(vmalloc) + 12_800n * TIB - 1n,
      bitsOf(vmalloc) + 12_797n * TIB,
      bitsOf(vmalloc) + 0xc000_0000n + 12_800n * TIB - 1n,
      bitsOf(vmemmap),
      bitsOf(vmemmap) + TIB - 1n,
      0xffff_fe00_0000_0000n,
      0xffff_ffff_8100_0000n,
      0xffff_ffff_ffff_ffffn,
      0n,
      0x7fff_ffff_ffffn,
    ];
    for (const bits of mapped) {
      const address = foldBits(fold, bits);
      expect([bits.toString(16), isCanonical(address), Number.isSafeInteger(address)]).toEqual([
        bits.toString(16),
        true,
        true,
      ]);
      expect(trueBits(fold, address)).toBe(bits);
      expect(BigInt(address >>> 0)).toBe(bits & 0xffff_ffffn);
    }
    expect(new Set(mapped.map((bits) => foldBits(fold, bits))).size).toBe(mapped.length);
  });

  it('leaves the kernel image and the addresses of processes as they are', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: BigInt(LEAST_PLAIN), max: (1n << 47n) - 1n }), (value) => {
        expect(foldBits(made(MOVED), BigInt.asUintN(64, value))).toBe(Number(value));
      }),
    );
  });

  it('undone gives the same high half, whatever that is, and never two for one', () => {
    const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const near = fc.tuple(
      fc.constantFrom(...made(PLAIN).flatMap(({ own, seen }) => [own, seen])),
      fc.integer({ min: -0x4000, max: 0x4000 }),
    );
    const any = fc.oneof(
      half,
      near.map(([start, away]) => start + away),
    );
    fc.assert(
      fc.property(any, any, (one, other) => {
        const fold = made(PLAIN);
        expect(turned(fold, turned(fold, one))).toBe(one);
        if (one !== other) expect(turned(fold, one)).not.toBe(turned(fold, other));
      }),
    );
  });

  it('keeps distances and order within an area', () => {
    const fold = made(MOVED);
    const start = bitsOf(MOVED.direct);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 32n * TIB - 1n }),
        fc.bigInt({ min: 0n, max: 32n * TIB - 1n }),
        (a, b) => {
          const [one, other] = [foldBits(fold, start + a), foldBits(fold, start + b)];
          expect(BigInt(one - other)).toBe(a - b);
        },
      ),
    );
  });

  it('takes what is mapped by no kernel with five levels for no address', () => {
    const fold = made(PLAIN);
    // Canonical with 48 bits, but for such a kernel in the shadow of KASAN; next to an area; in no area.
    for (const bits of [
      0xffff_8880_0000_0000n,
      0xffff_8000_0000_0000n,
      0xff10_ffff_ffff_f000n,
      0xff99_0000_0000_0000n,
      0xdead_0000_0000_0100n,
    ])
      expect([bits.toString(16), isCanonical(foldBits(fold, bits))]).toEqual([bits.toString(16), false]);
    expect(trueHex(fold, foldBits(fold, 0xffff_8880_0000_0000n))).toBe('ffff888000000000');
  });

  it('leads from one area never into the next, however an offset goes on', () => {
    for (const { own, seen, length } of made(PLAIN)) {
      const past = foldHalves(NO_FOLD, 0, seen + length);
      expect(trueHigh(made(PLAIN), past)).toBe(seen + length);
      expect(trueHigh(made(PLAIN), past - 1)).toBe(own + length - 1);
    }
  });

  it('of four levels is none: a number is the address', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (bits) => {
        expect(foldBits(NO_FOLD, bits)).toBe(fromBigint(bits));
      }),
    );
    expect(trueHex(NO_FOLD, -0x7780_0000_0000)).toBe('ffff888000000000');
  });

  it('makes room where the kernel has an area in the very stretch that numbers are folded into', () => {
    const inside: Bases = { ...PLAIN, vmemmap: 0xffff_8000 | 0 };
    const fold = made(inside);
    expect(foldBits(fold, 0xffff_8000_0000_1000n)).toBe(-(2 ** 47) + 4096);
    const address = foldBits(fold, 0xff11_0000_0000_1000n);
    expect([isCanonical(address), trueHex(fold, address)]).toEqual([true, 'ff11000000001000']);
  });

  it('of a dump that lies is refused, or as good as any other', () => {
    const half = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -0x100_0000, max: 0 }),
    );
    fc.assert(
      fc.property(
        half,
        half,
        half,
        fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }),
        (direct, vmalloc, vmemmap, far) => {
          const fold = foldOf({ direct, vmalloc, vmemmap });
          if (!fold) return;
          expect(fold.length).toBeLessThanOrEqual(4);
          const address = 0 - Number(far);
          expect(foldBits(fold, trueBits(fold, address))).toBe(address);
        },
      ),
      { numRuns: 2000 },
    );
    const lies: Bases[] = [
      { direct: NaN, vmalloc: NaN, vmemmap: NaN },
      { ...PLAIN, direct: 0 },
      { ...PLAIN, direct: PLAIN.vmemmap },
      { ...PLAIN, vmalloc: PLAIN.direct },
      { ...PLAIN, vmemmap: PLAIN.vmalloc },
      { ...PLAIN, vmemmap: -0x10 },
      { ...PLAIN, direct: -0x200_0000 },
      { direct: -0x7780, vmalloc: -0x3700, vmemmap: -0x1600 },
    ];
    for (const bases of lies) expect(foldOf(bases)).toBeUndefined();
  });
});
