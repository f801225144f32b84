// What users look for in the guide: every code, by its title.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LANGUAGE_CODES } from '../../src/language/codes.ts';
import { exampleHost } from '../support/example-host.ts';
import { inFrame } from '../../src/language/codes/doc.ts';
import { compile } from '../../src/language/compile.ts';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/language.md'), 'utf8');

it('the guide lists every code that there is, and no other', () => {
  const rows = [...GUIDE.matchAll(/^\| (E\d{4})\s*\| (.*?)\s*\|$/gm)].map(([, code, title]) => [code, title]);
  expect(rows).toEqual(LANGUAGE_CODES.map(({ code, title }) => [code, title]));
});

it('a symbol that the simulated kernel has not is told of what is simulated, and not of what is not', () => {
  const told = (targets: string): string[] =>
    compile(
      ['example.spec'],
      exampleHost(inFrame('scenario', `targets ${targets}\nat 40 ms: set web.symbols["modprobe_path"] to 0`)),
    ).diagnostics.map(({ code }) => code);
  expect(told('sim')).toContain('E0619');
  expect(told('sim, qemu')).toContain('E0619');
  expect(told('qemu')).not.toContain('E0619');
});
