import { describe, expect, it } from 'vitest';
import { mergedLibrary } from '../../src/runner/library-merge.ts';
import { binary, call, collection, int } from '../support/formulas.ts';
import { library, require_, validator } from '../support/structures.ts';

const own = (least: bigint) =>
  library(
    [],
    [],
    [validator('mine', [require_(binary('>=', call('count', collection('tasks')), int(least)), 'FEW')])],
  );

describe('a library with the declarations of a scenario', () => {
  it('is the same object for what says the same, however often a job brings a copy', () => {
    const shipped = library([], [], [validator('tasks', [])]);
    const first = mergedLibrary(shipped, own(1n << 60n));
    expect(mergedLibrary(shipped, structuredClone(own(1n << 60n)))).toBe(first);
    expect(mergedLibrary(shipped, own((1n << 60n) + 1n))).not.toBe(first);
    expect(first.validators.map(({ name }) => name)).toEqual(['mine', 'tasks']);
    expect(mergedLibrary(shipped, library([], [], []))).not.toBe(shipped);
    expect(mergedLibrary(shipped, undefined)).toBe(shipped);
  });

  it('keeps no more of them than a worker needs', () => {
    const shipped = library([], [], []);
    const first = mergedLibrary(shipped, own(0n));
    for (let at = 1n; at <= 40n; at++) mergedLibrary(shipped, own(at));
    expect(mergedLibrary(shipped, own(40n))).toBe(mergedLibrary(shipped, own(40n)));
    expect(mergedLibrary(shipped, own(0n))).not.toBe(first);
  });
});
