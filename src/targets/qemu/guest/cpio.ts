/** One entry of an initramfs. Paths have no leading slash; folders come before what is in them. */
export type ArchiveEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly to: string };

/** Types and modes of `stat(2)`. */
const MODE = { folder: 0o40_755, program: 0o100_755, file: 0o100_644, link: 0o120_777 } as const;

/**
 * An archive of the `newc` kind, as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Owned by root, without times: the same entries give the same bytes.
 */
export function writeCpio(entries: readonly ArchiveEntry[]): Uint8Array {
  const pieces: Buffer[] = [];
  entries.forEach((entry, index) =>
    pieces.push(member(entry.path, modeOf(entry), contentOf(entry), index + 1)),
  );
  pieces.push(member('TRAILER!!!', 0, Buffer.alloc(0), 0));
  return Buffer.concat(pieces);
}

function modeOf(entry: ArchiveEntry): number {
  if (entry.kind === 'file') return entry.executable ? MODE.program : MODE.file;
  return MODE[entry.kind];
}

function contentOf(entry: ArchiveEntry): Uint8Array {
  if (entry.kind === 'file') return entry.bytes;
  return entry.kind === 'link' ? Buffer.from(entry.to) : Buffer.alloc(0);
}

/**
 * A header of 13 numbers in 8 hex digits each behind `070701`, the name with its NUL, the content; both end on 4 bytes.
 */
function member(path: string, mode: number, content: Uint8Array, inode: number): Buffer {
  const links = (mode & 0o170_000) === 0o40_000 ? 2 : 1;
  const name = Buffer.from(`${path}\0`);
  const numbers = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${numbers.map((one) => one.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([
    Buffer.from(header),
    name,
    padding(header.length + name.length),
    content,
    padding(content.length),
  ]);
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
