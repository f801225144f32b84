import { describe, expect, it } from 'vitest';
import { Trail } from '../../src/structure/trail.ts';

/** How many steps a walk takes that goes round after a tail of so many, until it is seen to. */
function stepsUntilSeen(tail: number, round: number): { steps: number; trail: Trail } {
  const trail = new Trail();
  for (let step = 0; ; step++) {
    const at = step < tail ? step : tail + ((step - tail) % round);
    // The field of a step tells which one it was.
    if (trail.meets(at + 1, 0, at + 1, 1000 + step)) return { steps: step + 1, trail };
    if (step > 10_000) throw new Error('the walk goes round for ever');
  }
}

describe('a trail', () => {
  it.each([
    [0, 1],
    [0, 2],
    [0, 7],
    [1, 1],
    [5, 3],
    [100, 40],
    [3, 1000],
  ])(
    'with a tail of %i and a round of %i is seen to go round, soon, and told by the link that closes it',
    (tail, round) => {
      const { steps, trail } = stepsUntilSeen(tail, round);
      // Brent: at most three times what there is.
      expect(steps).toBeLessThanOrEqual(3 * (tail + round) + 1);
      expect(trail.comesBack()).toBe(true);
      expect(trail.closing()).toBe(1000 + tail + round);
      expect(trail.freedTwice()).toBe(1000 + tail + 1);
    },
  );

  it('of values that all differ does not come back', () => {
    const trail = new Trail();
    for (let step = 0; step < 1000; step++) expect(trail.meets(step + 1, 0, step + 1, step)).toBe(false);
    expect([trail.length, trail.comesBack(), trail.closing()]).toEqual([1000, false, 999]);
  });
});
