import { describe, expect, it } from 'vitest';
import { filterNames } from '../../src/runner/name-filter.ts';

const AT = { file: 'command line', start: 0, end: 1 };

describe('--filter', () => {
  it('finds the names in which the pattern occurs', async () => {
    const { value } = await filterNames(['a :: one', 'b :: two', 'a :: three'], '^a .*e$', AT);
    expect([...value]).toEqual([0, 2]);
  });

  it('finds nothing among no names', async () => {
    expect((await filterNames([], 'x', AT)).value.size).toBe(0);
  });

  it('is a diagnostic when it is no regular expression', async () => {
    const { diagnostics } = await filterNames(['a'], '(', AT);
    expect(diagnostics).toMatchObject([{ code: 'E0822' }]);
    expect(diagnostics[0]!.message).not.toContain('SyntaxError');
  });

  it('is stopped when it would take for ever', async () => {
    const begun = performance.now();
    const { diagnostics } = await filterNames([`${'a'.repeat(60)}b`], '^(a+)+$', AT);
    expect(diagnostics).toMatchObject([{ code: 'E0823' }]);
    expect(performance.now() - begun).toBeLessThan(6000);
  });
});
