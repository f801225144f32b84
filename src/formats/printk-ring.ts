import type { Address } from '../base/address.ts';

/**
 * The ring that Linux's printk writes to (kernel/printk/printk_ringbuffer.h), which VMCOREINFO publishes so that a log
 * can be had from a dead kernel. Everything is read defensively: what is damaged is passed over.
 */
export interface PrintkSource {
  readonly space: {
    u16(address: Address): number;
    u32(address: Address): number;
    u64(address: Address): number;
    bytes(address: Address, length: number): Uint8Array | undefined;
  };
  symbol(name: string): Address | undefined;
  /** Bytes from the start of a type to a member; NaN when there is none. */
  offset(type: string, path: string): number;
  sizeOf(type: string): number;
}

/** Where the ring's parts lie. NaN in any of them: there is no ring to be read. */
interface PrintkRing {
  readonly descs: Address;
  readonly infos: Address;
  readonly data: Address;
  /** Records and bytes, powers of two. */
  readonly count: number;
  readonly bytes: number;
  /** Ids of the oldest and newest record, as signed numbers. */
  readonly tail: number;
  readonly head: number;
  readonly desc_bytes: number;
  readonly info_bytes: number;
}

/** States of a descriptor, in the top two bits of state_var. */
const COMMITTED = 1;
const FINALIZED = 2;
const COUNT_BITS_LIMIT = 20;
const DATA_BITS_LIMIT = 26;
const TEXT_LIMIT = 1024;
const TWO_32 = 0x1_0000_0000;
/** A word before each text: the id of its descriptor. */
const BLOCK_HEADER = 8;

/** The newest finished lines, oldest first, at most `limit`. */
export function readPrintkLines(source: PrintkSource, limit: number): string[] {
  const ring = openRing(source);
  if (!ring) return [];
  const { space } = source;
  const at = {
    state: source.offset('prb_desc', 'state_var'),
    begin: source.offset('prb_desc', 'text_blk_lpos.begin'),
    next: source.offset('prb_desc', 'text_blk_lpos.next'),
    text_len: source.offset('printk_info', 'text_len'),
  };
  const lines: string[] = [];
  const span = ring.head - ring.tail;
  const records = span >= 0 && span < ring.count ? span + 1 : ring.count;
  for (let back = 0; back < records && lines.length < limit; back++) {
    const id = ring.head - back;
    const slot = wrap(id, ring.count);
    const desc = ring.descs + slot * ring.desc_bytes;
    const state = space.u32(desc + at.state + 4) >>> 30;
    if (state !== FINALIZED && state !== COMMITTED) continue;
    if (idAt(source, desc + at.state) !== id) continue;
    const block = blockOf(ring, space.u64(desc + at.begin), space.u64(desc + at.next));
    const length = space.u16(ring.infos + slot * ring.info_bytes + at.text_len);
    if (!block || !(length <= Math.min(block.room, TEXT_LIMIT))) continue;
    const bytes = space.bytes(block.start + BLOCK_HEADER, length);
    if (bytes) lines.push(Buffer.from(bytes).toString('latin1'));
  }
  return lines.reverse();
}

function openRing(source: PrintkSource): PrintkRing | undefined {
  const { space } = source;
  const ring = space.u64(source.symbol('prb') ?? NaN);
  const at = (path: string): Address => ring + source.offset('printk_ringbuffer', path);
  const count_bits = space.u32(at('desc_ring.count_bits'));
  const size_bits = space.u32(at('text_data_ring.size_bits'));
  if (!(count_bits <= COUNT_BITS_LIMIT && size_bits <= DATA_BITS_LIMIT)) return undefined;
  return {
    descs: space.u64(at('desc_ring.descs')),
    infos: space.u64(at('desc_ring.infos')),
    data: space.u64(at('text_data_ring.data')),
    count: 2 ** count_bits,
    bytes: 2 ** size_bits,
    tail: idAt(source, at('desc_ring.tail_id')),
    head: idAt(source, at('desc_ring.head_id')),
    desc_bytes: source.sizeOf('prb_desc'),
    info_bytes: source.sizeOf('printk_info'),
  };
}

/** The low 62 bits of a word, signed. */
function idAt({ space }: PrintkSource, address: Address): number {
  const low = space.u32(address);
  const high = space.u32(address + 4);
  return ((high << 2) >> 2) * TWO_32 + low;
}

/** Index of an id or a position in a ring of that size. */
function wrap(value: number, size: number): number {
  return ((value % size) + size) % size;
}

/**
 * Where the text of a record begins, and at most how long it may be; undefined when it has none or it is no sound
 * block.
 */
function blockOf(
  ring: PrintkRing,
  begin: number,
  next: number,
): { start: Address; room: number } | undefined {
  if (wrap(begin, 2) === 1 || !(next > begin) || next - begin > ring.bytes) return undefined;
  const wraps = Math.floor(begin / ring.bytes) !== Math.floor((next - 1) / ring.bytes);
  const room = wraps ? wrap(next - 1, ring.bytes) + 1 - BLOCK_HEADER : next - begin - BLOCK_HEADER;
  if (room < 0) return undefined;
  return { start: ring.data + (wraps ? 0 : wrap(begin, ring.bytes)), room };
}
