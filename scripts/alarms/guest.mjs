// A guest that works at something, for scripts/alarms.mjs, and what its memory was when it had booted.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RamFile } from '../../dist/targets/qemu/ram-file.js';
import { copyRam } from '../../dist/targets/qemu/snapshot.js';
import { bootLinux, unpackKernel } from '../linux-guest.mjs';
import { scratchFolder } from '../scratch.mjs';
import { init } from './workloads.mjs';

const READY = 'SIREN-READY';

/** Kernel and module of a directory in which a package was unpacked before; else it is made. */
function kernelIn(directory) {
  mkdirSync(directory, { recursive: true });
  const known = join(directory, 'kernel.json');
  if (!existsSync(known)) writeFileSync(known, JSON.stringify(unpackKernel(directory)));
  return JSON.parse(readFileSync(known, 'utf8'));
}

/** Boots a guest that does `workload`, and gives it, running, once it says that it is ready. */
export function bootGuest({ workload, kernels, levels = 4 }) {
  const guest = bootLinux({ unpacked: kernelIn(kernels), levels, init: init(workload, READY), ready: READY });
  const folder = scratchFolder('alarms');
  try {
    guest.stop();
    const file = join(folder.path, 'booted');
    copyRam(guest.ram.path, file, process.env.PATH ?? '');
    guest.booted = new RamFile(file, guest.memory_bytes, 'r');
    guest.run();
    return guest;
  } catch (error) {
    guest.release();
    throw error;
  } finally {
    folder.remove();
  }
}
