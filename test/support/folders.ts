import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * Makes new folders for the tests of a file or a `describe`, where this is called; all are removed when these are over.
 */
export function temporaryFolders(name: string): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `siren-${name}-`)));
    made.push(folder);
    return folder;
  };
}
