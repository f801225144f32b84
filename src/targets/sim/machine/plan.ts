import { assert } from '../../../base/assert.ts';
import { substream } from '../../../base/random.ts';
import type { DeviceKind, LparModel, TopologyModel } from '../../../model/machine.ts';
import type { SharedWindow } from '../../../model/shared-memory.ts';
import { windowsOf } from '../../../model/shared-memory.ts';
import type { GuestKernel } from '../step.ts';
import { MACHINE_MEMORY_LIMIT, MachineMemory } from './memory.ts';
import type { CompiledProgram } from './program.ts';
import { compileProgram } from './program.ts';
import type { FrameSource } from './second-level.ts';
import { buildSecondLevel, framesNeeded, mapSecondLevel } from './second-level.ts';
import type { Sharer, Slots } from './slots.ts';
import { shareOut } from './slots.ts';

const LARGE_PAGE = 0x20_0000;

/** What a kernel is told when it is made for a partition. */
export interface KernelContext {
  readonly lpar: LparModel;
  /** Index of the partition. */
  readonly partition: number;
  readonly seed: number;
  /** This boot's id, as the region has to carry it: 64 bits, drawn from the seed. */
  readonly boot_id: bigint;
  /** Memory that it shares, as it will find it. */
  readonly windows: readonly SharedWindow[];
  /** The partition's devices; a device's index in hypercalls is its position here. */
  readonly devices: readonly { readonly name: string; readonly kind: DeviceKind }[];
}

export type KernelFactory = (context: KernelContext) => GuestKernel;

/** A device as one partition has it. Its state is in the machine. */
export interface DevicePlan {
  readonly name: string;
  readonly kind: DeviceKind;
  /** Machine address of the table its DMA goes through. */
  readonly iommu_root: number;
  readonly slots: Slots | undefined;
  /** Seeds its latencies and its content. */
  readonly seed: number;
}

export interface PartitionPlan {
  readonly index: number;
  readonly name: string;
  readonly lpar: LparModel;
  /** Machine address of its guest-physical 0. */
  readonly base: number;
  readonly bytes: number;
  readonly second_level_root: number;
  readonly boot_id: bigint;
  /** Number of its first vCPU among all of the machine. */
  readonly first_cpu: number;
  readonly cpu_slots: readonly (Slots | undefined)[];
  readonly devices: readonly DevicePlan[];
  /** Memory that it shares, and where each region lies in the machine. */
  readonly shared: readonly (SharedWindow & { readonly base: number })[];
  readonly kernel: GuestKernel;
  readonly program: CompiledProgram;
}

/** Memory that is reserved for an ambulance. Nothing runs in it. */
interface AmbulancePlan {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  /** One for each CPU that it has; none where it borrows them. */
  readonly cpu_slots: readonly (Slots | undefined)[];
}

/** All that is fixed when a machine is switched on; forks share it. */
export interface MachinePlan {
  readonly topology: TopologyModel;
  readonly seed: number;
  readonly iommu_strict: boolean;
  /** [0, this) is the hypervisor's: its tables. */
  readonly reserve_bytes: number;
  readonly partitions: readonly PartitionPlan[];
  readonly ambulances: readonly AmbulancePlan[];
}

/** Raised for a topology that the checker should have refused. */
class PlanError extends Error {
  override name = 'PlanError';
}

/**
 * Lays a machine out: the hypervisor's reserve from 0, then each partition's memory in the order of the topology, then
 * the ambulances', each at a multiple of 2 MiB; builds the second-level and IOMMU tables in the reserve.
 */
