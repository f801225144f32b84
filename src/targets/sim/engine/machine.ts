import { assert } from '../../../base/assert.ts';
import { VECTOR } from '../../../target/hypercalls.ts';
import { BOOT_TIMEOUT_NS, POWER_ON_STAGGER_NS } from '../machine/costs.ts';
import type { CpuHost, SimCpu } from '../machine/cpu.ts';
import { newDevice } from '../machine/devices/device.ts';
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
import { newPartition } from './partition-state.ts';
import { Population } from './population.ts';

const NEVER: number = Number.POSITIVE_INFINITY;

/** Who is asked and told: set by whoever owns the machine, not part of its state. */
export interface MachineHost {
  /** A hypercall that the machine does not answer itself. */
  hypercall(machine: Machine, cpu: SimCpu, number: number): number;
  /** The console tells of the guest's own end, as a code of DISTRESS. */
  distress(machine: Machine, cpu: SimCpu, code: number): void;
  alarm(machine: Machine, partition: number, id: number): void;
  stopped(machine: Machine, partition: number, sign: string, address: number): void;
  /** Every event; true asks the engine to stop after the current step. */
  event(time: number, subject: string, kind: string, detail: Detail): boolean;
  wants(kind: string): boolean;
  /**
   * The state of a partition that is left out is needed: a machine that has it, when everything before `time` has
   * happened and of that at `time` itself what comes from sources up to `source`. It owns none of its pages.
   */
  bring(partition: number, time: number, source: number): Machine;
}

/**
 * The simulated machine: processors, memory, devices, and the loop that lets virtual time pass. Deterministic: from the
 * same state it does the same, however often it is stopped on the way. Times are internal: nanoseconds from power-on.
 */
export class Machine extends Population implements CpuHost {
  /** Set before it runs. */
  host: MachineHost | undefined;
  private stop = false;
  private released = false;

  protected fetch(partition: number, time: number, source: number): Machine {
    assert(this.host !== undefined, 'nobody knows what was left out');
    return this.host.bring(partition, time, source);
  }

  /** A machine that has just been switched on: kernels loaded, boot CPUs about to start. */
  static powerOn(plan: MachinePlan, memory: MachineMemory): Machine {
    const machine = new Machine(plan, { memory, watch: new WatchSet(), hash: new TraceHash(), clock: 0 });
    for (const partition of plan.partitions) {
      const cpus = machine.newCpus(partition);
      const heap = new EventHeap();
      const [boot] = cpus;
      assert(boot !== undefined, `${partition.name} has no CPU`);
      for (const [register, value] of partition.kernel.powerOn(guestLoader(memory, partition)))
        boot.set(register, value);
      const at = partition.index * POWER_ON_STAGGER_NS;
      heap.push(at, EVENT.power_on, boot.place.number);
      heap.push(at + BOOT_TIMEOUT_NS, EVENT.boot_timeout, partition.index);
      const devices = partition.devices.map(newDevice);
      machine.inhabit(partition.index, {
        state: newPartition(),
        cpus,
        devices,
        outputs: new Outputs(),
        heap,
      });
    }
    return machine;
  }

  /**
   * A machine in the same state that goes its own way. Neither sees the other. What is left out of one is left out of
   * both. `watch`: watchpoints of its own.
   */
  fork(watch: WatchSet = this.watch.fork()): Machine {
    const child = new Machine(this.plan, {
      memory: this.memory.fork(),
      watch,
      hash: this.hash.fork(),
      clock: this.clock,
    });
    this.settleIn(child);
    return child;
  }

  /** Gives its memory and processors back for reuse. Not to be used afterwards. */
  release(): void {
    this.released = true;
    this.memory.keeper = undefined;
    this.memory.release();
    for (const cpu of this.processors) cpu?.release();
  }

  /**
   * Lets everything happen that begins before `limit`, and at `limit` itself what comes from sources up to `last`; or
   * until the host asks to stop.
   */
  runUntil(limit: number, last = -1): void {
    assert(!this.released, 'a released machine is run');
    this.stop = false;
    const { due, timers, steps } = this;
    const count = due.length;
    while (!this.stop) {
      let first = NEVER;
      let second = NEVER;
      let source = -1;
      for (let index = 0; index < count; index++) {
        const time = due[index] as number;
        if (time < first) {
          second = first;
          first = time;
          source = index;
        } else if (time < second) second = time;
      }
      if (source < 0 || first > limit || (first === limit && source > last)) break;
      this.clock = first;
      this.reached = source;
      if (this.absent !== 0 && this.tell(source)) continue;
      if (source >= steps) {
        this.bound = Math.min(second, limit);
        const cpu = this.processors[source - steps] as SimCpu;
        this.running = cpu;
        cpu.run();
        this.running = undefined;
        this.update(cpu);
      } else if (source >= timers) this.expire(source - timers);
      else this.happen(source);
    }
    if (!this.stop && limit > this.clock) {
      this.clock = limit;
      this.reached = last;
    }
  }

