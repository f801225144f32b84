import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { fileHost } from '../../src/runner/files.ts';
import { SHIPPED } from '../support/library.ts';

describe('names of what ships', () => {
  it("stand in nobody's way: words of a spec's own enumerations are what they are beside its members", () => {
    const shipped = new Set(SHIPPED.locators.map(({ name }) => name));
    expect([shipped.has('queued'), shipped.has('slabs')]).toEqual([true, true]);
    const { value, diagnostics } = compile(['good/words.spec'], fileHost(resolve('test/language')), {
      library: SHIPPED,
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(value.flatMap(({ scenarios }) => scenarios)).toHaveLength(2);
  });
});