export function planMachine(
  topology: TopologyModel,
  seed: number,
  kernelFor: KernelFactory,
): { plan: MachinePlan; memory: MachineMemory } {
  const { lpars, ambulances, machine } = topology;
  const regions = topology.shared_memory ?? [];
  const frames_needed = lpars.reduce(
    (sum, lpar) => sum + framesNeeded(lpar.memory_bytes) * (1 + lpar.devices.length),
    // Both partitions of a region get tables for it, of entries as small as 4 KiB.
    1 +
      regions.reduce((sum, { bytes }) => sum + 2 * (framesNeeded(bytes) + Math.ceil(bytes / LARGE_PAGE)), 0),
  );
  const reserve_bytes = roundUp(frames_needed * 4096);
  const total = [...lpars, ...ambulances].reduce(
    (sum, one) => sum + roundUp(one.memory_bytes),
    regions.reduce((sum, { bytes }) => sum + roundUp(bytes), reserve_bytes),
  );
  // The reserve is the hypervisor's own and comes on top of what the spec gives to partitions.
  const memory_bytes = Math.max(roundUp(machine.memory_bytes), total);
  if (memory_bytes > MACHINE_MEMORY_LIMIT)
    throw new PlanError(`${memory_bytes} bytes of memory: the simulation goes to 4 GiB`);
  const memory = new MachineMemory(memory_bytes, reserve_bytes);
  let frame = 4096; // frame 0 stays empty: an entry of zero leads nowhere
  const frames = {
    next(): number {
      assert(frame < reserve_bytes, 'the hypervisor reserve is used up');
      frame += 4096;
      return frame - 4096;
    },
  };
  const cpu_slots = shareCpus(topology);
  const device_slots = shareDevices(topology);
  let base = reserve_bytes;
  let shared_base = [...lpars, ...ambulances].reduce((sum, one) => sum + roundUp(one.memory_bytes), base);
  const shared_at = new Map<string, number>();
  for (const { name, bytes } of regions) {
    shared_at.set(name, shared_base);
    shared_base += roundUp(bytes);
  }
  let first_cpu = 0;
  const partitions = lpars.map((lpar, index): PartitionPlan => {
    const root = buildSecondLevel(memory, frames, base, lpar.memory_bytes);
    const devices = lpar.devices.map((grant): DevicePlan => {
      const model = machine.devices.find((device) => device.name === grant.device);
      if (model === undefined) throw new PlanError(`${lpar.name} has no device ${grant.device}`);
      return {
        name: model.name,
        kind: model.kind,
        iommu_root: buildSecondLevel(memory, frames, base, lpar.memory_bytes),
        slots: device_slots.get(`${lpar.name}.${model.name}`),
        seed: substream(seed, `device:${lpar.name}.${model.name}`).u32(),
      };
    });
    const random = substream(seed, `boot:${lpar.name}`);
    const boot_id = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
    const windows = windowsOf(topology, lpar);
    const shared = windows.map((window) => ({ ...window, base: shared_at.get(window.name) ?? 0 }));
    mapShared(memory, frames, root, shared);
    const kernel = kernelFor({ lpar, partition: index, seed, boot_id, windows, devices });
    const plan: PartitionPlan = {
      index,
      name: lpar.name,
      lpar,
      base,
      bytes: lpar.memory_bytes,
      second_level_root: root,
      boot_id,
      first_cpu,
      cpu_slots: cpu_slots[index] as (Slots | undefined)[],
      devices,
      shared,
      kernel,
      program: compileProgram(kernel.program),
    };
    base += roundUp(lpar.memory_bytes);
    first_cpu += lpar.cpus.vcpus;
    return plan;
  });
  const reserved = ambulances.map((ambulance, index): AmbulancePlan => {
    const borrows = ambulance.cpus.mode === 'borrowed';
    const slots = borrows ? [] : (cpu_slots[lpars.length + index] as (Slots | undefined)[]);
    const plan = { name: ambulance.name, base, bytes: ambulance.memory_bytes, cpu_slots: slots };
    base += roundUp(ambulance.memory_bytes);
    return plan;
  });
  const iommu_strict = machine.iommu === 'strict';
  return {
    plan: { topology, seed, iommu_strict, reserve_bytes, partitions, ambulances: reserved },
    memory,
  };
}

function mapShared(
  memory: MachineMemory,
  frames: FrameSource,
  root: number,
  shared: PartitionPlan['shared'],
): void {
  for (const { physical, base, bytes } of shared) mapSecondLevel(memory, frames, root, physical, base, bytes);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / LARGE_PAGE) * LARGE_PAGE;
}

/** For each partition and each of its vCPUs: its slots, or undefined where it has the physical CPU to itself. */
function shareCpus(topology: TopologyModel): (Slots | undefined)[][] {
  const grants = [...topology.lpars, ...topology.ambulances].map((one) => one.cpus);
  const slots = grants.map((grant) =>
    Array.from<unknown, Slots | undefined>({ length: grant.vcpus }, () => undefined),
  );
  for (const cpu of topology.machine.cpus) {
    const sharing = grants
      .map((grant, index) => ({ grant, index, vcpus: vcpusOn(grant, cpu) }))
      .filter(({ grant, vcpus }) => grant.mode === 'shared' && vcpus.length > 0);
    const sharers = sharing.map(({ grant, vcpus }): Sharer => ({
      weight: grant.weight,
      parts: vcpus.length,
    }));
    const shares = shareOut(sharers, topology.machine.slice_ns);
    sharing.forEach(({ index, vcpus }, at) => {
      vcpus.forEach((vcpu, part) => {
        (slots[index] as (Slots | undefined)[])[vcpu] = shares[at]?.[part];
      });
    });
  }
  return slots;
}

/** The vCPUs of a grant that run on a physical CPU: vCPU i on cpus[i mod n]. */
function vcpusOn(grant: { readonly cpus: readonly number[]; readonly vcpus: number }, cpu: number): number[] {
  const all = Array.from({ length: grant.vcpus }, (_, index) => index);
  return all.filter((index) => grant.cpus[index % grant.cpus.length] === cpu);
}

/** Slots by `lpar.device`, for shared devices. */
function shareDevices(topology: TopologyModel): Map<string, Slots> {
  const result = new Map<string, Slots>();
  for (const device of topology.machine.devices) {
    const sharing = topology.lpars.flatMap((lpar) =>
      lpar.devices
        .filter((grant) => grant.device === device.name && grant.mode === 'shared')
        .map((grant) => ({ name: `${lpar.name}.${device.name}`, weight: grant.weight })),
    );
    const shares = shareOut(
      sharing.map(({ weight }) => ({ weight, parts: 1 })),
      topology.machine.slice_ns,
    );
    sharing.forEach(({ name }, index) => {
      const slots = shares[index]?.[0];
      if (slots !== undefined) result.set(name, slots);
    });
  }
  return result;
}
