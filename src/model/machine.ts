import type { Span } from '../text/span.ts';

/** What the SMP computer is made of. CPU numbers are physical and from 0. */
export interface MachineModel {
  readonly cpus: readonly number[];
  readonly memory_bytes: number;
  readonly devices: readonly DeviceModel[];
  /** `strict`: every DMA is checked against the owner's table; `off`: machine addresses pass as they are. */
  readonly iommu: 'strict' | 'off';
  /** Length of one slot where CPUs or devices are shared. Default 10 ms. */
  readonly slice_ns: number;
  readonly span: Span;
}

export type DeviceKind = 'block' | 'network' | 'console';

export interface DeviceModel {
  readonly kind: DeviceKind;
  readonly name: string;
  readonly span: Span;
}

/** CPUs of a partition: dedicated, or virtual CPUs in fixed slots on shared ones. */
export interface CpuGrant {
  readonly mode: 'owned' | 'shared';
  /** Physical CPUs, ascending. */
  readonly cpus: readonly number[];
  /** How many CPUs the guest sees: `cpus.length` when owned; `vcpus` when shared (vCPU i runs on cpus[i mod n]). */
  readonly vcpus: number;
  /** Slots a round; 1 when owned. */
  readonly weight: number;
}

export interface DeviceGrant {
  readonly mode: 'owned' | 'shared';
  readonly device: string;
  readonly weight: number;
}

export type Workload = 'web_server' | 'database' | 'compile' | 'idle';

export interface KernelModel {
  readonly flavour: 'linux';
  readonly workload: Workload;
  /** Period of the guest's heartbeat hypercall and who sends it: a process forked for each beat, or a kernel thread. */
  readonly heartbeat_ns: number;
  readonly heartbeat_by: 'fork' | 'thread';
  /** Stock Linux: 10 s; a soft lock-up is reported after twice this. */
  readonly watchdog_thresh_ns: number;
  readonly panic_on_oops: boolean;
  readonly softlockup_panic: boolean;
  /** Permutes structure members as RANDSTRUCT does; 0 keeps the declared order. */
  readonly layout_seed: number;
}

/** What the guest tells of itself at registration. */
export interface MetadataModel {
  readonly size_bytes: number;
  readonly seal: 'crc32c' | 'none';
  /** Names of collections (model/collections.ts): `tasks`, `orders` (also where `app.orders` was written). Default: all. */
  readonly describes: readonly string[];
}

export interface LparModel {
  readonly name: string;
  readonly cpus: CpuGrant;
  readonly memory_bytes: number;
  readonly devices: readonly DeviceGrant[];
  readonly kernel: KernelModel;
  readonly metadata: MetadataModel;
  readonly span: Span;
  readonly doc?: string;
}

export interface AmbulanceModel {
  readonly name: string;
  readonly cpus: CpuGrant;
  readonly memory_bytes: number;
  /** Partitions it may attach to. */
  readonly attends: readonly string[];
  readonly span: Span;
}

/** Everything that a boot depends on: with the seed, the key of a snapshot. No faults, no claims. */
export interface TopologyModel {
  readonly machine: MachineModel;
  readonly lpars: readonly LparModel[];
  readonly ambulances: readonly AmbulanceModel[];
}
