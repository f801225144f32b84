// A stock Debian Linux under QEMU with an init of one's own: the built target's kernel, archive and process. Booted,
// stopped and let run as often as one likes, all of it synchronously; QEMU and all files are gone when it is released.
// See linux-fixture.mjs and alarms.mjs for what it is good for.
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCpio } from '../dist/targets/qemu/guest/cpio.js';
import { kernelFromPackage } from '../dist/targets/qemu/guest/kernel-package.js';
import { sleep_ms } from '../dist/targets/qemu/process/channel.js';
import { QemuProcess } from '../dist/targets/qemu/process/qemu.js';
import { findProgram } from '../dist/targets/qemu/programs.js';
import { RamFile } from '../dist/targets/qemu/ram-file.js';
import { dumpOf, endGuest, readText } from '../dist/targets/qemu/restored.js';
import { HostTime } from '../dist/targets/qemu/running-time.js';
import { bootWords, EMULATED, machineWords, PIPES } from '../dist/targets/qemu/shape.js';
import { scratchFolder } from './scratch.mjs';

export const MEMORY_BYTES = 256 * 1024 * 1024;
const CPUS = 2;
const BOOT_LIMIT_MS = 300_000;
const STARVED_MS = 10_000;
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
  const kernel = join(directory, 'vmlinuz');
  writeFileSync(kernel, image);
  return { release, kernel, module: modules.find((file) => file.endsWith('/qemu_fw_cfg.ko')) };
}

function makeInitramfs(directory, module_file, script) {
  const program = (path, bytes) => ({ kind: 'file', path, bytes, executable: true });
  const archive = writeCpio([
    { kind: 'folder', path: 'bin' },
    program('bin/busybox', readFileSync(findProgram('busybox', search_path))),
    program('qemu_fw_cfg.ko', readFileSync(module_file)),
    program('init', Buffer.from(script)),
  ]);
  const file = join(directory, 'initramfs.cpio');
  writeFileSync(file, archive);
  return file;
}

/**
 * Boots the kernel that `unpackKernel` gave with two CPUs, 4- or 5-level paging and that init (a script for
 * /bin/busybox sh, with the module for fw_cfg at /qemu_fw_cfg.ko), and gives it, running, once its console has said
 * `ready`.
 */
export function bootLinux({ unpacked, levels, init: script, ready }) {
  const folder = scratchFolder('linux');
  try {
    const initramfs = makeInitramfs(folder.path, unpacked.module, script);
    const guest = { kernel: unpacked.kernel, initramfs };
    const command_line = 'console=ttyS0 quiet';
    const linux = new Linux(
      { cpus: CPUS, memory_bytes: MEMORY_BYTES, levels, devices: [], command_line },
      guest,
    );
    try {
      linux.awaitText(ready);
      return linux;
    } catch (error) {
      linux.release();
      throw error;
    }
  } finally {
    // What QEMU boots from is in its memory by now.
    folder.remove();
  }
}

class Linux {
  constructor(shape, guest) {
    this.memory_bytes = shape.memory_bytes;
    this.process = new QemuProcess({
      search_path,
      pipes: PIPES,
      words: (folder) => [...machineWords(shape, folder, EMULATED), ...bootWords(shape, guest)],
      opened: (folder) => {
        this.ram = new RamFile(join(folder, 'ram'), shape.memory_bytes);
        this.console = openSync(join(folder, 'console'), 'r');
      },
    });
    this.threads = this.process.qmp.command('query-cpus-fast').map((one) => one['thread-id']);
    this.host = new HostTime(this.process.pid, this.threads);
    this.run();
  }

  printed() {
    return readText(this.console, 0);
  }

  awaitText(text) {
    const end = Date.now() + BOOT_LIMIT_MS;
    while (!this.printed().includes(text)) {
      if (Date.now() > end)
        throw new Error(`no ${text} within ${BOOT_LIMIT_MS} ms:\n${this.printed().slice(-2000)}`);
      sleep_ms(100);
    }
  }

  run() {
    this.ram.forget();
    this.process.qmp.command('cont');
  }

  stop() {
    this.process.qmp.command('stop');
    this.ram.forgetPages();
    this.ram.settle();
  }

  /** For how long its CPUs had a processor of this machine, nanoseconds. */
  ran_ns() {
    let sum = 0;
    for (let cpu = 0; cpu < CPUS; cpu++) sum += this.host.of(cpu).ran;
    return sum;
  }

  /** Whether one of its CPUs executes something, or would if this machine had a processor for it (proc(5), stat). */
  wants() {
    return this.threads.some((thread) => {
      const text = readFileSync(`/proc/${this.process.pid}/task/${thread}/stat`, 'latin1');
      return text.startsWith('R', text.lastIndexOf(')') + 2);
    });
  }

  /**
   * Lets it go on, and stops it once its CPUs had a processor for so long, nanoseconds, or wanted none for `rest_ms`:
   * how busy this machine is makes no difference, as long as it comes to that within ten seconds.
   */
  goOn(duration_ns, rest_ms) {
    const until_ns = this.ran_ns() + duration_ns;
    const end = Date.now() + STARVED_MS;
    this.run();
    for (let rested = 0; rested < rest_ms && this.ran_ns() < until_ns && Date.now() < end;) {
      sleep_ms(1);
      if (!this.wants()) rested++;
    }
    this.stop();
  }

  /** The registers of its CPUs and the text that it registered, while it stands. */
  notes() {
    return dumpOf(this.process);
  }

  release() {
    this.host.close();
    endGuest(this);
  }
}

/**
 * Boots a kernel, waits for its init, pauses it, and gives `use` the RAM file, the small ELF dump with the registered
 * note, and what the guest printed. QEMU and the directory are gone when it returns.
 */
export async function withPausedLinux({ levels, symbols }, use) {
  const folder = scratchFolder('linux');
  let linux;
  try {
    const unpacked = unpackKernel(folder.path);
    linux = bootLinux({ unpacked, levels, init: init(symbols), ready: READY });
    const printed = linux.printed();
    linux.stop();
    linux.notes();
    const dump = join(folder.path, 'dump');
    // What has no name any more is still there for who holds it.
    writeFileSync(dump, readFileSync(`/proc/self/fd/${linux.process.dump}`));
    return await use({ release: unpacked.release, files: { ram: linux.ram.path, dump }, printed });
  } finally {
    linux?.release();
    folder.remove();
  }
}
