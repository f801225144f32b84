import type { TopologyModel } from '../../model/machine.ts';
import { openGuest } from './guest/guest.ts';
import type { QemuProblem } from './problem.ts';
import { problemOf } from './problem.ts';
import { closeAll, QemuPartition } from './qemu-partition.ts';
import { QemuTarget } from './qemu-target.ts';
import type { MachineFiles } from './restored.ts';
import { restoreGuest } from './restored.ts';
import { shapeOf } from './shape.ts';

export interface RestoreOptions extends MachineFiles {
  /** Levels of the guests' page tables; default 4. */
  readonly levels?: 4 | 5;
}

/**
 * A real machine for a topology: one QEMU for each partition, all paused at their first heartbeat, from snapshots in the cache; a shape that
 * was never booted is booted first, which takes seconds. A problem says why there is none, and what to do; nothing is left behind then.
 */
export function restoreMachine(topology: TopologyModel, options: RestoreOptions): QemuTarget | QemuProblem {
  return problemOf(() => {
    const guest = openGuest(options.cache);
    const partitions: QemuPartition[] = [];
    try {
      for (const lpar of topology.lpars) {
        const shape = shapeOf(lpar, topology, options.levels ?? 4);
        partitions.push(new QemuPartition(lpar, shape, restoreGuest(shape, guest, options)));
      }
    } catch (error) {
      closeAll(partitions);
      throw error;
    }
    return new QemuTarget(partitions);
  });
}