  /** What a partition that is left out does now, if the source is its: true when it was. */
  private tell(source: number): boolean {
    const events = this.known(source);
    for (const { time, subject, kind, detail } of events) this.emit(time, subject, kind, detail);
    return events.length > 0;
  }

  /** Schedules an event of a partition; not before now. */
  schedule(time: number, kind: number, a: number, b = 0, c = 0): void {
    const partition = kind >= EVENT.device ? a : this.partitionOf(this.steps + a);
    const at = Math.max(time, this.clock);
    const { heap } = this.inhabitant(partition);
    heap.push(at, kind, a, b, c);
    this.due[partition] = heap.next_time;
    if (at < this.bound) this.bound = at;
  }

  private happen(partition: number): void {
    const { heap } = this.inhabitant(partition);
    const { kind, a, b, c } = heap.pop();
    this.due[partition] = heap.next_time;
    switch (kind) {
      case EVENT.power_on: {
        const cpu = this.processors[a] as SimCpu;
        cpu.wake(this.clock);
        this.update(cpu);
        this.emit(this.clock, this.planOf(cpu).name, 'power_on', {});
        return;
      }
      case EVENT.interrupt:
        this.interrupt(this.processors[a] as SimCpu, b);
        return;
      case EVENT.start_cpu: {
        const cpu = this.processors[a] as SimCpu;
        if (cpu.state === 'off') cpu.wake(this.clock);
        this.update(cpu);
        return;
      }
      case EVENT.device:
        this.complete(a, b, c);
        return;
      case EVENT.alarm:
        this.host?.alarm(this, a, b);
        return;
      default:
        this.bootTimeout(a);
    }
  }

  private complete(partition: number, device: number, queue: number): void {
    const state = this.stateOf(partition);
    if (state.parked) state.held.push(device, queue);
    else completeNext(this, this.plan.partitions[partition] as PartitionPlan, device, queue);
  }

  private bootTimeout(partition: number): void {
    const state = this.stateOf(partition);
    if (state.boot_complete < 0 && state.stopped === '') this.host?.stopped(this, partition, 'boot', 0);
  }

  /** A local timer. */
  private expire(number: number): void {
    const cpu = this.processors[number] as SimCpu;
    this.setTimer(cpu, NEVER);
    this.interrupt(cpu, VECTOR.timer);
  }

  /** Raises an interrupt now. */
  interrupt(cpu: SimCpu, vector: number): void {
    if (cpu.state === 'dead' || cpu.state === 'off') return;
    if (cpu.post(vector, this.clock) && !this.stateOf(cpu.place.partition).parked) {
      cpu.wake(this.clock);
      this.update(cpu);
    }
  }

  /** Its CPUs execute nothing from here on, and its devices complete nothing. */
  park(partition: PartitionPlan): void {
    const { state, cpus } = this.inhabitant(partition.index);
    if (!state.parked) state.parked_at = this.clock;
    state.parked = true;
    for (const cpu of cpus) this.update(cpu);
  }

  /** Lets a parked partition go on from now, and what its devices had ready meanwhile come in. */
  resume(partition: PartitionPlan): void {
    const state = this.stateOf(partition.index);
    if (!state.parked || state.stopped !== '') return;
    const parked_ns = this.clock - state.parked_at;
    state.parked = false;
    state.parked_at = -1;
    for (const cpu of this.cpusOf(partition)) {
      cpu.unpark(this.clock, parked_ns);
      this.update(cpu);
    }
    const held = state.held.splice(0);
    for (let at = 0; at < held.length; at += 2)
      this.schedule(this.clock, EVENT.device, partition.index, held[at] as number, held[at + 1]);
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
    const { state, cpus } = this.inhabitant(partition);
    if (state.stopped !== '') return;
    state.stopped = sign;
    const plan = this.plan.partitions[partition] as PartitionPlan;
    for (const cpu of cpus) cpu.stop();
    this.settlePartition(partition);
    this.emit(this.clock, plan.name, 'stopped', { sign, address });
    this.host?.stopped(this, partition, sign, address);
  }
}
