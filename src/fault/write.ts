import { bytesOf } from '../place/integer.ts';
import type { Place } from '../place/place.ts';
import { partitionOf, readBytes } from '../place/read.ts';
import type { Target } from '../target/target.ts';

const BYTES_LIMIT = 1_048_576;

/** The live bytes of a place; a register's eight. */
export function readPlace(live: Target, place: Place): Uint8Array | undefined {
  if (place.kind !== 'register') return readBytes(live, place, BYTES_LIMIT);
  const cpu = partitionOf(live, place.partition)?.cpus[place.cpu];
  return cpu && bytesOf(cpu.get(place.register), 8);
}

/** Writes through the target and nothing else: whoever pokes the same bytes has the same effect. */
export function writePlace(live: Target, place: Place, bytes: Uint8Array): boolean {
  if (place.kind === 'machine') return live.machine?.write(place.address, bytes) ?? false;
  const partition = partitionOf(live, place.partition);
  if (!partition) return false;
  if (place.kind === 'register') {
    const cpu = partition.cpus[place.cpu];
    if (!cpu || bytes.length !== 8) return false;
    cpu.set(place.register, new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
    return true;
  }
  if (place.kind !== 'bytes') return false;
  let done = 0;
  for (const run of place.runs) {
    const part = bytes.subarray(done, done + run.bytes);
    if (part.length > 0 && !partition.memory.write(run.physical, part)) return false;
    done += run.bytes;
  }
  return true;
}
