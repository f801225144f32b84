import type { LparModel, TopologyModel } from '../../../src/model/machine.ts';
import type { KernelFactory } from '../../../src/targets/sim/machine/plan.ts';
import type { SimTarget } from '../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../src/targets/sim/sim-target.ts';
import type { Cpu, GuestKernel, Loader, Step } from '../../../src/targets/sim/step.ts';
import { REG, STEP_BYTES, STEP_MAGIC } from '../../../src/targets/sim/step.ts';

/**
 * A guest of a few steps: kernel half mapped at BASE + physical for 32 MiB in 2 MiB pages, and [FINE, +2 MiB) in 4 KiB
 * pages.
 */
export const BASE = -0x8000_0000;
export const PML4 = 0x1000;
export const PDPT = 0x2000;
export const PD = 0x3000;
/** The table of the 4 KiB pages. */
export const PT = 0x4000;
export const IDT = 0x5000;
export const TSS = 0x6000;
export const USER_PDPT = 0x7000;
export const USER_PD = 0x8000;
export const USER_PT = 0x9000;
export const TEXT = 0x10_0000;
/** Data at will, inside the large pages. */
export const DATA = 0x40_0000;
export const STACK_TOP = 0x30_0000;
/** Virtual address of the first 4 KiB page, mapped to FINE_PHYSICAL. */
export const FINE = BASE + 0x200_0000;
export const FINE_PHYSICAL = 0x100_0000;
export const USER_TEXT = 0x40_0000;
export const USER_DATA = 0x40_1000;
export const USER_DATA_PHYSICAL = 0x50_0000;

export function data(offset: number): number {
  return BASE + DATA + offset;
}

/** Virtual address of a step. */
export function stepAddress(index: number): number {
  return BASE + TEXT + index * STEP_BYTES;
}

export interface TinyStep {
  readonly run: (cpu: Cpu) => void;
  readonly cost_ns?: number;
}

export interface TinyOptions {
  /** Vector to index of the step that handles it. */
  readonly handlers?: Readonly<Record<number, number>>;
  /** Interrupt stack table number of a vector's gate; its stack is STACK_TOP + 64 KiB. */
  readonly ist?: Readonly<Record<number, number>>;
  readonly prepare?: (loader: Loader) => void;
  readonly registers?: Readonly<Record<number, number>>;
}

export function tinyKernel(steps: readonly TinyStep[], options: TinyOptions = {}): GuestKernel {
  const named = steps.map((step, index): Step => ({
    name: `step${index}`,
    cost_ns: step.cost_ns ?? 10,
    run: step.run,
  }));
  return {
    program: { steps: named },
    vmcoreinfo: () => 'OSRELEASE=tiny\n',
    powerOn(loader): ReadonlyMap<number, number> {
      loader.write64(PML4 + 511 * 8, PDPT + 3);
      loader.write64(PDPT + 510 * 8, PD + 3);
      for (let index = 0; index < 16; index++) loader.write64(PD + index * 8, index * 0x20_0000 + 0x83);
      loader.write64(PD + 16 * 8, PT + 3);
      for (let index = 0; index < 512; index++)
        loader.write64(PT + index * 8, FINE_PHYSICAL + index * 4096 + 3);
      loader.write64(PML4, USER_PDPT + 7);
      loader.write64(USER_PDPT, USER_PD + 7);
      loader.write64(USER_PD + 2 * 8, USER_PT + 7);
      loader.write64(USER_PT, TEXT + 5);
      loader.write64(USER_PT + 8, USER_DATA_PHYSICAL + 7);
      for (let index = 0; index < steps.length; index++)
        loader.write32(TEXT + index * STEP_BYTES, STEP_MAGIC + index);
      for (const [vector, handler] of Object.entries(options.handlers ?? {}))
        writeGate(loader, Number(vector), stepAddress(handler), options.ist?.[Number(vector)] ?? 0);
      loader.write64(TSS + 4, BASE + STACK_TOP + 0x8000);
      loader.write64(TSS + 36, BASE + STACK_TOP + 0x1_0000);
      options.prepare?.(loader);
      return new Map([
        [REG.rip, stepAddress(0)],
        [REG.rsp, BASE + STACK_TOP],
        [REG.cr3, PML4],
        [REG.idtr, BASE + IDT],
        [REG.tr, BASE + TSS],
        ...Object.entries(options.registers ?? {}).map(([register, value]): [number, number] => [
          Number(register),
          value,
        ]),
      ]);
    },
  };
}

function writeGate(loader: Loader, vector: number, entry: number, ist: number): void {
  const at = IDT + vector * 16;
  loader.write16(at, entry & 0xffff);
  loader.write16(at + 2, 0x10);
  loader.write8(at + 4, ist);
  loader.write8(at + 5, 0x8e);
  loader.write16(at + 6, (entry >>> 16) & 0xffff);
  loader.write32(at + 8, 0xffff_ffff);
}

const span = { file: 'test', start: 0, end: 0 } as never;

export interface LparOptions {
  readonly cpus?: readonly number[];
  readonly shared?: { readonly vcpus: number; readonly weight: number };
  readonly devices?: LparModel['devices'];
  readonly heartbeat_ns?: number;
}

export function lpar(name: string, options: LparOptions = {}): LparModel {
  const cpus = options.cpus ?? [0];
  return {
    name,
    cpus: options.shared
      ? { mode: 'shared', cpus, vcpus: options.shared.vcpus, weight: options.shared.weight }
      : { mode: 'owned', cpus, vcpus: cpus.length, weight: 1 },
    memory_bytes: 64 * 1_048_576,
    devices: options.devices ?? [],
    kernel: {
      flavour: 'linux',
      workload: 'idle',
      heartbeat_ns: options.heartbeat_ns ?? 5_000_000,
      heartbeat_by: 'thread',
      watchdog_thresh_ns: 10_000_000_000,
      panic_on_oops: false,
      softlockup_panic: false,
      layout_seed: 0,
    },
    metadata: { size_bytes: 65_536, seal: 'crc32c', describes: [] },
    span,
  };
}

export function topology(
  lpars: readonly LparModel[],
  machine: Partial<TopologyModel['machine']> = {},
): TopologyModel {
  const cpus = [...new Set(lpars.flatMap((one) => one.cpus.cpus))].toSorted((a, b) => a - b);
  return {
    machine: {
      cpus,
      memory_bytes: 256 * 1_048_576,
      devices: [],
      iommu: 'strict',
      slice_ns: 10_000,
      span,
      ...machine,
    },
    lpars,
    ambulances: [],
  };
}

/** A machine of one partition, `web`, switched on. */
export function tinyMachine(
  steps: readonly TinyStep[],
  options: TinyOptions = {},
  shape: LparOptions = {},
): SimTarget {
  return powerOn(topology([lpar('web', shape)]), 1, () => tinyKernel(steps, options));
}

/** The same kernel for each partition, or one by name. */
export function kernels(by_name: Readonly<Record<string, GuestKernel>>): KernelFactory {
  return ({ lpar: { name } }) => by_name[name] as GuestKernel;
}

/** Little-endian 64 bits of a partition's memory. */
export function peek64(target: SimTarget, partition: string, physical: number): bigint {
  const bytes = new Uint8Array(8);
  target.partitionNamed(partition).memory.read(physical, bytes);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

export function poke64(target: SimTarget, partition: string, physical: number, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  target.partitionNamed(partition).memory.write(physical, bytes);
}
