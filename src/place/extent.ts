import type { Partition } from '../target/target.ts';
import { physicalPlace } from './collections/metadata.ts';
import { openKernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace } from './place.ts';

/** A number of bytes from the start of a place, where it is a run of them. */
export function widened(given: BytesPlace, bytes: number, partition: Partition): Outcome<BytesPlace> {
  const place = asBytes(given);
  if (bytes <= place.bytes) return found({ ...place, bytes, runs: trimmed(place, bytes) });
  if (place.address === undefined || place.element === 'metadata') {
    const physical = place.runs[0]?.physical ?? 0;
    if (!reaches(partition, physical, physical + bytes - 1))
      return lost('INDEX', place.text, 'it would reach beyond the memory');
    return found({ ...physicalPlace(partition, physical, bytes, place.text), reading: 'aggregate' });
  }
  const kernel = openKernel(partition);
  if (!kernel.ok) return kernel;
  const runs = kernel.value.runs(place.address, bytes, place.space);
  if (!runs) return lost('UNMAPPED', place.text, `${bytes} bytes from there are not all mapped`);
  return found({ ...place, bytes, runs, reading: 'aggregate' });
}

/** Bytes from there on are no number any more. */
function asBytes(place: BytesPlace): BytesPlace {
  const { number: _number, ...rest } = place;
  return rest;
}

/** Whether both ends are memory: of the partition's own, or both of what it shares. */
function reaches({ memory }: Partition, first: number, last: number): boolean {
  return first < memory.size ? last < memory.size : memory.read(last, new Uint8Array(1));
}

function trimmed(place: BytesPlace, bytes: number): BytesPlace['runs'] {
  const runs: { physical: number; bytes: number }[] = [];
  let left = bytes;
  for (const run of place.runs) {
    if (left <= 0) break;
    runs.push({ physical: run.physical, bytes: Math.min(run.bytes, left) });
    left -= run.bytes;
  }
  return runs;
}

/** `.bytes[n]`: one byte of a place. */
export function byteOf(place: BytesPlace, number: number): Outcome<BytesPlace> {
  const text = `${place.text}.bytes[${number > 9 ? `0x${number.toString(16)}` : number}]`;
  if (number < 0 || number >= place.bytes) return lost('INDEX', place.text, `it has ${place.bytes} bytes`);
  let before = number;
  for (const run of place.runs) {
    if (before < run.bytes) {
      const runs = [{ physical: run.physical + before, bytes: 1 }];
      const address = place.address === undefined ? {} : { address: place.address + number };
      return found({ kind: 'bytes', partition: place.partition, text, runs, bytes: 1, ...address });
    }
    before -= run.bytes;
  }
  return lost('INDEX', place.text, 'it has no such byte');
}
