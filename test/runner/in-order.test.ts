import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Finished, InOrder } from '../../src/runner/in-order.ts';

it('outcomes come out in the order of the jobs, whatever order they went in', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
      const seen: number[] = [];
      const outcomes = new InOrder(({ job }) => seen.push(job.index));
      for (const index of order) {
        outcomes.add({ job: { index } } as Finished);
        // What has come out is always a beginning of the whole.
        expect(seen).toEqual(seen.map((_, place) => place));
      }
      expect(outcomes.emitted).toBe(8);
    }),
    { seed: 1 },
  );
});
