import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * All of a regular file of at most `limit` bytes; a text that says why it cannot be had. A pipe, a folder or a device
 * is neither waited for nor read.
 */
export function readBounded(path: string, limit: number): Buffer | string {
  let handle: number | undefined;
  try {
    // A pipe without a writer would be waited for.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (stat.isDirectory()) return 'it is a folder';
    if (!stat.isFile()) return 'it is no regular file';
    if (stat.size > limit) return `it has ${stat.size} bytes, ${limit} are the most`;
    const bytes = Buffer.alloc(stat.size);
    let done = 0;
    for (let count = -1; count !== 0 && done < bytes.length; done += count)
      count = readSync(handle, bytes, done, bytes.length - done, done);
    return done === bytes.length ? bytes : 'it became shorter while it was read';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
    return code === 'EACCES' ? 'it may not be read' : `it cannot be read (${code ?? 'unknown error'})`;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
