import type { CoreFile, SourceFile } from './core-file.ts';
import { readCoreNotes } from './core-file.ts';
import { PageBitmap } from './kdump-bitmap.ts';
import type { Failure, ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';

/**
 * Unpacks a page: that many bytes, or undefined when it does not unpack to just these. Given, because this folder
 * imports no packages.
 */
export type Inflate = (packed: Uint8Array, bytes: number) => Uint8Array | undefined;

/** struct disk_dump_header and struct kdump_sub_header (makedumpfile, diskdump_mod.h), 64-bit layout. */
const SIGNATURES: ReadonlySet<string> = new Set(['KDUMP   ', 'DISKDUMP']);
const HEADER_BYTES = 464;
const SUB_HEADER_BYTES = 104;
const AT = {
  version: 8,
  release: 142,
  machine: 272,
  status: 424,
  block_size: 428,
  sub_blocks: 432,
  bitmap_blocks: 436,
  max_mapnr: 440,
} as const;
const SUB = { vmcoreinfo: 32, note: 48, max_mapnr: 96 } as const;
const UTSNAME_FIELD = 65;
/** DUMP_DH_COMPRESSED_INCOMPLETE. */
const INCOMPLETE = 0x8;
/** struct page_desc: where a page's bytes lie, how many, and how they are packed (DUMP_DH_COMPRESSED_*). */
const DESCRIPTOR_BYTES = 24;
const PACKED_ZLIB = 0x1;
const PACKED_OTHERS: Readonly<Record<number, string>> = { 0x2: 'lzo', 0x4: 'snappy', 0x20: 'zstd' };
const NOTES_LIMIT = 1_048_576;
/** 64 TiB. */
const PAGES_LIMIT = 2 ** 34;
/** Unpacked pages that are kept: enough for what lies close together. */
const PAGES_KEPT = 256;
/** Pages that cannot be had are counted up to here. */
const REFUSED_KEPT = 4096;

/** True for what makedumpfile and QEMU write as kdump-compressed. */
export function isKdump(file: SourceFile): boolean {
  const head = new Uint8Array(8);
  return file.read(0, head) && SIGNATURES.has(latin1(head, 0, 8));
}

/**
 * Opens a kdump-compressed dump. Only the headers, the notes and the bitmap of pages are gone through; pages are
 * unpacked when they are asked for. Pages that were left out when it was made are not there.
 */
export function openKdump(file: SourceFile, inflate: Inflate): Result<CoreFile> {
  const header = new Uint8Array(HEADER_BYTES);
  if (!file.read(0, header)) return failure('TRUNCATED', 'the file ends within its header');
  const view = new DataView(header.buffer);
  const word = (at: number): number => view.getUint32(at, true);
  const foreign = notOurs(header, view);
  if (foreign) return foreign;
  const block = word(AT.block_size);
  const sub = new Uint8Array(SUB_HEADER_BYTES);
  if (!file.read(block, sub)) return failure('TRUNCATED', 'the file ends within its second header', block);
  const said = new DataView(sub.buffer);
  const version = word(AT.version);
  const pages = version >= 6 ? uint64(said, SUB.max_mapnr) : word(AT.max_mapnr);
  if (!(pages > 0 && pages <= PAGES_LIMIT)) return failure('LIMIT', `a dump of ${pages} pages`, AT.max_mapnr);
  const all_bytes = word(AT.bitmap_blocks) * block;
  const bitmap_bytes = Math.ceil(pages / 8);
  if (bitmap_bytes > all_bytes)
    return failure('MALFORMED', 'its bitmap is too short for its pages', AT.bitmap_blocks);
  const bitmaps_at = (1 + word(AT.sub_blocks)) * block;
  // Of two bitmaps the first says which pages there are, the second which of them are in the file.
  const two = all_bytes >= 2 * Math.ceil(bitmap_bytes / block) * block;
  const bitmap = PageBitmap.open(file.read, bitmaps_at + (two ? all_bytes / 2 : 0), pages);
  const valid = two ? PageBitmap.open(file.read, bitmaps_at, pages) : bitmap;
  if (!bitmap || !valid) return failure('TRUNCATED', 'the file ends within its bitmap of pages', bitmaps_at);
  const notes = takeNotes(file, said, version);
  const { vmcoreinfo: of_notes, cpus } = readCoreNotes(notes.bytes);
  const vmcoreinfo = notes.vmcoreinfo ?? of_notes;
  const descriptors_at = bitmaps_at + all_bytes;
  const shortcomings = [...notes.shortcomings];
  if ((word(AT.status) & INCOMPLETE) !== 0) shortcomings.push('it says itself that it is incomplete');
  const missing = missingPages(file, descriptors_at, bitmap.count);
  if (missing !== undefined) shortcomings.push(missing);
  const reader = new KdumpPages(file, inflate, bitmap, block, descriptors_at);
  const whole =
    bitmap.count === valid.count &&
    missing === undefined &&
    allUnpack(file, descriptors_at, bitmap.count, block);
  return success({
    format: 'kdump',
    memory_bytes: valid.end * block,
    held_bytes: bitmap.count * block,
    ...(whole ? {} : { absent: (physical: number) => reader.lacks(physical, valid) }),
    cpus,
    ...(vmcoreinfo ? { vmcoreinfo } : {}),
    release: latin1(header, AT.release, UTSNAME_FIELD),
    get shortcomings() {
      return [...shortcomings, ...reader.refusals()];
    },
    read: reader.read,
  });
}

/** Why it cannot be read: another processor, another byte order, packed in a way that Node cannot unpack. */
function notOurs(header: Uint8Array, view: DataView): Failure | undefined {
  const version = view.getUint32(AT.version, true);
  if (version > 0xffff)
    return failure('UNSUPPORTED', 'a dump of a big-endian machine: only x86-64 is understood', AT.version);
  const machine = latin1(header, AT.machine, UTSNAME_FIELD);
  if (machine !== 'x86_64' && machine !== '')
    return failure(
      'UNSUPPORTED',
      `a dump of another architecture, ${machine.slice(0, 16)}: only x86-64 is understood`,
      AT.machine,
    );
  const block = view.getUint32(AT.block_size, true);
  if (block !== 4096) return failure('MALFORMED', `blocks of ${block} bytes`, AT.block_size);
  const status = view.getUint32(AT.status, true);
  for (const [bit, name] of Object.entries(PACKED_OTHERS)) {
    if ((status & Number(bit)) !== 0)
      return failure(
        'UNSUPPORTED',
        `its pages are packed with ${name}, which is not supported: make it again with zlib (makedumpfile -c, QEMU's kdump-zlib)`,
        AT.status,
      );
  }
  return undefined;
}

interface Told {
  readonly bytes: Uint8Array;
  readonly vmcoreinfo?: Uint8Array;
  readonly shortcomings: readonly string[];
}

/** The ELF notes and the text of VMCOREINFO, where the second header says that they are. */
function takeNotes(file: SourceFile, sub: DataView, version: number): Told {
  const shortcomings: string[] = [];
  const take = (at: number, since: number, what: string): Uint8Array | undefined => {
    const bytes = uint64(sub, at + 8);
    if (version < since || bytes === 0) return undefined;
    const into = new Uint8Array(Math.min(bytes, NOTES_LIMIT));
    if (bytes <= NOTES_LIMIT && file.read(uint64(sub, at), into)) return into;
    shortcomings.push(`its ${what} cannot be read`);
    return undefined;
  };
  const vmcoreinfo = take(SUB.vmcoreinfo, 3, 'VMCOREINFO');
  const bytes = take(SUB.note, 4, 'notes') ?? new Uint8Array(0);
  return { bytes, ...(vmcoreinfo ? { vmcoreinfo } : {}), shortcomings };
}

/** Whether the last page's bytes are in the file: descriptors come in order, and so do their bytes. */
function missingPages(file: SourceFile, at: number, count: number): string | undefined {
  const descriptor = new Uint8Array(DESCRIPTOR_BYTES);
  const there = (index: number): boolean => {
    if (!file.read(at + index * DESCRIPTOR_BYTES, descriptor)) return false;
    const view = new DataView(descriptor.buffer);
    return uint64(view, 0) + view.getUint32(8, true) <= file.bytes;
  };
  if (count === 0 || there(count - 1)) return undefined;
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (there(middle)) low = middle + 1;
    else high = middle;
  }
  return `the file is cut short: ${Math.floor((low / count) * 1000) / 10} % of its pages are there`;
}

