import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBounded } from '../bounded-file.ts';
import { QemuProblem } from '../problem.ts';

/** A guest that `siren guest prepare` made: what QEMU boots. */
export interface Guest {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** Sixteen hex digits over both files: part of a snapshot's name. */
  readonly id: string;
}

/** What a cached guest's description must be like. */
export const GUEST_FORMAT = 1;

/** Where Siren keeps what it can make again: $SIREN_CACHE, else $XDG_CACHE_HOME/siren, else ~/.cache/siren. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const own = set('SIREN_CACHE');
  if (own !== undefined) return own;
  return join(set('XDG_CACHE_HOME') ?? join(set('HOME') ?? '/tmp', '.cache'), 'siren');
}

/** The folder of a cache that holds the prepared guest. */
export function guestFolder(cache: string): string {
  return join(cache, 'guest');
}

const MEND = 'siren guest prepare';
const DESCRIPTION_BYTES = 65_536;

/** Larger than any kernel or initramfs that QEMU boots in a small machine. */
export const IMAGE_BYTES: number = 2 ** 28;

/**
 * The guest that was prepared last in that cache. Throws NO_GUEST when there is none, one of another version, or one of
 * which a file is missing.
 */
export function openGuest(cache: string): Guest {
  const folder = guestFolder(cache);
  const bytes = readBounded(join(folder, 'guest.json'), DESCRIPTION_BYTES);
  if (typeof bytes === 'string') throw new QemuProblem('NO_GUEST', `there is no guest in ${cache}`, MEND);
  const found = parse(bytes.toString('utf8'));
  if (found === undefined)
    throw new QemuProblem('NO_GUEST', `the guest in ${cache} was made by another version`, MEND);
  const { release, id } = found;
  const guest = { release, id, kernel: join(folder, 'vmlinuz'), initramfs: join(folder, 'initramfs.cpio') };
  for (const file of [guest.kernel, guest.initramfs]) {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true)
      throw new QemuProblem('NO_GUEST', `the guest in ${cache} lacks its ${basename(file)}`, MEND);
  }
  return guest;
}

/** Sixteen hex digits over what is booted. */
export function guestId(kernel: Uint8Array, initramfs: Uint8Array): string {
  return createHash('sha256').update(kernel).update(initramfs).digest('hex').slice(0, 16);
}

/** Reads all of a guest's files, some 15 MB. Throws NO_GUEST when they are not those that were prepared. */
export function checkGuest({ kernel, initramfs, id }: Guest): void {
  const files = [kernel, initramfs].map((file) => readBounded(file, IMAGE_BYTES));
  const [first, second] = files;
  if (typeof first !== 'object' || typeof second !== 'object' || guestId(first, second) !== id)
    throw new QemuProblem('NO_GUEST', `${kernel} and ${basename(initramfs)} are not what was prepared`, MEND);
}

function parse(text: string): { readonly release: string; readonly id: string } | undefined {
  try {
    const value = JSON.parse(text) as { format?: unknown; release?: unknown; id?: unknown } | null;
    if (value?.format !== GUEST_FORMAT) return undefined;
    const { release, id } = value;
    return typeof release === 'string' && typeof id === 'string' ? { release, id } : undefined;
  } catch {
    return undefined;
  }
}
