import {
  constants,
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { QemuProblem } from './problem.ts';
import { needPrograms, runProgramFile } from './programs.ts';
import { checkSnapshot, isSnapshotName, isWhole, sealOf, snapshotsFolder } from './snapshot-check.ts';
import type { Snapshot } from './snapshot-check.ts';
import type { SnapshotDamage, SnapshotFacts } from './snapshot-facts.ts';
import { factsText } from './snapshot-facts.ts';
import { freshName, lockFile, removeLeftovers } from './snapshot-lock.ts';

/** Snapshots that a cache holds, about 100 MB each. */
const KEPT = 24;
export const COPY_LIMIT_MS = 60_000;

export interface SnapshotMaker {
  /** Fills a folder with `ram` and `state`. */
  readonly make: (folder: string) => SnapshotFacts;
  /**
   * Called where there is none that is whole, with what is wrong with the one that is there: calls `work` and returns
   * what that does.
   */
  readonly aside: (damage: SnapshotDamage | undefined, work: () => Snapshot) => Snapshot;
}

/**
 * The snapshot of that name; made anew where there is none, or a damaged one, which is thrown away. Several threads and
 * processes may ask at once: one makes it, the others wait, and nobody ever sees half of one.
 */
export function snapshotNamed(cache: string, id: string, { make, aside }: SnapshotMaker): Snapshot {
  const home = snapshotsFolder(cache);
  const folder = join(home, id);
  try {
    mkdirSync(home, { recursive: true });
    removeLeftovers(home);
  } catch (error) {
    throw new QemuProblem(
      'FILES',
      `snapshots cannot be kept: ${(error as Error).message}`,
      `see that ${cache} can be written, or set SIREN_CACHE`,
    );
  }
  const known = openSnapshot(folder);
  return isWhole(known) ? known : aside(known, () => makeSnapshot(home, folder, make));
}

function makeSnapshot(home: string, folder: string, make: SnapshotMaker['make']): Snapshot {
  const unlock = lockFile(`${folder}.lock`, () => isWhole(checkSnapshot(folder)));
  const fresh = freshName(folder);
  try {
    const meanwhile = openSnapshot(folder);
    if (isWhole(meanwhile)) return meanwhile;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh);
    const facts = make(fresh);
    writeFileSync(join(fresh, 'facts.json'), factsText(facts, sealOf(fresh)));
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    forgetOldest(home);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    unlock?.();
  }
  const made = openSnapshot(folder);
  if (!isWhole(made))
    throw new QemuProblem(
      'FILES',
      `the snapshot in ${folder} is gone: ${made?.message ?? 'somebody removed it'}`,
      'run it again',
    );
  return made;
}

/** Throws a snapshot away: QEMU does not load it. */
export function discardSnapshot(cache: string, id: string): void {
  remove(join(snapshotsFolder(cache), id));
}

/** All of it at once: nobody sees half of one. */
function remove(folder: string): void {
  const aside = freshName(folder);
  try {
    renameSync(folder, aside);
  } catch {
    return; // somebody else has done it
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Whoever opened one notes it, and has copied it by then. */
const IN_USE_MS = 10 * COPY_LIMIT_MS;

/**
 * The longest unused go, so that guests that are no more do not fill the disk; what another process may be about to
 * copy stays.
 */
function forgetOldest(home: string): void {
  const now_ms = Date.now();
  const used = (name: string): number =>
    statSync(join(home, name, 'facts.json'), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
  const oldest = readdirSync(home)
    .filter(isSnapshotName)
    .map((name) => ({ name, used: used(name) }))
    .sort((one, other) => one.used - other.used);
  for (const { name, used: at } of oldest.slice(0, Math.max(0, oldest.length - KEPT)))
    if (now_ms - at > IN_USE_MS) remove(join(home, name));
}

/** Finds one, and notes that it was used. */
function openSnapshot(folder: string): Snapshot | SnapshotDamage | undefined {
  const found = checkSnapshot(folder);
  if (!isWhole(found)) return found;
  const now = new Date();
  try {
    utimesSync(join(folder, 'facts.json'), now, now);
  } catch {
    // a cache that cannot be written to can be read
  }
  return found;
}

/** Copies RAM with its holes; shares blocks where the file system can. */
export function copyRam(from: string, to: string, search_path: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return;
  } catch {
    // the file system cannot share blocks
  }
  const { cp } = needPrograms(['cp'], search_path);
  const copied = runProgramFile(cp, ['--sparse=always', from, to], { cwd: '/', limit_ms: COPY_LIMIT_MS });
  if (!copied.ok)
    throw new QemuProblem(
      'FILES',
      `RAM cannot be copied to ${to}: ${copied.why}`,
      'make room, or set TMPDIR to where there is some',
    );
}