/** Descriptors that are read at once, and that are looked at: those of 16 GiB. */
const AT_ONCE = 4096;
const LOOKED_AT = 4_194_304;

/** False where some page is packed as nobody here can unpack it, or is said to take more than a page. */
function allUnpack(file: SourceFile, at: number, count: number, block: number): boolean {
  const others = Object.keys(PACKED_OTHERS).reduce((bits, bit) => bits | Number(bit), 0);
  const end = Math.min(count, LOOKED_AT);
  for (let first = 0; first < end; first += AT_ONCE) {
    const bytes = new Uint8Array(Math.min(AT_ONCE, end - first) * DESCRIPTOR_BYTES);
    if (!file.read(at + first * DESCRIPTOR_BYTES, bytes)) return false;
    const view = new DataView(bytes.buffer);
    for (let one = 0; one < bytes.length; one += DESCRIPTOR_BYTES)
      if (view.getUint32(one + 8, true) > block || (view.getUint32(one + 12, true) & others) !== 0)
        return false;
  }
  return true;
}

/** Pages by their number, unpacked when they are asked for; the last ones are kept. */
class KdumpPages {
  readonly #file: SourceFile;
  readonly #inflate: Inflate;
  readonly #bitmap: PageBitmap;
  readonly #block: number;
  readonly #descriptors_at: number;
  readonly #kept = new Map<number, Uint8Array>();
  readonly #refused = new Map<string, Set<number>>();
  readonly #descriptor: Uint8Array = new Uint8Array(DESCRIPTOR_BYTES);
  readonly #view: DataView = new DataView(this.#descriptor.buffer);

