import type { CoreFile, SourceFile } from './core-file.ts';
import { readCoreNotes } from './core-file.ts';
import type { Extent } from './extents.ts';
import { Extents } from './extents.ts';
import type { Failure, ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';

export const ELF_HEADER_BYTES = 64;
export const PROGRAM_HEADER_BYTES = 56;
export const PT_LOAD = 1;
export const PT_NOTE = 4;
const EM_X86_64 = 62;
const ET_CORE = 4;
/** e_phnum says that the real number stands in the first section header (gABI, PN_XNUM). */
const PN_XNUM = 0xffff;
const SECTION_HEADER_BYTES = 64;
const SEGMENT_LIMIT = 65_536;
/** A region's copy may be among them. */
const NOTES_LIMIT = 32 * 1_048_576;
/** Physical addresses have 52 bits. */
const PHYSICAL_LIMIT = 2 ** 52;

/** Processors by their number in the header (gABI, e_machine): the likely ones. */
const PROCESSORS: Readonly<Record<number, string>> = {
  3: '32-bit x86',
  8: 'MIPS',
  20: '32-bit PowerPC',
  21: 'PowerPC',
  22: 's390',
  40: '32-bit Arm',
  183: 'Arm (aarch64)',
  243: 'RISC-V',
  258: 'LoongArch',
};

/**
 * Opens an ELF64 core of an x86-64 machine: what QEMU's `dump-guest-memory` writes with and without paging,
 * /proc/vmcore, `makedumpfile -E`. Only headers and notes are read; offsets of failures are bytes of the file. One that
 * is cut short opens as far as it goes, and says what it lacks.
 */
export function openElfCore(file: SourceFile): Result<CoreFile> {
  const header = new Uint8Array(ELF_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const count = readHeader(file, header, view);
  if (typeof count !== 'number') return count;
  const headers_at = uint64(view, 32);
  const table = new Uint8Array(count * PROGRAM_HEADER_BYTES);
  if (!file.read(headers_at, table))
    return failure('TRUNCATED', 'the file ends within its program headers', headers_at);
  const headers = new DataView(table.buffer);
  const extents: Extent[] = [];
  const machine: Extent[] = [];
  let notes = new Uint8Array(0);
  const claims: Extent[] = [];
  let whole = true;
  for (let at = 0; at < table.length; at += PROGRAM_HEADER_BYTES) {
    const offset = uint64(headers, at + 8);
    const bytes = uint64(headers, at + 32);
    const type = headers.getUint32(at, true);
    if (type === PT_LOAD) {
      const start = uint64(headers, at + 24);
      // What makedumpfile leaves unset is -1.
      if (start >= PHYSICAL_LIMIT) continue;
      if (bytes >= PHYSICAL_LIMIT)
        return failure('LIMIT', `a segment of ${bytes} bytes`, headers_at + at + 32);
      const held = Math.max(0, Math.min(bytes, file.bytes - offset));
      claims.push({ start, bytes, offset });
      extents.push({ start, bytes: held, offset });
      const size = Math.min(Math.max(bytes, uint64(headers, at + 40)), PHYSICAL_LIMIT - start);
      machine.push({ start, bytes: size, offset: 0 });
      if (held < size) whole = false;
    }
    if (type !== PT_NOTE || notes.length > 0) continue;
    if (bytes > NOTES_LIMIT) return failure('LIMIT', `${bytes} bytes of notes`, headers_at + at + 32);
    notes = new Uint8Array(bytes);
    if (!file.read(offset, notes)) return failure('TRUNCATED', 'the file ends within its notes', offset);
  }
  const segments = new Extents(extents);
  const all = new Extents(machine);
  // Each byte once, however often it is mapped.
  const [there, claimed] = [segments.bytes, new Extents(claims).bytes];
  if (claimed === 0)
    return failure('MALFORMED', 'a core without memory: it has no segment with bytes in it', headers_at);
  return success({
    format: 'ELF core',
    memory_bytes: all.end,
    held_bytes: segments.bytes,
    ...(whole
      ? {}
      : { absent: (physical: number) => segments.indexOf(physical) < 0 && all.indexOf(physical) >= 0 }),
    ...readCoreNotes(notes),
    shortcomings:
      there < claimed ? [`the file is cut short: ${percent(there / claimed)} of its memory is there`] : [],
    read: segmentReader(file.read, segments),
  });
}

/** How many program headers there are; why it is no core that can be read. */
function readHeader(file: SourceFile, header: Uint8Array, view: DataView): number | Failure {
  if (!file.read(0, header)) return failure('TRUNCATED', 'the file is shorter than an ELF header');
  if (view.getUint32(0, false) !== 0x7f454c46) return failure('MALFORMED', 'no ELF file');
  if (header[5] === 2)
    return failure('UNSUPPORTED', 'a core of a big-endian machine: only x86-64 is understood', 5);
  if (header[4] === 1) return failure('UNSUPPORTED', 'a 32-bit core: only x86-64 is understood', 4);
  if (header[4] !== 2 || header[5] !== 1)
    return failure('MALFORMED', 'its ELF class and byte order are none that exist', 4);
  if (view.getUint16(16, true) !== ET_CORE) return failure('MALFORMED', 'an ELF file, but no core', 16);
  const machine = view.getUint16(18, true);
  if (machine !== EM_X86_64) {
    const name = PROCESSORS[machine] ?? `processor ${machine}`;
    return failure('UNSUPPORTED', `a core of another architecture, ${name}: only x86-64 is understood`, 18);
  }
  if (view.getUint16(54, true) !== PROGRAM_HEADER_BYTES) {
    return failure('MALFORMED', 'program headers of another size', 54);
  }
  const said = view.getUint16(56, true);
  const count = said === PN_XNUM ? countInSection(file.read, uint64(view, 40)) : said;
  if (count === undefined) return failure('TRUNCATED', 'the file ends before its section header', 40);
  if (count > SEGMENT_LIMIT) return failure('LIMIT', `${count} program headers`, 56);
  return count;
}

/** sh_info of the first section header. */
function countInSection(read: ReadMemory, at: number): number | undefined {
  const section = new Uint8Array(SECTION_HEADER_BYTES);
  return read(at, section) ? new DataView(section.buffer).getUint32(44, true) : undefined;
}

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}

/**
 * Memory through the runs of a file. Nothing of `into` is touched where not all of it is there, unless the file itself
 * fails.
 */
export function segmentReader(read: ReadMemory, segments: Extents): ReadMemory {
  return (address, into) => {
    if (!(address >= 0)) return false;
    const index = segments.indexOf(address);
    if (index < 0) return false;
    if (segments.leftIn(index, address) >= into.length) return read(segments.offsetOf(index, address), into);
    if (!segments.covers(address, into.length)) return false;
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const run = segments.indexOf(at);
      const bytes = Math.min(into.length - done, segments.leftIn(run, at));
      if (!read(segments.offsetOf(run, at), into.subarray(done, done + bytes))) return false;
      done += bytes;
    }
    return true;
  };
}

/** Sizes beyond 2^53 are rounded, and then lie outside every file. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}
