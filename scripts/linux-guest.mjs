// A stock Debian Linux under QEMU, paused once its init has registered VMCOREINFO: the built target's own kernel, archive and process, with an init that
// prints what the kernel says of itself. QEMU and all files are gone when it is over. See linux-fixture.mjs for what it is good for.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCpio } from '../dist/targets/qemu/guest/cpio.js';
import { kernelFromPackage } from '../dist/targets/qemu/guest/kernel-package.js';
import { sleep_ms } from '../dist/targets/qemu/process/channel.js';
import { QemuProcess } from '../dist/targets/qemu/process/qemu.js';
import { findProgram } from '../dist/targets/qemu/programs.js';
import { dumpOf, readText } from '../dist/targets/qemu/restored.js';
import { bootWords, EMULATED, machineWords, PIPES } from '../dist/targets/qemu/shape.js';

export const MEMORY_BYTES = 256 * 1024 * 1024;
const BOOT_LIMIT_MS = 90_000;
const READY = 'SIREN-READY';
const search_path = process.env.PATH ?? '';

/** Symbols whose addresses the guest itself prints, so that what is read from outside has something to agree with. */
const init = (symbols) => `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox insmod /qemu_fw_cfg.ko
/bin/busybox sleep 10000 &
/bin/busybox grep -E ' (${symbols.join('|')})$' /proc/kallsyms
echo COUNT $(/bin/busybox grep -vc '\\[' /proc/kallsyms)
echo ${READY}
while :; do /bin/busybox sleep 1; done
`;

/** Downloads and unpacks the newest cloud kernel of this Debian into `directory`; nothing is installed. */
export function unpackKernel(directory) {
  const { release, image, modules } = kernelFromPackage(directory, search_path, undefined, () => {});
  return { release, kernel: image, module: modules.find((file) => file.endsWith('/qemu_fw_cfg.ko')) };
}

function makeInitramfs(directory, module_file, symbols) {
  const program = (path, bytes) => ({ kind: 'file', path, bytes, executable: true });
  const archive = writeCpio([
    { kind: 'folder', path: 'bin' },
    program('bin/busybox', readFileSync(findProgram('busybox', search_path))),
    program('qemu_fw_cfg.ko', readFileSync(module_file)),
    program('init', Buffer.from(init(symbols))),
  ]);
  const file = join(directory, 'initramfs.cpio');
  writeFileSync(file, archive);
  return file;
}

/**
 * Boots the kernel with two CPUs and 4- or 5-level paging, waits for its init, pauses it, and gives `use` the RAM file, the small
 * ELF dump with the registered note, and what the guest printed. QEMU and the directory are gone when it returns.
 */
export async function withPausedLinux({ levels, symbols }, use) {
  const directory = mkdtempSync(join(tmpdir(), 'siren-linux-'));
  const opened = [];
  let qemu;
  try {
    const { kernel, module, release } = unpackKernel(directory);
    const guest = { kernel, initramfs: makeInitramfs(directory, module, symbols) };
    const shape = {
      cpus: 2,
      memory_bytes: MEMORY_BYTES,
      levels,
      devices: [],
      command_line: 'console=ttyS0 quiet',
    };
    qemu = new QemuProcess({
      search_path,
      pipes: PIPES,
      words: (folder) => [...machineWords(shape, folder, EMULATED), ...bootWords(shape, guest)],
      opened: (folder) => opened.push(...['ram', 'console'].map((name) => openSync(join(folder, name), 'r'))),
    });
    const [ram, console_file] = opened;
    qemu.qmp.command('cont');
    const printed = waitForText(console_file, READY);
    qemu.qmp.command('stop');
    dumpOf(qemu);
    // What has no name any more is still there for who holds it.
    const path = (file) => `/proc/self/fd/${file}`;
    const dump = join(directory, 'dump');
    writeFileSync(dump, readFileSync(path(qemu.dump)));
    return await use({ release, files: { ram: path(ram), dump }, printed });
  } finally {
    qemu?.release();
    for (const file of opened) closeSync(file);
    rmSync(directory, { recursive: true, force: true });
  }
}

function waitForText(file, text) {
  const end = Date.now() + BOOT_LIMIT_MS;
  while (Date.now() < end) {
    const printed = readText(file, 0);
    if (printed.includes(text)) return printed;
    sleep_ms(100);
  }
  throw new Error(`no ${text} within ${BOOT_LIMIT_MS} ms`);
}
