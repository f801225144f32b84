import { expect, test } from 'vitest';
import { contentMemo } from '../../src/formats/memo.ts';

test('the same bytes and number are made into something once', () => {
  const memo = contentMemo<object>();
  const make = (): object => ({});
  const first = memo.get([Uint8Array.of(1, 2), Uint8Array.of(3)], 7, make);
  expect(memo.get([Uint8Array.of(1, 2), Uint8Array.of(3)], 7, make)).toBe(first);
  expect(memo.get([Uint8Array.of(1), Uint8Array.of(2, 3)], 7, make)).not.toBe(first);
  expect(memo.get([Uint8Array.of(1, 2), Uint8Array.of(3)], 8, make)).not.toBe(first);
});

test('the oldest of too many is forgotten', () => {
  const memo = contentMemo<number>(2);
  const get = (byte: number, value: number): number => memo.get([Uint8Array.of(byte)], 0, () => value);
  get(1, 1);
  get(2, 2);
  get(3, 3);
  expect(get(3, 30)).toBe(3);
  expect(get(1, 10)).toBe(10);
});
