import { createHash } from 'node:crypto';
import type { OpenFile } from './file.ts';
import { openFile } from './file.ts';

const CHUNK_BYTES = 1_048_576;

/** The SHA-256 of a file, 64 hex digits; undefined when it cannot be read to its end. */
export function sha256Of(path: string): string | undefined {
  const file: OpenFile | string = openFile(path);
  if (typeof file === 'string') return undefined;
  try {
    const hash = createHash('sha256');
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let at = 0; at < file.bytes; at += CHUNK_BYTES) {
      const part = chunk.subarray(0, Math.min(CHUNK_BYTES, file.bytes - at));
      if (!file.read(at, part)) return undefined;
      hash.update(part);
    }
    return hash.digest('hex');
  } finally {
    file.close();
  }
}
