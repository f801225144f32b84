import type { SourceFile } from './core-file.ts';
import type { Extent } from './extents.ts';
import { Extents } from './extents.ts';
import { segmentReader } from './elf-core.ts';
import type { Result } from './result.ts';
import { failure, success } from './result.ts';

/**
 * The flattened format of makedumpfile (`-F`), which QEMU writes too: a dump that was written in pieces to where nobody
 * can seek. A header block, then records of an offset and a size, both 64 bits big-endian, and the bytes; the end is an
 * offset of -1.
 */
const SIGNATURE = 'makedumpfile';
const HEADER_BYTES = 4096;
const RECORD_BYTES = 16;
/** Records kept: 3 numbers each. QEMU writes one for each 16 KiB. */
const RECORD_LIMIT = 4_194_304;

export function isFlattened(file: SourceFile): boolean {
  const head = new Uint8Array(SIGNATURE.length);
  return file.read(0, head) && Buffer.from(head).toString('latin1') === SIGNATURE;
}

/** The dump as it would lie in a file of its own; one that is cut short opens as far as it goes (`whole` is false). */
export function openFlattened(file: SourceFile): Result<SourceFile & { readonly whole: boolean }> {
  const extents: Extent[] = [];
  const record = new Uint8Array(RECORD_BYTES);
  const view = new DataView(record.buffer);
  let whole = false;
  for (let at = HEADER_BYTES; file.read(at, record);) {
    const start = view.getInt32(0, false) * 0x1_0000_0000 + view.getUint32(4, false);
    const bytes = view.getInt32(8, false) * 0x1_0000_0000 + view.getUint32(12, false);
    if (start === -1) {
      whole = true;
      break;
    }
    if (start < 0 || bytes <= 0) return failure('MALFORMED', 'a record of the flattened dump is damaged', at);
    if (extents.length >= RECORD_LIMIT)
      return failure('LIMIT', 'too many records: put the dump together first (makedumpfile -R)', at);
    const offset = at + RECORD_BYTES;
    extents.push({ start, bytes: Math.min(bytes, Math.max(0, file.bytes - offset)), offset });
    at = offset + bytes;
  }
  if (extents.length === 0) return failure('TRUNCATED', 'a flattened dump without records');
  const runs = new Extents(extents);
  return success({ bytes: runs.end, read: segmentReader(file.read, runs), whole });
}