  constructor(file: SourceFile, inflate: Inflate, bitmap: PageBitmap, block: number, descriptors_at: number) {
    this.#file = file;
    this.#inflate = inflate;
    this.#bitmap = bitmap;
    this.#block = block;
    this.#descriptors_at = descriptors_at;
  }

  readonly read: ReadMemory = (address, into) => {
    if (!(address >= 0)) return false;
    const pages: Uint8Array[] = [];
    const first = Math.floor(address / this.#block);
    const last = Math.floor((address + Math.max(into.length, 1) - 1) / this.#block);
    for (let number = first; number <= last; number++) {
      const page = this.#page(number);
      if (!page) return false;
      pages.push(page);
    }
    let skip = address - first * this.#block;
    let done = 0;
    for (const page of pages) {
      const part = page.subarray(skip, skip + into.length - done);
      into.set(part, done);
      done += part.length;
      skip = 0;
    }
    return true;
  };

  /** True for a page of the machine that the file does not give. */
  lacks(physical: number, valid: PageBitmap): boolean {
    const number = Math.floor(physical / this.#block);
    return valid.rankOf(number) >= 0 && this.#page(number) === undefined;
  }

  /** Why pages that were asked for are not to be had, and of how many that is known. */
  refusals(): readonly string[] {
    return [...this.#refused].map(
      ([why, { size }]) =>
        `${size === REFUSED_KEPT ? 'many' : size} of the pages that were looked for ${why}`,
    );
  }

  #refuse(number: number, why: string): undefined {
    const known = this.#refused.get(why) ?? new Set<number>();
    this.#refused.set(why, known);
    if (known.size < REFUSED_KEPT) known.add(number);
  }

  #page(number: number): Uint8Array | undefined {
    const known = this.#kept.get(number);
    if (known) return known;
    const rank = this.#bitmap.rankOf(number);
    const at = this.#descriptors_at + rank * DESCRIPTOR_BYTES;
    if (rank < 0 || !this.#file.read(at, this.#descriptor)) return undefined;
    const bytes = this.#view.getUint32(8, true);
    const flags = this.#view.getUint32(12, true);
    if (bytes > this.#block) return this.#refuse(number, 'say that they take more bytes than a page has');
    const other = Object.entries(PACKED_OTHERS).find(([bit]) => (flags & Number(bit)) !== 0);
    if (other)
      return this.#refuse(number, `are packed with ${other[1]}: make it again with zlib (makedumpfile -c)`);
    const packed = new Uint8Array(bytes);
    if (!this.#file.read(uint64(this.#view, 0), packed)) return undefined;
    const page = (flags & PACKED_ZLIB) !== 0 ? this.#inflate(packed, this.#block) : packed;
    if (page?.length !== this.#block) return this.#refuse(number, 'do not unpack to a page');
    if (this.#kept.size >= PAGES_KEPT) this.#kept.delete(this.#kept.keys().next().value as number);
    this.#kept.set(number, page);
    return page;
  }
}

/** Up to the first NUL. */
function latin1(bytes: Uint8Array, at: number, length: number): string {
  const text = Buffer.from(bytes.subarray(at, at + length)).toString('latin1');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}
