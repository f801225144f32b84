// A stock Debian Linux under QEMU, paused once its init has registered VMCOREINFO. Everything lives in one temporary
// directory; QEMU is ended by its process id, whatever happens. See linux-fixture.mjs for what it is good for.
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const MEMORY_BYTES = 256 * 1024 * 1024;
const BOOT_LIMIT_MS = 90_000;
const READY = 'SIREN-READY';

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
  const run = (command, args) =>
    execFileSync(command, args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
  const depends = run('apt-cache', ['depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (!name) throw new Error('linux-image-cloud-amd64 depends on no kernel: is apt up to date?');
  run('apt-get', ['download', name]);
  const package_file = readdirSync(directory).find((file) => file.startsWith(name) && file.endsWith('.deb'));
  run('dpkg', ['-x', package_file, 'unpacked']);
  const release = name.replace('linux-image-', '');
  return {
    release,
    kernel: join(directory, 'unpacked/boot', `vmlinuz-${release}`),
    module: join(directory, 'unpacked/lib/modules', release, 'kernel/drivers/firmware/qemu_fw_cfg.ko'),
  };
}

function makeInitramfs(directory, module_file, symbols) {
  const root = join(directory, 'initramfs');
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'bin/busybox'), readFileSync('/bin/busybox'), { mode: 0o755 });
  writeFileSync(join(root, 'qemu_fw_cfg.ko'), readFileSync(module_file));
  writeFileSync(join(root, 'init'), init(symbols), { mode: 0o755 });
  const archive = execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], {
    cwd: root,
    input: 'init\nbin\nbin/busybox\nqemu_fw_cfg.ko\n',
    maxBuffer: 64 * 1024 * 1024,
  });
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
  let qemu;
  try {
    const { kernel, module, release } = unpackKernel(directory);
    const initramfs = makeInitramfs(directory, module, symbols);
    const files = {
      ram: join(directory, 'ram'),
      serial: join(directory, 'serial'),
      dump: join(directory, 'dump'),
    };
    const socket = join(directory, 'qmp');
    qemu = spawn(
      'qemu-system-x86_64',
      [
        ['-machine', 'q35,memory-backend=ram0', '-accel', 'tcg', '-smp', '2', '-m', '256M', '-nodefaults'],
        ['-object', `memory-backend-file,id=ram0,size=256M,mem-path=${files.ram},share=on`],
        ['-cpu', levels === 5 ? 'max' : 'max,la57=off', '-device', 'vmcoreinfo', '-display', 'none'],
        ['-serial', `file:${files.serial}`, '-qmp', `unix:${socket},server=on,wait=off`],
        ['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet'],
      ].flat(),
      { stdio: 'inherit' },
    );
    const ended = new Promise((_, reject) => {
      qemu.once('error', reject);
      qemu.once('exit', (code) => reject(new Error(`QEMU ended with ${code}`)));
    });
    ended.catch(() => {});
    await Promise.race([ended, waitForText(files.serial, READY)]);
    const qmp = await openQmp(socket);
    await qmp('stop');
    const range = { paging: false, protocol: `file:${files.dump}`, begin: 0, length: 4096 };
    await qmp('dump-guest-memory', range);
    return await use({ release, files, printed: readFileSync(files.serial, 'utf8') });
  } finally {
    if (qemu?.pid && qemu.exitCode === null) {
      qemu.removeAllListeners('exit');
      process.kill(qemu.pid, 'SIGKILL');
    }
    rmSync(directory, { recursive: true, force: true });
  }
}

async function waitForText(file, text) {
  const end = Date.now() + BOOT_LIMIT_MS;
  while (Date.now() < end) {
    if (existsSync(file) && readFileSync(file, 'utf8').includes(text)) return;
    await delay(200);
  }
  throw new Error(`no ${text} within ${BOOT_LIMIT_MS} ms`);
}

/** One command at a time; events are passed over. */
async function openQmp(path) {
  const socket = connect(path);
  socket.setEncoding('utf8');
  let pending = '';
  let answer = () => {};
  socket.on('data', (text) => {
    pending += text;
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const message = JSON.parse(pending.slice(0, end));
      pending = pending.slice(end + 1);
      if ('return' in message || 'error' in message || 'QMP' in message) answer(message);
    }
  });
  const next = () => Promise.race([new Promise((resolve) => (answer = resolve)), giveUp()]);
  await next();
  const command = async (name, args) => {
    const reply = next();
    socket.write(`${JSON.stringify({ execute: name, ...(args ? { arguments: args } : {}) })}\n`);
    const message = await reply;
    if (message.error) throw new Error(`${name}: ${message.error.desc}`);
    return message.return;
  };
  socket.unref();
  await command('qmp_capabilities');
  return command;
}

async function giveUp() {
  await delay(20_000, undefined, { ref: false });
  throw new Error('QEMU does not answer');
}
