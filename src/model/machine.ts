import type { Span } from '../text/span.ts';
import type { LocatorModel, StructModel } from './structure.ts';

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

/**
 * CPUs of a partition: dedicated, or virtual CPUs in fixed slots on shared ones; of an ambulance also its patient's
 * own.
 */
export interface CpuGrant {
  /** `borrowed`: an ambulance that has no CPUs and works in its patient's slots, on its patient's account. */
  readonly mode: 'owned' | 'shared' | 'borrowed';
  /** Physical CPUs, ascending; none when borrowed. */
  readonly cpus: readonly number[];
  /** How many CPUs the guest sees: `cpus.length` when owned; `vcpus` when shared (vCPU i runs on cpus[i mod n]). */
  readonly vcpus: number;
  /** Slots a round; 1 when owned. */
  readonly weight: number;
  /**
   * What all its slots together give it at the least, as a part of one CPU's time: 0.3 for `minimum 30%`. The checker
   * has compared it.
   */
  readonly minimum?: number;
}

/** A region of machine memory that two partitions see, each behind its own memory (model/shared-memory.ts). */
export interface SharedMemoryModel {
  readonly name: string;
  readonly bytes: number;
  /** Who declared it, and with whom. */
  readonly between: readonly [string, string];
  readonly span: Span;
}

export interface DeviceGrant {
  readonly mode: 'owned' | 'shared';
  readonly device: string;
  readonly weight: number;
}

export type Workload = 'web_server' | 'database' | 'compile' | 'analytics' | 'idle';

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
  /**
   * Names of collections (model/collections.ts): `tasks`, `orders` (also where `app.orders` was written). Default: all.
   */
  readonly describes: readonly string[];
  /**
   * The locators that `describes` names, a spec's own or shipped, parents before what is nested in them. Absent: none
   * is known.
   */
  readonly locators?: readonly LocatorModel[];
  /** The structs that those locators need and that a spec writes out. */
  readonly structs?: readonly StructModel[];
}

/** `app ledger { … }`: a process of that name, and what it fills its memory with. */
export interface AppModel {
  /** The comm of its task: `tasks["ledger"]`. */
  readonly name: string;
  readonly fills: readonly AppFill[];
  /**
   * Words of the application at a symbol, as `set symbols["order_count"] as u32 to count(orders)`; they hold at
   * boot-complete.
   */
  readonly words: readonly AppWord[];
  /** Symbols of the locks that locators and validators of what it fills name as guards. */
  readonly locks: readonly string[];
  /** The structs that it needs and that a spec writes out. */
  readonly structs: readonly StructModel[];
  readonly span: Span;
}

/** `accounts 400 { count 7..15; key counter from 1 }`: the structure at a locator, made when the application starts. */
export interface AppFill {
  readonly locator: LocatorModel;
  /** How many elements; in a nested structure, in each parent's. From 0. */
  readonly count: number;
  /**
   * `recents 100 of answers`: no elements of its own, but so many of those that another locator finds, linked a second
   * time.
   */
  readonly same?: string;
  /** By member, in the order written; a member that is not named is zero, but for what the shape itself needs. */
  readonly fields: readonly AppField[];
  readonly span: Span;
}

export interface AppField {
  /** `key`, `inner.x`: of an array, every entry in turn. */
  readonly member: readonly string[];
  readonly value: AppValue;
  readonly span: Span;
}

/** Numbers are of 64 bits and are cut to the member's width. */
export type AppValue =
  | { readonly kind: 'constant'; readonly value: bigint }
  /** Cut to the member's length less one, and ended by a zero. */
  | { readonly kind: 'text'; readonly value: string }
  /** `counter from 1 step 2`: goes on from entry to entry and from element to element, in the structure's order. */
  | { readonly kind: 'counter'; readonly from: bigint; readonly step: bigint }
  /** `1..1000`: drawn by the seed, both ends included. */
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint }
  /** `[0, 1]`: one of them, drawn by the seed. */
  | { readonly kind: 'choice'; readonly values: readonly bigint[] }
  /** `childless ? 1 : 0`: whether a graph's element has nobody below it. */
  | { readonly kind: 'childless'; readonly then: AppValue; readonly otherwise: AppValue };

export interface AppWord {
  readonly symbol: string;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly value:
    | { readonly kind: 'constant'; readonly value: bigint }
    | { readonly kind: 'count'; readonly locator: string }
    /** The sum of one member over all elements. */
    | { readonly kind: 'sum'; readonly locator: string; readonly member: readonly string[] };
  readonly span: Span;
}

export interface LparModel {
  readonly name: string;
  readonly cpus: CpuGrant;
  readonly memory_bytes: number;
  readonly devices: readonly DeviceGrant[];
  readonly kernel: KernelModel;
  readonly metadata: MetadataModel;
  /** Absent: none. */
  readonly apps?: readonly AppModel[];
  readonly span: Span;
  readonly doc?: string;
}

export interface AmbulanceModel {
  readonly name: string;
  readonly cpus: CpuGrant;
  readonly memory_bytes: number;
  /** Partitions it may attach to. */
  readonly attends: readonly string[];
  /** It comes only in the place of one that the hypervisor has found dead. */
  readonly standby?: true;
  readonly span: Span;
}

/** Everything that a boot depends on: with the seed, the key of a snapshot. No faults, no claims. */
export interface TopologyModel {
  readonly machine: MachineModel;
  readonly lpars: readonly LparModel[];
  readonly ambulances: readonly AmbulanceModel[];
  /** In the order of their declaration; absent where nothing is shared. */
  readonly shared_memory?: readonly SharedMemoryModel[];
}
