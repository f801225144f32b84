import type { CpuRegisters } from './elf-registers.ts';
import { qemuStackPointer, readPrstatus, readQemuState } from './elf-registers.ts';
import { readNotes } from './notes.ts';
import type { ReadMemory } from './result.ts';
import { VMCOREINFO_NOTE } from './vmcoreinfo.ts';

/** A file to read from, at any place of it. */
export interface SourceFile {
  readonly bytes: number;
  /** Fills `into` from a byte of the file; false when it ends before. */
  readonly read: ReadMemory;
}

/** The memory and registers of a machine, as a file holds them. */
export interface CoreFile {
  /** As it is called: `ELF core`, `kdump (zlib)`. */
  readonly format: string;
  /** One past the highest guest-physical address in it. */
  readonly memory_bytes: number;
  /** In the order of the notes: NT_PRSTATUS, with what QEMU adds to it where it does. */
  readonly cpus: readonly CpuRegisters[];
  /** The text of VMCOREINFO, when the file carries it. */
  readonly vmcoreinfo?: Uint8Array;
  /**
   * What a hypervisor that Siren simulated knew of the machine, as JSON, and its copy of the region (`PATIENT_NOTE`).
   */
  readonly patient?: Uint8Array;
  readonly region_copy?: Uint8Array;
  /** The kernel's release as the file itself says it; VMCOREINFO says it too. */
  readonly release?: string;
  /** What is not as it should be, and does not keep it from being read: `half of its memory is cut off`. */
  readonly shortcomings: readonly string[];
  /** Fills `into` from guest-physical memory; false when a byte is not in the file. */
  readonly read: ReadMemory;
  /** Bytes of memory that are in it. */
  readonly held_bytes: number;
  /** True for memory that the machine had and that is not in the file; absent where all of it is. */
  absent?(physical: number): boolean;
}

/**
 * Notes of `siren export`: what the hypervisor knew, and its copy of the region. Debuggers go by the numbers alone: no
 * register set has these.
 */
export const PATIENT_NOTE = 'SIREN-PATIENT';
export const PATIENT_SAID = 0x5352_0001;
export const PATIENT_REGION = 0x5352_0002;

/** CPUs that a file may have: more notes are not read. */
const CPU_LIMIT = 1024;

/** What the notes of a core say. */
export function readCoreNotes(
  bytes: Uint8Array,
): Pick<CoreFile, 'cpus' | 'vmcoreinfo' | 'patient' | 'region_copy'> {
  const cpus: CpuRegisters[] = [];
  let vmcoreinfo: Uint8Array | undefined;
  let patient: Uint8Array | undefined;
  let region_copy: Uint8Array | undefined;
  let described = 0;
  for (const note of readNotes(bytes).notes) {
    const desc = bytes.subarray(note.desc_start, note.desc_end);
    if (note.name === 'CORE' && note.type === 1 && cpus.length < CPU_LIMIT) cpus.push(readPrstatus(desc));
    else if (note.name === VMCOREINFO_NOTE && desc.length > 0) vmcoreinfo ??= desc;
    else if (note.name === PATIENT_NOTE && note.type === PATIENT_SAID) patient ??= desc;
    else if (note.name === PATIENT_NOTE && note.type === PATIENT_REGION) region_copy ??= desc;
    else if (note.name === 'QEMU') {
      // They come in the order of the CPUs, and so does NT_PRSTATUS, of which one may be missing.
      const of = cpus.findIndex(
        ({ rsp }, index) => index >= described && qemuStackPointer(desc, rsp) === rsp,
      );
      if (of < 0) continue;
      cpus[of] = { ...cpus[of], ...readQemuState(desc) };
      described = of + 1;
    }
  }
  return {
    cpus,
    ...(vmcoreinfo ? { vmcoreinfo } : {}),
    ...(patient ? { patient } : {}),
    ...(region_copy ? { region_copy } : {}),
  };
}
