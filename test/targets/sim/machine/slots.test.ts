import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOut, Slots } from '../../../../src/targets/sim/machine/slots.ts';

/** What `advance` means, one nanosecond at a time. */
function slowly(slots: Slots, time: number, duration: number): number {
  let at = slots.next(time);
  for (let left = duration; left > 0; left--) at = slots.next(at + 1);
  return at;
}

test('work goes on in own slots only', () => {
  const slots = new Slots(10, 5, 20);
  expect(slots.next(0)).toBe(10);
  expect(slots.next(14)).toBe(14);
  expect(slots.next(15)).toBe(30);
  expect(slots.advance(12, 2)).toBe(14);
  expect(slots.advance(12, 3)).toBe(30);
  expect(slots.advance(12, 9)).toBe(51);
});

test('advance agrees with counting nanoseconds', () => {
  fc.assert(
    fc.property(
      fc.record({
        start: fc.nat(20),
        length: fc.integer({ min: 1, max: 9 }),
        idle: fc.nat(30),
        time: fc.nat(200),
        duration: fc.integer({ min: 1, max: 60 }),
      }),
      ({ start, length, idle, time, duration }) => {
        const slots = new Slots(start, length, length + idle);
        const begin = slots.next(time);
        expect(slots.advance(begin, duration)).toBe(slowly(slots, begin, duration));
        expect(slots.given(slots.advance(begin, duration)) - slots.given(begin)).toBe(duration);
      },
    ),
  );
});

test('every nanosecond of a round belongs to exactly one sharer, by weight', () => {
  const shares = shareOut(
    [
      { weight: 1, parts: 1 },
      { weight: 3, parts: 2 },
      { weight: 2, parts: 1 },
    ],
    7,
  ).flat();
  for (let time = 0; time < 42 * 2; time++)
    expect(shares.filter((slots) => slots.next(time) === time)).toHaveLength(1);
  expect(shares.map((slots) => slots.given(42))).toEqual([7, 10, 11, 14]);
});
