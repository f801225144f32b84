import { expect, it } from 'vitest';
import { substream } from '../../src/base/random.ts';

const draw = (seed: number, name: string): number[] => {
  const random = substream(seed, name);
  return Array.from({ length: 8 }, () => random.u32());
};

it('the same seed and name give the same numbers, another seed or another name others', () => {
  expect(draw(1, 'web')).toEqual(draw(1, 'web'));
  expect(draw(1, 'web')).not.toEqual(draw(1, 'db'));
  expect(draw(1, 'web')).not.toEqual(draw(2, 'web'));
  expect(draw(2 ** 32 + 1, 'web')).not.toEqual(draw(1, 'web'));
});

it('numbers stay below their bound and reach all of it', () => {
  const random = substream(7, 'bound');
  const seen = new Set(Array.from({ length: 500 }, () => random.below(6)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
});
