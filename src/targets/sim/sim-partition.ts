import { REGISTERS } from '../../model/registers.ts';
import type { RegisterName } from '../../model/registers.ts';
import type { Partition, PhysicalMemory, VirtualCpu } from '../../target/target.ts';
import type { Machine } from './engine/machine.ts';
import type { PartitionState } from './engine/partition-state.ts';
import type { MachineMemory } from './machine/memory.ts';
import type { PartitionPlan } from './machine/plan.ts';
import { NOT_MAPPED, secondLevelEntry, walkSecondLevel } from './machine/second-level.ts';
import { WatchSet } from './machine/watch.ts';

/** Bytes [base, base + size) of machine memory, as the harness reaches them: untranslated, unwatched, without cost. */
export function rawMemory(memory: MachineMemory, base: number, size: number): PhysicalMemory {
  const inside = (address: number, bytes: number): boolean =>
    Number.isInteger(address) && address >= 0 && address + bytes <= size;
  return {
    size,
    read(address, into): boolean {
      if (!inside(address, into.length)) return false;
      memory.read(base + address, into);
      return true;
    },
    write(address, bytes): boolean {
      if (!inside(address, bytes.length)) return false;
      memory.write(base + address, bytes);
      return true;
    },
  };
}

/** A partition's own memory, and behind `size` the regions that it shares. */
function withShared(memory: MachineMemory, { base, bytes, shared }: PartitionPlan): PhysicalMemory {
  const own = rawMemory(memory, base, bytes);
  if (shared.length === 0) return own;
  const regions = shared.map((one) => ({ at: one.physical, memory: rawMemory(memory, one.base, one.bytes) }));
  const regionOf = (address: number): (typeof regions)[0] | undefined =>
    regions.find(({ at, memory: { size } }) => address >= at && address < at + size);
  return {
    size: own.size,
    read(address, into): boolean {
      const region = regionOf(address);
      return region === undefined ? own.read(address, into) : region.memory.read(address - region.at, into);
    },
    write(address, content): boolean {
      const region = regionOf(address);
      return region === undefined
        ? own.write(address, content)
        : region.memory.write(address - region.at, content);
    },
  };
}

/** What the harness's own table walks report to: nobody. */
const UNWATCHED = new WatchSet();

/** A partition, as the injector, the hypervisor and the rescue see it. */
export class SimPartition implements Partition {
  readonly name: string;
  readonly plan: PartitionPlan;
  readonly memory: PhysicalMemory;
  readonly cpus: readonly VirtualCpu[];
  private readonly machine: Machine;

  constructor(machine: Machine, plan: PartitionPlan) {
    this.machine = machine;
    this.plan = plan;
    this.name = plan.name;
    this.memory = withShared(machine.memory, plan);
    this.cpus = plan.cpu_slots.map((_, index): VirtualCpu => ({
      index,
      get: (register) => machine.cpuOf(plan, index).exact(numberOf(register)),
      set(register, value): void {
        machine.cpuOf(plan, index).setExact(numberOf(register), value);
      },
    }));
  }

  /**
   * Machine address of what lies `physical` from the start of its memory, in it or in a region that it shares; as the
   * harness reckons.
   */
  baseOf(physical: number): number {
    const { shared, base } = this.plan;
    const window = shared.find((one) => physical >= one.physical && physical < one.physical + one.bytes);
    return window === undefined ? base : window.base - window.physical;
  }

  private get state(): PartitionState {
    return this.machine.stateOf(this.plan.index);
  }

  get parked(): boolean {
    return this.state.parked;
  }

  /** Sign of what stopped it for good; '' while nothing has. */
  get stopped(): string {
    return this.state.stopped;
  }

  get heartbeats(): number {
    return this.state.heartbeats;
  }

  /** Internal time of boot complete; -1 when it never came. */
  get boot_complete(): number {
    return this.state.boot_complete;
  }

  park(): void {
    this.machine.park(this.plan);
  }

  resume(): void {
    this.machine.resume(this.plan);
  }

  vmcoreinfo(): string {
    return this.plan.kernel.vmcoreinfo();
  }

  region(): { readonly physical: number; readonly bytes: number } | undefined {
    const { region_address: physical, region_bytes: bytes } = this.state;
    return physical < 0 ? undefined : { physical, bytes };
  }

  machineAddress(physical: number): number | undefined {
    const page = walkSecondLevel(this.machine.memory, UNWATCHED, 0, this.plan.second_level_root, physical);
    return page === NOT_MAPPED ? undefined : page - (page % 4096) + (physical % 4096);
  }

  secondLevelEntry(physical: number): number | undefined {
    if (!(physical >= 0 && physical < this.plan.bytes)) return undefined;
    return secondLevelEntry(this.machine.memory, this.plan.second_level_root, physical);
  }

  iommuEntry(device: string, physical?: number): number | undefined {
    const index = this.plan.devices.findIndex((one) => one.name === device);
    const queues = this.machine.devicesOf(this.plan.index)[index]?.queues ?? [];
    const address = physical ?? queues.find((queue) => queue !== undefined)?.table;
    if (index < 0 || address === undefined || !(address >= 0 && address < this.plan.bytes)) return undefined;
    return secondLevelEntry(this.machine.memory, this.plan.devices[index]?.iommu_root as number, address);
  }
}

/** Register numbers follow REGISTERS. */
function numberOf(register: RegisterName): number {
  return REGISTERS.indexOf(register);
}
