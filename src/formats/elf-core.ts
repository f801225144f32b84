import { readNotes, writeNotes } from './notes.ts';
import type { CpuRegisters } from './elf-registers.ts';
import { readPrstatus, readQemuState, writePrstatus } from './elf-registers.ts';
import type { ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';
import { VMCOREINFO_NOTE } from './vmcoreinfo.ts';

/** A run of guest-physical memory in a core file. */
interface CoreSegment {
  readonly physical: number;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** What an ELF64 core of a machine holds: as `makedumpfile -E`, `/proc/vmcore` and QEMU's `dump-guest-memory` write it. */
export interface ElfCore {
  readonly segments: readonly CoreSegment[];
  /** In the order of the notes: NT_PRSTATUS, with what QEMU adds to it where it does. */
  readonly cpus: readonly CpuRegisters[];
  /** The descriptor of the VMCOREINFO note. */
  readonly vmcoreinfo?: Uint8Array;
  /** Fills `into` from guest-physical memory; false when a byte is in no segment. May cross segments that touch. */
  readonly read: ReadMemory;
}

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const SEGMENT_LIMIT = 4096;
const NOTES_LIMIT = 1_048_576;

/** Opens a core through a reader of the file. Only headers and notes are read; offsets of failures are bytes of the file. */
export function openElfCore(file: ReadMemory): Result<ElfCore> {
  const header = new Uint8Array(ELF_HEADER_BYTES);
  if (!file(0, header)) return failure('TRUNCATED', 'shorter than an ELF header');
  const view = new DataView(header.buffer);
  // 0x7f "ELF", 64 bits, little-endian; a core file; x86-64.
  if (view.getUint32(0, false) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) {
    return failure('MALFORMED', 'no little-endian ELF64 file');
  }
  if (view.getUint16(16, true) !== 4) return failure('MALFORMED', 'an ELF file, but no core', 16);
  if (view.getUint16(18, true) !== 62) return failure('MALFORMED', 'a core of another processor', 18);
  const headers_at = uint64(view, 32);
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== PROGRAM_HEADER_BYTES) {
    return failure('MALFORMED', 'program headers of another size', 54);
  }
  if (count > SEGMENT_LIMIT) return failure('LIMIT', `${count} program headers`, 56);
  const table = new Uint8Array(count * PROGRAM_HEADER_BYTES);
  if (!file(headers_at, table)) return failure('TRUNCATED', 'the program headers are cut short', headers_at);
  const headers = new DataView(table.buffer);
  const segments: CoreSegment[] = [];
  let notes = new Uint8Array(0);
  for (let at = 0; at < table.length; at += PROGRAM_HEADER_BYTES) {
    const offset = uint64(headers, at + 8);
    const bytes = uint64(headers, at + 32);
    const type = headers.getUint32(at, true);
    if (type === PT_LOAD && bytes > 0) segments.push({ physical: uint64(headers, at + 24), offset, bytes });
    if (type !== PT_NOTE || notes.length > 0) continue;
    if (bytes > NOTES_LIMIT) return failure('LIMIT', `${bytes} bytes of notes`, headers_at + at);
    notes = new Uint8Array(bytes);
    if (!file(offset, notes)) return failure('TRUNCATED', 'the notes are cut short', offset);
  }
  segments.sort((a, b) => a.physical - b.physical);
  return success({ segments, ...contentsOf(notes), read: segmentReader(file, segments) });
}

function contentsOf(bytes: Uint8Array): Pick<ElfCore, 'cpus' | 'vmcoreinfo'> {
  const cpus: CpuRegisters[] = [];
  let vmcoreinfo: Uint8Array | undefined;
  let described = 0;
  for (const note of readNotes(bytes).notes) {
    const desc = bytes.subarray(note.desc_start, note.desc_end);
    if (note.name === 'CORE' && note.type === 1) cpus.push(readPrstatus(desc));
    else if (note.name === VMCOREINFO_NOTE) vmcoreinfo ??= desc;
    else if (note.name === 'QEMU' && described < cpus.length) {
      cpus[described] = { ...cpus[described], ...readQemuState(desc) };
      described++;
    }
  }
  return { cpus, ...(vmcoreinfo ? { vmcoreinfo } : {}) };
}

function segmentReader(file: ReadMemory, segments: readonly CoreSegment[]): ReadMemory {
  return (address, into) => {
    const pieces: { segment: CoreSegment; skip: number; start: number; bytes: number }[] = [];
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const segment = segments[lastAtOrBelow(segments, at)];
      if (!segment || at >= segment.physical + segment.bytes) return false;
      const skip = at - segment.physical;
      const bytes = Math.min(into.length - done, segment.bytes - skip);
      pieces.push({ segment, skip, start: done, bytes });
      done += bytes;
    }
    const whole = pieces.length === 1 ? into : new Uint8Array(into.length);
    for (const { segment, skip, start, bytes } of pieces) {
      if (!file(segment.offset + skip, whole.subarray(start, start + bytes))) return false;
    }
    if (whole !== into) into.set(whole);
    return true;
  };
}

function lastAtOrBelow(segments: readonly CoreSegment[], address: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as CoreSegment).physical <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Sizes beyond 2^53 are rounded, and then lie outside every file. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

/** A machine to be written as a core file. */
interface CoreContent {
  /** Runs of guest-physical memory, apart from each other. */
  readonly memory: readonly { readonly physical: number; readonly bytes: number }[];
  readonly cpus: readonly CpuRegisters[];
  /** The text of the VMCOREINFO note. */
  readonly vmcoreinfo?: string;
}

/**
 * The head of a core file: headers and notes, padded so that the memory that follows is page-aligned. The caller appends the bytes of each
 * run of `memory` in order, with nothing between them: a machine need not fit into one array.
 *
 * @public
 */
export function writeElfCoreHead(content: CoreContent): Uint8Array {
  const notes = writeNotes([
    ...content.cpus.map((registers) => ({ name: 'CORE', type: 1, desc: writePrstatus(registers) })),
    ...(content.vmcoreinfo === undefined
      ? []
      : [{ name: VMCOREINFO_NOTE, type: 0, desc: Buffer.from(content.vmcoreinfo, 'latin1') }]),
  ]);
  const headers = content.memory.length + 1;
  const notes_at = ELF_HEADER_BYTES + headers * PROGRAM_HEADER_BYTES;
  const bytes = new Uint8Array(Math.ceil((notes_at + notes.length) / 4096) * 4096);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setUint32(32, ELF_HEADER_BYTES, true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, headers, true);
  let at = ELF_HEADER_BYTES;
  const header = (type: number, offset: number, physical: number, size: number): void => {
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 24, BigInt(physical), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 40, BigInt(size), true);
    at += PROGRAM_HEADER_BYTES;
  };
  header(PT_NOTE, notes_at, 0, notes.length);
  let offset = bytes.length;
  for (const run of content.memory) {
    header(PT_LOAD, offset, run.physical, run.bytes);
    offset += run.bytes;
  }
  bytes.set(notes, notes_at);
  return bytes;
}
