import { expect, test } from 'vitest';
import { writeNotes } from '../../src/formats/notes.ts';
import { vmcoreinfoNote } from '../../src/formats/region-notes.ts';
import { scanForRegion } from '../../src/formats/region-scan.ts';
import { writeRegion } from '../../src/formats/region.ts';
import { memoryOf, withoutPages } from '../support/flat-memory.ts';

const SIZE = 0x10_0000;
const REGION = writeRegion({
  boot_id: 3n,
  sealed: true,
  entries: [vmcoreinfoNote('OSRELEASE=6.1\n')],
  total_bytes: 0x2000,
});

function memory(...runs: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  for (const [at, run] of runs) bytes.set(run, at);
  return bytes;
}

test('a region is found where it lies, with all its bytes', () => {
  const read = memoryOf([0, memory([0x5_3000, REGION])]);
  expect(scanForRegion(read, SIZE)).toEqual([{ kind: 'region', physical: 0x5_3000, bytes: REGION }]);
});

test('a bare note, as Linux keeps it, is found too', () => {
  const note = writeNotes([vmcoreinfoNote('OSRELEASE=6.1\nPAGESIZE=4096\n')]);
  const found = scanForRegion(memoryOf([0, memory([0x3000, note])]), SIZE);
  expect(found).toMatchObject([{ kind: 'vmcoreinfo', physical: 0x3000 }]);
  expect(Buffer.from(found[0]?.bytes ?? []).toString()).toContain('PAGESIZE=4096\n');
});

test('with a smaller step a region inside a page is found, and over the edge of a chunk', () => {
  const read = memoryOf([0, memory([0x2008, REGION], [0xfff8, REGION])]);
  expect(scanForRegion(read, SIZE)).toEqual([]);
  expect(scanForRegion(read, SIZE, { step: 8 }).map(({ physical }) => physical)).toEqual([0x2008, 0xfff8]);
});

test('a region whose seal is broken is no sighting', () => {
  const broken = REGION.slice();
  broken[0x100] = 9;
  expect(scanForRegion(memoryOf([0, memory([0x4000, broken])]), SIZE)).toEqual([]);
});

test('a region at the very end that is cut off is no sighting', () => {
  const bytes = memory();
  bytes.set(REGION.subarray(0, 0x1000), SIZE - 0x1000);
  expect(scanForRegion(memoryOf([0, bytes]), SIZE)).toEqual([]);
});

test('memory that cannot be read is passed over', () => {
  const read = withoutPages(memoryOf([0, memory([0x8000, REGION])]), 1, 2, 3);
  expect(scanForRegion(read, SIZE)).toHaveLength(1);
});

test('memory full of magics costs a bounded number of looks', () => {
  const bytes = memory();
  for (let at = 0; at < SIZE; at += 8) bytes.set(REGION.subarray(0, 8), at);
  let reads = 0;
  const read = memoryOf([0, bytes]);
  const counting = (at: number, into: Uint8Array): boolean => {
    reads++;
    return read(at, into);
  };
  expect(scanForRegion(counting, SIZE, { step: 8 })).toEqual([]);
  expect(reads).toBeLessThan(600);
});

test('no more are reported than asked for', () => {
  const read = memoryOf([0, memory([0, REGION], [0x4000, REGION], [0x8000, REGION])]);
  expect(scanForRegion(read, SIZE, { limit: 2 }).map(({ physical }) => physical)).toEqual([0, 0x4000]);
});
