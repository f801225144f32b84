import { readNotes } from './notes.ts';
import type { ReadMemory } from './result.ts';
import { readRegion, REGION_BYTES_LIMIT, REGION_HEADER_BYTES, startsWithMagic } from './region.ts';
import { VMCOREINFO_NOTE } from './vmcoreinfo.ts';

/** Something that a scan of guest-physical memory came upon. */
export interface Sighting {
  /** A whole metadata region, or a bare VMCOREINFO note such as Linux keeps for its dumps. */
  readonly kind: 'region' | 'vmcoreinfo';
  readonly physical: number;
  /** From `physical`: the region with its padding, or the note with its header. */
  readonly bytes: Uint8Array;
}

export interface ScanOptions {
  /**
   * Distance of the addresses that are looked at, a multiple of 8. Default 4096: regions and Linux's note are
   * page-aligned.
   */
  readonly step?: number;
  /** Sightings after which it stops. Default 16. */
  readonly limit?: number;
}

/** Linux's note is 0x1024 bytes; far more is no VMCOREINFO. */
const NOTE_LIMIT = 65_536;
const CHUNK = 65_536;
const LOOK_ALIKE_LIMIT = 256;
/** A file may claim any address: what it claims beyond this is not looked at. */
const SCANNED_BYTES = 16 * 1024 * 1_048_576;

/**
 * Looks through guest-physical memory [0, size), no more than 16 GiB of it, for regions that hold (their seal too) and
 * for VMCOREINFO notes, in the order of addresses. Reads each byte it needs once, and `size / step` places at most;
 * memory that cannot be read is passed over.
 */
export function scanForRegion(read: ReadMemory, all: number, options: ScanOptions = {}): Sighting[] {
  const size = Math.min(all, SCANNED_BYTES);
  const step = Math.max(8, Math.floor((options.step ?? 4096) / 8) * 8);
  const limit = options.limit ?? 16;
  const found: Sighting[] = [];
  // Each look-alike costs a read of all it claims to be: memory full of magics must not cost more than that many.
  let look_alikes = 0;
  let inside_until = 0;
  const look = (head: Uint8Array, physical: number): boolean => {
    const kind = startsWithMagic(head) ? 'region' : startsNote(head) ? 'vmcoreinfo' : undefined;
    if (kind === undefined || physical < inside_until) return false;
    const sighting = kind === 'region' ? regionAt(read, head, physical) : noteAt(read, head, physical);
    if (sighting) {
      found.push(sighting);
      // The entries of a region are no sightings of their own.
      inside_until = physical + sighting.bytes.length;
    }
    return found.length >= limit || ++look_alikes >= LOOK_ALIKE_LIMIT;
  };
  if (step >= 4096) {
    const head = new Uint8Array(24);
    for (let at = 0; at + 24 <= size; at += step) if (read(at, head) && look(head, at)) break;
    return found;
  }
  const chunk = new Uint8Array(CHUNK + 16);
  for (let base = 0; base < size; base += CHUNK) {
    const length = Math.min(chunk.length, size - base);
    const bytes = chunk.subarray(0, length);
    if (!read(base, bytes)) continue;
    for (let at = 0; at + 24 <= length && at < CHUNK; at += step) {
      if (look(bytes.subarray(at, at + 24), base + at)) return found;
    }
  }
  return found;
}

function regionAt(read: ReadMemory, head: Uint8Array, physical: number): Sighting | undefined {
  const total_bytes = uint32(head, 12);
  if (total_bytes < REGION_HEADER_BYTES || total_bytes > REGION_BYTES_LIMIT) return undefined;
  const bytes = new Uint8Array(total_bytes);
  if (!read(physical, bytes) || !readRegion(bytes).ok) return undefined;
  return { kind: 'region', physical, bytes };
}

function noteAt(read: ReadMemory, head: Uint8Array, physical: number): Sighting | undefined {
  const desc_bytes = uint32(head, 4);
  if (desc_bytes === 0 || desc_bytes > NOTE_LIMIT) return undefined;
  const bytes = new Uint8Array(24 + desc_bytes);
  if (!read(physical, bytes) || readNotes(bytes, 0, bytes.length, 1).notes.length === 0) return undefined;
  return { kind: 'vmcoreinfo', physical, bytes };
}

function startsNote(head: Uint8Array): boolean {
  if (uint32(head, 0) !== VMCOREINFO_NOTE.length + 1) return false;
  for (let index = 0; index < VMCOREINFO_NOTE.length; index++) {
    if (head[12 + index] !== VMCOREINFO_NOTE.charCodeAt(index)) return false;
  }
  return true;
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
