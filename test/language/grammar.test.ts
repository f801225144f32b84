import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ebnf } from '../../src/language/ebnf.ts';

describe('grammar/siren.ebnf', () => {
  const text = ebnf();

  it('is what the parser says now', async () => {
    await expect(text).toMatchFileSnapshot('../../grammar/siren.ebnf');
  });

  it('defines every name that it uses', () => {
    const withoutComments = text.replace(/\(\*[\s\S]*?\*\)/g, '').replace(/"[^"\n]*"|'[^'\n]*'/g, '');
    const defined = new Set([...withoutComments.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name));
    const used = new Set([...withoutComments.matchAll(/[A-Za-z]\w*/g)].map(([name]) => name));
    const given = ['newline', 'letter', 'digit', 'hexdigit', 'character', 'tab'];
    expect([...used].filter((name) => !defined.has(name) && !given.includes(name))).toEqual([]);
    expect(defined.size).toBeGreaterThan(40);
  });

  it('is committed', () => {
    expect(readFileSync('grammar/siren.ebnf', 'utf8')).toContain('scenarioDeclaration =');
  });
});
