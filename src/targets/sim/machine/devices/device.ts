import type { DevicePlan } from '../plan.ts';
import type { Outputs } from './outputs.ts';

/** One ring pair in guest memory, as `device_setup` described it. All plain data. */
export interface Queue {
  /** Bus address of the descriptor table; behind it the avail ring, and at the next 4 KiB the used ring. */
  readonly table: number;
  /** A power of two, at most 256. */
  readonly entries: number;
  readonly vector: number;
  /** Guest CPU index that is interrupted: the one that set the queue up. */
  readonly cpu: number;
  last_avail: number;
  used: number;
  /** Heads of the chains that were taken up and not completed, in order. */
  readonly pending: number[];
}

/** State of one device of one partition. Plain data but for `sectors`, whose arrays are never written in place. */
export interface DeviceState {
  readonly queues: (Queue | undefined)[];
  /** Its DMA was stopped; it does nothing any more. */
  frozen: boolean;
  /** Its completion interrupt was lost. */
  interrupt_lost: boolean;
  /** Internal time at which it is done with what it has taken up. */
  busy_until: number;
  /** Requests taken up: numbers the draws of its latency. */
  requests: number;
  interrupts: number;
  iommu_faults: number;
  /** A block device's sectors that were written, by number. */
  readonly sectors: Map<number, Uint8Array>;
}

export const QUEUES_PER_DEVICE = 4;
export const QUEUE_ENTRIES_LIMIT = 256;

export function newDevice(): DeviceState {
  return {
    queues: Array.from<unknown, Queue | undefined>({ length: QUEUES_PER_DEVICE }, () => undefined),
    frozen: false,
    interrupt_lost: false,
    busy_until: 0,
    requests: 0,
    interrupts: 0,
    iommu_faults: 0,
    sectors: new Map(),
  };
}

export function forkDevice(device: DeviceState): DeviceState {
  const { frozen, interrupt_lost, busy_until, requests, interrupts, iommu_faults } = device;
  return {
    queues: device.queues.map((queue) => queue && forkQueue(queue)),
    frozen,
    interrupt_lost,
    busy_until,
    requests,
    interrupts,
    iommu_faults,
    sectors: device.sectors.size === 0 ? new Map() : new Map(device.sectors),
  };
}

/** Written out, not spread, so that all have one shape. */
function forkQueue({ table, entries, vector, cpu, last_avail, used, pending }: Queue): Queue {
  return { table, entries, vector, cpu, last_avail, used, pending: pending.slice() };
}

/** Memory as a device reaches it: through the IOMMU. A refused access throws DmaRefused. */
export interface Dma {
  read(address: number, into: Uint8Array): void;
  write(address: number, bytes: Uint8Array): void;
}

/** The IOMMU stopped an access. */
export class DmaRefused extends Error {
  override name = 'DmaRefused';
  readonly address: number;

  constructor(address: number) {
    super(`DMA to 0x${address.toString(16)} refused`);
    this.address = address;
  }
}

/** What a device's request handler works with. */
export interface Request {
  readonly device: DevicePlan;
  readonly state: DeviceState;
  readonly dma: Dma;
  readonly outputs: Outputs;
  /** Internal time of the completion. */
  readonly time: number;
}

/** One buffer of a chain. */
export interface Buffer {
  readonly address: number;
  readonly bytes: number;
  /** The device may write it. */
  readonly writable: boolean;
}
