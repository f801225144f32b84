import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QemuProblem } from '../problem.ts';
import { needPrograms } from '../programs.ts';
import type { ArchiveEntry } from './cpio.ts';
import { writeCpio } from './cpio.ts';
import type { Guest } from './guest.ts';
import { GUEST_FORMAT, guestFolder, guestId, openGuest } from './guest.ts';
import { guestScripts } from './init.ts';
import type { KernelFiles } from './kernel-package.ts';
import { kernelFromFile, kernelFromPackage } from './kernel-package.ts';
import { moduleName, readModule } from './module-file.ts';

export interface PrepareOptions {
  /** The cache's folder; made when it is not there. */
  readonly cache: string;
  /** PATH, for the programs that are needed. */
  readonly search_path: string;
  /** A bzImage; else a package. */
  readonly kernel?: string;
  /** A Debian package with a kernel; default the one that linux-image-cloud-amd64 depends on. */
  readonly package?: string;
  /** Told what is being done, a line each. */
  readonly say?: (line: string) => void;
}

/**
 * Makes the guest and puts it into the cache in place of the one that is there: kernel, and an initramfs with busybox,
 * the modules that it needs, an init and the workload's tasks. The same inputs give the same bytes. Throws a
 * QemuProblem.
 */
export function prepareGuest(options: PrepareOptions): Guest {
  const { cache, search_path, say = () => {} } = options;
  const { busybox } = needPrograms(['busybox'], search_path);
  const kernel =
    options.kernel === undefined
      ? kernelFromPackage(join(cache, 'kernels'), search_path, options.package, say)
      : kernelFromFile(options.kernel);
  say(`kernel ${kernel.release}`);
  const initramfs = writeCpio(contents(staticProgram(busybox), kernel, search_path));
  const id = guestId(kernel.image, initramfs);
  putIntoPlace(guestFolder(cache), (folder) => {
    writeFileSync(join(folder, 'vmlinuz'), kernel.image);
    writeFileSync(join(folder, 'initramfs.cpio'), initramfs);
    const description = {
      format: GUEST_FORMAT,
      release: kernel.release,
      id,
      modules: kernel.modules.map(moduleName),
    };
    writeFileSync(join(folder, 'guest.json'), `${JSON.stringify(description, null, 1)}\n`);
  });
  return openGuest(cache);
}

/** The file must run where there is no other: a program header PT_INTERP (3) names a loader that the guest has not. */
function staticProgram(file: string): Uint8Array {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = view.getUint32(32, true);
  for (let index = 0; index < view.getUint16(56, true); index++) {
    if (view.getUint32(at + index * 56, true) === 3)
      throw new QemuProblem(
        'MISSING_PROGRAM',
        `${file} needs shared libraries, the guest has none`,
        'apt-get install busybox-static',
      );
  }
  return bytes;
}

function contents(busybox: Uint8Array, kernel: KernelFiles, search_path: string): readonly ArchiveEntry[] {
  const names = kernel.modules.map(moduleName);
  const file = (path: string, bytes: Uint8Array, executable = false): ArchiveEntry => ({
    kind: 'file',
    path,
    bytes,
    executable,
  });
  return [
    { kind: 'folder', path: 'bin' },
    { kind: 'folder', path: 'tasks' },
    { kind: 'folder', path: 'modules' },
    file('bin/busybox', busybox, true),
    ...kernel.modules.map((module) => file(`modules/${moduleName(module)}`, readModule(module, search_path))),
    file('modules/order', Buffer.from(names.map((name) => `${name}\n`).join(''))),
    ...APPLETS.map((name): ArchiveEntry => ({ kind: 'link', path: `bin/${name}`, to: 'busybox' })),
    ...[...guestScripts()].map(([path, text]) => file(path, Buffer.from(text), true)),
  ];
}

/** What the scripts call that is not built into the shell. */
const APPLETS = [
  'cat',
  'dd',
  'killall',
  'mkdir',
  'mkfifo',
  'mount',
  'mv',
  'od',
  'rm',
  'stty',
  'sync',
  'tr',
  'umount',
  'wc',
] as const;

/**
 * Fills a new folder and puts it where an old one may be: whoever looks finds one or the other whole, but for an
 * instant none.
 */
function putIntoPlace(folder: string, fill: (folder: string) => void): void {
  const fresh = `${folder}.${process.pid}.new`;
  const old = `${folder}.${process.pid}.old`;
  try {
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    fill(fresh);
    try {
      renameSync(folder, old);
    } catch {
      // there was none
    }
    renameSync(fresh, folder);
  } catch (error) {
    throw new QemuProblem(
      'FILES',
      `the guest cannot be written: ${(error as Error).message}`,
      `see that ${folder} can be written, or choose another with --cache`,
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}
