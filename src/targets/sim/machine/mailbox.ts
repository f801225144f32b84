/**
 * Memory that two partitions share (model/shared-memory.ts says where each finds it). In machine memory it lies behind
 * all that is owned; both second-level tables map it. No device reaches it: IOMMU tables do not map it.
 *
 * The first page of a region is a mailbox: two rings of messages, one for each direction. Little-endian:
 *
 *   offset size
 *    0x000    4  ring of who declared the region: how many messages it has put in, ever
 *    0x004    4  how many of them the other one has taken
 *    0x008    4  how many of them the hypervisor has seen (it is told by the hypercall `mailbox`, and writes this
 *    itself)
 *    0x040       16 messages of 64 bytes, the n-th in place n mod 16: {u32 kind, u32 zero, u64 word, zeros}
 *    0x800       the same for the other direction
 *
 * The rest of the region belongs to nobody in particular.
 */
export const RING_BYTES = 0x800;
export const RING = { put: 0, taken: 4, seen: 8, messages: 0x40 } as const;
export const MESSAGES = 16;
export const MESSAGE_BYTES = 64;
