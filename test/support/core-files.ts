import { deflateSync } from 'node:zlib';
import type { SourceFile } from '../../src/formats/core-file.ts';
import { writeNotes } from '../../src/formats/notes.ts';
import { writePrstatus } from '../../src/formats/elf-registers.ts';
import { memoryOf } from './flat-memory.ts';

/** Bytes as a file. */
export function fileOf(bytes: Uint8Array): SourceFile {
  return { bytes: bytes.length, read: memoryOf([0, bytes]) };
}

export interface KdumpContent {
  /** Pages by their number; undefined: memory that is there and was left out. */
  readonly pages: ReadonlyMap<number, Uint8Array | undefined>;
  readonly vmcoreinfo?: string;
  readonly rip?: bigint;
  /** Flags of how pages are packed, in the header and of each page. Default 1: zlib. */
  readonly packed?: number;
  readonly machine?: string;
}

const BLOCK = 4096;

/**
 * A kdump-compressed dump, from makedumpfile's diskdump_mod.h: header, second header, notes, two bitmaps, descriptors,
 * pages.
 */
export function kdumpBytes({ pages, vmcoreinfo, rip, packed = 1, machine = 'x86_64' }: KdumpContent): Buffer {
  const last = Math.max(...pages.keys());
  const notes = writeNotes(
    rip === undefined ? [] : [{ name: 'CORE', type: 1, desc: writePrstatus({ rip }) }],
  );
  const header = Buffer.alloc(BLOCK);
  header.write('KDUMP   ', 0, 'latin1');
  header.writeUInt32LE(6, 8);
  header.write('6.1.0-test', 142, 'latin1');
  header.write(machine, 272, 'latin1');
  header.writeUInt32LE(packed, 424);
  header.writeUInt32LE(BLOCK, 428);
  header.writeUInt32LE(1, 432);
  header.writeUInt32LE(2, 436);
  header.writeUInt32LE(last + 1, 440);
  const sub = Buffer.alloc(BLOCK);
  const text = Buffer.from(vmcoreinfo ?? '', 'latin1');
  text.copy(sub, 1024);
  Buffer.from(notes).copy(sub, 2048);
  if (text.length > 0) sub.writeBigUInt64LE(BigInt(BLOCK + 1024), 32);
  sub.writeBigUInt64LE(BigInt(text.length), 40);
  sub.writeBigUInt64LE(BigInt(BLOCK + 2048), 48);
  sub.writeBigUInt64LE(BigInt(notes.length), 56);
  sub.writeBigUInt64LE(BigInt(last + 1), 96);
  const bitmaps = Buffer.alloc(2 * BLOCK);
  const held = [...pages].sort(([a], [b]) => a - b);
  for (const [number, page] of held) {
    bitmaps[number >> 3] = (bitmaps[number >> 3] as number) | (1 << (number & 7));
    if (page !== undefined)
      bitmaps[BLOCK + (number >> 3)] = (bitmaps[BLOCK + (number >> 3)] as number) | (1 << (number & 7));
  }
  const bodies = held.flatMap(([, page]) =>
    page === undefined ? [] : [packed === 1 ? deflateSync(page) : Buffer.from(page)],
  );
  const descriptors = Buffer.alloc(bodies.length * 24);
  let at = 4 * BLOCK + descriptors.length;
  bodies.forEach((body, index) => {
    descriptors.writeBigUInt64LE(BigInt(at), index * 24);
    descriptors.writeUInt32LE(body.length, index * 24 + 8);
    descriptors.writeUInt32LE(packed, index * 24 + 12);
    at += body.length;
  });
  return Buffer.concat([header, sub, bitmaps, descriptors, ...bodies]);
}

/** The same in makedumpfile's flattened form, in pieces of `piece` bytes in the order that `order` gives. */
export function flattened(
  bytes: Uint8Array,
  piece: number,
  order: (pieces: number) => readonly number[],
): Buffer {
  const head = Buffer.alloc(4096);
  head.write('makedumpfile', 0, 'latin1');
  const parts = order(Math.ceil(bytes.length / piece)).flatMap((index) => {
    const part = bytes.subarray(index * piece, (index + 1) * piece);
    return [recordOf(index * piece, part.length), part];
  });
  return Buffer.concat([head, ...parts, recordOf(-1, -1)]);
}

function recordOf(offset: number, bytes: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeBigInt64BE(BigInt(offset), 0);
  record.writeBigInt64BE(BigInt(bytes), 8);
  return record;
}
