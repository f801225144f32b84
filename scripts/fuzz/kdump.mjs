// Dumps in the formats that makedumpfile writes, small ones, for the fuzzer.
import { deflateSync } from 'node:zlib';

const BLOCK = 4096;

/** kdump-compressed (diskdump_mod.h): header, second header with VMCOREINFO, two bitmaps, descriptors, pages. */
export function kdumpOf(pages, vmcoreinfo) {
  const numbers = [...pages.keys()].sort((a, b) => a - b);
  const count = numbers.at(-1) + 1;
  const bitmap_blocks = Math.ceil(count / 8 / BLOCK);
  const header = Buffer.alloc(BLOCK);
  header.write('KDUMP   ', 0, 'latin1');
  header.writeUInt32LE(6, 8);
  header.write('x86_64', 272, 'latin1');
  header.writeUInt32LE(1, 424);
  header.writeUInt32LE(BLOCK, 428);
  header.writeUInt32LE(1, 432);
  header.writeUInt32LE(bitmap_blocks * 2, 436);
  header.writeUInt32LE(count, 440);
  const sub = Buffer.alloc(BLOCK);
  const text = Buffer.from(vmcoreinfo, 'latin1').subarray(0, BLOCK - 1024);
  text.copy(sub, 1024);
  sub.writeBigUInt64LE(BigInt(BLOCK + 1024), 32);
  sub.writeBigUInt64LE(BigInt(text.length), 40);
  sub.writeBigUInt64LE(BigInt(count), 96);
  const bitmap = Buffer.alloc(bitmap_blocks * BLOCK);
  for (const number of numbers) bitmap[number >> 3] |= 1 << (number & 7);
  const bodies = numbers.map((number) => deflateSync(pages.get(number), { level: 1 }));
  const descriptors = Buffer.alloc(bodies.length * 24);
  let at = (2 + bitmap_blocks * 2) * BLOCK + descriptors.length;
  bodies.forEach((body, index) => {
    descriptors.writeBigUInt64LE(BigInt(at), index * 24);
    descriptors.writeUInt32LE(body.length, index * 24 + 8);
    descriptors.writeUInt32LE(1, index * 24 + 12);
    at += body.length;
  });
  return Buffer.concat([header, sub, bitmap, bitmap, descriptors, ...bodies]);
}

/** The same in makedumpfile's flattened form, in pieces of 16 KiB. */
export function flattenedOf(bytes) {
  const head = Buffer.alloc(BLOCK);
  head.write('makedumpfile', 0, 'latin1');
  const parts = [head];
  for (let at = 0; at < bytes.length; at += 16_384) {
    const part = bytes.subarray(at, at + 16_384);
    parts.push(record(at, part.length), part);
  }
  return Buffer.concat([...parts, record(-1, -1)]);
}

function record(offset, bytes) {
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeBigInt64BE(BigInt(bytes), 8);
  return head;
}
