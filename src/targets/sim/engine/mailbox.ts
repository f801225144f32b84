import { MESSAGE_BYTES, MESSAGES, RING, RING_BYTES } from '../machine/mailbox.ts';
import type { PartitionPlan } from '../machine/plan.ts';
import type { Machine } from './machine.ts';

/**
 * Hypercall `mailbox`: every message that a partition has put in since the last time leaves it now, as a frame leaves
 * on a wire. At most a ring of them: what the guest says about its ring is not believed. False when there is no such
 * region.
 */
export function carryMessages(machine: Machine, partition: PartitionPlan, index: number): boolean {
  const window = partition.shared[index];
  if (window === undefined) return false;
  const { memory, clock } = machine;
  const ring = window.base + window.side * RING_BYTES;
  const put = memory.read32(ring + RING.put);
  const fresh = Math.min((put - memory.read32(ring + RING.seen)) >>> 0, MESSAGES);
  const outputs = machine.outputsOf(partition.index);
  for (let number = put - fresh; number !== put; number++) {
    const bytes = new Uint8Array(MESSAGE_BYTES);
    memory.read(ring + RING.messages + ((number >>> 0) % MESSAGES) * MESSAGE_BYTES, bytes);
    outputs.add(clock, window.name, 'message', new DataView(bytes.buffer).getUint32(0, true), bytes);
  }
  memory.write32(ring + RING.seen, put);
  return true;
}
