import type { Address } from '../base/address.ts';
import type { RegisterName } from '../model/registers.ts';
import type { TraceEvent } from './events.ts';

/**
 * What a scenario runs on, as the fault injector, the hypervisor and the rescue see it. The simulation, QEMU and
 * core files implement it. Guest-physical and machine-physical addresses are non-negative integers below 2^52.
 */
export interface Target {
  readonly name: 'sim' | 'qemu' | 'core';
  readonly partitions: readonly Partition[];
  /** Virtual nanoseconds; 0 is the last partition's boot complete, so booting happens at negative times. */
  now(): number;
  /** Lets everything run until `time_ns`, or until the run's listener asks to stop by returning true. */
  runUntil(time_ns: number, listener?: (event: TraceEvent) => boolean): void;
  /**
   * Asks a guest that has ears for it to do what it could do by itself: `exit COMM PID`, `panic`. False when it is deaf
   * to that; absent where a stimulus is written into its memory.
   */
  readonly stimulate?: (partition: string, words: string) => boolean;
  /**
   * Breaking what is no byte of a partition's memory: as much of it as the target can do; absent where nothing can be
   * broken (a core file).
   */
  readonly controls?: Partial<FaultControls>;
  /** Why it cannot do one of them. */
  readonly cannot?: Readonly<Partial<Record<keyof FaultControls, string>>>;
  /** Machine-physical memory, for `machine` locations: second-level and IOMMU tables are bytes in it. */
  readonly machine?: PhysicalMemory;
}

export interface Partition {
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly cpus: readonly VirtualCpu[];
  /** The kernel's own VMCOREINFO text, from the target itself: the ground truth that `place` resolves with. */
  vmcoreinfo(): string;
  /** Where the guest last tried to register its region, whatever the registry said (guest-physical). */
  region?(): { readonly physical: number; readonly bytes: number } | undefined;
  /** Machine-physical address of a guest-physical one; undefined when the second level maps it to nothing. */
  machineAddress?(physical: number): number | undefined;
  /**
   * Machine-physical address of the last-level, 8-byte second-level entry that maps (or would map) a guest-physical
   * page.
   */
  secondLevelEntry?(physical: number): number | undefined;
  /**
   * Machine-physical address of the 8-byte IOMMU entry that lets a device of the partition reach a guest-physical page;
   * without `physical`, the page of the device's first ring.
   */
  iommuEntry?(device: string, physical?: number): number | undefined;
  /**
   * Memory as it was when the guest said that it had booted, read as `memory` is; absent where the target keeps none.
   */
  readonly booted?: (address: number, into: Uint8Array) => boolean;
  park(): void;
  resume(): void;
  readonly parked: boolean;
}

/**
 * What a fault does to the machine itself. Every method takes effect at once, costs no virtual time and changes nothing
 * else; false when there is no such CPU or device. What was stopped or lost is part of the machine's state: a fork or a
 * snapshot has it too.
 */
export interface FaultControls {
  /** The CPU, as its guest numbers it, executes nothing any more and takes no interrupt. */
  stopCpu(partition: string, cpu: number): boolean;
  /** As `stopCpu`, until `duration_ns` later; interrupts that come meanwhile stay pending. */
  stallCpu(partition: string, cpu: number, duration_ns: number): boolean;
  /** The interrupt never comes again. */
  loseInterrupt(source: InterruptSource): boolean;
  /**
   * The device writes `bytes` times `fill` at a machine-physical address, through the IOMMU as any DMA of its own. Says
   * what was written: less than `bytes` when the IOMMU stopped it.
   */
  injectDma(partition: string, device: string, address: number, bytes: number, fill: number): number;
  /** Raises an external interrupt, as a device would. */
  raiseInterrupt(partition: string, cpu: number, vector: number): boolean;
  /**
   * Watches for the guest's first read of any of these bytes: loads, fetches, copies, page walks, DMA reads by its
   * devices; not what the harness or a rescue reads. A guest's store over a byte ends the watch of that byte. A
   * register counts as read when its CPU next executes. Invisible to the guest. The handle stays good in a fork.
   */
  watch(location: Location): number;
  /** Virtual time of that first read; undefined as long as there was none. */
  activated(watch: number): number | undefined;
}

export type InterruptSource =
  | { readonly kind: 'tick'; readonly partition: string; readonly cpu: number }
  | { readonly kind: 'device'; readonly partition: string; readonly device: string };

/** Guest-physical memory of one partition. Outside it nothing can be read or written: reads return false. */
export interface PhysicalMemory {
  readonly size: number;
  /** Fills `into` from `address`. False, and `into` untouched, when any byte lies outside. */
  read(address: number, into: Uint8Array): boolean;
  write(address: number, bytes: Uint8Array): boolean;
}

/** Registers by the names in REGISTERS, as exact 64-bit values. */
export interface VirtualCpu {
  readonly index: number;
  get(register: RegisterName): bigint;
  set(register: RegisterName, value: bigint): void;
  /** All that is known of it, by the processor manual's names: what has no name in REGISTERS, too. For who writes a dump. */
  readonly all?: () => Readonly<Record<string, bigint>>;
}

export { REGISTERS } from '../model/registers.ts';
export type { RegisterName } from '../model/registers.ts';

/** Where a place is: one run of bytes in a partition, a register, or an entry of the hypervisor's own tables. */
export type Location =
  | {
      readonly kind: 'memory';
      readonly partition: string;
      /** Guest-virtual, when the place has one. */
      readonly address?: Address;
      /** Guest-physical address of the first byte. Runs never cross a page unless the mapping is contiguous. */
      readonly physical: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'register';
      readonly partition: string;
      readonly cpu: number;
      readonly register: RegisterName;
    }
  /** In the hypervisor's memory: second-level tables, IOMMU tables. Machine-physical. */
  | { readonly kind: 'machine'; readonly address: number; readonly bytes: number };
