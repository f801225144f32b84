import type { SimCpu } from '../machine/cpu.ts';
import type { DeviceState } from '../machine/devices/device.ts';
import { forkDevice } from '../machine/devices/device.ts';
import type { Outputs } from '../machine/devices/outputs.ts';
import type { Detail } from '../machine/trace-hash.ts';
import type { EventHeap } from './event-heap.ts';

/** What changes about a partition as a whole. Plain data. */
export interface PartitionState {
  parked: boolean;
  /** Internal time at which it was parked; -1 while it is not. */
  parked_at: number;
  /** Device and queue of each completion that came while it was parked: no DMA reaches its memory until it goes on. */
  held: number[];
  /** Sign of what stopped it for good; '' while nothing has. */
  stopped: string;
  /** Internal time of boot complete, -1 before. */
  boot_complete: number;
  /** Guest-physical address and bytes of the last registration it tried; address -1 before. */
  region_address: number;
  region_bytes: number;
  heartbeats: number;
}

const AT_POWER_ON: PartitionState = {
  parked: false,
  parked_at: -1,
  held: [],
  stopped: '',
  boot_complete: -1,
  region_address: -1,
  region_bytes: 0,
  heartbeats: 0,
};

export function newPartition(): PartitionState {
  return copyPartition(AT_POWER_ON);
}

/** Written out, not spread: all of them have one shape, at power-on and in every fork. */
function copyPartition(from: PartitionState): PartitionState {
  const { parked, parked_at, held, stopped, boot_complete, region_address, region_bytes, heartbeats } = from;
  return {
    parked,
    parked_at,
    held: held.slice(),
    stopped,
    boot_complete,
    region_address,
    region_bytes,
    heartbeats,
  };
}

/** All of a partition but its memory. */
export interface Inhabitant {
  readonly state: PartitionState;
  readonly cpus: readonly SimCpu[];
  readonly devices: readonly DeviceState[];
  readonly outputs: Outputs;
  /** What is to happen to it. */
  readonly heap: EventHeap;
}

/** The same once more, on processors that are given. */
export function copyInhabitant(from: Inhabitant, cpus: readonly SimCpu[]): Inhabitant {
  for (const [index, cpu] of cpus.entries()) cpu.copyFrom(from.cpus[index] as SimCpu);
  return {
    state: copyPartition(from.state),
    cpus,
    devices: from.devices.map(forkDevice),
    outputs: from.outputs.fork(),
    heap: from.heap.fork(),
  };
}

/** One event of a partition that is left out, with its place in the order of all that happens. */
export interface KnownEvent {
  /** Internal time. */
  readonly time: number;
  /** Its source among those of the machine: of two things at one time, that of the lower source comes first. */
  readonly source: number;
  readonly subject: string;
  readonly kind: string;
  readonly detail: Detail;
}

/**
 * In the place of a partition that is not simulated, because what it does is known: its events, which go on being told,
 * and how many of them have been. Its state is fetched when anybody asks for it.
 */
export interface Absence {
  readonly events: readonly KnownEvent[];
  told: number;
  /**
   * Bytes in which its memory differs from where its state is fetched: nobody looks at them as long as it is left out.
   */
  readonly patches: readonly Patch[];
}

/** A byte at a machine address. */
export interface Patch {
  readonly address: number;
  readonly byte: number;
}
