import type { LparModel, TopologyModel } from '../../../model/machine.ts';

/**
 * Memory that two partitions share. In machine memory it lies behind all that is owned; both second-level tables map it. Guest-physical,
 * a partition finds its regions behind its own memory, in the order of the topology: the first at the next multiple of 2 MiB, each other
 * at the next one behind the one before. No device reaches it: IOMMU tables do not map it.
 *
 * The first page of a region is a mailbox: two rings of messages, one for each direction. Little-endian:
 *
 *   offset size
 *    0x000    4  ring of who declared the region: how many messages it has put in, ever
 *    0x004    4  how many of them the other one has taken
 *    0x008    4  how many of them the hypervisor has seen (it is told by the hypercall `mailbox`, and writes this itself)
 *    0x040       16 messages of 64 bytes, the n-th in place n mod 16: {u32 kind, u32 zero, u64 word, zeros}
 *    0x800       the same for the other direction
 *
 * The rest of the region belongs to nobody in particular.
 */
export const RING_BYTES = 0x800;
export const RING = { put: 0, taken: 4, seen: 8, messages: 0x40 } as const;
export const MESSAGES = 16;
export const MESSAGE_BYTES = 64;

const WINDOW_BYTES = 0x20_0000;

/** A region as one of its two partitions has it. */
export interface SharedWindow {
  readonly name: string;
  /** Guest-physical. */
  readonly physical: number;
  readonly bytes: number;
  /** The other partition. */
  readonly partner: string;
  /** Which ring it puts messages into: 0 for who declared the region. */
  readonly side: 0 | 1;
}

/** The regions of a partition, in the order of the topology. */
export function windowsOf(topology: TopologyModel, lpar: LparModel): SharedWindow[] {
  const windows: SharedWindow[] = [];
  let physical = toWindow(lpar.memory_bytes);
  for (const { name, bytes, between } of topology.shared_memory ?? []) {
    const side = between[0] === lpar.name ? 0 : 1;
    if (between[side] !== lpar.name) continue;
    windows.push({ name, physical, bytes, partner: between[1 - side] as string, side });
    physical += toWindow(bytes);
  }
  return windows;
}

/** Rounded up to where a window may begin. */
export function toWindow(bytes: number): number {
  return Math.ceil(bytes / WINDOW_BYTES) * WINDOW_BYTES;
}
