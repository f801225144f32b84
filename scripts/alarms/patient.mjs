// A running guest as a patient: its RAM file and, each time it is stopped, the registers of its CPUs.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { sleep } from './guest.mjs';

/** Built modules that a patient needs. */
export async function loadReaders(dist) {
  const load = (path) => import(pathToFileURL(join(dist, path)).href);
  const [{ openElfCore }, { writeNotes }] = await Promise.all([
    load('formats/elf-core.js'),
    load('formats/notes.js'),
  ]);
  return { openElfCore, writeNotes };
}

/** The notes that a stopped guest's hypervisor gives: registers, and what the guest registered as the note that it registered. */
export function notesOf(bytes, { openElfCore, writeNotes }) {
  const read = (at, into) => {
    if (at + into.length > bytes.length) return false;
    into.set(bytes.subarray(at, at + into.length));
    return true;
  };
  const core = openElfCore({ bytes: bytes.length, read });
  if (!core.ok) throw new Error(core.message);
  const { cpus, vmcoreinfo } = core.value;
  return { cpus, copy: vmcoreinfo && writeNotes([{ name: 'VMCOREINFO', type: 0, desc: vmcoreinfo }]) };
}

export function patientOf({ memory_bytes, read, notes, letRun }) {
  let { cpus, copy } = notes();
  let ran_ns = 0;
  return {
    name: 'web',
    memory_bytes,
    read,
    cpus: cpus.map((_, index) => ({
      index,
      register: (name) => cpus[index][name] ?? 0n,
      steps: 0,
      running: true,
      ticks: 0,
    })),
    boot_copy: copy,
    reason: 'inspection',
    devices: [],
    now: () => ran_ns,
    letRun(duration_ns) {
      if (!letRun) return false;
      letRun(duration_ns);
      ran_ns += duration_ns;
      ({ cpus } = notes());
      return true;
    },
  };
}

/** A guest that stands: `letRun` lets it go on for at least a millisecond. */
export function livePatient(guest, readers) {
  return patientOf({
    memory_bytes: guest.memory_bytes,
    read: (physical, into) => guest.read(physical, into),
    notes: () => notesOf(guest.notes(), readers),
    letRun(duration_ns) {
      guest.run();
      sleep(Math.max(1, Math.ceil(duration_ns / 1e6)));
      guest.stop();
    },
  });
}
