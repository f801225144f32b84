import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openElfCore } from '../../formats/elf-core.ts';
import type { CoreFile } from '../../formats/core-file.ts';
import type { ReadMemory } from '../../formats/result.ts';
import type { Guest } from './guest/guest.ts';
import { checkGuest } from './guest/guest.ts';
import { GuestLine } from './guest-line.ts';
import { monotonic_ns, sleep_ms } from './process/channel.ts';
import { DUMP_TARGET, QemuProcess, STATE_SOURCE } from './process/qemu.ts';
import { QemuProblem } from './problem.ts';
import { findProgram } from './programs.ts';
import { findProgressWords } from './progress-words.ts';
import { RamFile } from './ram-file.ts';
import type { Shape } from './shape.ts';
import { bootWords, EMULATED, machineWords, PIPES, shapeId } from './shape.ts';
import { copyRam, COPY_LIMIT_MS, discardSnapshot, snapshotNamed } from './snapshot.ts';
import type { Aside } from '../../target/aside.ts';
import { checkSnapshot, isWhole, snapshotsFolder } from './snapshot-check.ts';
import type { Snapshot } from './snapshot-check.ts';
import type { SnapshotDamage, SnapshotFacts } from './snapshot-facts.ts';
import { LOCK_LIMIT_MS } from './snapshot-lock.ts';

export interface MachineFiles {
  readonly cache: string;
  readonly search_path: string;
  /** Told of a boot; without it nobody is. */
  readonly aside?: Aside;
}

/** A QEMU with what it is read and heard through. */
export interface RunningGuest {
  readonly process: QemuProcess;
  readonly ram: RamFile;
  readonly line: GuestLine;
  /** What the console said since it was opened, as a file. */
  readonly console: number;
}

const BOOT_LIMIT_MS = 180_000;
/** Heartbeats after which a guest has done everything for the first time. */
const SETTLED_BEATS = 6;
const LOAD_LIMIT_MS = 30_000;
const SAVE_LIMIT_MS = 60_000;

/**
 * Waiting for another who boots the same, or booting and saving: each has its own limit, and says more than this one.
 */
const ASIDE_LIMIT_MS = LOCK_LIMIT_MS + BOOT_LIMIT_MS + SAVE_LIMIT_MS + COPY_LIMIT_MS + 30_000;

/**
 * A machine of that shape at an early heartbeat, paused; booted when it never was. A snapshot that is damaged, or that
 * QEMU does not load, is thrown away and booted anew, once. Throws a QemuProblem.
 */
export function restoreGuest(
  shape: Shape,
  guest: Guest,
  files: MachineFiles,
): RunningGuest & { readonly snapshot: Snapshot } {
  const { cache, search_path, aside = (_words, _limit_ms, work) => work() } = files;
  const id = shapeId(shape, guest, qemuId(search_path));
  const named = (refused?: SnapshotDamage): Snapshot =>
    snapshotNamed(cache, id, {
      make: (folder) => bootInto(folder, shape, guest, files),
      aside: (damage, work) => aside(wordsOf(shape, guest, damage ?? refused), ASIDE_LIMIT_MS, work),
    });
  const snapshot = named();
  try {
    return { ...loaded(shape, guest, files, snapshot), snapshot };
  } catch (error) {
    if (!(error instanceof QemuProblem)) throw error;
    // Somebody else may have thrown it away since it was looked at; else it is QEMU that ends of it.
    const gone = !isWhole(checkSnapshot(join(snapshotsFolder(cache), id)));
    if (!gone && error.code !== 'QEMU_DIED') throw error;
    if (!gone) discardSnapshot(cache, id);
    const anew = named({ code: 'REFUSED', message: error.message });
    return { ...loaded(shape, guest, files, anew), snapshot: anew };
  }
}

function wordsOf(
  { cpus, memory_bytes }: Shape,
  { release }: Guest,
  damage: SnapshotDamage | undefined,
): string {
  const what = `Linux ${release} with ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'} and ${memory_bytes / 2 ** 20} MiB`;
  if (damage === undefined) return `booting ${what}: once, later runs begin with its snapshot`;
  return `the snapshot of ${what} is thrown away (${damage.message}): booting it anew`;
}

