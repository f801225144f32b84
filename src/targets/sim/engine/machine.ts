import { assert } from '../../../base/assert.ts';
import { VECTOR } from '../../../target/hypercalls.ts';
import { BOOT_TIMEOUT_NS, POWER_ON_STAGGER_NS } from '../machine/costs.ts';
import type { CpuHost } from '../machine/cpu.ts';
import { SimCpu } from '../machine/cpu.ts';
import type { DeviceState } from '../machine/devices/device.ts';
import { forkDevice, newDevice } from '../machine/devices/device.ts';
import { Outputs } from '../machine/devices/outputs.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { MachinePlan, PartitionPlan } from '../machine/plan.ts';
import type { Detail } from '../machine/trace-hash.ts';
import { FREQUENT_KINDS, TraceHash } from '../machine/trace-hash.ts';
import { WatchSet } from '../machine/watch.ts';
import { completeNext } from './devices.ts';
import { EVENT, EventHeap } from './event-heap.ts';
import { answerHypercall } from './hypercalls.ts';
import { guestLoader } from './loader.ts';

/** What changes about a partition as a whole. Plain data. */
export interface PartitionState {
  parked: boolean;
  /** Sign of what stopped it for good; '' while nothing has. */
  stopped: string;
  /** Internal time of boot complete, -1 before. */
  boot_complete: number;
  /** Guest-physical address and bytes of the last registration it tried; address -1 before. */
  region_address: number;
  region_bytes: number;
  heartbeats: number;
}

/** Who is asked and told: set by whoever owns the machine, not part of its state. */
export interface MachineHost {
  /** A hypercall that the machine does not answer itself. */
  hypercall(machine: Machine, cpu: SimCpu, number: number): number;
  alarm(machine: Machine, partition: number, id: number): void;
  stopped(machine: Machine, partition: number, sign: string, address: number): void;
  /** Every event; true asks the engine to stop after the current step. */
  event(time: number, subject: string, kind: string, detail: Detail): boolean;
  wants(kind: string): boolean;
}

/** The whole state of a machine at one instant, before anything of it runs. */
export interface MachineState {
  readonly memory: MachineMemory;
  readonly watch: WatchSet;
  readonly heap: EventHeap;
  readonly hash: TraceHash;
  readonly partitions: PartitionState[];
  readonly devices: DeviceState[][];
  readonly outputs: Outputs[];
  clock: number;
}

/**
 * The simulated machine: processors, memory, devices, and the loop that lets virtual time pass. Deterministic: from the same state it does
 * the same, however often it is stopped on the way. Times are internal: nanoseconds from power-on.
 */
export class Machine implements CpuHost {
  readonly plan: MachinePlan;
  readonly memory: MachineMemory;
  readonly watch: WatchSet;
  readonly cpus: SimCpu[];
  readonly partitions: PartitionState[];
  /** By partition, then as the guest numbers them. */
  readonly devices: DeviceState[][];
  readonly outputs: Outputs[];
  readonly heap: EventHeap;
  readonly hash: TraceHash;
  /** Set before it runs. */
  host: MachineHost | undefined;
  /** Everything earlier has happened. */
  clock: number;
  bound = 0;
  /** By CPU number: when its next step begins; Infinity when it has none. */
  private readonly next: Float64Array;
  private timer_min: number = Number.POSITIVE_INFINITY;
  private stop = false;
  private released = false;

  constructor(plan: MachinePlan, state: MachineState) {
    this.plan = plan;
    this.memory = state.memory;
    this.watch = state.watch;
    this.heap = state.heap;
    this.hash = state.hash;
    this.partitions = state.partitions;
    this.devices = state.devices;
    this.outputs = state.outputs;
    this.clock = state.clock;
    this.cpus = plan.partitions.flatMap((partition) =>
      partition.cpu_slots.map((slots, index) => {
        const number = partition.first_cpu + index;
        const place = { number, index, partition: partition.index, second_level_root: partition.second_level_root, slots }; // prettier-ignore
        return new SimCpu(this, this.memory, this.watch, partition.program, place);
      }),
    );
    this.next = new Float64Array(this.cpus.length).fill(Number.POSITIVE_INFINITY);
  }

