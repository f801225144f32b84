import type { Region } from '../formats/region.ts';
import { readRegion, REGION_BYTES_LIMIT, REGION_HEADER_BYTES, startsWithMagic } from '../formats/region.ts';
import { scanForRegion } from '../formats/region-scan.ts';
import { readNotes } from '../formats/notes.ts';
import type { Failure } from '../formats/result.ts';
import type { Patient } from '../patient/patient.ts';
import type { PhysicalCache } from './memory.ts';

/** What a scan of physical memory came upon, the best first: a region, one that is damaged but speaks, a bare note. */
export type Found =
  | {
      readonly kind: 'region';
      readonly physical: number;
      readonly bytes: Uint8Array;
      readonly region: Region;
      /** Why it would not be accepted as it stands. */
      readonly failure?: Failure;
    }
  | { readonly kind: 'note'; readonly physical: number; readonly text: Uint8Array };

const NOTE_HEADER_BYTES = 24;
/** Notes are looked for at every eighth byte of no more than this. */
const FINE_SCAN_BYTES = 64 * 1_048_576;

/** Looks for a region at the start of every page, then for VMCOREINFO notes at the start of pages, then for notes anywhere. */
export function findByScan(patient: Patient, memory: PhysicalCache): Found | undefined {
  const size = patient.memory_bytes;
  const damaged: Found[] = [];
  const read = (physical: number, into: Uint8Array): boolean => {
    const done = patient.read(physical, into);
    if (done && into.length === NOTE_HEADER_BYTES && startsWithMagic(into)) damaged.push(...damagedAt(patient, physical, into));
    return done;
  }; // prettier-ignore
  memory.scanned(Math.ceil(size / 4096) * NOTE_HEADER_BYTES);
  const sightings = scanForRegion(read, size);
  for (const { kind, physical, bytes } of sightings) {
    const region = kind === 'region' ? readRegion(bytes) : undefined;
    if (region?.ok) return { kind: 'region', physical, bytes, region: region.value };
  }
  if (damaged[0]) return damaged[0];
  const note = sightings.find((sighting) => sighting.kind === 'vmcoreinfo') ?? fineScan(patient, memory);
  return note && { kind: 'note', physical: note.physical, text: note.bytes.subarray(NOTE_HEADER_BYTES) };
}

function fineScan(
  patient: Patient,
  memory: PhysicalCache,
): { physical: number; bytes: Uint8Array } | undefined {
  const size = Math.min(patient.memory_bytes, FINE_SCAN_BYTES);
  memory.scanned(size);
  const sightings = scanForRegion((physical, into) => patient.read(physical, into), size, { step: 8, limit: 1 }); // prettier-ignore
  return sightings.find((sighting) => sighting.kind === 'vmcoreinfo');
}

/** A region whose header or seal does not hold, read for the notes that it still has. */
function damagedAt(patient: Patient, physical: number, head: Uint8Array): Found[] {
  const said = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(12, true);
  const total_bytes = Math.min(said, REGION_BYTES_LIMIT, patient.memory_bytes - physical);
  if (total_bytes < REGION_HEADER_BYTES) return [];
  const bytes = new Uint8Array(total_bytes);
  if (!patient.read(physical, bytes)) return [];
  const strict = readRegion(bytes);
  if (strict.ok) return [];
  const { notes } = readNotes(bytes, REGION_HEADER_BYTES, total_bytes, 1024);
  // Padding behind the entries reads as notes without a name.
  const entries = notes.filter((note) => note.name !== '');
  if (entries.length === 0) return [];
  const region: Region = { version: 0, total_bytes, sealed: false, seal_holds: false, boot_id: 0n, entries };
  return [{ kind: 'region', physical, bytes, region, failure: strict }];
}
