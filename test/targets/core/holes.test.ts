import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFile } from '../../../src/targets/core/file.ts';
import { Holes } from '../../../src/targets/core/holes.ts';

const MIB = 1_048_576;
const BLOCK = 65_536;
const NOTHING = Buffer.alloc(4096);
const folder = mkdtempSync(join(tmpdir(), 'siren-holes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 128 MiB of nothing, but for a few bytes here and there. */
const WRITTEN = [5, 20 * MIB + 4096, 63 * MIB + 77, 128 * MIB - 3];
const sparse = join(folder, 'sparse');
const handle = openSync(sparse, 'w');
ftruncateSync(handle, 128 * MIB);
for (const at of WRITTEN) writeSync(handle, Buffer.from('end'), 0, 3, at);
closeSync(handle);

const open = (): Holes | undefined => Holes.of(sparse, 128 * MIB, statSync(sparse).blocks * 512);
const missing = open();
missing?.close();

describe('a file with holes', () => {
  it('reads as what stands in it, from end to end', () => {
    const file = openFile(sparse);
    if (typeof file === 'string') throw new Error(file);
    const found: number[] = [];
    const page = new Uint8Array(4096);
    for (let at = 0; at < 128 * MIB; at += 4096) {
      if (!file.read(at, page)) throw new Error(`nothing at ${at}`);
      if (!Buffer.from(page.buffer).equals(NOTHING)) found.push(at + page.findIndex((byte) => byte !== 0));
    }
    file.close();
    expect(found).toEqual(WRITTEN);
  });

  it.skipIf(missing === undefined)('is not read where it is known to hold nothing', () => {
    const holes = open() as Holes;
    const nothing = new Uint8Array(BLOCK);
    const from = 30 * MIB;
    // One block of zeros is no hole yet, nor are sixteen that do not follow one another.
    for (let index = 0; index < 16; index++) {
      expect(holes.has(from + index * BLOCK, BLOCK)).toBe(false);
      holes.held(from + index * BLOCK, nothing);
    }
    expect(holes.has(40 * MIB, BLOCK)).toBe(false);
    expect(holes.has(31 * MIB, BLOCK)).toBe(true);
    expect(holes.has(38 * MIB, BLOCK)).toBe(true);
    expect(holes.has(39 * MIB, BLOCK)).toBe(true);
    expect(holes.has(47 * MIB, BLOCK)).toBe(true);
    expect(holes.has(55 * MIB, BLOCK)).toBe(true);
    // What is written 63 MiB and 77 bytes from its beginning is in the next stretch but one.
    expect(holes.has(63 * MIB, BLOCK)).toBe(false);
    holes.held(100 * MIB, Buffer.from('x'));
    expect(holes.has(100 * MIB + 1, BLOCK)).toBe(false);
    holes.close();
  });

  it('that is small, or is not sparse, is read as it is', () => {
    expect(Holes.of(sparse, 64 * MIB, 0)).toBeUndefined();
    expect(Holes.of(sparse, 128 * MIB, 17 * MIB)).toBeUndefined();
  });
});
