import type { Buffer, Dma, Queue } from './device.ts';

/**
 * The split virtqueue of Virtio 1.2 (2.7) in its legacy layout: descriptors of {u64 address, u32 bytes, u16 flags, u16
 * next}; the avail ring {u16 flags, u16 idx, u16 ring[]} right behind them; the used ring {u16 flags, u16 idx, {u32 id,
 * u32 bytes} ring[]} at the next 4 KiB boundary.
 */
const FLAG_NEXT = 1;
const FLAG_WRITE = 2;
/** A descriptor that says more is cut down to this. */
const BUFFER_LIMIT = 65_536;

const scratch = new Uint8Array(16);
const view = new DataView(scratch.buffer);
const two = scratch.subarray(0, 2);
const eight = scratch.subarray(0, 8);

function read16(dma: Dma, address: number): number {
  dma.read(address, two);
  return view.getUint16(0, true);
}

function availAddress(queue: Queue): number {
  return queue.table + queue.entries * 16;
}

function usedAddress(queue: Queue): number {
  return Math.ceil((availAddress(queue) + 6 + queue.entries * 2) / 4096) * 4096;
}

/** Takes up the chains that were made available since the last time; their heads join `pending`. Returns how many. */
export function takeAvailable(queue: Queue, dma: Dma): number {
  const avail = availAddress(queue);
  const announced = (read16(dma, avail + 2) - queue.last_avail) & 0xffff;
  const fresh = Math.min(announced, queue.entries);
  for (let index = 0; index < fresh; index++) {
    const head = read16(dma, avail + 4 + (queue.last_avail % queue.entries) * 2);
    queue.last_avail = (queue.last_avail + 1) & 0xffff;
    queue.pending.push(head % queue.entries);
  }
  return fresh;
}

/** The buffers of a chain. A chain with a loop is cut after as many buffers as the table has entries. */
export function readChain(queue: Queue, head: number, dma: Dma): Buffer[] {
  const buffers: Buffer[] = [];
  let index = head;
  for (let count = 0; count < queue.entries; count++) {
    dma.read(queue.table + index * 16, scratch);
    const flags = view.getUint16(12, true);
    buffers.push({
      address: view.getUint32(0, true) + view.getUint32(4, true) * 0x1_0000_0000,
      bytes: Math.min(view.getUint32(8, true), BUFFER_LIMIT),
      writable: (flags & FLAG_WRITE) !== 0,
    });
    if ((flags & FLAG_NEXT) === 0) break;
    index = view.getUint16(14, true) % queue.entries;
  }
  return buffers;
}

/** Returns a chain to the guest with the number of bytes that were written into it. */
export function giveBack(queue: Queue, head: number, written: number, dma: Dma): void {
  const used = usedAddress(queue);
  view.setUint32(0, head, true);
  view.setUint32(4, written, true);
  dma.write(used + 4 + (queue.used % queue.entries) * 8, eight);
  queue.used = (queue.used + 1) & 0xffff;
  view.setUint16(0, queue.used, true);
  dma.write(used + 2, two);
}
