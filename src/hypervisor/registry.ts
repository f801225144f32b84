import { REGION_BYTES_LIMIT, readRegion } from '../formats/region.ts';
import { REFUSALS } from '../model/vocabulary.ts';
import { splitLogical } from '../target/hypercalls.ts';
import type { PhysicalMemory } from '../target/target.ts';

/** One of REFUSALS. */
type RefusalCode =
  'OUTSIDE' | 'FOREIGN' | 'TRUNCATED' | 'VERSION' | 'LATE' | 'TWICE' | 'STALE' | 'SEAL' | 'MALFORMED';

/** What the registry knows of one partition in this boot. */
export interface RegistryEntry {
  /** The region, once one was accepted: guest-physical address and bytes. */
  readonly region?: { readonly physical: number; readonly bytes: number };
  /** Its bytes as they were then. Never written. */
  readonly copy?: Uint8Array;
  /** Why the last refused registration was turned down. */
  readonly refusal?: RefusalCode;
}

/** A registration, with what the rules need to know. */
export interface Application {
  /** Logical address (target/hypercalls.ts). */
  readonly address: number;
  readonly bytes: number;
  readonly boot_id: bigint;
  /** The id that the firmware gave to this boot. */
  readonly current_boot_id: bigint;
  /** 1 + index of the partition. */
  readonly number: number;
  readonly booted: boolean;
  readonly memory: PhysicalMemory;
  /** Bytes of memory by partition number; undefined where there is no such partition. */
  readonly memoryOf: (number: number) => number | undefined;
}

export type Ruling =
  | { readonly accepted: true; readonly entry: RegistryEntry }
  | { readonly accepted: false; readonly code: RefusalCode };

/**
 * The registry's rules, in the order they are applied:
 * LATE after boot complete; TWICE when one was accepted before in this boot; FOREIGN when the logical address names another partition and
 * lies in its memory; OUTSIDE when the range is not wholly in the caller's; then what `readRegion` finds (TRUNCATED, MALFORMED, VERSION,
 * SEAL); STALE when the region or the call carries another boot's id.
 */
export function rule(entry: RegistryEntry, application: Application): Ruling {
  if (application.booted) return refused('LATE');
  if (entry.region !== undefined) return refused('TWICE');
  const { address, bytes, memory } = application;
  if (!Number.isSafeInteger(address) || address < 0 || !Number.isSafeInteger(bytes) || bytes < 0)
    return refused('OUTSIDE');
  const { whose, physical } = splitLogical(address);
  if (whose !== 0 && whose !== application.number) {
    const size = application.memoryOf(whose);
    return refused(size !== undefined && physical < size ? 'FOREIGN' : 'OUTSIDE');
  }
  if (physical + bytes > memory.size) return refused('OUTSIDE');
  if (bytes > REGION_BYTES_LIMIT) return refused('MALFORMED');
  const copy = new Uint8Array(bytes);
  if (!memory.read(physical, copy)) return refused('OUTSIDE');
  const region = readRegion(copy);
  if (!region.ok) return refused(isRefusal(region.code) ? region.code : 'MALFORMED');
  const { current_boot_id } = application;
  if (region.value.boot_id !== current_boot_id || application.boot_id !== current_boot_id)
    return refused('STALE');
  return { accepted: true, entry: { region: { physical, bytes }, copy } };
}

function refused(code: RefusalCode): Ruling {
  return { accepted: false, code };
}

function isRefusal(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSALS, code);
}

/** What the hypercall answers: 0, or -1 - index into REFUSALS. */
export function resultOf(ruling: Ruling): number {
  return ruling.accepted ? 0 : -1 - Object.keys(REFUSALS).indexOf(ruling.code);
}
