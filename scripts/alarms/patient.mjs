// A running guest as a patient: its memory and, each time it is stopped, the registers of its CPUs.
import { writeNotes } from '../../dist/formats/notes.js';

/** A guest that rests uses no processor, however long one waits. */
const REST_MS = 40;

/** A guest that stands, as a dump of it would show it: nothing lets it go on. */
export function standingPatient(guest) {
  let { cpus, vmcoreinfo } = guest.notes();
  return {
    name: 'web',
    memory_bytes: guest.memory_bytes,
    read: (physical, into) => guest.ram.read(physical, into),
    booted: (physical, into) => guest.booted.read(physical, into),
    cpus: cpus.map((_, index) => ({
      index,
      register: (name) => cpus[index][name] ?? 0n,
      steps: 0,
      running: true,
      ticks: 0,
    })),
    boot_copy: vmcoreinfo && writeNotes([{ name: 'VMCOREINFO', type: 0, desc: vmcoreinfo }]),
    reason: 'inspection',
    devices: [],
    now: () => 0,
    letRun: () => false,
    lookAgain: () => ({ cpus } = guest.notes()),
  };
}

/** The same guest: `letRun` lets it go on until it had a processor for as long, and for a millisecond at least. */
export function livePatient(guest) {
  const patient = standingPatient(guest);
  let ran_ns = 0;
  return {
    ...patient,
    now: () => ran_ns,
    letRun(duration_ns) {
      guest.goOn(Math.max(1e6, duration_ns), REST_MS);
      ran_ns += duration_ns;
      patient.lookAgain();
      return true;
    },
  };
}
