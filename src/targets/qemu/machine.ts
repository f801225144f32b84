import type { TopologyModel } from '../../model/machine.ts';
import { openGuest } from './guest/guest.ts';
import type { QemuProblem } from './problem.ts';
import { problemOf } from './problem.ts';
import { monotonic_ns, sleep_ms } from './process/channel.ts';
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
 * A real machine for a topology: one QEMU for each partition, all paused at their first heartbeat, from snapshots in
 * the cache; a shape that was never booted is booted first, which takes seconds. A problem says why there is none, and
 * what to do; nothing is left behind then.
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
      warmUp(partitions);
    } catch (error) {
      closeAll(partitions);
      throw error;
    }
    return new QemuTarget(partitions);
  });
}

/** Each runs for so long, */
const WARM_MS = 100;
/** then up to its next heartbeat, which is waited for no longer than this: its period may be long. */
const WARM_LIMIT_MS = 400;

/**
 * A machine just restored has nothing translated, and is slow for its first steps: they belong to no scenario. Ends
 * right after a heartbeat, where there was one.
 */
function warmUp(partitions: readonly QemuPartition[]): void {
  for (const partition of partitions) {
    const begun = monotonic_ns();
    partition.go();
    for (let ran_ms = 0; ran_ms < WARM_LIMIT_MS;) {
      sleep_ms(1);
      ran_ms = (monotonic_ns() - begun) / 1e6;
      if (partition.beats() > 0 && ran_ms >= WARM_MS) break;
    }
    partition.halt();
    partition.waits();
    partition.progress_meter.look();
  }
}
