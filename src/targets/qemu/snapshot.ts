import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { pidNamespace } from './process/qemu.ts';
import { sleep_ms, monotonic_ns } from './process/channel.ts';
import { QemuProblem } from './problem.ts';
import { needPrograms, runProgramFile } from './programs.ts';
import type { ProgressWords } from './progress-words.ts';

/** What is known of a snapshot beside the machine itself. */
export interface SnapshotFacts {
  /** How long the guest had been switched on, nanoseconds. */
  readonly boot_ns: number;
  /** Where and how much the guest registered, guest-physical. */
  readonly region: { readonly physical: number; readonly bytes: number };
  /** The registered VMCOREINFO's text. */
  readonly vmcoreinfo: string;
  /** What the console said while it booted. */
  readonly console: string;
  /** By processor; absent where the kernel does not tell. */
  readonly progress?: readonly ProgressWords[];
}

/** A booted machine in the cache: RAM, state of devices, facts. */
export interface Snapshot extends SnapshotFacts {
  readonly ram: string;
  readonly state: string;
}

/** How long somebody else may take to boot the same shape. */
const LOCK_LIMIT_MS = 300_000;
/** Snapshots that a cache holds, about 100 MB each. */
const KEPT = 24;
const COPY_LIMIT_MS = 60_000;

/**
 * The snapshot of that name, made by `make` when there is none: it fills a folder with `ram` and `state`. Several threads and processes may ask
 * at once: one makes it, the others wait, and nobody ever sees half of one.
 */
export function snapshotNamed(cache: string, id: string, make: (folder: string) => SnapshotFacts): Snapshot {
  const home = join(cache, 'snapshots');
  const folder = join(home, id);
  const known = openSnapshot(folder);
  if (known !== undefined) return known;
  try {
    mkdirSync(home, { recursive: true });
  } catch (error) {
    throw new QemuProblem('FILES', `snapshots cannot be kept: ${(error as Error).message}`, `see that ${cache} can be written, or set SIREN_CACHE`); // prettier-ignore
  }
  const lock = lockFile(`${folder}.lock`, () => openSnapshot(folder) !== undefined);
  const fresh = `${folder}.${process.pid}.new`;
  try {
    const meanwhile = openSnapshot(folder);
    if (meanwhile !== undefined) return meanwhile;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh);
    const facts = make(fresh);
    writeFileSync(join(fresh, 'facts.json'), `${JSON.stringify(facts)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    forgetOldest(home);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    lock?.();
  }
  const made = openSnapshot(folder);
  if (made === undefined) throw new QemuProblem('FILES', `the snapshot in ${folder} is gone`, 'run it again');
  return made;
}

/** The longest unused go, so that guests that are no more do not fill the disk. */
function forgetOldest(home: string): void {
  const used = (name: string): number => statSync(join(home, name, 'facts.json'), { throwIfNoEntry: false })?.mtimeMs ?? Infinity; // prettier-ignore
  const names = readdirSync(home).filter((name) => /^[0-9a-f]+$/.test(name));
  const oldest = names
    .map((name) => ({ name, used: used(name) }))
    .sort((one, other) => one.used - other.used);
  for (const { name } of oldest.slice(0, Math.max(0, oldest.length - KEPT)))
    rmSync(join(home, name), { recursive: true, force: true });
}

function openSnapshot(folder: string): Snapshot | undefined {
  try {
    const file = join(folder, 'facts.json');
    const facts = JSON.parse(readFileSync(file, 'utf8')) as SnapshotFacts;
    const now = new Date();
    utimesSync(file, now, now);
    return { ...facts, ram: join(folder, 'ram'), state: join(folder, 'state') };
  } catch {
    return undefined;
  }
}

/** Takes the lock, or waits until `done`; undefined when nothing is left to be done. The holder's id is in it: one of a dead process counts for nothing. */
function lockFile(path: string, done: () => boolean): (() => void) | undefined {
  const end = monotonic_ns() + LOCK_LIMIT_MS * 1e6;
  for (;;) {
    try {
      const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      writeSync(file, `${process.pid} ${pidNamespace()}`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new QemuProblem('FILES', `${path} cannot be made: ${(error as Error).message}`, 'set SIREN_CACHE to a folder that can be written'); // prettier-ignore
    }
    if (done()) return undefined;
    if (holderIsGone(path)) takeAway(path);
    else if (monotonic_ns() > end)
      throw new QemuProblem('FILES', `somebody has held ${path} for ${LOCK_LIMIT_MS / 1000} s`, 'remove it when nobody boots a guest'); // prettier-ignore
    else sleep_ms(50);
  }
}

/** Removes a dead holder's lock: under a name of its own first, and looked at again there, so that nobody else's newer one is lost. */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.${monotonic_ns()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // somebody else was faster
  }
  if (!holderIsGone(aside)) {
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
    throw new QemuProblem('FILES', `RAM cannot be copied to ${to}: ${copied.why}`, 'make room, or set TMPDIR to where there is some'); // prettier-ignore
}
