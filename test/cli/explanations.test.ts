import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explanations } from '../../src/cli/explanations.ts';
import { REPOSITORY } from '../support/built.ts';

const entries = explanations();
const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(REPOSITORY, 'src', name), 'utf8');
    // The tables themselves say no code, they document them.
    return name.endsWith('codes.ts') || /\bcodes\b.[a-z]+\.ts/.test(name)
      ? text.replaceAll(/\bcode: 'E\d{4}'/g, '')
      : text;
  });
const used = new Set(sources.flatMap((text) => text.match(/(?<=['"`])E0\d{3}(?=['"`])/g) ?? []));

describe('what can be explained', () => {
  it('every code that a diagnostic can have has a document', () => {
    const known = new Set(entries.map(({ word }) => word));
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((code) => !known.has(code)).sort()).toEqual([]);
  });

  it('no document is of a code that nothing says', () => {
    const codes = entries.map(({ word }) => word).filter((word) => /^E0\d{3}$/.test(word));
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('a code has one document; a word may have several, in different groups', () => {
    const seen = entries.map(({ word, group }) => (/^E0\d{3}$/.test(word) ? word : `${word} (${group})`));
    expect(seen.filter((one, place) => seen.indexOf(one) !== place)).toEqual([]);
  });

  it('every document says something', () => {
    for (const { word, doc } of entries) expect(`${word}: ${doc}`).toMatch(/^\w+: \S.{9,}/s);
  });
});
