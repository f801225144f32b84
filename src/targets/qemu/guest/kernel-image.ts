/**
 * Offset of the word that says where the version's text is, less 0x200 (Documentation/x86/boot.rst, kernel_version).
 */
const VERSION_POINTER = 0x20e;
const MAGIC_AT = 0x202;

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
