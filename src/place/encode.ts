import { bytesOf } from './integer.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Place } from './place.ts';
import { addressBits } from './place.ts';
import { scalar } from './evaluate.ts';
import type { Value } from './value.ts';
import type { World } from './world.ts';

/** A value as `width` little-endian bytes, to be written: numbers, texts (cut or filled with zeros), and of a place its address. */
export function encoded(world: World, value: Value, width: number): Outcome<Uint8Array> {
  if (value.kind === 'string' && width > 0) {
    const bytes = new Uint8Array(width);
    bytes.set(Buffer.from(value.value, 'latin1').subarray(0, width));
    return found(bytes);
  }
  if (width > 8) return lost('TYPE', '', `${width} bytes hold no single number`);
  if (value.kind === 'place') {
    const address = addressOf(value.value);
    if (address !== undefined) return found(bytesOf(address, width));
  }
  const read = scalar(world, found(value));
  if (!read.ok) return read;
  if (read.value.kind === 'int') return found(bytesOf(read.value.value, width));
  if (read.value.kind === 'time' || read.value.kind === 'size')
    return found(bytesOf(BigInt(read.value.value), width));
  return read.value.kind === 'bool'
    ? found(bytesOf(read.value.value ? 1n : 0n, width))
    : lost('TYPE', '', 'only a number or the address of a place can be written');
}

function addressOf(place: Place): bigint | undefined {
  if (place.kind === 'machine') return BigInt(place.address);
  return place.kind === 'bytes' ? addressBits(place) : undefined;
}
