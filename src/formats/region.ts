import { crc32c } from './crc32c.ts';
import type { Note, NoteContent } from './notes.ts';
import { readNotes, writeNotes } from './notes.ts';
import type { Result } from './result.ts';
import { failure, success } from './result.ts';

/**
 * The metadata region: what a guest prepares in its own memory while it boots, and whose place it registers.
 * Little-endian.
 *
 *   offset size
 *        0    8  magic `SIRENMD1`
 *        8    2  version, 1
 *       10    2  header_bytes, 40
 *       12    4  total_bytes: header, entries and padding
 *       16    4  entry_count
 *       20    4  flags: bit 0 the seal is CRC-32C; every other bit 0
 *       24    8  boot_id, drawn anew at every boot
 *       32    4  seal: CRC-32C of the total_bytes with these four as zeros; 0 when it is not sealed
 *       36    4  zero
 *       40       entry_count ELF notes, then zeros to total_bytes
 *
 * Notes: name `VMCOREINFO` type 0 holds the text; name `SIREN` and a type of REGION_NOTE the rest. region.md, beside
 * this file, has it all.
 */
const REGION_MAGIC = 'SIRENMD1';
export const REGION_VERSION = 1;
export const REGION_HEADER_BYTES = 40;
export const REGION_BYTES_LIMIT = 16_777_216;
export const SIREN_NOTE = 'SIREN';

/** Types of notes whose name is `SIREN`. */
export const REGION_NOTE = {
  /** Six u64 kernel virtual addresses: names, num_syms, token_table, token_index, offsets, relative_base. */
  KALLSYMS: 2,
  /**
   * u64 kernel virtual address and u64 bytes of a BTF blob. There may be several; a type is looked up in their order.
   */
  BTF: 3,
  /** A structure's locator: names and code (locator-code/entry.ts). */
  LOCATOR: 5,
} as const;

const ENTRY_LIMIT = 1024;
const FLAG_SEALED = 1;
const SEAL_AT = 32;

export interface Region {
  readonly version: number;
  readonly total_bytes: number;
  readonly sealed: boolean;
  /** True also when it is not sealed and says so in both places. */
  readonly seal_holds: boolean;
  /** Unsigned. */
  readonly boot_id: bigint;
  readonly entries: readonly Note[];
}

export interface ReadRegionOptions {
  /** Go on when the seal does not hold, and say so in `seal_holds`. For a rescuer that makes do with what there is. */
  readonly ignore_seal?: boolean;
}

/**
 * Reads a region that begins at bytes[0]; longer bytes are fine. Failures, in the order they are looked for: TRUNCATED
 * (shorter than the header, or than total_bytes says), MALFORMED (magic, header), VERSION, SEAL, MALFORMED (an entry
 * reaches outside, or there are fewer than entry_count). Offsets of failures and of notes are from bytes[0].
 */
export function readRegion(bytes: Uint8Array, options: ReadRegionOptions = {}): Result<Region> {
  if (bytes.length < REGION_HEADER_BYTES) {
    return failure('TRUNCATED', `${bytes.length} bytes are less than a header`, bytes.length);
  }
  if (!startsWithMagic(bytes)) return failure('MALFORMED', `it does not begin with ${REGION_MAGIC}`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(8, true);
  if (version !== REGION_VERSION) return failure('VERSION', `version ${version} is not ${REGION_VERSION}`, 8);
  const header_bytes = view.getUint16(10, true);
  if (header_bytes !== REGION_HEADER_BYTES)
    return failure('MALFORMED', `a header of ${header_bytes} bytes`, 10);
  const total_bytes = view.getUint32(12, true);
  if (total_bytes < REGION_HEADER_BYTES || total_bytes > REGION_BYTES_LIMIT) {
    return failure('MALFORMED', `a total of ${total_bytes} bytes`, 12);
  }
  if (total_bytes > bytes.length) {
    return failure('TRUNCATED', `the header says ${total_bytes} bytes, there are ${bytes.length}`, 12);
  }
  const flags = view.getUint32(20, true);
  if (flags > FLAG_SEALED) return failure('MALFORMED', `flags 0x${flags.toString(16)}`, 20);
  const sealed = flags === FLAG_SEALED;
  // Without a seal the field is zero: a flipped flag must not make a damaged region pass as one that was never sealed.
  const expected_seal = sealed ? sealOf(bytes, total_bytes) : 0;
  const seal_holds = expected_seal === view.getUint32(SEAL_AT, true);
  if (!seal_holds && options.ignore_seal !== true) return failure('SEAL', 'the seal does not match', SEAL_AT);
  const entry_count = view.getUint32(16, true);
  if (entry_count > ENTRY_LIMIT) return failure('MALFORMED', `${entry_count} entries`, 16);
  const { notes, failure: broken } = readNotes(bytes, REGION_HEADER_BYTES, total_bytes, entry_count);
  if (broken) return failure('MALFORMED', broken.message, broken.offset);
  // The padding reads as notes without a name.
  const found = notes.findIndex((note) => note.name === '');
  if (found >= 0 || notes.length < entry_count) {
    const there = found < 0 ? notes.length : found;
    return failure('MALFORMED', `${entry_count} entries are announced, ${there} are there`, 16);
  }
  const boot_id = view.getBigUint64(24, true);
  return success({ version, total_bytes, sealed, seal_holds, boot_id, entries: notes });
}

interface RegionContent {
  readonly boot_id: bigint;
  readonly sealed: boolean;
  readonly entries: readonly NoteContent[];
  /** Pads with zeros up to this size. */
  readonly total_bytes?: number;
}

/**
 * The bytes of a region. When `total_bytes` is too small for the entries the region is as long as they need. @public
 */
export function writeRegion(content: RegionContent): Uint8Array {
  const notes = writeNotes(content.entries);
  const bytes = new Uint8Array(Math.max(REGION_HEADER_BYTES + notes.length, content.total_bytes ?? 0));
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < 8; index++) bytes[index] = REGION_MAGIC.charCodeAt(index);
  view.setUint16(8, REGION_VERSION, true);
  view.setUint16(10, REGION_HEADER_BYTES, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, content.entries.length, true);
  view.setUint32(20, content.sealed ? FLAG_SEALED : 0, true);
  view.setBigUint64(24, BigInt.asUintN(64, content.boot_id), true);
  bytes.set(notes, REGION_HEADER_BYTES);
  if (content.sealed) sealRegion(bytes);
  return bytes;
}

/** Computes the seal of a whole region anew, in place, and marks it as sealed. */
export function sealRegion(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(20, FLAG_SEALED, true);
  view.setUint32(SEAL_AT, sealOf(bytes, bytes.length), true);
}

/** The descriptor of an entry, not copied. */
export function descOf(bytes: Uint8Array, note: Note): Uint8Array {
  return bytes.subarray(note.desc_start, note.desc_end);
}

/** True when the bytes begin with the region's magic. */
export function startsWithMagic(bytes: Uint8Array): boolean {
  for (let index = 0; index < 8; index++) if (bytes[index] !== REGION_MAGIC.charCodeAt(index)) return false;
  return true;
}

function sealOf(bytes: Uint8Array, total_bytes: number): number {
  const before = crc32c(bytes, 0, SEAL_AT);
  return crc32c(bytes, SEAL_AT + 4, total_bytes, crc32c(new Uint8Array(4), 0, 4, before));
}
