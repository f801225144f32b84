import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFrame } from '../../src/language/codes/doc.ts';
import { LANGUAGE_CODES } from '../../src/language/codes.ts';
import { compile } from '../../src/language/compile.ts';
import type { Compiled } from '../../src/language/compile.ts';
import { LATER } from '../../src/model/later.ts';
import { fileHost } from '../../src/runner/files.ts';
import { renderDiagnostic } from '../../src/text/render.ts';
import { exampleHost } from '../support/example-host.ts';
import { SHIPPED } from '../support/library.ts';

const ROOT = resolve('test/language');
const specsIn = (folder: string): string[] =>
  readdirSync(`${ROOT}/${folder}`)
    .filter((name) => name.endsWith('.spec'))
    .map((name) => `${folder}/${name}`);
const compiled = (...files: string[]): Compiled => compile(files, fileHost(ROOT), { tags: ['nightly'] });
const rendered = ({ diagnostics, sources }: Compiled): string =>
  `${diagnostics.map((one) => renderDiagnostic(one, (file) => sources.get(file))).join('\n\n')}\n`;

/** Numbers of 64 bits have no form in JSON: `"0xdead…"`. */
const asJson = (value: unknown): string =>
  `${JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `0x${part.toString(16)}` : part), 1)}\n`;

describe('a good spec', () => {
  for (const file of specsIn('good')) {
    it(`${file} leads to its model`, async () => {
      const result = compiled(file);
      expect(result.diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
      await expect(asJson(result.value)).toMatchFileSnapshot(`${ROOT}/${file.replace('.spec', '.json')}`);
    });
  }
});

describe('a bad spec', () => {
  for (const file of specsIn('bad')) {
    it(`${file} has all its mistakes told at once`, async () => {
      await expect(rendered(compiled(file))).toMatchFileSnapshot(`${ROOT}/${file.replace('.spec', '.txt')}`);
    });
  }

  for (const { code, frame, bad } of LANGUAGE_CODES) {
    it(`${code} looks as it did`, async () => {
      const text = rendered(compile(['example.spec'], exampleHost(inFrame(frame, bad))));
      await expect(text.slice(0, 8000)).toMatchFileSnapshot(`${ROOT}/bad/codes/${code}.txt`);
    });
  }
});

describe('the tour of the language', () => {
  const tour = specsIn('tour');
  // The dump of ticket 4711 is nobody's to look at.
  const { read } = fileHost(ROOT);
  const result = compile(tour, { read }, { tags: ['nightly'] });

  it('its twelve specs can all be read', () => {
    expect(tour).toHaveLength(12);
    const syntax = result.diagnostics.filter((one) => one.code < 'E0209');
    expect(syntax.map((one) => one.message)).toEqual([]);
  });

  it('what this version can say of them is clean', () => {
    const scenarios = new Map(result.value.map((model) => [model.file, model.scenarios.length]));
    expect(scenarios.get('tour/01-list-corruption.spec')).toBe(1);
    expect(scenarios.get('tour/05-lying-metadata.spec')).toBe(6 + 3 + 1);
    expect(scenarios.get('tour/10-bit-flips.spec')).toBe(128);
    const clean = ['tour/01-list-corruption.spec', 'tour/04-shared-cpus.spec', 'tour/10-bit-flips.spec'];
    expect(result.diagnostics.filter((one) => clean.includes(one.labels[0]?.span.file ?? ''))).toEqual([]);
  });

  it('a core file, its digest, its kernel and its budget are understood', () => {
    const of_core = result.diagnostics.filter(
      (one) => one.labels[0]?.span.file === 'tour/09-vmcore-regression.spec',
    );
    // Without the library that ships, some structures are nobody's to judge.
    expect([...new Set(of_core.map((one) => one.code))]).toEqual(['E0712', 'E0209']);
  });

  it('the rest is said to come later, at the place where it stands', () => {
    const known = compile(tour, { read }, { tags: ['nightly'], library: SHIPPED });
    const later = known.diagnostics.filter((one) => one.code === 'E0209').map((one) => one.message);
    const told = [...LATER].filter(([, { today }]) => today !== undefined).map(([word]) => `\`${word}\``);
    const words = [...told, 'a verdict of a whole partition'];
    expect(words).toHaveLength(10);
    for (const word of words)
      expect(
        later.some((message) => message.startsWith(word)),
        word,
      ).toBe(true);
    const caches = known.diagnostics.filter((one) => one.message.includes('`caches`'));
    expect(caches.map((one) => one.help)).toEqual(['did you mean `slabs`?']);
  });
});