  /** A machine that has just been switched on: kernels loaded, boot CPUs about to start. */
  static powerOn(plan: MachinePlan, memory: MachineMemory): Machine {
    const count = plan.partitions.length;
    const machine = new Machine(plan, {
      memory,
      watch: new WatchSet(),
      heap: new EventHeap(),
      hash: new TraceHash(),
      partitions: Array.from({ length: count }, newPartition),
      devices: plan.partitions.map((partition) => partition.devices.map(newDevice)),
      outputs: Array.from({ length: count }, () => new Outputs()),
      clock: 0,
    });
    for (const partition of plan.partitions) {
      const registers = partition.kernel.powerOn(guestLoader(memory, partition));
      const cpu = machine.cpuOf(partition, 0);
      for (const [register, value] of registers) cpu.set(register, value);
      const at = partition.index * POWER_ON_STAGGER_NS;
      machine.heap.push(at, EVENT.power_on, cpu.place.number);
      machine.heap.push(at + BOOT_TIMEOUT_NS, EVENT.boot_timeout, partition.index);
    }
    return machine;
  }

  /** A machine in the same state that goes its own way. Neither sees the other. */
  fork(): Machine {
    const child = new Machine(this.plan, {
      memory: this.memory.fork(),
      watch: this.watch.fork(),
      heap: this.heap.fork(),
      hash: this.hash.fork(),
      partitions: this.partitions.map(copyPartition),
      devices: this.devices.map((devices) => devices.map(forkDevice)),
      outputs: this.outputs.map((outputs) => outputs.fork()),
      clock: this.clock,
    });
    for (const [number, cpu] of child.cpus.entries()) cpu.copyFrom(this.cpus[number] as SimCpu);
    child.settle();
    return child;
  }

  /** Gives its memory and processors back for reuse. Not to be used afterwards. */
  release(): void {
    this.released = true;
    this.memory.release();
    for (const cpu of this.cpus) cpu.release();
  }

  /** Computes what follows from the processors' state: after a fork or a restore. */
  settle(): void {
    for (const cpu of this.cpus) this.update(cpu);
    this.updateTimers();
  }

  cpuOf(partition: PartitionPlan, index: number): SimCpu {
    const cpu = this.cpus[partition.first_cpu + index];
    assert(cpu !== undefined && index < partition.cpu_slots.length, `cpu ${index} of ${partition.name}`);
    return cpu;
  }

  cpusOf(partition: PartitionPlan): readonly SimCpu[] {
    return this.cpus.slice(partition.first_cpu, partition.first_cpu + partition.cpu_slots.length);
  }

  planOf(cpu: SimCpu): PartitionPlan {
    return this.plan.partitions[cpu.place.partition] as PartitionPlan;
  }

  /** Lets everything happen that begins before `limit`, or until the host asks to stop. */
  runUntil(limit: number): void {
    assert(!this.released, 'a released machine is run');
    this.stop = false;
    const next = this.next;
    const count = next.length;
    while (!this.stop) {
      let first = Number.POSITIVE_INFINITY;
      let second = Number.POSITIVE_INFINITY;
      let chosen = -1;
      for (let number = 0; number < count; number++) {
        const time = next[number] as number;
        if (time < first) {
          second = first;
          first = time;
          chosen = number;
        } else if (time < second) second = time;
      }
      const heap_time = this.heap.next_time;
      const event_time = heap_time < this.timer_min ? heap_time : this.timer_min;
      if (event_time <= first) {
        if (event_time >= limit) break;
        this.clock = event_time;
        if (heap_time <= this.timer_min) this.happen();
        else this.expire();
        continue;
      }
      if (first >= limit) break;
      this.bound = Math.min(second, event_time, limit);
      this.clock = first;
      const cpu = this.cpus[chosen] as SimCpu;
      cpu.run();
      this.update(cpu);
    }
    if (!this.stop && limit > this.clock) this.clock = limit;
  }

  /** Puts an event on the heap; not before now. */
  schedule(time: number, kind: number, a: number, b = 0, c = 0): void {
    const at = Math.max(time, this.clock);
    this.heap.push(at, kind, a, b, c);
    if (at < this.bound) this.bound = at;
  }

  private happen(): void {
    const { kind, a, b, c } = this.heap.pop();
    switch (kind) {
      case EVENT.power_on: {
        const cpu = this.cpus[a] as SimCpu;
        cpu.wake(this.clock);
        this.update(cpu);
        this.emit(this.clock, this.planOf(cpu).name, 'power_on', {});
        return;
      }
      case EVENT.interrupt:
        this.interrupt(this.cpus[a] as SimCpu, b);
        return;
      case EVENT.start_cpu: {
        const cpu = this.cpus[a] as SimCpu;
        if (cpu.state === 'off') cpu.wake(this.clock);
        this.update(cpu);
        return;
      }
      case EVENT.device:
        completeNext(this, this.plan.partitions[a] as PartitionPlan, b, c);
        return;
      case EVENT.alarm:
        this.host?.alarm(this, a, b);
        return;
      default:
        this.bootTimeout(a);
    }
  }

