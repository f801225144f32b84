import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The guest that was prepared last in that cache. Throws NO_GUEST when there is none, or one of another version. */
export function openGuest(cache: string): Guest {
  const folder = guestFolder(cache);
  const mend = 'siren guest prepare';
  let text: string;
  try {
    text = readFileSync(join(folder, 'guest.json'), 'utf8');
  } catch {
    throw new QemuProblem('NO_GUEST', `there is no guest in ${cache}`, mend);
  }
  const found = parse(text);
  if (found === undefined)
    throw new QemuProblem('NO_GUEST', `the guest in ${cache} was made by another version`, mend);
  const { release, id } = found;
  return { release, id, kernel: join(folder, 'vmlinuz'), initramfs: join(folder, 'initramfs.cpio') };
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
