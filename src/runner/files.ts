import { closeSync, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_SPEC_BYTES, type ReadFailure, type ReadResult, type SourceHost } from '../language/host.ts';
import { isInside } from './project.ts';

/** Specs from the file system, none from outside of `root` (absolute, links resolved), and no larger than a person writes. */
export function fileHost(root: string): SourceHost {
  return { read: (file) => readUnder(root, file) };
}

function readUnder(root: string, file: string): ReadResult {
  const path = join(root, file);
  if (!isInside(path, root)) return failure('outside_root');
  let handle: number | undefined;
  try {
    const real = realpathSync(path);
    if (!isInside(real, root)) return failure('link_outside');
    handle = openSync(real, 'r');
    const stat = fstatSync(handle);
    if (stat.isDirectory()) return failure('directory');
    // A pipe or a device may never end.
    if (!stat.isFile()) return failure('unreadable');
    if (stat.size > MAX_SPEC_BYTES) return failure('too_large');
    return { ok: true, bytes: readFileSync(handle) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return failure('missing');
    return failure(code === 'EISDIR' ? 'directory' : 'unreadable');
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function failure(reason: ReadFailure): ReadResult {
  return { ok: false, reason };
}
