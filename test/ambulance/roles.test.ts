import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processSpace } from '../../src/ambulance/processes.ts';
import { servingAs, stackBytes } from '../../src/ambulance/roles.ts';
import type { Subject } from '../../src/ambulance/subject.ts';
import { NO_LIBRARY } from '../../src/model/structure.ts';
import { shippedLibrary } from '../../src/runner/library.ts';
import type { Session } from '../../src/structure/session.ts';

const library = await shippedLibrary();

describe('what an ambulance itself needs of a library', () => {
  it('is named by it, and is there', () => {
    const locators = library.locators.map(({ name }) => name);
    expect(locators).toContain(servingAs('processes', library));
    expect(locators).toContain(servingAs('process_memory', library));
    expect(stackBytes(library)).toBe(16_384);
  });

  it('is not made up where the library does not say', () => {
    expect(servingAs('processes', NO_LIBRARY)).toBe('');
    expect(stackBytes(NO_LIBRARY)).toBe(0);
    const subject = { library: NO_LIBRARY } as Subject;
    expect(processSpace(subject, {} as Session, 'shop')).toEqual({
      code: 'UNMAPPED',
      message: 'the library does not say what serves as processes',
    });
  });

  it('is all that it knows: no structure and no struct of the library stands in its code', () => {
    const names = new Set(
      [...library.locators, ...library.structs, ...library.validators].map(({ name }) => name),
    );
    const folder = 'src/ambulance';
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.ts'),
    );
    const said = files.flatMap((file) =>
      [
        ...readFileSync(join(folder, file), 'utf8')
          .replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
          .matchAll(/'(\w+)'|"(\w+)"|`(\w+)`/g),
      ]
        .map(([, ...quoted]) => quoted.find((one) => one !== undefined) ?? '')
        .filter((word) => names.has(word))
        .map((word) => `${file}: ${word}`),
    );
    expect(files.length).toBeGreaterThan(20);
    expect(said).toEqual([]);
  });
});
