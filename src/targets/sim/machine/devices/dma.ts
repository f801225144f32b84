import type { MachineMemory } from '../memory.ts';
import type { DevicePlan, PartitionPlan } from '../plan.ts';
import { NOT_MAPPED, SECOND_LEVEL, walkSecondLevel } from '../second-level.ts';
import type { WatchSet } from '../watch.ts';
import type { Dma } from './device.ts';
import { DmaRefused } from './device.ts';

/** What DMA goes through, as the machine has it. */
export interface DmaPath {
  readonly memory: MachineMemory;
  readonly watch: WatchSet;
  readonly clock: number;
  readonly plan: { readonly iommu_strict: boolean };
}

/**
 * Memory as a device of a partition reaches it. Strict: every page goes through the device's table and needs its
 * permission. Off: the partition's offset is added and nothing is checked, so an address beyond the partition's memory
 * reaches its neighbour.
 */
export function deviceDma(path: DmaPath, partition: PartitionPlan, device: DevicePlan): Dma {
  const { memory, watch } = path;
  const machineAddress = (address: number, need: number): number => {
    if (!path.plan.iommu_strict) {
      const machine = partition.base + address;
      if (!(machine < memory.size)) throw new DmaRefused(address);
      return machine;
    }
    const page = walkSecondLevel(memory, watch, path.clock, device.iommu_root, address);
    if (page === NOT_MAPPED || (page & need) === 0) throw new DmaRefused(address);
    return page - (page % 4096) + (address % 4096);
  };
  return {
    read(address, into): void {
      for (let done = 0; done < into.length;) {
        const length = Math.min(into.length - done, 4096 - ((address + done) % 4096));
        const machine = machineAddress(address + done, SECOND_LEVEL.READ);
        if (watch.active) watch.read(machine, length, path.clock);
        memory.read(machine, into.subarray(done, done + length));
        done += length;
      }
    },
    write(address, bytes): void {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, 4096 - ((address + done) % 4096));
        const machine = machineAddress(address + done, SECOND_LEVEL.WRITE);
        if (watch.active) watch.written(machine, length, path.clock);
        memory.write(machine, bytes.subarray(done, done + length));
        done += length;
      }
    },
  };
}

/**
 * A write whose address is already a machine address: what a device sends as a translated request (PCIe ATS, address
 * type 10b). Strict lets it through only to pages that the device's own table maps for writing; off lets it through
 * anywhere. Returns the bytes written before it was stopped; `refused_at` is the machine address that stopped it, -1
 * when none did.
 */
export function translatedWrite(
  path: DmaPath,
  partition: PartitionPlan,
  device: DevicePlan,
  address: number,
  bytes: Uint8Array,
): { written: number; refused_at: number } {
  for (let done = 0; done < bytes.length;) {
    const machine = address + done;
    const length = Math.min(bytes.length - done, 4096 - (machine % 4096));
    if (!(machine < path.memory.size) || !mayWrite(path, partition, device, machine))
      return { written: done, refused_at: machine };
    if (path.watch.active) path.watch.written(machine, length, path.clock);
    path.memory.write(machine, bytes.subarray(done, done + length));
    done += length;
  }
  return { written: bytes.length, refused_at: -1 };
}

/** Strict: the owner's bus address of the page, if it has one, must lead back to it. */
function mayWrite(path: DmaPath, partition: PartitionPlan, device: DevicePlan, machine: number): boolean {
  if (!path.plan.iommu_strict) return true;
  const bus = machine - partition.base;
  if (bus < 0 || bus >= partition.bytes) return false;
  const page = walkSecondLevel(path.memory, path.watch, path.clock, device.iommu_root, bus);
  if (page === NOT_MAPPED || (page & SECOND_LEVEL.WRITE) === 0) return false;
  return page - (page % 4096) === machine - (machine % 4096);
}
