import type { Region } from '../formats/region.ts';
import { readRegion, REGION_BYTES_LIMIT, REGION_HEADER_BYTES, startsWithMagic } from '../formats/region.ts';
import { scanForRegion } from '../formats/region-scan.ts';
import { readNotes } from '../formats/notes.ts';
import type { Failure } from '../formats/result.ts';
import type { Patient } from '../patient/patient.ts';
import type { PhysicalCache } from './physical-cache.ts';

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
/** Notes are looked for at every byte of no more than this. */
const FINE_SCAN_BYTES = 256 * 1_048_576;
/** As in region-scan.ts. */
const SCAN_BYTES = 16 * 1024 * 1_048_576;
const CHUNK_BYTES = 1_048_576;
const NAME = Buffer.from('VMCOREINFO\0', 'latin1');
const NAME_AT = 12;
/** A note is 0x1024 bytes in Linux. */
const NOTE_LIMIT = 65_536;
/** Names looked at in one chunk: memory full of them must not cost more. */
const LOOKS = 256;

/**
 * Looks for a region at the start of every page, then for VMCOREINFO notes at the start of pages, then for notes
 * anywhere.
 */
export function findByScan(patient: Patient, memory: PhysicalCache): Found | undefined {
  const size = Math.min(patient.memory_bytes, SCAN_BYTES);
  const damaged: Found[] = [];
  const read = (physical: number, into: Uint8Array): boolean => {
    const done = patient.read(physical, into);
    if (done && into.length === NOTE_HEADER_BYTES && startsWithMagic(into))
      damaged.push(...damagedAt(patient, physical, into));
    return done;
  };
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

/** A VMCOREINFO note wherever it lies, by its name. */
function fineScan(
  patient: Patient,
  memory: PhysicalCache,
): { physical: number; bytes: Uint8Array } | undefined {
  const size = Math.min(patient.memory_bytes, FINE_SCAN_BYTES);
  memory.scanned(size);
  const chunk = Buffer.alloc(Math.min(size, CHUNK_BYTES));
  for (let base = 0; base < size; base += CHUNK_BYTES - NOTE_HEADER_BYTES) {
    const bytes = chunk.subarray(0, Math.min(CHUNK_BYTES, size - base));
    if (!patient.read(base, bytes)) continue;
    let looks = 0;
    for (let at = bytes.indexOf(NAME); at >= 0 && looks < LOOKS; at = bytes.indexOf(NAME, at + 1)) {
      looks++;
      const note =
        at < NAME_AT ? undefined : noteAt(patient, base + at - NAME_AT, bytes.subarray(at - NAME_AT));
      if (note) return note;
    }
  }
  return undefined;
}

function noteAt(
  patient: Patient,
  physical: number,
  head: Buffer,
): { physical: number; bytes: Uint8Array } | undefined {
  const desc_bytes = head.readUInt32LE(4);
  if (head.readUInt32LE(0) !== NAME.length || desc_bytes === 0 || desc_bytes > NOTE_LIMIT) return undefined;
  const bytes = new Uint8Array(NOTE_HEADER_BYTES + desc_bytes);
  return patient.read(physical, bytes) ? { physical, bytes } : undefined;
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
