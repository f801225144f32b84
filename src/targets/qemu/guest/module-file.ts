import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { QemuProblem } from '../problem.ts';
import { needPrograms } from '../programs.ts';

/** What a module's name ends with behind `.ko`, as kernels are built to pack them (CONFIG_MODULE_COMPRESS). */
export const ENDS = ['', '.gz', '.xz', '.zst'] as const;

/** The modules that a guest needs are tens of kilobytes. */
const LIMIT_BYTES = 64 * 1024 * 1024;
const UNPACK_MS = 30_000;
const ELF = 0x7f454c46;

/** Its name in the guest, whose own tools load nothing packed: `qemu_fw_cfg.ko`. */
export function moduleName(file: string): string {
  return basename(file).replace(/\.(?:gz|xz|zst)$/, '');
}

/** A module as the kernel loads it. Throws a QemuProblem for one that cannot be unpacked, or is none. */
export function readModule(file: string, search_path: string): Uint8Array {
  const bytes = unpacked(file, search_path);
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== ELF)
    throw notUnpacked(file, 'what is in it is no ELF file');
  return bytes;
}

function unpacked(file: string, search_path: string): Buffer {
  try {
    const applet = file.endsWith('.gz') ? 'zcat' : file.endsWith('.xz') ? 'xzcat' : undefined;
    if (applet !== undefined)
      return printed(file, needPrograms(['busybox'], search_path).busybox, [applet, file]);
    if (file.endsWith('.zst')) return printed(file, needPrograms(['zstd'], search_path).zstd, ['-dcq', file]);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof QemuProblem) throw error;
    throw notUnpacked(file, (error as Error).message);
  }
}

function printed(file: string, program: string, words: readonly string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, [...words], {
    maxBuffer: LIMIT_BYTES,
    timeout: UNPACK_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw notUnpacked(file, stderr.toString('utf8').trim().split('\n')[0] ?? '');
  return stdout;
}

function notUnpacked(file: string, why: string): QemuProblem {
  return new QemuProblem(
    'NO_KERNEL',
    `the module ${file} cannot be read: ${why}`,
    'unpack it, or take another kernel',
  );
}
