import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { SourceFile } from '../../formats/core-file.ts';
import type { Inflate } from '../../formats/kdump.ts';

/** A file that is open for reading. */
export interface OpenFile extends SourceFile {
  close(): void;
}

/** Opens a regular file; a text that says why it cannot be. Nothing of it is held in memory. */
export function openFile(path: string): OpenFile | string {
  let handle: number | undefined;
  try {
    // A pipe without a writer would be waited for.
    const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    handle = opened;
    const stat = fstatSync(opened);
    if (!stat.isFile()) {
      closeSync(opened);
      return stat.isDirectory() ? 'it is a folder' : 'it is no regular file';
    }
    return {
      bytes: stat.size,
      read: (at, into) => at >= 0 && at + into.length <= stat.size && readAll(opened, at, into),
      close: () => closeSync(opened),
    };
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return 'there is no such file';
    return code === 'EACCES' ? 'it may not be read' : `it cannot be opened (${code ?? 'unknown error'})`;
  }
}

function readAll(handle: number, at: number, into: Uint8Array): boolean {
  try {
    for (let done = 0; done < into.length;) {
      const bytes = readSync(handle, into, done, into.length - done, at + done);
      if (bytes === 0) return false;
      done += bytes;
    }
    return true;
  } catch {
    return false;
  }
}

/** zlib, as kdump packs pages; never more than a page comes out, whatever the bytes say. */
export const inflatePage: Inflate = (packed, bytes) => {
  try {
    const page = inflateSync(packed, { maxOutputLength: bytes });
    return page.length === bytes ? page : undefined;
  } catch {
    return undefined;
  }
};
