import { assert } from '../../../base/assert.ts';
import type { CpuHost } from '../machine/cpu.ts';
import { SimCpu } from '../machine/cpu.ts';
import type { DeviceState } from '../machine/devices/device.ts';
import type { Outputs } from '../machine/devices/outputs.ts';
import type { MachineMemory, MemoryKeeper } from '../machine/memory.ts';
import type { MachinePlan, PartitionPlan } from '../machine/plan.ts';
import type { Detail, TraceHash } from '../machine/trace-hash.ts';
import type { WatchSet } from '../machine/watch.ts';
import type { Absence, Inhabitant, KnownEvent, PartitionState, Patch } from './partition-state.ts';
import { copyInhabitant } from './partition-state.ts';

const NEVER: number = Number.POSITIVE_INFINITY;

/** What is common to all of a machine. */
interface Commons {
  readonly memory: MachineMemory;
  readonly watch: WatchSet;
  readonly hash: TraceHash;
  readonly clock: number;
}

/**
 * Who lives in a machine, and when each is next due. What happens comes from sources, which are numbered: the
 * partitions' events, then the local timers, then the processors. At one instant the lower number comes first, so the
 * order of what one partition does never depends on the others.
 *
 * A partition whose doings are known can be left out: its events are told in that same order, no step of it is
 * executed, and it is brought back as soon as anybody, be it a neighbour or the harness, looks at anything of it or
 * touches it.
 */
export abstract class Population implements CpuHost, MemoryKeeper {
  readonly plan: MachinePlan;
  readonly memory: MachineMemory;
  readonly watch: WatchSet;
  readonly hash: TraceHash;
  /** Everything earlier has happened. */
  clock: number;
  bound = 0;
  private readonly inhabitants: (Inhabitant | undefined)[];
  private readonly absences: (Absence | undefined)[];
  protected absent = 0;
  /** By number. */
  protected readonly processors: (SimCpu | undefined)[];
  /** When each source is next due; Infinity when it is not. */
  protected readonly due: Float64Array;
  /** First source of the local timers, and of the processors. */
  protected readonly timers: number;
  protected readonly steps: number;
  /** Of what happens at `clock`, what comes from the sources up to this one has happened. */
  protected reached = -1;
  protected running: SimCpu | undefined;

  constructor(plan: MachinePlan, { memory, watch, hash, clock }: Commons) {
    this.plan = plan;
    this.memory = memory;
    this.watch = watch;
    this.hash = hash;
    this.clock = clock;
    const count = plan.partitions.length;
    const cpus = plan.partitions.reduce((sum, partition) => sum + partition.cpu_slots.length, 0);
    this.inhabitants = plan.partitions.map(() => undefined);
    this.absences = plan.partitions.map(() => undefined);
    this.processors = Array.from({ length: cpus }, () => undefined);
    this.timers = count;
    this.steps = count + cpus;
    this.due = new Float64Array(count + cpus * 2).fill(NEVER);
  }

  abstract hypercall(cpu: SimCpu): void;
  abstract trace(cpu: SimCpu, kind: string, detail: Detail): void;
  abstract traces(kind: string): boolean;
  abstract stopped(cpu: SimCpu, sign: 'triple_fault' | 'second_level', address: number): void;
  /**
   * A machine that has the state of a partition when everything before `time` has happened, and of that at `time`
   * itself what comes from sources up to `source`. It owns none of its pages.
   */
  protected abstract fetch(partition: number, time: number, source: number): Population;

  /** Processors at reset, for a partition. */
  newCpus({ index: partition, first_cpu, second_level_root, cpu_slots, program }: PartitionPlan): SimCpu[] {
    return cpu_slots.map((slots, index) => {
      const place = { number: first_cpu + index, index, partition, second_level_root, slots };
      return new SimCpu(this, this.memory, this.watch, program, place);
    });
  }

  /** Puts a partition in. Its memory is there already. */
  inhabit(partition: number, inhabitant: Inhabitant): Inhabitant {
    this.inhabitants[partition] = inhabitant;
    for (const cpu of inhabitant.cpus) this.processors[cpu.place.number] = cpu;
    this.settlePartition(partition);
    return inhabitant;
  }

  /** Fills a fork: with whoever is here, and without whoever is left out. */
  protected settleIn(child: Population): void {
    child.reached = this.reached;
    for (const [index, partition] of this.plan.partitions.entries()) {
      const [here, absence] = [this.inhabitants[index], this.absences[index]];
      if (here !== undefined) child.inhabit(index, copyInhabitant(here, child.newCpus(partition)));
      else if (absence !== undefined) child.miss(index, { ...absence });
    }
  }

  /**
   * Leaves a partition out from now on: no step of it is executed. `events` is what it does and tells in [clock, as far
   * as this machine will run) when nobody touches it; `patches` what makes its memory different from where its state
   * will be fetched.
   */
  leaveOut(partition: number, events: readonly KnownEvent[], patches: readonly Patch[] = []): void {
    const here = this.inhabitants[partition];
    if (here === undefined) return;
    let told = events.length;
    while (told > 0 && this.isToCome(events[told - 1] as KnownEvent)) told--;
    for (const cpu of here.cpus) {
      this.processors[cpu.place.number] = undefined;
      this.memory.removeHolder(cpu);
      cpu.release();
    }
    this.inhabitants[partition] = undefined;
    const { base, bytes } = this.plan.partitions[partition] as PartitionPlan;
    this.memory.leaveOut(base, bytes);
    this.miss(partition, { events, told, patches });
  }

