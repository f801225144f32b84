import { decodeLocator } from '../../formats/locator-code/entry.ts';
import { scanForRegion } from '../../formats/region-scan.ts';
import type { Note } from '../../formats/notes.ts';
import { readNotes } from '../../formats/notes.ts';
import { descOf, REGION_HEADER_BYTES, REGION_NOTE, SIREN_NOTE } from '../../formats/region.ts';
import type { Partition } from '../../target/target.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';

const REGION_LIMIT = 16 * 1_048_576;
const ENTRY_LIMIT = 1024;
const FIRST_BYTES = 8192;
/** Of the region's header (formats/region.ts). */
const ENTRY_COUNT_AT = 16;

/** An entry of the region, and where the region begins. */
interface Entry {
  readonly note: Note;
  readonly physical: number;
}

interface Where {
  readonly physical: number;
  readonly bytes: number;
}

/** `metadata`: the bytes of the region that the guest prepared. It has no address of its own but the physical one. */
export function regionPlace(partition: Partition, text: string): Outcome<BytesPlace> {
  const where = regionOf(partition, text);
  if (!where.ok) return where;
  return found(physicalPlace(partition, where.value.physical, where.value.bytes, text, 'metadata'));
}

/** `metadata.locators["tasks"]`: the bytes of that entry. */
export function locatorPlace(partition: Partition, name: string, at: string): Outcome<BytesPlace> {
  const text = `${at}[${JSON.stringify(name)}]`;
  const entry = findNote(partition, (note, bytes) => isLocator(name, note, bytes), text);
  if (!entry.ok) return entry;
  const { note, physical } = entry.value;
  return found(
    physicalPlace(partition, physical + note.desc_start, note.desc_end - note.desc_start, text, 'locator'),
  );
}

/** A run of guest-physical bytes, whether or not anything maps it. */
export function physicalPlace(
  partition: Partition,
  physical: number,
  bytes: number,
  text: string,
  element?: string,
): BytesPlace {
  const place = {
    kind: 'bytes',
    partition: partition.name,
    text,
    runs: [{ physical, bytes }],
    bytes,
  } as const;
  return element === undefined ? place : { ...place, element };
}

function isLocator(name: string, note: Note, bytes: Uint8Array): boolean {
  if (note.name !== SIREN_NOTE || note.type !== REGION_NOTE.LOCATOR) return false;
  const decoded = decodeLocator(descOf(bytes, note));
  return (decoded.ok ? decoded.value.names.name : decoded.name) === name;
}

/** The first note of the region that is wanted. */
function findNote(
  partition: Partition,
  wanted: (note: Note, bytes: Uint8Array) => boolean,
  at: string,
): Outcome<Entry> {
  const where = regionOf(partition, at);
  if (!where.ok) return where;
  const { physical } = where.value;
  // Most of a region is padding: its first bytes nearly always hold all entries.
  const whole = where.value.bytes;
  for (const length of [Math.min(FIRST_BYTES, whole), whole]) {
    const bytes = new Uint8Array(length);
    if (length < REGION_HEADER_BYTES || !partition.memory.read(physical, bytes)) break;
    const count = new DataView(bytes.buffer).getUint32(ENTRY_COUNT_AT, true);
    const { notes, failure } = readNotes(bytes, REGION_HEADER_BYTES, length, Math.min(count, ENTRY_LIMIT));
    for (const note of notes) if (wanted(note, bytes)) return found({ note, physical });
    if (!failure) break;
  }
  return lost('NOT_FOUND', at, 'the region describes no such structure');
}

/** Where the guest registered it; without that, where it stands by its magic and seal. */
function regionOf(partition: Partition, at: string): Outcome<Where> {
  const { memory } = partition;
  const registered = partition.region?.();
  if (registered && registered.bytes > 0 && registered.bytes <= REGION_LIMIT) {
    if (memory.read(registered.physical + registered.bytes - 1, new Uint8Array(1))) return found(registered);
  }
  const sightings = scanForRegion((address, into) => memory.read(address, into), memory.size, { limit: 4 });
  const region = sightings.find((sighting) => sighting.kind === 'region');
  if (!region) return lost('NOT_FOUND', at, 'the guest has prepared no region yet');
  return found({ physical: region.physical, bytes: region.bytes.length });
}
