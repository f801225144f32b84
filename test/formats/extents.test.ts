import { expect, test } from 'vitest';
import { Extents } from '../../src/formats/extents.ts';

const runs = new Extents([
  { start: 300, bytes: 100, offset: 3000 },
  { start: 0, bytes: 200, offset: 1000 },
  { start: 150, bytes: 100, offset: 2000 },
  { start: 10, bytes: 20, offset: 9000 },
]);

test('an address is found in the run that covers it first, wherever the others begin', () => {
  const at = (address: number): number => runs.offsetOf(runs.indexOf(address), address);
  expect(at(0)).toBe(1000);
  expect(at(15)).toBe(1015);
  expect(at(199)).toBe(1199);
  expect(at(200)).toBe(2050);
  expect(at(249)).toBe(2099);
  expect(at(399)).toBe(3099);
});

test('between runs and beyond them there is nothing', () => {
  expect([250, 299, 400, -1].map((address) => runs.indexOf(address))).toEqual([-1, -1, -1, -1]);
  expect(runs.covers(100, 150)).toBe(true);
  expect(runs.covers(100, 151)).toBe(false);
  expect(runs.end).toBe(400);
});

test('runs that go on in the file too are one', () => {
  expect(
    new Extents([
      { start: 0, bytes: 8, offset: 64 },
      { start: 8, bytes: 8, offset: 72 },
    ]).count,
  ).toBe(1);
});
