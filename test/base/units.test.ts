import { describe, expect, it } from 'vitest';
import { formatTime } from '../../src/base/units.ts';
import { time } from '../../src/report/html/browser/dom.js';

describe('a time as it is told', () => {
  const told = [
    [0, '0 ns'],
    [250, '250 ns'],
    [-22_400, '-22.4 us'],
    [31_400_000, '31.4 ms'],
    [999_999_999, '1000 ms'],
    [1_200_281_499, '1.200281 s'],
    [2_000_000_000, '2 s'],
  ] as const;

  it.each(told)(
    '%i ns is %s: a rescue of a few hundred microseconds can be followed after seconds',
    (time_ns, text) => {
      expect(formatTime(time_ns)).toBe(text);
    },
  );

  it('is the same in the HTML report', () => {
    for (const [time_ns, text] of told) expect(time(time_ns)).toBe(text);
  });
});
