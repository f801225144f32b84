import type { CoreFile } from '../../formats/core-file.ts';
import { openCoreFile } from '../../formats/open-core.ts';
import { parseVmcoreInfo } from '../../formats/vmcoreinfo.ts';
import { openDump } from '../../patient/dump.ts';
import type { Patient } from '../../patient/patient.ts';
import { inflatePage, openFile } from './file.ts';
import { corePatient } from './patient.ts';

/** A core file that is open. */
interface OpenCore {
  readonly core: CoreFile;
  close(): void;
}

/** The machine in a file, and what is to be said of the file. */
export interface DumpedMachine {
  readonly patient: Patient;
  /** The text of VMCOREINFO, where the file carries it. */
  readonly vmcoreinfo?: Uint8Array;
  /** As it is called: `ELF core`. */
  readonly format: string;
  /** Bytes of memory in the file. */
  readonly held_bytes: number;
  /** The kernel's release; '' where nothing says it. */
  readonly release: string;
  readonly shortcomings: readonly string[];
  close(): void;
}

/** Dumps of Siren's own are read as a whole: they hold simulated machines, which are small. */
const OWN_MAGIC = 'SIRENPT1';
const OWN_LIMIT = 1024 * 1_048_576;

/**
 * Opens the core file at a path; a text that says why it cannot be read, and what to do where something can be done.
 */
function openCore(path: string): OpenCore | string {
  const file = openFile(path);
  if (typeof file === 'string') return file;
  const opened = openCoreFile(file, inflatePage);
  if (opened.ok) return { core: opened.value, close: () => file.close() };
  file.close();
  return opened.message;
}

/** As `openCore`, for an ambulance: a core file, or a dump of a patient as Siren itself writes it. */
export function openMachine(path: string, name: string): DumpedMachine | string {
  const own = openOwn(path, name);
  if (own !== undefined) return own;
  const opened = openCore(path);
  if (typeof opened === 'string') return opened;
  const { core, close } = opened;
  return {
    patient: corePatient(name, core),
    format: core.format,
    held_bytes: core.held_bytes,
    release: releaseOf(core),
    get shortcomings() {
      return core.shortcomings;
    },
    close,
    ...(core.vmcoreinfo ? { vmcoreinfo: core.vmcoreinfo } : {}),
  };
}

/** The release of the kernel in a core; '' where nothing says it. */
function releaseOf({ vmcoreinfo, release }: CoreFile): string {
  const said = vmcoreinfo === undefined ? '' : parseVmcoreInfo(vmcoreinfo).osrelease;
  return said || (release ?? '');
}

/** The same patient under another name. */
function named(patient: Patient, name: string): Patient {
  const { memory_bytes, cpus, region, boot_copy, reason, refusal, devices } = patient;
  return {
    name,
    memory_bytes,
    cpus,
    reason,
    devices,
    ...(region ? { region } : {}),
    ...(boot_copy ? { boot_copy } : {}),
    ...(refusal === undefined ? {} : { refusal }),
    read: (physical, into) => patient.read(physical, into),
    now: () => patient.now(),
    letRun: () => false,
  };
}

/** Undefined for a file that is none of Siren's own. */
function openOwn(path: string, name: string): DumpedMachine | string | undefined {
  const file = openFile(path);
  if (typeof file === 'string') return file;
  try {
    const magic = new Uint8Array(OWN_MAGIC.length);
    if (!file.read(0, magic) || Buffer.from(magic).toString('latin1') !== OWN_MAGIC) return undefined;
    if (file.bytes > OWN_LIMIT)
      return `a dump of a patient, of ${file.bytes} bytes: no simulated machine is so large`;
    const bytes = new Uint8Array(file.bytes);
    const patient = file.read(0, bytes) ? openDump(bytes) : 'it cannot be read';
    if (typeof patient === 'string') return patient;
    return {
      patient: named(patient, name),
      format: 'patient of Siren',
      held_bytes: patient.memory_bytes,
      release: '',
      shortcomings: [],
      close: () => undefined,
    };
  } finally {
    file.close();
  }
}
