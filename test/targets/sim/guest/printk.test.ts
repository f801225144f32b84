import { describe, expect, it } from 'vitest';
import type { Address } from '../../../../src/base/address.ts';
import { Booted } from './support.ts';

/**
 * Records of the ring from the oldest to the newest, as kernel/printk/printk_ringbuffer.c says they lie; throws where
 * it does not hold.
 */
function records(guest: Booted): { readonly seq: number; readonly text: string }[] {
  const at = (type: string, path: string): number => guest.offset(type, path);
  const id = (address: Address): bigint =>
    guest.view(address, 8).getBigUint64(0, true) & 0x3fff_ffff_ffff_ffffn;
  const ring = guest.u64(guest.symbol('prb'));
  const count = 2 ** guest.u32(ring + at('printk_ringbuffer', 'desc_ring.count_bits'));
  const size = 2 ** guest.u32(ring + at('printk_ringbuffer', 'text_data_ring.size_bits'));
  const descs = guest.u64(ring + at('printk_ringbuffer', 'desc_ring.descs'));
  const infos = guest.u64(ring + at('printk_ringbuffer', 'desc_ring.infos'));
  const data = guest.u64(ring + at('printk_ringbuffer', 'text_data_ring.data'));
  const head = id(ring + at('printk_ringbuffer', 'desc_ring.head_id'));
  const found: { seq: number; text: string }[] = [];
  for (let each = id(ring + at('printk_ringbuffer', 'desc_ring.tail_id')), turn = 0; turn < count; turn++) {
    const slot = Number(each % BigInt(count));
    const desc = descs + slot * guest.layout.sizeOf('prb_desc');
    const info = infos + slot * guest.layout.sizeOf('printk_info');
    const state = guest.u32(desc + at('prb_desc', 'state_var') + 4) >>> 30;
    if (id(desc + at('prb_desc', 'state_var')) !== each) throw new Error(`descriptor ${slot} has another id`);
    if (state === 2) {
      const begin = guest.u64(desc + at('prb_desc', 'text_blk_lpos.begin'));
      const next = guest.u64(desc + at('prb_desc', 'text_blk_lpos.next'));
      const wraps = Math.floor(begin / size) !== Math.floor((next - 1) / size);
      const block = data + (wraps ? 0 : ((begin % size) + size) % size);
      if (id(block) !== each) throw new Error(`the text of ${slot} belongs to another`);
      const length = guest.view(info + at('printk_info', 'text_len'), 2).getUint16(0, true);
      found.push({ seq: guest.u64(info + at('printk_info', 'seq')), text: guest.text(block + 8, length) });
    }
    if (each === head) break;
    each = (each + 1n) & 0x3fff_ffff_ffff_ffffn;
  }
  return found;
}

describe('the printk ring', () => {
  it('holds the lines of the boot, numbered from 0', () => {
    const guest = new Booted().run(10);
    const found = records(guest);
    expect(found.map(({ text }) => text)).toEqual(guest.log());
    expect(found.map(({ seq }) => seq)).toEqual(found.map((_, index) => index));
  });

  it('gives the oldest up when it is full, descriptors and text alike', () => {
    const guest = new Booted().run(10);
    // Every child that the heartbeat forks runs into it, is killed and reaped.
    guest.write64(guest.symbol('__x64_sys_exit'), 0n);
    guest.run(400);
    expect(guest.of('oops').length).toBeGreaterThan(60);
    expect(guest.of('heartbeat').length).toBeGreaterThan(70);
    const said = guest.log();
    const found = records(guest);
    expect(found.length).toBeGreaterThan(100);
    expect(found.length).toBeLessThanOrEqual(128);
    expect(found.map(({ text }) => text)).toEqual(said.slice(-found.length));
    expect(found.at(-1)?.seq).toBe(said.length - 1);
  });
});