  private bootTimeout(partition: number): void {
    const state = this.partitions[partition] as PartitionState;
    if (state.boot_complete < 0 && state.stopped === '') this.host?.stopped(this, partition, 'boot', 0);
  }

  /** The earliest local timer. */
  private expire(): void {
    const cpu = this.cpus.find((one) => one.timer_at === this.timer_min) as SimCpu;
    cpu.timer_at = Number.POSITIVE_INFINITY;
    this.updateTimers();
    this.interrupt(cpu, VECTOR.timer);
  }

  private updateTimers(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const cpu of this.cpus) if (cpu.timer_at < earliest) earliest = cpu.timer_at;
    this.timer_min = earliest;
    if (earliest < this.bound) this.bound = earliest;
  }

  /** Arms the CPU's timer for an internal time; Infinity disarms it. */
  setTimer(cpu: SimCpu, time: number): void {
    cpu.timer_at = time;
    this.updateTimers();
  }

  /** Raises an interrupt now. */
  interrupt(cpu: SimCpu, vector: number): void {
    if (cpu.state === 'dead' || cpu.state === 'off') return;
    if (cpu.post(vector) && !(this.partitions[cpu.place.partition] as PartitionState).parked) {
      cpu.wake(this.clock);
      this.update(cpu);
    }
  }

  /** Recomputes when a CPU's next step begins. */
  update(cpu: SimCpu): void {
    const parked = (this.partitions[cpu.place.partition] as PartitionState).parked;
    this.next[cpu.place.number] = cpu.state === 'running' && !parked ? cpu.time : Number.POSITIVE_INFINITY;
  }

  park(partition: PartitionPlan): void {
    (this.partitions[partition.index] as PartitionState).parked = true;
    for (const cpu of this.cpusOf(partition)) this.update(cpu);
  }

  /** Lets a parked partition go on from now. */
  resume(partition: PartitionPlan): void {
    const state = this.partitions[partition.index] as PartitionState;
    if (!state.parked || state.stopped !== '') return;
    state.parked = false;
    for (const cpu of this.cpusOf(partition)) {
      cpu.unpark(this.clock);
      this.update(cpu);
    }
  }

  hypercall(cpu: SimCpu): void {
    this.clock = cpu.time;
    answerHypercall(this, cpu);
  }

  trace(cpu: SimCpu, kind: string, detail: Detail): void {
    this.clock = cpu.time;
    this.emit(cpu.time, this.planOf(cpu).name, kind, detail);
  }

  traces(kind: string): boolean {
    return !FREQUENT_KINDS.includes(kind) || this.host?.wants(kind) === true;
  }

  emit(time: number, subject: string, kind: string, detail: Detail): void {
    if (!FREQUENT_KINDS.includes(kind)) this.hash.event(time, subject, kind, detail);
    if (this.host?.event(time, subject, kind, detail) === true) {
      this.stop = true;
      this.bound = Number.NEGATIVE_INFINITY;
    }
  }

  stopped(cpu: SimCpu, sign: 'triple_fault' | 'second_level', address: number): void {
    this.clock = cpu.time;
    this.stopPartition(cpu.place.partition, sign, address);
  }

  /** Ends a partition for good. */
  stopPartition(partition: number, sign: string, address: number): void {
    const state = this.partitions[partition] as PartitionState;
    if (state.stopped !== '') return;
    state.stopped = sign;
    const plan = this.plan.partitions[partition] as PartitionPlan;
    for (const cpu of this.cpusOf(plan)) {
      cpu.stop();
      this.update(cpu);
    }
    this.updateTimers();
    this.emit(this.clock, plan.name, 'stopped', { sign, address });
    this.host?.stopped(this, partition, sign, address);
  }
}

const AT_POWER_ON: PartitionState = {
  parked: false,
  stopped: '',
  boot_complete: -1,
  region_address: -1,
  region_bytes: 0,
  heartbeats: 0,
};

function newPartition(): PartitionState {
  return copyPartition(AT_POWER_ON);
}

/** Written out, not spread: all of them have one shape, at power-on and in every fork. */
function copyPartition(from: PartitionState): PartitionState {
  const { parked, stopped, boot_complete, region_address, region_bytes, heartbeats } = from;
  return { parked, stopped, boot_complete, region_address, region_bytes, heartbeats };
}
