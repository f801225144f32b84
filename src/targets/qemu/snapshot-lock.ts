import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { monotonic_ns, sleep_ms } from './process/channel.ts';
import { pidNamespace } from './process/folders.ts';
import { QemuProblem } from './problem.ts';

/** How long somebody else may take to boot the same shape. */
export const LOCK_LIMIT_MS = 300_000;
/** Longer than anybody takes to make a snapshot: what is older is nobody's, whoever's id it bears. */
const LEFT_AFTER_MS = 3_600_000;

/** The name of a folder that is being filled, and is renamed when it is whole. */
export function freshName(folder: string): string {
  return `${folder}.${pidNamespace()}.${process.pid}.new`;
}

/**
 * Removes what killed processes left: half-made snapshots, of some 100 MB each, and locks. Of other containers' only
 * what is an hour old.
 */
export function removeLeftovers(home: string): void {
  for (const name of readdirSync(home)) {
    const path = join(home, name);
    if (/^[0-9a-f]+\.lock(?:\.\d+\.\d+)?$/.test(name)) {
      if (holderIsGone(path) || isOld(path)) takeAway(path);
    } else if (/^[0-9a-f]+(?:\.\d+){1,2}\.new$/.test(name)) {
      const [, namespace, pid] = /\.(\d+)\.(\d+)\.new$/.exec(name) ?? [];
      const gone = namespace === pidNamespace() && !existsSync(`/proc/${pid}`);
      if (gone || isOld(path)) removeTree(path);
    }
  }
}

function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // whoever may remove it will
  }
}

function isOld(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > LEFT_AFTER_MS;
}

/**
 * Takes the lock, or waits until `done`; undefined when nothing is left to be done. The holder's id is in it: one of a
 * dead process counts for nothing.
 */
export function lockFile(path: string, done: () => boolean): (() => void) | undefined {
  const end = monotonic_ns() + LOCK_LIMIT_MS * 1e6;
  for (;;) {
    try {
      const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      writeSync(file, `${process.pid} ${pidNamespace()}`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new QemuProblem(
          'FILES',
          `${path} cannot be made: ${(error as Error).message}`,
          'set SIREN_CACHE to a folder that can be written',
        );
    }
    if (done()) return undefined;
    if (holderIsGone(path)) takeAway(path);
    else if (monotonic_ns() > end)
      throw new QemuProblem(
        'FILES',
        `somebody has held ${path} for ${LOCK_LIMIT_MS / 1000} s`,
        'remove it when nobody boots a guest',
      );
    else sleep_ms(50);
  }
}

/**
 * Removes a dead holder's lock: under a name of its own first, and looked at again there, so that nobody else's newer
 * one is lost.
 */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.${monotonic_ns()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // somebody else was faster
  }
  if (!holderIsGone(aside) && !isOld(aside)) {
    try {
      linkSync(aside, path);
    } catch {
      // a third has taken it meanwhile: two make the same snapshot, and the later one takes its place
    }
  }
  rmSync(aside, { force: true });
}

function holderIsGone(path: string): boolean {
  try {
    const [holder = '', namespace = ''] = readFileSync(path, 'utf8').split(' ');
    // Of a holder in another container nothing is known here.
    if (namespace !== pidNamespace()) return false;
    return Number(holder) > 0 && !existsSync(`/proc/${holder}`);
  } catch {
    return false;
  }
}
