import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../support/built.ts';
import { mutants } from './list.mjs';

it('each mutation applies: its line is found exactly once, and what must notice it exists', () => {
  const texts = new Map<string, string>();
  const textOf = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(join(REPOSITORY, file), 'utf8');
    texts.set(file, text);
    return text;
  };
  const wrong = mutants.filter(
    ({ file, from, to, killer }) =>
      textOf(file).split(from).length !== 2 ||
      from === to ||
      from.includes('\n') ||
      !existsSync(join(REPOSITORY, killer.replace(/:\d+$/, ''))),
  );
  expect(wrong.map(({ id }) => id)).toEqual([]);
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(70);
});
