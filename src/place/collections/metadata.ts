import type { Locator } from '../../formats/locator.ts';
import { parseLocator } from '../../formats/locator.ts';
import { scanForRegion } from '../../formats/region-scan.ts';
import type { Note } from '../../formats/notes.ts';
import { descOf, readRegion, REGION_NOTE, SIREN_NOTE } from '../../formats/region.ts';
import type { Partition } from '../../target/target.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';

const REGION_LIMIT = 16 * 1_048_576;

interface Where {
  readonly physical: number;
  readonly bytes: Uint8Array;
}

/** `metadata`: the bytes of the region that the guest prepared. It has no address of its own but the physical one. */
export function regionPlace(partition: Partition, text: string): Outcome<BytesPlace> {
  const where = regionOf(partition, text);
  if (!where.ok) return where;
  return found(physicalPlace(partition, where.value.physical, where.value.bytes.length, text, 'metadata'));
}

/** `metadata.locators["tasks"]`: the text of that entry. */
export function locatorPlace(partition: Partition, name: string, at: string): Outcome<BytesPlace> {
  const text = `${at}[${JSON.stringify(name)}]`;
  const entry = entryOf(partition, name, text);
  if (!entry.ok) return entry;
  const { note, physical } = entry.value;
  const bytes = note.desc_end - note.desc_start;
  return found({ ...physicalPlace(partition, physical + note.desc_start, bytes, text), reading: 'text' });
}

/** What the region says of a structure. */
export function regionLocator(partition: Partition, name: string, at: string): Outcome<Locator> {
  const entry = entryOf(partition, name, at);
  return entry.ok ? found(entry.value.locator) : entry;
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

function entryOf(
  partition: Partition,
  name: string,
  at: string,
): Outcome<{ readonly note: Note; readonly locator: Locator; readonly physical: number }> {
  const where = regionOf(partition, at);
  if (!where.ok) return where;
  const region = readRegion(where.value.bytes, { ignore_seal: true });
  if (!region.ok) return lost('NOT_FOUND', at, `the region cannot be read: ${region.message}`);
  const names: string[] = [];
  for (const note of region.value.entries) {
    const located = note.type === REGION_NOTE.LOCATOR || note.type === REGION_NOTE.APPLICATION;
    if (note.name !== SIREN_NOTE || !located) continue;
    const { locator } = parseLocator(descOf(where.value.bytes, note));
    if (locator?.name === name) return found({ note, locator, physical: where.value.physical });
    if (locator) names.push(JSON.stringify(locator.name));
  }
  return lost('NOT_FOUND', at, `the region describes no ${name}`, names.slice(0, 16));
}

/** Where the guest registered it; without that, where it stands by its magic and seal. */
function regionOf(partition: Partition, at: string): Outcome<Where> {
  const registered = partition.region?.();
  if (registered && registered.bytes > 0 && registered.bytes <= REGION_LIMIT) {
    const bytes = new Uint8Array(registered.bytes);
    if (partition.memory.read(registered.physical, bytes))
      return found({ physical: registered.physical, bytes });
  }
  const { memory } = partition;
  const sightings = scanForRegion((address, into) => memory.read(address, into), memory.size, { limit: 4 });
  const region = sightings.find((sighting) => sighting.kind === 'region');
  return region ? found(region) : lost('NOT_FOUND', at, 'the guest has prepared no region yet');
}
