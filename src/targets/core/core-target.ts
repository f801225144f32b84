import { scanForRegion } from '../../formats/region-scan.ts';
import { readNotes } from '../../formats/notes.ts';
import { VMCOREINFO_NOTE } from '../../formats/vmcoreinfo.ts';
import type { Patient } from '../../patient/patient.ts';
import type { Partition, Target } from '../../target/target.ts';

/** A machine in a file, and the text of VMCOREINFO where the file carries it. */
interface LookedAt {
  readonly patient: Patient;
  readonly vmcoreinfo?: Uint8Array;
}

/** A machine of which nothing is left but its dumps: nothing runs, and nothing can be broken or written. */
export function coreTarget(machines: readonly LookedAt[]): Target {
  return {
    name: 'core',
    partitions: machines.map(partitionOf),
    now: () => 0,
    runUntil: () => undefined,
  };
}

function partitionOf({ patient, vmcoreinfo }: LookedAt): Partition {
  const { name, memory_bytes, cpus } = patient;
  let text: string | undefined;
  return {
    name,
    memory: { size: memory_bytes, read: (address, into) => patient.read(address, into), write: () => false },
    cpus: cpus.map(({ index, register }) => ({ index, get: register, set: () => undefined })),
    vmcoreinfo: () => (text ??= vmcoreinfo === undefined ? inMemory(patient) : latin1(vmcoreinfo)),
    park: () => undefined,
    resume: () => undefined,
    parked: true,
  };
}

/** The first note that lies in the memory; '' where there is none. */
function inMemory(patient: Patient): string {
  const found = scanForRegion((at, into) => patient.read(at, into), patient.memory_bytes);
  for (const { kind, bytes } of found) {
    const text = kind === 'vmcoreinfo' ? noteIn(bytes) : undefined;
    if (text) return latin1(text);
  }
  return '';
}

function noteIn(bytes: Uint8Array): Uint8Array | undefined {
  const note = readNotes(bytes, 0, bytes.length, 1).notes[0];
  return note?.name === VMCOREINFO_NOTE ? bytes.subarray(note.desc_start, note.desc_end) : undefined;
}

/** Up to the padding. */
function latin1(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
