import type { Patient, PatientDevice } from '../../patient/patient.ts';

/** What a hypervisor knew of a machine and no memory holds: beside the memory in what `siren export` writes. */
export interface PatientNote {
  readonly reason: string;
  readonly refusal?: string;
  readonly now_ns: number;
  readonly region?: { readonly physical: number; readonly bytes: number };
  readonly cpus: readonly { readonly steps: number; readonly running: boolean; readonly ticks: number }[];
  readonly devices: readonly PatientDevice[];
}

const NOTE_LIMIT = 1_048_576;

export function writePatientNote(patient: Patient): Uint8Array {
  const { reason, refusal, region, cpus, devices } = patient;
  const note: PatientNote = {
    reason,
    ...(refusal === undefined ? {} : { refusal }),
    now_ns: patient.now(),
    ...(region ? { region: { physical: region.physical, bytes: region.bytes } } : {}),
    cpus: cpus.map(({ steps, running, ticks }) => ({ steps, running, ticks })),
    devices: devices.map(({ name, frozen, pending, interrupts }) => ({ name, frozen, pending, interrupts })),
  };
  return Buffer.from(JSON.stringify(note), 'utf8');
}

/** Undefined for what is no such note. */
export function readPatientNote(bytes: Uint8Array | undefined): PatientNote | undefined {
  if (bytes === undefined || bytes.length > NOTE_LIMIT) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  return isNote(said) ? said : undefined;
}

function isNote(said: unknown): said is PatientNote {
  if (typeof said !== 'object' || said === null) return false;
  const { reason, refusal, now_ns, region, cpus, devices } = said as Partial<
    Record<keyof PatientNote, unknown>
  >;
  return (
    typeof reason === 'string' &&
    (refusal === undefined || typeof refusal === 'string') &&
    typeof now_ns === 'number' &&
    (region === undefined || isRecord(region, ['physical', 'number'], ['bytes', 'number'])) &&
    Array.isArray(cpus) &&
    cpus.every((one) => isRecord(one, ['steps', 'number'], ['running', 'boolean'], ['ticks', 'number'])) &&
    Array.isArray(devices) &&
    devices.every((one) =>
      isRecord(
        one,
        ['name', 'string'],
        ['frozen', 'boolean'],
        ['pending', 'number'],
        ['interrupts', 'number'],
      ),
    )
  );
}

function isRecord(value: unknown, ...fields: readonly (readonly [name: string, type: string])[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  return fields.every(([name, type]) => typeof record[name] === type);
}
