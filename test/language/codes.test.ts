import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFrame } from '../../src/language/codes/doc.ts';
import { LANGUAGE_CODES } from '../../src/language/codes.ts';
import { compile } from '../../src/language/compile.ts';
import { exampleHost } from '../support/example-host.ts';

const codesOf = (text: string): string[] =>
  compile(['example.spec'], exampleHost(text)).diagnostics.map((diagnostic) => diagnostic.code);

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sourcesUnder(path) : [path];
  });
}

describe('the codes of the language', () => {
  it('are each documented once, and each document is of a code that is reported', () => {
    const reported = new Set<string>();
    for (const file of sourcesUnder('src/language')) {
      if (file.includes('/codes')) continue;
      for (const [, code] of readFileSync(file, 'utf8').matchAll(/'(E[01]\d{3})'/g))
        reported.add(code as string);
    }
    const documented = LANGUAGE_CODES.map((doc) => doc.code);
    expect(documented).toEqual([...new Set(documented)].sort());
    expect([...reported].sort()).toEqual(documented);
    expect(documented.length).toBeGreaterThanOrEqual(40);
  });

  for (const { code, title, frame, bad, mended } of LANGUAGE_CODES) {
    it(`${code}: ${title}`, () => {
      expect(codesOf(inFrame(frame, bad))).toContain(code);
      expect(codesOf(inFrame(frame, mended))).not.toContain(code);
    });
  }

  it('have mended examples that hold no other error', () => {
    const wrong = LANGUAGE_CODES.filter(({ code }) => code !== 'E0115').flatMap(({ code, frame, mended }) =>
      compile(['example.spec'], exampleHost(inFrame(frame, mended)))
        .diagnostics.filter((one) => one.severity === 'error')
        .map((one) => `${code}: ${one.code} ${one.message}`),
    );
    expect(wrong).toEqual([]);
  });
});
