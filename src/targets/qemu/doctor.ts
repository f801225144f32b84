import { mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { checkGuest, openGuest } from './guest/guest.ts';
import { problemOf, QemuProblem } from './problem.ts';
import type { ProgramName } from './programs.ts';
import { findProgram, PACKAGES, runProgramFile } from './programs.ts';
import { tryAccelerator } from './restored.ts';
import { checkSnapshots } from './snapshot-check.ts';

/** One thing that was looked at. */
export interface Finding {
  /** `lacks` costs something; `note` does not. */
  readonly state: 'ok' | 'lacks' | 'note';
  readonly what: string;
  /** What cannot be done without it. */
  readonly cost?: string;
  /** What to do about it. */
  readonly mend?: string;
}

export interface DoctorOptions {
  readonly search_path: string;
  readonly cache: string;
  /** As `process.versions.node`. */
  readonly node: string;
}

const NO_REAL = 'no scenario runs on a real kernel (--target qemu): all of them are skipped';
const NO_GUEST = 'siren guest prepare cannot make a guest';
/** A snapshot, its copy in use, and the unpacked kernel. */
const CACHE_BYTES = 1024 ** 3;
/** A guest that boots under KVM does so in a second or two. */
const KVM_LIMIT_MS = 10_000;
/** Damaged snapshots that are named. */
const SHOWN = 3;
const RAM_BYTES = 512 * 1024 ** 2;

/**
 * Looks at everything that Siren needs beyond itself. Takes a second, ten where KVM hangs; leaves nothing behind but an
 * empty cache folder.
 */
export function examine({ search_path, cache, node }: DoctorOptions): readonly Finding[] {
  return [
    nodeVersion(node),
    qemuVersion(search_path),
    ...(['setpriv', 'mkfifo', 'cp', 'cat'] as const).map((name) => program(name, search_path, NO_REAL)),
    ...(['busybox', 'dpkg', 'apt-get', 'apt-cache'] as const).map((name) =>
      program(name, search_path, NO_GUEST),
    ),
    {
      ...program(
        'zstd',
        search_path,
        "modules that are packed with it (a kernel of one's own) cannot be unpacked",
      ),
      state: findProgram('zstd', search_path) === undefined ? 'note' : 'ok',
    },
    preparedGuest(cache),
    snapshots(cache),
    room(cache, 'the cache', CACHE_BYTES, 'set SIREN_CACHE to a folder with room', true),
    room(tmpdir(), 'temporary files', RAM_BYTES, 'set TMPDIR to a folder with room', false),
    kvm(search_path, cache),
  ];
}

function nodeVersion(node: string): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return { state: 'ok', what: `Node ${node}` };
  return {
    state: 'lacks',
    what: `Node ${node}`,
    cost: 'Siren is tried with 20.19 and later only',
    mend: 'install Node 20.19 or later',
  };
}

function qemuVersion(search_path: string): Finding {
  const name = 'qemu-system-x86_64';
  const file = findProgram(name, search_path);
  if (file === undefined) return program(name, search_path, NO_REAL);
  const said = runProgramFile(file, ['--version'], { cwd: '/', limit_ms: 10_000 });
  const version = said.ok ? /version (\d+)\.(\S+)/.exec(said.text) : null;
  if (version === null)
    return {
      state: 'lacks',
      what: `${file} does not run: ${said.ok ? 'it says no version' : said.why}`,
      cost: NO_REAL,
      mend: `apt-get install ${PACKAGES[name]}`,
    };
  const what = `QEMU ${version[1]}.${version[2]} (${file})`;
  if (Number(version[1]) < 7)
    return { state: 'lacks', what, cost: NO_REAL, mend: 'install QEMU 7.2 or later' };
  return { state: 'ok', what };
}

function program(name: ProgramName, search_path: string, cost: string): Finding {
  const file = findProgram(name, search_path);
  if (file !== undefined) return { state: 'ok', what: `${name} (${file})` };
  return {
    state: 'lacks',
    what: `${name} is not installed`,
    cost,
    mend: `apt-get install ${PACKAGES[name]}`,
  };
}

function preparedGuest(cache: string): Finding {
  const guest = problemOf(() => {
    const opened = openGuest(cache);
    checkGuest(opened);
    return opened;
  });
  return guest instanceof QemuProblem
    ? { state: 'lacks', what: guest.message, cost: NO_REAL, mend: guest.mend }
    : { state: 'ok', what: `guest with Linux ${guest.release} (${cache})` };
}

/** A damaged one costs a boot and no more: the next run throws it away. */
function snapshots(cache: string): Finding {
  const { count, damaged } = checkSnapshots(cache);
  if (damaged.length === 0) return { state: 'ok', what: `${count} snapshots of booted guests` };
  const which = damaged.slice(0, SHOWN).join('; ');
  const more = damaged.length > SHOWN ? `; and ${damaged.length - SHOWN} more` : '';
  return {
    state: 'note',
    what: `${damaged.length} of ${count} snapshots are damaged and will be booted anew: ${which}${more}`,
  };
}

function room(folder: string, what: string, bytes: number, mend: string, make: boolean): Finding {
  try {
    if (make) mkdirSync(folder, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const text = `${Math.floor(free / 1024 ** 2)} MiB free for ${what} (${folder})`;
    if (free >= bytes) return { state: 'ok', what: text };
    return {
      state: 'lacks',
      what: text,
      cost: `guests may not boot: ${bytes / 1024 ** 2} MiB are needed`,
      mend,
    };
  } catch (error) {
    return {
      state: 'lacks',
      what: `${folder} cannot be used: ${(error as Error).message}`,
      cost: NO_REAL,
      mend,
    };
  }
}

/** A device file proves nothing: the guest has to boot. Siren emulates all the same. */
function kvm(search_path: string, cache: string): Finding {
  const guest = problemOf(() => openGuest(cache));
  if (guest instanceof QemuProblem)
    return { state: 'note', what: 'KVM was not tried: there is no guest to boot' };
  const left = problemOf(() => tryAccelerator('kvm', guest, { search_path, cache }, KVM_LIMIT_MS));
  if (left instanceof QemuProblem)
    return {
      state: 'note',
      what: `KVM boots no guest here (${left.message}); nothing is lost, guests are emulated`,
    };
  return {
    state: 'note',
    what: 'KVM boots the guest; guests are emulated all the same, so that runs are alike everywhere',
  };
}
