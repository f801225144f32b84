import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QemuProblem } from '../problem.ts';

const PREFIX = 'siren-qemu';

/**
 * A folder for one QEMU; its name says whose it is. Those of processes that are no more are removed before. Throws a
 * QemuProblem.
 */
export function newFolder(): string {
  removeFolders((pid) => pid !== process.pid && !isRunning(pid));
  try {
    return mkdtempSync(join(tmpdir(), `${PREFIX}-${pidNamespace()}-${process.pid}-`));
  } catch (error) {
    throw new QemuProblem(
      'FILES',
      `no folder can be made in ${tmpdir()}: ${(error as Error).message}`,
      'set TMPDIR to a folder that can be written',
    );
  }
}

/**
 * When this process ends, what threads of it were at when they were ended goes along: half a copied RAM. Called once,
 * in the main thread, by whoever may end one. (After SIGKILL the next process that starts a QEMU does it.)
 */
export function removeFoldersAtExit(): void {
  process.once('exit', () => removeFolders((pid) => pid === process.pid));
}

function removeFolders(whose: (pid: number) => boolean): void {
  const name = new RegExp(`^${PREFIX}-${pidNamespace()}-(\\d+)-`);
  for (const entry of entriesOf(tmpdir())) {
    const pid = Number(name.exec(entry)?.[1] ?? NaN);
    if (pid > 0 && whose(pid)) removeFolder(join(tmpdir(), entry));
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is none
  }
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // another user's, who may remove it
  }
}

/** In proc(5)'s stat: Z, and X, are of what has ended. */
export function isRunning(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Ids of processes mean something within their namespace. */
export function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