/** A QEMU that has read the snapshot. */
function loaded(shape: Shape, guest: Guest, files: MachineFiles, snapshot: Snapshot): RunningGuest {
  const running = start(shape, guest, files, snapshot);
  try {
    leaveRamOut(running.process);
    running.process.qmp.command('migrate-incoming', { uri: STATE_SOURCE });
    awaitLoaded(running.process);
    running.line.skip();
    return running;
  } catch (error) {
    endGuest(running);
    throw error;
  }
}

export function endGuest({ process, ram, console: file }: RunningGuest): void {
  process.release();
  ram.close();
  closeSync(file);
}

/** Another QEMU may read no state of this one: its size and time tell them apart without starting it. */
function qemuId(search_path: string): string {
  const file = findProgram('qemu-system-x86_64', search_path);
  if (file === undefined) return '';
  const { size, mtimeMs } = statSync(file);
  return `${size} ${Math.round(mtimeMs)}`;
}

function start(
  shape: Shape,
  guest: Guest,
  { search_path }: MachineFiles,
  snapshot?: Snapshot,
  accelerator: string = EMULATED,
): RunningGuest {
  let ram: RamFile | undefined;
  let console: number | undefined;
  const process = new QemuProcess({
    search_path,
    pipes: PIPES,
    words: (folder) => [
      ...machineWords(shape, folder, accelerator),
      ...bootWords(shape, guest),
      ...(snapshot === undefined ? [] : ['-incoming', 'defer']),
    ],
    ...(snapshot === undefined ? {} : { state: snapshot.state }),
    fill(folder) {
      if (snapshot !== undefined) copyRam(snapshot.ram, join(folder, 'ram'), search_path);
    },
    opened(folder) {
      ram = new RamFile(join(folder, 'ram'), shape.memory_bytes);
      console = openSync(join(folder, 'console'), 'r');
    },
  });
  const line = new GuestLine(
    process.channels.get('line') as NonNullable<ReturnType<typeof process.channels.get>>,
  );
  return { process, ram: ram as RamFile, line, console: console as number };
}

/**
 * Boots up to the first heartbeat under another accelerator, and keeps nothing. Throws a QemuProblem when it does not
 * come to that.
 */
export function tryAccelerator(
  accelerator: string,
  guest: Guest,
  files: MachineFiles,
  limit_ms: number,
): void {
  const shape: Shape = {
    cpus: 2,
    memory_bytes: 2 ** 27,
    levels: 4,
    devices: [],
    command_line: 'console=ttyS0',
    heartbeat_ns: 1e8,
    notes: [],
  };
  const running = start(shape, guest, files, undefined, accelerator);
  try {
    running.process.qmp.command('cont');
    awaitBeat(running, limit_ms);
  } finally {
    endGuest(running);
  }
}

