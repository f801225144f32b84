import { assemble } from '../../formats/locator-code/assemble.ts';
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
import { partitionOf } from '../../place/read.ts';
import type { Partition } from '../../target/target.ts';
import type { Perform } from '../injection.ts';
import { clause, refused, refusedFor } from '../injection.ts';
import { readPlace, writePlace } from '../write.ts';
import { subject } from './bytes.ts';

const TOTAL_BYTES_AT = 12;
const FLAGS_AT = 20;
const SEALED = 1;

/**
 * `replace LOCATOR with "TEXT"`: other code for a locator of the region, in the room that its entry has, and a seal that fits: whoever can
 * forge an entry can compute a checksum. Names, shape and limit stay; blocks that the text does not name stay too.
 */
export const replace: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const locator = place.value;
  if (locator.kind !== 'bytes' || locator.element !== 'locator')
    return refused(`${locator.text} is no locator that is code`);
  const written = clause(injection.action, 'with');
  const text = written && evaluate(injection.world, written);
  if (!text?.ok || text.value.kind !== 'string') return refused('`with` is a text');
  const before = readPlace(injection.live, locator);
  const decoded = before && decodeLocator(before);
  if (!before || !decoded) return refused(`${locator.text} cannot be read`);
  if (!decoded.ok) return refused(`${locator.text} is no locator any more`);
  const assembled = assemble(text.value.value, decoded.value.texts);
  if (!assembled.ok) return refused(`that is no locator code: ${assembled.message}`);
  const blocks = new Map([...decoded.value.blocks, ...assembled.blocks]);
  const bytes = encodeLocator({ ...decoded.value, blocks, texts: assembled.texts });
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
