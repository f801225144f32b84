import type { Address } from '../base/address.ts';
import { foldBits } from '../base/fold.ts';
import { integerOf } from './integer.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace } from './place.ts';
import { elementOf, memberOf } from './typed.ts';

const RECORD_LIMIT = 16_384;
/** The two top bits of a descriptor's state_var; 1 committed, 2 finalized (kernel/printk/printk_ringbuffer.h). */
const STATE_SHIFT = 62n;
const ID_MASK = (1n << STATE_SHIFT) - 1n;

/** The text of a printk ring, a line for each finished record, oldest first. */
export function logText(kernel: Kernel, ring: BytesPlace): Outcome<string> {
  const count_bits = number(kernel, ring, 'desc_ring.count_bits');
  const size_bits = number(kernel, ring, 'text_data_ring.size_bits');
  const data = number(kernel, ring, 'text_data_ring.data');
  const head = number(kernel, ring, 'desc_ring.head_id.counter');
  const tail = number(kernel, ring, 'desc_ring.tail_id.counter');
  const descs = field(kernel, ring, 'desc_ring.descs');
  const infos = field(kernel, ring, 'desc_ring.infos');
  if (!count_bits.ok || !size_bits.ok || !data.ok || !head.ok || !tail.ok || !descs.ok || !infos.ok) {
    return lost('WALK', ring.text, 'the printk ring cannot be read');
  }
  const entries = 1n << BigInt.asUintN(5, count_bits.value);
  const size = 1n << BigInt.asUintN(6, size_bits.value);
  const lines: string[] = [];
  let id = BigInt.asUintN(64, tail.value) & ID_MASK;
  const last = BigInt.asUintN(64, head.value) & ID_MASK;
  for (let count = 0; count < RECORD_LIMIT && BigInt(count) < entries; count++) {
    const line = record(
      kernel,
      descs.value,
      infos.value,
      id,
      Number(id % entries),
      foldBits(kernel.fold, data.value),
      size,
    );
    if (line !== undefined) lines.push(line);
    if (id === last) break;
    id = (id + 1n) & ID_MASK;
  }
  return found(lines.join('\n'));
}

function record(
  kernel: Kernel,
  descs: BytesPlace,
  infos: BytesPlace,
  id: bigint,
  index: number,
  data: Address,
  size: bigint,
): string | undefined {
  const desc = elementOf(kernel, descs, index);
  const info = elementOf(kernel, infos, index);
  if (!desc.ok || !info.ok) return undefined;
  const state = number(kernel, desc.value, 'state_var.counter');
  const begin = number(kernel, desc.value, 'text_blk_lpos.begin');
  const length = number(kernel, info.value, 'text_len');
  if (!state.ok || !begin.ok || !length.ok) return undefined;
  const word = BigInt.asUintN(64, state.value);
  const kind = word >> STATE_SHIFT;
  if ((word & ID_MASK) !== id || (kind !== 1n && kind !== 2n)) return undefined;
  const next = number(kernel, desc.value, 'text_blk_lpos.next');
  // A block that would wrap begins at the start of the data instead.
  const wraps = next.ok && begin.value / size !== (next.value - 1n) / size;
  const at = wraps ? 0n : begin.value % size;
  return kernel.text(data + Number(at) + 8, Number(length.value & 0xffffn));
}

function field(kernel: Kernel, place: BytesPlace, path: string): Outcome<BytesPlace> {
  let at: Outcome<BytesPlace> = found(place);
  for (const name of path.split('.')) {
    if (!at.ok) return at;
    at = memberOf(kernel, at.value, name);
  }
  return at;
}

function number(kernel: Kernel, place: BytesPlace, path: string): Outcome<bigint> {
  const member = field(kernel, place, path);
  if (!member.ok) return member;
  const bytes = new Uint8Array(member.value.bytes);
  if (!kernel.read(member.value.address as Address, bytes))
    return lost('UNMAPPED', member.value.text, 'unreadable');
  return found(integerOf(bytes, false));
}