  private isToCome({ time, source }: KnownEvent): boolean {
    return time > this.clock || (time === this.clock && source > this.reached);
  }

  private miss(partition: number, absence: Absence): void {
    this.absences[partition] = absence;
    this.absent++;
    this.memory.keeper = this;
    this.dueNext(partition, absence);
  }

  /** True when the partition is simulated, not left out. */
  isPresent(partition: number): boolean {
    return this.inhabitants[partition] !== undefined;
  }

  /** A partition, brought back if it was left out. */
  inhabitant(partition: number): Inhabitant {
    return this.inhabitants[partition] ?? this.bringBack(partition);
  }

  bringBackAll(): void {
    for (let index = 0; index < this.inhabitants.length; index++) this.inhabitant(index);
  }

  bringChunk(index: number): boolean {
    const missing = this.plan.partitions.find(
      ({ index: partition, base, bytes }) =>
        this.absences[partition] !== undefined && this.memory.covers(base, bytes, index),
    );
    if (missing === undefined) return false;
    this.bringBack(missing.index);
    return this.memory.chunk(index) !== undefined;
  }

  /** Everybody depends on the tables. */
  tablesWritten(): void {
    this.bringBackAll();
  }

  private bringBack(partition: number): Inhabitant {
    const plan = this.plan.partitions[partition];
    assert(
      plan !== undefined && this.absences[partition] !== undefined,
      `there is no partition ${partition}`,
    );
    const { patches } = this.absences[partition];
    const from = this.fetch(partition, this.running?.time ?? this.clock, this.source);
    this.absences[partition] = undefined;
    if (--this.absent === 0) this.memory.keeper = undefined;
    this.memory.share(from.memory, plan.base, plan.bytes);
    const there = from.inhabitant(partition);
    // The step at hand is the last before the loop looks again at who comes next.
    this.bound = Number.NEGATIVE_INFINITY;
    const here = this.inhabit(partition, copyInhabitant(there, this.newCpus(plan)));
    for (const { address, byte } of patches) this.memory.write8(address, byte);
    return here;
  }

  /** Where what happens now comes from. */
  get source(): number {
    return this.running === undefined ? this.reached : this.steps + this.running.place.number;
  }

  stateOf(partition: number): PartitionState {
    return this.inhabitant(partition).state;
  }

  /** As the guest numbers them. */
  devicesOf(partition: number): readonly DeviceState[] {
    return this.inhabitant(partition).devices;
  }

  outputsOf(partition: number): Outputs {
    return this.inhabitant(partition).outputs;
  }

  cpuOf(partition: PartitionPlan, index: number): SimCpu {
    const cpu = this.inhabitant(partition.index).cpus[index];
    assert(cpu !== undefined, `cpu ${index} of ${partition.name}`);
    return cpu;
  }

  cpusOf(partition: PartitionPlan): readonly SimCpu[] {
    return this.inhabitant(partition.index).cpus;
  }

  /** Those of the partitions that are simulated. */
  get presentCpus(): readonly SimCpu[] {
    return this.processors.filter((cpu) => cpu !== undefined);
  }

  planOf(cpu: SimCpu): PartitionPlan {
    return this.plan.partitions[cpu.place.partition] as PartitionPlan;
  }

  /** The partition that a source belongs to. */
  protected partitionOf(source: number): number {
    if (source < this.timers) return source;
    const number = source < this.steps ? source - this.timers : source - this.steps;
    return this.plan.partitions.findLastIndex(({ first_cpu }) => first_cpu <= number);
  }

  /** What a partition that is left out does now; none when the source is not of such a one. */
  protected known(source: number): readonly KnownEvent[] {
    const partition = this.partitionOf(source);
    const absence = this.absences[partition];
    if (absence === undefined) return [];
    const { events, told } = absence;
    do absence.told++;
    while (events[absence.told]?.time === this.clock && events[absence.told]?.source === source);
    this.dueNext(partition, absence);
    return events.slice(told, absence.told);
  }

  private dueNext(partition: number, { events, told }: Absence): void {
    this.clearDue(partition);
    const next = events[told];
    if (next !== undefined) this.due[next.source] = next.time;
  }

  private clearDue(partition: number): void {
    const { first_cpu, cpu_slots } = this.plan.partitions[partition] as PartitionPlan;
    this.due[partition] = NEVER;
    for (const first of [this.timers + first_cpu, this.steps + first_cpu])
      this.due.fill(NEVER, first, first + cpu_slots.length);
  }

  /** Arms the CPU's timer for an internal time; Infinity disarms it. */
  setTimer(cpu: SimCpu, time: number): void {
    cpu.timer_at = time;
    this.due[this.timers + cpu.place.number] = time;
    if (time < this.bound) this.bound = time;
  }

  /** Recomputes when a CPU's next step begins. */
  update(cpu: SimCpu): void {
    const runs = cpu.state === 'running' && !this.stateOf(cpu.place.partition).parked;
    this.due[this.steps + cpu.place.number] = runs ? cpu.time : NEVER;
  }

  /**
   * Computes what follows from the state of a partition: after a restore, or when one of its processors was stopped.
   */
  settlePartition(partition: number): void {
    const { cpus, heap } = this.inhabitant(partition);
    this.due[partition] = heap.next_time;
    for (const cpu of cpus) {
      this.update(cpu);
      this.due[this.timers + cpu.place.number] = cpu.timer_at;
    }
  }
}
