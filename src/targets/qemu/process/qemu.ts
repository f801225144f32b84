import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { QemuProblem } from '../problem.ts';
import { needPrograms, runProgramFile } from '../programs.ts';
import { FifoChannel } from './channel.ts';
import { isRunning, newFolder } from './folders.ts';
import { Qmp } from './qmp.ts';

const GREETING_MS = 20_000;

export interface QemuOptions {
  readonly search_path: string;
  /** Words of QEMU's command line, given the private folder. */
  readonly words: (folder: string) => readonly string[];
  /** Made in the private folder before QEMU starts. */
  readonly fill?: (folder: string) => void;
  /** A file for QEMU to read at STATE_SOURCE. */
  readonly state?: string;
  /** Names of further FIFO pairs, for `-chardev pipe,path=FOLDER/NAME`; PATH.in and PATH.out. */
  readonly pipes: readonly string[];
  /** Called when QEMU has opened its files, before they are unlinked: whoever reads one opens it now. */
  readonly opened?: (folder: string) => void;
}

/** Of QEMU: the file that `dump-guest-memory` writes, and the one that the state of devices comes from. */
const DUMP_FD = 3;
const STATE_FD = 4;
/** For QEMU's own eyes: the paths of those. */
export const DUMP_TARGET: string = `file:/proc/self/fd/${DUMP_FD}`;
export const STATE_SOURCE: string = `fd:${STATE_FD}`;

/**
 * One QEMU, its monitor and its pipes. It never outlives the thread that started it: the kernel ends it when that
 * thread ends (PR_SET_PDEATHSIG). (One gap is left: if we are killed in the instant between the fork and setpriv's
 * prctl, QEMU stays, paused and without a disk, until somebody ends it.) Its files lie in a folder of their own that is
 * gone once QEMU has opened them.
 */
export class QemuProcess {
  readonly pid: number;
  readonly qmp: Qmp;
  readonly channels: ReadonlyMap<string, FifoChannel>;
  /** What `dump-guest-memory` to DUMP_TARGET has written. */
  readonly dump: number;
  #child: ChildProcess | undefined;
  readonly #error_log: number;
  readonly #monitor: FifoChannel;
  #released = false;

  constructor(options: QemuOptions) {
    const programs = needPrograms(['qemu-system-x86_64', 'setpriv', 'mkfifo'], options.search_path);
    const folder = newFolder();
    try {
      const pipes = ['qmp', ...options.pipes];
      const made = runProgramFile(
        programs.mkfifo,
        ['-m', '600', ...pipes.flatMap((name) => [join(folder, `${name}.in`), join(folder, `${name}.out`)])],
        { cwd: folder, limit_ms: 10_000 },
      );
      if (!made.ok)
        throw new QemuProblem(
          'FILES',
          `pipes cannot be made in ${folder}: ${made.why}`,
          'set TMPDIR to a local folder',
        );
      options.fill?.(folder);
      const alive = (): boolean => this.#child === undefined || this.alive;
      this.#monitor = new FifoChannel(join(folder, 'qmp'), alive);
      this.channels = new Map(
        options.pipes.map((name) => [name, new FifoChannel(join(folder, name), alive)]),
      );
      this.#error_log = openSync(join(folder, 'errors'), 'a+', 0o600);
      this.dump = openSync(join(folder, 'dump'), 'w+', 0o600);
      this.#child = this.#start(programs, folder, options);
      this.pid = this.#child.pid as number;
      this.qmp = new Qmp(this.#monitor, () => this.#lastWords());
      try {
        this.qmp.open(GREETING_MS);
        options.opened?.(folder);
      } catch (error) {
        this.release();
        throw error;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #start(
    programs: Readonly<Record<'setpriv' | 'qemu-system-x86_64', string>>,
    folder: string,
    { words, state }: QemuOptions,
  ): ChildProcess {
    const state_file = state === undefined ? undefined : openSync(state, 'r');
    try {
      const child = spawn(
        programs.setpriv,
        [
          '--pdeathsig',
          'KILL',
          programs['qemu-system-x86_64'],
          '-chardev',
          `pipe,id=qmp,path=${join(folder, 'qmp')}`,
          '-mon',
          'chardev=qmp,mode=control',
          ...words(folder),
        ],
        {
          stdio: ['ignore', this.#error_log, this.#error_log, this.dump, state_file ?? 'ignore'],
          cwd: folder,
        },
      );
      // Nobody waits for it here: whether it lives is asked of the kernel.
      child.on('error', () => {});
      child.unref();
      if (child.pid === undefined)
        throw new QemuProblem('QEMU_DIED', 'QEMU cannot be started', 'siren doctor');
      return child;
    } finally {
      if (state_file !== undefined) closeSync(state_file);
    }
  }

  /** False once it has ended, reaped or not. */
  get alive(): boolean {
    const child = this.#child;
    return !this.#released && child?.exitCode === null && child.signalCode === null && isRunning(this.pid);
  }

  /** Ends it, by its id, and gives the pipes back. */
  release(): void {
    if (this.#released) return;
    if (this.alive) this.#child?.kill('SIGKILL');
    this.#released = true;
    this.#monitor.close();
    for (const channel of this.channels.values()) channel.close();
    closeSync(this.#error_log);
    closeSync(this.dump);
  }

  /** The last line that it complained with. */
  #lastWords(): string {
    const bytes = Buffer.alloc(4096);
    const text = bytes.toString('latin1', 0, readSync(this.#error_log, bytes, 0, bytes.length, 0)).trim();
    if (text !== '') return `: ${text.split('\n').at(-1)}`;
    const signal = endingSignal(this.pid);
    return signal === 0 ? '' : `: somebody killed it (signal ${signal})`;
  }
}

/**
 * Which signal ended a process that nobody has waited for yet: proc(5)'s exit_code, the last word of stat. 0 when none
 * did, or it cannot be seen.
 */
function endingSignal(pid: number): number {
  try {
    const code = Number(readFileSync(`/proc/${pid}/stat`, 'latin1').trim().split(' ').at(-1));
    return code & 127;
  } catch {
    return 0;
  }
}
