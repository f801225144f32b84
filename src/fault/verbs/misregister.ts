import { REGION_HEADER_BYTES, sealRegion, startsWithMagic } from '../../formats/region.ts';
import { physicalPlace } from '../../place/collections/metadata.ts';
import { partitionOf } from '../../place/read.ts';
import { logicalAddress } from '../../target/hypercalls.ts';
import type { AlteredRegistration, Registration } from '../../target/registration.ts';
import type { Partition, Target } from '../../target/target.ts';
import type { Effect, Injection } from '../injection.ts';
import { clause, NO_BYTES, refused } from '../injection.ts';

/** Where the fields of a region's header lie (formats/region.ts). */
const VERSION_AT = 8;
const TOTAL_BYTES_AT = 12;
const FLAGS_AT = 20;
const BOOT_ID_AT = 24;
const SEAL_AT = 32;
const NO_VERSION = 9;
/** Lies in fields that a stock Linux, which registers its VMCOREINFO note alone, does not have. */
const IN_THE_HEADER: ReadonlySet<string> = new Set(['VERSION', 'STALE', 'SEAL', 'MALFORMED']);

/** What a lie does: other arguments, other bytes in the region, another moment. */
interface Lie {
  readonly registration: AlteredRegistration;
  /** The region's bytes as they shall be; absent when they stay. */
  readonly bytes?: Uint8Array;
}

/**
 * `misregister web.metadata how HOW`, at the registration itself: what reaches the registry instead, and what was done.
 */
export function misregister(
  injection: Injection,
  registration: Registration,
): { readonly effect: Effect; readonly altered?: AlteredRegistration } {
  const how = clause(injection.action, 'how');
  const partition = partitionOf(injection.live, registration.partition);
  if (how?.kind !== 'word' || !partition) return { effect: refused('`how` is missing') };
  const region = new Uint8Array(Math.min(registration.bytes, partition.memory.size));
  if (!partition.memory.read(registration.address, region))
    return { effect: refused('the region cannot be read') };
  const lie = lieOf(how.value, registration, region, injection.live, partition);
  if (!lie) {
    const why = refused(`the region cannot be registered ${how.value}`);
    return { effect: startsWithMagic(region) ? why : { ...why, unsupported: true } };
  }
  const changed = lie.bytes && difference(region, lie.bytes);
  if (lie.bytes && changed) {
    const part = lie.bytes.subarray(changed.start, changed.end);
    if (!partition.memory.write(registration.address + changed.start, part)) {
      return { effect: refused('the region cannot be written') };
    }
  }
  const place = physicalPlace(
    partition,
    registration.address,
    registration.bytes,
    `${partition.name}.metadata`,
    'metadata',
  );
  const before = changed ? region.slice(changed.start, changed.end) : NO_BYTES;
  const after = changed && lie.bytes ? lie.bytes.slice(changed.start, changed.end) : NO_BYTES;
  const effect: Effect = { kind: 'done', place, before, after, watch: [], immediate: true, note: how.value };
  return { effect, altered: lie.registration };
}

function lieOf(
  how: string,
  { address, bytes }: Registration,
  region: Uint8Array,
  live: Target,
  partition: Partition,
): Lie | undefined {
  const as_is = { when: 'now', address, bytes, again: false } as const;
  const bare = !startsWithMagic(region);
  if (bare && IN_THE_HEADER.has(how)) return undefined;
  switch (how) {
    case 'NEVER':
      return { registration: { ...as_is, when: 'never' } };
    case 'LATE':
      return { registration: { ...as_is, when: 'after_boot' } };
    case 'TWICE':
      return { registration: { ...as_is, again: true } };
    case 'OUTSIDE':
      return { registration: { ...as_is, address: partition.memory.size - 4096 } };
    case 'FOREIGN': {
      const foreign = foreignAddress(live, partition);
      return foreign === undefined ? undefined : { registration: { ...as_is, address: foreign } };
    }
    case 'TRUNCATED': {
      const said = bare ? bytes : new DataView(region.buffer).getUint32(TOTAL_BYTES_AT, true);
      return { registration: { ...as_is, bytes: Math.max(REGION_HEADER_BYTES, said >> 1) } };
    }
    case 'VERSION':
      return {
        registration: as_is,
        bytes: patched(region, (view) => view.setUint16(VERSION_AT, NO_VERSION, true)),
      };
    case 'STALE': {
      const stale = patched(region, (view) =>
        view.setBigUint64(BOOT_ID_AT, view.getBigUint64(BOOT_ID_AT, true) ^ 1n, true),
      );
      return { registration: as_is, bytes: resealed(stale) };
    }
    case 'SEAL': {
      const whole = sealed(region.slice());
      return {
        registration: as_is,
        bytes: patched(whole, (view) => view.setUint8(SEAL_AT, view.getUint8(SEAL_AT) ^ 1)),
      };
    }
    case 'MALFORMED':
      // The first entry says that it is longer than the whole region; sealed as if that were meant.
      return {
        registration: as_is,
        bytes: resealed(
          patched(region, (view) => view.setUint32(REGION_HEADER_BYTES + 4, 0x00ff_ffff, true)),
        ),
      };
    default:
      return undefined;
  }
}

/** The logical address of a neighbour's region, or of its first page while it has none. */
function foreignAddress(live: Target, partition: Partition): number | undefined {
  const index = live.partitions.findIndex((other) => other.name !== partition.name);
  const other = live.partitions[index];
  return other && logicalAddress(index + 1, other.region?.()?.physical ?? 0);
}

function patched(region: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const bytes = region.slice();
  change(new DataView(bytes.buffer));
  return bytes;
}

/** A seal that fits the bytes: the lie is in them, not in the seal. */
function resealed(bytes: Uint8Array): Uint8Array {
  return (new DataView(bytes.buffer).getUint32(FLAGS_AT, true) & 1) === 1 ? sealed(bytes) : bytes;
}

function sealed(bytes: Uint8Array): Uint8Array {
  const total_bytes = new DataView(bytes.buffer).getUint32(TOTAL_BYTES_AT, true);
  if (total_bytes <= bytes.length && total_bytes > REGION_HEADER_BYTES)
    sealRegion(bytes.subarray(0, total_bytes));
  return bytes;
}

function difference(
  before: Uint8Array,
  after: Uint8Array,
): { readonly start: number; readonly end: number } | undefined {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  if (start === before.length) return undefined;
  let end = before.length;
  while (before[end - 1] === after[end - 1]) end--;
  return { start, end };
}
