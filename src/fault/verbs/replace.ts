import { assemble } from '../../formats/locator-code/assemble.ts';
import type { LocatorEntry } from '../../formats/locator-code/entry.ts';
import { decodeLocator, encodeLocator } from '../../formats/locator-code/entry.ts';
import {
  REGION_BYTES_LIMIT,
  REGION_HEADER_BYTES,
  sealRegion,
  startsWithMagic,
} from '../../formats/region.ts';
import { evaluate } from '../../place/evaluate.ts';
import { regionPlace } from '../../place/collections/metadata.ts';
import type { BytesPlace } from '../../place/place.ts';
import type { Value } from '../../place/value.ts';
import { partitionOf } from '../../place/read.ts';
import type { Partition } from '../../target/target.ts';
import type { Injection, Perform } from '../injection.ts';
import { clause, refused, refusedFor } from '../injection.ts';
import { readPlace, writePlace } from '../write.ts';
import { subject } from './bytes.ts';

const TOTAL_BYTES_AT = 12;
const FLAGS_AT = 20;
const SEALED = 1;
/** An entry has a limit of 32 bits. */
const MOST = 0xffff_ffffn;

/**
 * `replace LOCATOR with "TEXT" type "NAME" limit N`: another entry for a locator of the region, in the room that it
 * has, and a seal that fits: whoever can forge an entry can compute a checksum. What is not said stays, as do blocks
 * that the text does not name.
 */
export const replace: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const locator = place.value;
  if (locator.kind !== 'bytes' || locator.element !== 'locator')
    return refused(`${locator.text} is no locator`);
  const before = readPlace(injection.live, locator);
  const decoded = before && decodeLocator(before);
  if (!before || !decoded) return refused(`${locator.text} cannot be read`);
  if (!decoded.ok) return refused(`${locator.text} is no locator any more`);
  const forged = forgery(injection, decoded.value);
  if (typeof forged === 'string') return refused(forged);
  const bytes = encodeLocator(forged);
  if (!decodeLocator(bytes).ok) return refused('nobody could read such an entry');
  if (bytes.length > before.length)
    return refused(`${bytes.length} bytes do not fit into the ${before.length} of the entry`);
  const after = new Uint8Array(before.length);
  after.set(bytes);
  if (!writePlace(injection.live, locator, after)) return refused(`${locator.text} cannot be written`);
  const partition = partitionOf(injection.live, locator.partition);
  const sealed = partition !== undefined && reseal(partition, locator);
  return {
    kind: 'done',
    place: locator,
    before,
    after,
    watch: [],
    immediate: true,
    note: sealed ? 'sealed anew' : '',
  };
};

/** The entry with what the action says in place of its own; a text where that cannot be. */
function forgery({ action, world }: Injection, entry: LocatorEntry): LocatorEntry | string {
  const said = (word: string): Value | undefined => {
    const written = clause(action, word);
    const value = written && evaluate(world, written);
    return value?.ok ? value.value : undefined;
  };
  const [code, type, limit] = [said('with'), said('type'), said('limit')];
  const assembled = code?.kind === 'string' ? assemble(code.value, entry.texts) : undefined;
  if (assembled && !assembled.ok) return `that is no locator code: ${assembled.message}`;
  if (limit?.kind === 'int' && (limit.value < 1n || limit.value > MOST)) return `a limit of ${limit.value}`;
  return {
    ...entry,
    ...(assembled ? { blocks: new Map([...entry.blocks, ...assembled.blocks]), texts: assembled.texts } : {}),
    ...(type?.kind === 'string' ? { names: { ...entry.names, type: type.value } } : {}),
    ...(limit?.kind === 'int' ? { limit: Number(limit.value) } : {}),
  };
}

/** Makes the seal of the region fit its bytes; false when it has none. */
function reseal(partition: Partition, locator: BytesPlace): boolean {
  const region = regionPlace(partition, locator.text);
  const [run] = region.ok ? region.value.runs : [];
  if (!run || run.bytes > REGION_BYTES_LIMIT) return false;
  const bytes = new Uint8Array(run.bytes);
  if (!partition.memory.read(run.physical, bytes) || !startsWithMagic(bytes)) return false;
  const view = new DataView(bytes.buffer);
  const total_bytes = view.getUint32(TOTAL_BYTES_AT, true);
  if ((view.getUint32(FLAGS_AT, true) & SEALED) === 0 || total_bytes > bytes.length) return false;
  if (total_bytes < REGION_HEADER_BYTES) return false;
  sealRegion(bytes.subarray(0, total_bytes));
  return partition.memory.write(run.physical, bytes.subarray(0, REGION_HEADER_BYTES));
}
