import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { SourceFile } from '../../formats/core-file.ts';
import type { Inflate } from '../../formats/kdump.ts';
import { Holes } from './holes.ts';

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
    // st_blocks is in units of 512 bytes, whatever the file system's own are.
    const holes = Holes.of(path, stat.size, stat.blocks * 512);
    const read = blockwise(opened, stat.size, holes);
    return {
      bytes: stat.size,
      read: (at, into) => at >= 0 && at + into.length <= stat.size && read(at, into),
      close: () => {
        closeSync(opened);
        holes?.close();
      },
    };
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return 'there is no such file';
    return code === 'EACCES' ? 'it may not be read' : `it cannot be opened (${code ?? 'unknown error'})`;
  }
}

/**
 * Blocks of a file that are kept: what is looked at lies close together, and a call for every page costs more than the
 * bytes.
 */
const BLOCK_BYTES = 65_536;
const BLOCKS = 64;

/** Reads by way of blocks, each in the one place that its number gives it; long reads go past them. */
function blockwise(
  handle: number,
  size: number,
  holes: Holes | undefined,
): (at: number, into: Uint8Array) => boolean {
  const blocks: (Uint8Array | undefined)[] = [];
  const numbers = new Float64Array(BLOCKS).fill(-1);
  const block = (number: number): Uint8Array | undefined => {
    const slot = number % BLOCKS;
    const bytes = (blocks[slot] ??= new Uint8Array(BLOCK_BYTES));
    if (numbers[slot] === number) return bytes;
    numbers[slot] = -1;
    const length = Math.min(BLOCK_BYTES, size - number * BLOCK_BYTES);
    const from = number * BLOCK_BYTES;
    const whole = bytes.subarray(0, length);
    if (holes?.has(from, length)) whole.fill(0);
    else if (!readAll(handle, from, whole)) return undefined;
    else holes?.held(from, whole);
    numbers[slot] = number;
    return bytes;
  };
  return (at, into) => {
    if (into.length > BLOCK_BYTES / 2) return readAll(handle, at, into);
    for (let done = 0; done < into.length;) {
      const within = (at + done) % BLOCK_BYTES;
      const bytes = block((at + done - within) / BLOCK_BYTES);
      if (!bytes) return false;
      const count = Math.min(into.length - done, BLOCK_BYTES - within);
      into.set(bytes.subarray(within, within + count), done);
      done += count;
    }
    return true;
  };
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
