import { expect, test } from 'vitest';
import fc from 'fast-check';
import { readNotes, writeNotes } from '../../src/formats/notes.ts';

const note = fc.record({
  name: fc.stringMatching(/^[A-Z]{0,20}$/),
  type: fc.nat(0xffff_ffff),
  desc: fc.uint8Array({ maxLength: 40 }),
});

test('notes that are written are read back, descriptors at 4-aligned places', () => {
  fc.assert(
    fc.property(fc.array(note, { maxLength: 8 }), (notes) => {
      const bytes = writeNotes(notes);
      const read = readNotes(bytes);
      expect(read.failure).toBeUndefined();
      expect(read.notes.map(({ name, type }) => ({ name, type }))).toEqual(
        notes.map(({ name, type }) => ({ name, type })),
      );
      read.notes.forEach(({ desc_start, desc_end }, index) => {
        expect(desc_start % 4).toBe(0);
        expect(bytes.slice(desc_start, desc_end)).toEqual(notes[index]?.desc);
      });
    }),
  );
});

test('the name of a note counts its NUL', () => {
  const bytes = writeNotes([{ name: 'SIREN', type: 7, desc: Uint8Array.of(1) }]);
  expect([...bytes.subarray(0, 12)]).toEqual([6, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]);
  expect(bytes.length).toBe(12 + 8 + 4);
});

test('the notes before a broken one stand', () => {
  const bytes = writeNotes([
    { name: 'A', type: 1, desc: Uint8Array.of(1) },
    { name: 'B', type: 2, desc: Uint8Array.of(2) },
  ]);
  new DataView(bytes.buffer).setUint32(20 + 4, 0xffff_fff0, true);
  const read = readNotes(bytes);
  expect(read.notes.map(({ name }) => name)).toEqual(['A']);
  expect(read.failure).toMatchObject({ code: 'TRUNCATED', offset: 20 });
});

test('a cut header and an endless name are named failures', () => {
  expect(readNotes(new Uint8Array(5)).failure).toMatchObject({ code: 'TRUNCATED', offset: 0 });
  const long_name = new Uint8Array(400);
  new DataView(long_name.buffer).setUint32(0, 300, true);
  expect(readNotes(long_name).failure).toMatchObject({ code: 'MALFORMED' });
});

test('no more notes are read than asked for', () => {
  const bytes = writeNotes(
    Array.from({ length: 9 }, () => ({ name: 'N', type: 0, desc: new Uint8Array(0) })),
  );
  expect(readNotes(bytes, 0, bytes.length, 4).notes).toHaveLength(4);
});