/** Boots, waits for the first heartbeat, and leaves RAM and state in the folder. */
function bootInto(folder: string, shape: Shape, guest: Guest, files: MachineFiles): SnapshotFacts {
  // A snapshot bears the guest's name for ever.
  checkGuest(guest);
  const running = start(shape, guest, files);
  try {
    const { process, ram } = running;
    const begun = monotonic_ns();
    process.qmp.command('cont');
    const region = awaitBeat(running, BOOT_LIMIT_MS);
    process.qmp.command('stop');
    const boot_ns = monotonic_ns() - begun;
    const text = dumpOf(process).vmcoreinfo;
    if (text === undefined || region === undefined)
      throw new QemuProblem(
        'NOT_REGISTERED',
        `Linux ${guest.release} booted and registered nothing with the hypervisor`,
        'it needs CONFIG_FW_CFG_SYSFS (qemu_fw_cfg.ko beside the kernel) and CONFIG_CRASH_CORE: siren guest prepare takes one that has them',
      );
    const vmcoreinfo = Buffer.from(text)
      .toString('latin1')
      .replace(/\0[^]*$/, '');
    const progress = findProgressWords((address, into) => ram.read(address, into), vmcoreinfo, shape.cpus);
    leaveRamOut(process);
    process.qmp.command('migrate', { uri: `exec:cat > '${join(folder, 'state').replaceAll("'", `'\\''`)}'` });
    awaitSaved(process);
    copyRam(ram.path, join(folder, 'ram'), files.search_path);
    return {
      boot_ns,
      region,
      vmcoreinfo,
      console: readText(running.console, 0),
      ...(progress && { progress }),
    };
  } finally {
    endGuest(running);
  }
}

/** Runs until the guest beats; what it has said of its registration before. */
function awaitBeat(
  { process, line, console: file }: RunningGuest,
  limit_ms: number,
): SnapshotFacts['region'] | undefined {
  const end = monotonic_ns() + limit_ms * 1e6;
  let beats = 0;
  let region: SnapshotFacts['region'] | undefined;
  while (monotonic_ns() < end) {
    for (const word of line.words()) {
      if (word.kind === 'region') region = { physical: word.physical, bytes: word.bytes };
      else if (++beats === SETTLED_BEATS) return region;
    }
    const over = process.qmp.events().find(({ name }) => name === 'SHUTDOWN' || name === 'GUEST_PANICKED');
    if (over !== undefined) throw neverBooted(`it ended before its first heartbeat (${over.name})`, file);
    // Before its modules are loaded a guest can tell nobody else.
    if (/^(?:\[[^\]]*\])? ?Kernel panic/m.test(readText(file, 0)))
      throw neverBooted('its kernel panicked', file);
    sleep_ms(5);
  }
  throw neverBooted(`no heartbeat within ${limit_ms / 1000} s`, file);
}

function neverBooted(why: string, file: number): QemuProblem {
  const lines = readText(file, 0).trim().split('\n');
  const last = (lines.find((line) => line.includes('Kernel panic')) ?? lines.at(-1) ?? '').trim();
  return new QemuProblem(
    'NO_BOOT',
    `the guest did not boot: ${why}${last === '' ? '' : `; its console says: ${last}`}`,
    'siren guest prepare makes a guest that boots; siren doctor says what this machine lacks',
  );
}

/** RAM lies in a file of its own: only the state of devices and processors goes through. */
function leaveRamOut({ qmp }: QemuProcess): void {
  qmp.command('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] });
}

function awaitSaved({ qmp }: QemuProcess): void {
  const end = monotonic_ns() + SAVE_LIMIT_MS * 1e6;
  for (;;) {
    const { status } = qmp.command('query-migrate') as { readonly status?: string };
    if (status === 'completed') return;
    if (status === 'failed' || monotonic_ns() > end)
      throw new QemuProblem(
        'REFUSED',
        `QEMU could not save the machine (${status ?? 'no status'})`,
        'see that there is room in the cache',
      );
    sleep_ms(1);
  }
}

function awaitLoaded({ qmp }: QemuProcess): void {
  const end = monotonic_ns() + LOAD_LIMIT_MS * 1e6;
  for (;;) {
    const { status } = qmp.command('query-status') as { readonly status?: string };
    if (status !== 'inmigrate') return;
    if (monotonic_ns() > end)
      throw new QemuProblem(
        'NO_ANSWER',
        'QEMU does not come to the end of a snapshot',
        'remove snapshots/ from the cache',
      );
    sleep_ms(1);
  }
}

const HEAD_BYTES = 4096;

/** Registers of all processors and the registered note, by a dump of one page. Two milliseconds. */
export function dumpOf({ qmp, dump }: QemuProcess): Pick<CoreFile, 'cpus' | 'vmcoreinfo'> {
  qmp.command('dump-guest-memory', { paging: false, protocol: DUMP_TARGET, begin: 0, length: HEAD_BYTES });
  const read: ReadMemory = (at, into) => readSync(dump, into, 0, into.length, at) === into.length;
  const core = openElfCore({ bytes: fstatSync(dump).size, read });
  if (!core.ok)
    throw new QemuProblem(
      'NO_ANSWER',
      `QEMU writes a dump that cannot be read: ${core.message}`,
      'siren doctor',
    );
  return core.value;
}

const piece = Buffer.allocUnsafe(65_536);

/** A file's text from there on. */
export function readText(file: number, from: number): string {
  let text = '';
  for (let at = from; ;) {
    const count = readSync(file, piece, 0, piece.length, at);
    text += piece.toString('latin1', 0, count);
    at += count;
    if (count < piece.length) return text;
  }
}
