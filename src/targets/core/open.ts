import type { CoreFile } from '../../formats/core-file.ts';
import { openCoreFile } from '../../formats/open-core.ts';
import type { OpenFile } from './file.ts';
import { inflatePage, openFile } from './file.ts';

/** A core file that is open. */
export interface OpenCore {
  readonly file: OpenFile;
  readonly core: CoreFile;
}

/** Opens the dump at a path; a text that says why it cannot be read, and what to do where something can be done. */
export function openCore(path: string): OpenCore | string {
  const file = openFile(path);
  if (typeof file === 'string') return file;
  const opened = openCoreFile(file, inflatePage);
  if (opened.ok) return { file, core: opened.value };
  file.close();
  return opened.message;
}
