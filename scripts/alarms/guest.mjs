// A stock Debian Linux under QEMU that works at something, for scripts/alarms.mjs: booted once, then stopped and let run as often as one
// likes, all of it synchronously. QEMU is ended by its process id; everything lives in one temporary directory.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackKernel } from '../linux-guest.mjs';
import { init } from './workloads.mjs';

const MIB = 1_048_576;
const BOOT_LIMIT_MS = 120_000;
const QMP_LIMIT_MS = 20_000;
const READY = 'SIREN-READY';

/** Milliseconds in which nothing is done, not even what others in this process would do. */
export function sleep(ms) {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Kernel and module of a directory in which a package was unpacked before; else it is made. */
function kernelIn(directory) {
  mkdirSync(directory, { recursive: true });
  const known = join(directory, 'kernel.json');
  if (!existsSync(known)) writeFileSync(known, JSON.stringify(unpackKernel(directory)));
  return JSON.parse(readFileSync(known, 'utf8'));
}

function initramfs(directory, module, workload) {
  const root = join(directory, 'initramfs');
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'bin/busybox'), readFileSync('/bin/busybox'), { mode: 0o755 });
  writeFileSync(join(root, 'qemu_fw_cfg.ko'), readFileSync(module));
  writeFileSync(join(root, 'init'), init(workload, READY), { mode: 0o755 });
  const archive = execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], {
    cwd: root,
    input: 'init\nbin\nbin/busybox\nqemu_fw_cfg.ko\n',
    maxBuffer: 64 * MIB,
  });
  const file = join(directory, 'initramfs.cpio');
  writeFileSync(file, archive);
  return file;
}

/** Boots a guest with two CPUs that does `workload`, and gives it once it says that it is ready. */
export function bootGuest({ workload, kernels, memory_mib = 256, levels = 4 }) {
  const directory = mkdtempSync(join(tmpdir(), 'siren-alarms-'));
  const { kernel, module } = kernelIn(kernels);
  const file = (name) => join(directory, name);
  execFileSync('mkfifo', [file('qmp.in'), file('qmp.out')]);
  const answers = openSync(file('qmp.out'), constants.O_RDONLY | constants.O_NONBLOCK);
  const commands = openSync(file('qmp.in'), constants.O_RDWR);
  const qemu = spawn(
    'setpriv',
    [
      ['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      ['-machine', 'q35,memory-backend=ram0', '-accel', 'tcg', '-smp', '2', '-m', `${memory_mib}M`],
      ['-object', `memory-backend-file,id=ram0,size=${memory_mib}M,mem-path=${file('ram')},share=on`],
      ['-nodefaults', '-nic', 'none', '-cpu', levels === 5 ? 'max' : 'max,la57=off', '-device', 'vmcoreinfo'],
      ['-display', 'none', '-serial', `file:${file('serial')}`],
      ['-chardev', `pipe,id=qmp,path=${file('qmp')}`, '-mon', 'chardev=qmp,mode=control'],
      ['-kernel', kernel, '-initrd', initramfs(directory, module, workload)],
      ['-append', 'console=ttyS0 quiet'],
    ].flat(),
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const guest = new Guest({ directory, qemu, answers, commands, memory_bytes: memory_mib * MIB });
  try {
    guest.awaitText(READY, BOOT_LIMIT_MS);
    return guest;
  } catch (error) {
    guest.release();
    throw error;
  }
}

class Guest {
  constructor(parts) {
    Object.assign(this, parts);
    this.pending = '';
    this.ram = -1;
    this.command('qmp_capabilities');
    this.ram = openSync(join(this.directory, 'ram'), 'r+');
  }

  printed() {
    const serial = join(this.directory, 'serial');
    return existsSync(serial) ? readFileSync(serial, 'utf8') : '';
  }

  awaitText(text, limit_ms) {
    const end = Date.now() + limit_ms;
    while (!this.printed().includes(text)) {
      if (Date.now() > end)
        throw new Error(`no ${text} within ${limit_ms} ms:\n${this.printed().slice(-2000)}`);
      sleep(100);
    }
  }

  /** One QMP command and its answer; events are passed over. */
  command(name, args) {
    writeSync(this.commands, `${JSON.stringify({ execute: name, ...(args ? { arguments: args } : {}) })}\n`);
    const end = Date.now() + QMP_LIMIT_MS;
    const chunk = Buffer.alloc(65_536);
    for (;;) {
      for (let at = this.pending.indexOf('\n'); at >= 0; at = this.pending.indexOf('\n')) {
        const message = JSON.parse(this.pending.slice(0, at));
        this.pending = this.pending.slice(at + 1);
        if (message.error) throw new Error(`${name}: ${message.error.desc}`);
        if ('return' in message) return message.return;
      }
      const got = readNow(this.answers, chunk);
      if (got > 0) this.pending += chunk.toString('utf8', 0, got);
      else if (Date.now() > end) throw new Error(`QEMU does not answer ${name}`);
      else sleep(1);
    }
  }

  stop() {
    this.command('stop');
  }

  run() {
    this.command('cont');
  }

  /** For how long its threads had a processor of this machine, nanoseconds. */
  ran_ns() {
    const tasks = `/proc/${this.qemu.pid}/task`;
    const times = readdirSync(tasks).map((task) => {
      try {
        return Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
      } catch {
        return 0;
      }
    });
    return times.reduce((sum, time) => sum + time, 0);
  }

  /** An ELF core of the first page, with the notes of the CPUs and the guest's VMCOREINFO. */
  notes() {
    const dump = join(this.directory, 'dump');
    this.command('dump-guest-memory', { paging: false, protocol: `file:${dump}`, begin: 0, length: 4096 });
    return readFileSync(dump);
  }

  read(physical, into) {
    if (!(physical >= 0) || physical + into.length > this.memory_bytes) return false;
    return readSync(this.ram, into, 0, into.length, physical) === into.length;
  }

  release() {
    if (this.qemu.pid && this.qemu.exitCode === null) this.qemu.kill('SIGKILL');
    for (const file of [this.answers, this.commands, this.ram]) if (file >= 0) closeSync(file);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function readNow(file, into) {
  try {
    return readSync(file, into, 0, into.length, null);
  } catch (error) {
    if (error.code === 'EAGAIN') return 0;
    throw error;
  }
}
