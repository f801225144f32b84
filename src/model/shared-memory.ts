import type { LparModel, TopologyModel } from './machine.ts';

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

/**
 * The regions of a partition, in the order of the topology. Guest-physical, it finds them behind its own memory: the
 * first at the next multiple of 2 MiB, each other at the next one behind the one before.
 */
export function windowsOf(
  topology: Pick<TopologyModel, 'shared_memory'>,
  lpar: Pick<LparModel, 'name' | 'memory_bytes'>,
): SharedWindow[] {
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
function toWindow(bytes: number): number {
  return Math.ceil(bytes / WINDOW_BYTES) * WINDOW_BYTES;
}
