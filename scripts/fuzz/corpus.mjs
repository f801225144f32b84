import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

function specFiles(folder) {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return specFiles(path);
      return name.endsWith('.spec') ? [path] : [];
    });
}

/** Bytes of every spec that ships, and of the golden ones, by their path in the project. */
export const corpus = new Map(
  ['specs', 'test/language'].flatMap((folder) =>
    specFiles(join(root, folder)).map((path) => [
      relative(root, path).replaceAll('\\', '/'),
      readFileSync(path),
    ]),
  ),
);
export const names = [...corpus.keys()];

/** The corpus as a project's files, with other bytes for one of them. */
export function hostWith(name, bytes) {
  return {
    read: (file) => {
      const found = file === name ? bytes : corpus.get(file);
      return found === undefined ? { ok: false, reason: 'missing' } : { ok: true, bytes: found };
    },
  };
}
