/**
 * Offset of the word that says where the version's text is, less 0x200 (Documentation/x86/boot.rst, kernel_version).
 */
const VERSION_POINTER = 0x20e;
const MAGIC_AT = 0x202;
/** How many sectors of setup follow the first, 0 for 4; and how many 16 bytes of kernel follow these. */
const SETUP_SECTORS_AT = 0x1f1;
const KERNEL_SIZE_AT = 0x1f4;

/** The release that a bzImage states, as `uname -r` would print it; undefined when it is no bzImage. */
export function releaseOfImage(image: Uint8Array): string | undefined {
  if (image.length < 0x1000) return undefined;
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (view.getUint32(MAGIC_AT, false) !== 0x48647253) return undefined; // "HdrS"
  const start = view.getUint16(VERSION_POINTER, true) + 0x200;
  const end = image.indexOf(0, start);
  if (start === 0x200 || end < 0 || end - start > 256) return undefined;
  return Buffer.from(image.subarray(start, end)).toString('latin1').split(' ')[0];
}

/** How long a bzImage is at least, bytes, by its own word: signatures may follow. */
export function bytesOfImage(image: Uint8Array): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const setup = (view.getUint8(SETUP_SECTORS_AT) || 4) + 1;
  return setup * 512 + view.getUint32(KERNEL_SIZE_AT, true) * 16;
}
