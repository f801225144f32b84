import type { Address } from '../base/address.ts';
import type { Subject } from './locate/subject.ts';

/** Where the printk ring's parts lie; by BTF. NaN in any of them: there is no ring to be read. */
export interface LogRing {
  readonly descs: Address;
  readonly infos: Address;
  readonly data: Address;
  /** False when no kernel's ring is that large. */
  readonly sane: boolean;
  /** Records and bytes, powers of two. */
  readonly count: number;
  readonly bytes: number;
  /** Ids of the oldest and newest record, as signed numbers. */
  readonly tail: number;
  readonly head: number;
  readonly at: LogOffsets;
}

interface LogOffsets {
  readonly desc_bytes: number;
  readonly state: number;
  readonly begin: number;
  readonly next: number;
  readonly info_bytes: number;
  readonly text_len: number;
}

/** kernel/printk/printk_ringbuffer.h: states of a descriptor, in the top two bits of state_var. */
export const DESC = { reserved: 0, committed: 1, finalized: 2, reusable: 3 } as const;
const COUNT_BITS_LIMIT = 20;
const DATA_BITS_LIMIT = 26;
const TWO_32 = 0x1_0000_0000;

/** The ring at an address; a text when something of it cannot be had. */
export function openLog(subject: Subject, ring: Address): LogRing | string {
  const { space } = subject;
  const of = (path: string): number => subject.offset('printk_ringbuffer', path);
  const count_bits = space.u32(ring + of('desc_ring.count_bits'));
  const size_bits = space.u32(ring + of('text_data_ring.size_bits'));
  if (Number.isNaN(count_bits) || Number.isNaN(size_bits)) return 'the ring cannot be read';
  return {
    descs: space.u64(ring + of('desc_ring.descs')),
    infos: space.u64(ring + of('desc_ring.infos')),
    data: space.u64(ring + of('text_data_ring.data')),
    sane: count_bits <= COUNT_BITS_LIMIT && size_bits <= DATA_BITS_LIMIT,
    count: 2 ** count_bits,
    bytes: 2 ** size_bits,
    tail: idAt(subject, ring + of('desc_ring.tail_id')),
    head: idAt(subject, ring + of('desc_ring.head_id')),
    at: {
      desc_bytes: subject.sizeOf('prb_desc'),
      state: subject.offset('prb_desc', 'state_var'),
      begin: subject.offset('prb_desc', 'text_blk_lpos.begin'),
      next: subject.offset('prb_desc', 'text_blk_lpos.next'),
      info_bytes: subject.sizeOf('printk_info'),
      text_len: subject.offset('printk_info', 'text_len'),
    },
  };
}

/** The low 62 bits of a word, signed. */
export function idAt(subject: Subject, address: Address): number {
  const low = subject.space.u32(address);
  const high = subject.space.u32(address + 4);
  return ((high << 2) >> 2) * TWO_32 + low;
}

/** The top two bits of a word. */
export function stateAt(subject: Subject, address: Address): number {
  const high = subject.space.u32(address + 4);
  return Number.isNaN(high) ? NaN : high >>> 30;
}

/** Index of an id or a position in a ring of that size. */
export function wrap(value: number, size: number): number {
  return ((value % size) + size) % size;
}

/** Where the text of a record begins, and at most how long it may be; undefined when it has none or it is no sound block. */
export function blockOf(log: LogRing, begin: number, next: number): { start: Address; room: number } | undefined {
  if (wrap(begin, 2) === 1 || !(next > begin) || next - begin > log.bytes) return undefined;
  const wraps = Math.floor(begin / log.bytes) !== Math.floor((next - 1) / log.bytes);
  const room = wraps ? wrap(next - 1, log.bytes) + 1 - 8 : next - begin - 8;
  if (room < 0) return undefined;
  return { start: log.data + (wraps ? 0 : wrap(begin, log.bytes)), room };
} // prettier-ignore
