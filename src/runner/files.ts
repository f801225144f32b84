import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_SPEC_BYTES } from '../language/host.ts';
import type { ReadFailure, ReadResult, SourceHost } from '../language/host.ts';
import { isInside } from './project.ts';

/**
 * The project's files, for the compiler. `root` is absolute with its links resolved; nothing outside of it is read, by
 * no `..` and through no link. Every failure is a value.
 */
export function fileHost(root: string): SourceHost {
  return { read: (file) => read(root, file), look: (file) => look(root, file) };
}

/** As `read`, of a file of any size that is not read. */
function look(root: string, file: string): ReadFailure | undefined {
  if (file.includes('\0')) return 'missing';
  const path = resolve(root, file);
  if (!isInside(path, root)) return 'outside_root';
  try {
    if (!isInside(realpathSync(path), root)) return 'link_outside';
    const stat = statSync(path);
    return stat.isDirectory() ? 'directory' : stat.isFile() ? undefined : 'unreadable';
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): ReadFailure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return 'missing';
  return code === 'EISDIR' ? 'directory' : 'unreadable';
}

function read(root: string, file: string): ReadResult {
  if (file.includes('\0')) return failure('missing');
  const path = resolve(root, file);
  if (!isInside(path, root)) return failure('outside_root');
  let handle: number | undefined;
  try {
    if (!isInside(realpathSync(path), root)) return failure('link_outside');
    // A pipe without a writer would be waited for.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (stat.isDirectory()) return failure('directory');
    if (!stat.isFile()) return failure('unreadable');
    if (stat.size > MAX_SPEC_BYTES) return failure('too_large');
    return { ok: true, bytes: readFileSync(handle) };
  } catch (error) {
    return failure(reasonOf(error));
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function failure(reason: ReadFailure): ReadResult {
  return { ok: false, reason };
}
