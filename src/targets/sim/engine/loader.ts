import { assert } from '../../../base/assert.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { PartitionPlan } from '../machine/plan.ts';
import type { Loader } from '../step.ts';

/**
 * Guest-physical memory before the first instruction. Outside the partition a kernel's power-on code is simply wrong.
 */
export function guestLoader(memory: MachineMemory, partition: PartitionPlan): Loader {
  const at = (physical: number, bytes: number): number => {
    assert(
      physical >= 0 && physical + bytes <= partition.bytes,
      `${partition.name} loads outside its memory`,
    );
    return partition.base + physical;
  };
  const scratch = new DataView(new ArrayBuffer(8));
  const put = (physical: number, bytes: number): void => {
    memory.write(at(physical, bytes), new Uint8Array(scratch.buffer, 0, bytes));
  };
  return {
    memory_bytes: partition.bytes,
    write8: (physical, value) => memory.write8(at(physical, 1), value),
    write16(physical, value): void {
      scratch.setUint16(0, value, true);
      put(physical, 2);
    },
    write32(physical, value): void {
      if (physical % 4 === 0) memory.write32(at(physical, 4), value);
      else {
        scratch.setUint32(0, value, true);
        put(physical, 4);
      }
    },
    write64(physical, value): void {
      if (physical % 8 === 0) memory.write64(at(physical, 8), value);
      else {
        scratch.setUint32(0, value >>> 0, true);
        scratch.setInt32(4, Math.floor(value / 0x1_0000_0000) | 0, true);
        put(physical, 8);
      }
    },
    writeBytes: (physical, bytes) => memory.write(at(physical, bytes.length), bytes),
  };
}
