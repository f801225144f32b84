import { expect, it } from 'vitest';
import { EXIT, exitCodeOf, worst } from '../../src/runner/exit-codes.ts';

it('the worst kind wins: harness, usage, spec, failed, empty, ok', () => {
  const ranked = [EXIT.harness, EXIT.usage, EXIT.spec, EXIT.failed, EXIT.empty, EXIT.ok];
  ranked.forEach((worse, place) => {
    for (const better of ranked.slice(place)) {
      expect(worst(worse, better)).toBe(worse);
      expect(worst(better, worse)).toBe(worse);
    }
  });
});

it.each([
  ['passed', 0],
  ['skipped', 0],
  ['xfailed', 0],
  ['failed', 1],
  ['xpassed', 1],
  ['errored', 4],
] as const)('a run that %s makes it %i', (status, code) => {
  expect(exitCodeOf(status)).toBe(code);
});
