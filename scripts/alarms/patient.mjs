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

/** A guest that rests uses no processor, however long one waits. */
const WAIT_MS = 40;

/** A guest that stands: `letRun` lets it go on until it had a processor for as long, and for a millisecond at least. */
export function livePatient(guest, readers) {
  return patientOf({
    memory_bytes: guest.memory_bytes,
    read: (physical, into) => guest.read(physical, into),
    notes: () => notesOf(guest.notes(), readers),
    letRun(duration_ns) {
      const until_ns = guest.ran_ns() + Math.max(1e6, duration_ns);
      guest.run();
      for (let waited = 0; waited < WAIT_MS && guest.ran_ns() < until_ns; waited++) sleep(1);
      guest.stop();
    },
  });
}
