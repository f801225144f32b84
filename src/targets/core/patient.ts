import type { CoreFile } from '../../formats/core-file.ts';
import type { Patient, PatientCpu } from '../../patient/patient.ts';
import { readPatientNote } from './patient-note.ts';

/** Who reads a file was called by nobody's watchdog. */
const REASON = 'inspection';
/** Interrupts on: of a CPU whose flags nobody wrote down nothing shall be concluded. */
const NO_FLAGS = 0x202n;

/**
 * The machine in a core file, as an ambulance may reach it. It stands still: it cannot be let run, and not be written
 * to.
 */
export function corePatient(name: string, core: CoreFile): Patient {
  const known = readPatientNote(core.patient);
  const told = core.cpus.filter(({ rip = 0n }) => rip !== 0n);
  const cpus = told.map((registers, index): PatientCpu => ({
    index,
    register: (register) => registers[register] ?? (register === 'rflags' ? NO_FLAGS : 0n),
    steps: known?.cpus[index]?.steps ?? 0,
    running: known?.cpus[index]?.running ?? true,
    ticks: known?.cpus[index]?.ticks ?? 0,
  }));
  const kept = known ? core.region_copy : core.vmcoreinfo;
  return {
    name,
    memory_bytes: core.memory_bytes,
    read: core.read,
    ...(core.absent ? { absent: (physical: number) => core.absent?.(physical) === true } : {}),
    cpus,
    ...(known ? {} : { cpus_may_lack: true }),
    ...(known?.region ? { region: known.region } : {}),
    ...(kept ? { boot_copy: kept } : {}),
    ...(known?.refusal === undefined ? {} : { refusal: known.refusal }),
    reason: known?.reason ?? REASON,
    devices: known?.devices ?? [],
    now: () => known?.now_ns ?? 0,
    letRun: () => false,
  };
}
