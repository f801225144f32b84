import type { CoreFile } from '../../formats/core-file.ts';
import type { Patient, PatientCpu } from '../../patient/patient.ts';

/** Who reads a file was called by nobody's watchdog. */
const REASON = 'inspection';
/** Interrupts on: of a CPU whose flags nobody wrote down nothing shall be concluded. */
const NO_FLAGS = 0x202n;

/** The machine in a core file, as an ambulance may reach it. It stands still: it cannot be let run, and not be written to. */
export function corePatient(name: string, core: CoreFile): Patient {
  const cpus = core.cpus.map((registers, index): PatientCpu => ({
    index,
    register: (register) => registers[register] ?? (register === 'rflags' ? NO_FLAGS : 0n),
    steps: 0,
    running: true,
    ticks: 0,
  }));
  return {
    name,
    memory_bytes: core.memory_bytes,
    read: core.read,
    cpus,
    ...(core.vmcoreinfo ? { boot_copy: core.vmcoreinfo } : {}),
    reason: REASON,
    devices: [],
    now: () => 0,
    letRun: () => false,
  };
}
