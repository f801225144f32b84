import type { Address } from '../base/address.ts';
import type { TraceEvent } from './events.ts';

/**
 * What a scenario runs on, as the fault injector, the hypervisor and the rescue see it. The simulation implements it, and
 * later QEMU and core files. Guest-physical and machine-physical addresses are non-negative integers below 2^52.
 */
export interface Target {
  readonly name: 'sim' | 'qemu' | 'core';
  readonly partitions: readonly Partition[];
  /** Virtual nanoseconds; 0 is the last partition's boot complete, so booting happens at negative times. */
  now(): number;
  /** Lets everything run until `time_ns`, or until the run's listener asks to stop by returning true. */
  runUntil(time_ns: number, listener?: (event: TraceEvent) => boolean): void;
}

export interface Partition {
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly cpus: readonly VirtualCpu[];
  /** The kernel's own VMCOREINFO text, from the target itself: the ground truth that `place` resolves with. */
  vmcoreinfo(): string;
  park(): void;
  resume(): void;
  readonly parked: boolean;
}

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
}

export const REGISTERS = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  'rip', 'rflags', 'cs', 'cr2', 'cr3', 'gs_base', 'idtr',
] as const; // prettier-ignore
export type RegisterName = (typeof REGISTERS)[number];

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
