import { assert } from '../../base/assert.ts';
import type { TopologyModel } from '../../model/machine.ts';
import { HYPERCALL } from '../../target/hypercalls.ts';
import type { TraceEvent } from '../../target/events.ts';
import type { DeviceStatus, Progress, SupervisedTarget, Supervisor } from '../../target/supervisor.ts';
import type { FaultControls, PhysicalMemory } from '../../target/target.ts';
import { memoryHash } from './compare.ts';
import { EVENT } from './engine/event-heap.ts';
import type { MachineHost } from './engine/machine.ts';
import { Machine } from './engine/machine.ts';
import type { KnownEvent, Patch } from './engine/partition-state.ts';
import { BOOT_TIMEOUT_NS, POWER_ON_STAGGER_NS } from './machine/costs.ts';
import type { SimCpu } from './machine/cpu.ts';
import type { Output } from './machine/devices/outputs.ts';
import type { KernelFactory } from './machine/plan.ts';
import { planMachine } from './machine/plan.ts';
import type { Detail } from './machine/trace-hash.ts';
import { FREQUENT_KINDS } from './machine/trace-hash.ts';
import type { Result } from '../../formats/result.ts';
import { failure, success } from '../../formats/result.ts';
import { loadMachine, saveMachine } from './engine/save.ts';
import type { Slots } from './machine/slots.ts';
import type { WatchSet } from './machine/watch.ts';
import { simControls } from './sim-controls.ts';
import { rawMemory, SimPartition } from './sim-partition.ts';
import { REG } from './step.ts';

/** `true` asks the engine to stop at the end of the step at hand. */
type Listener = (event: TraceEvent) => boolean;

/**
 * A target that has the state of a partition at a virtual time: all that is earlier has happened, and of what is due at
 * that very time what comes from the machine's sources up to `source`. It owns none of its pages: another one shares
 * them.
 */
export type Understudy = (partition: string, time_ns: number, source: number) => SimTarget;

/**
 * The simulation as a target. Its virtual time counts from `origin`, the last boot complete; on the inside time counts
 * from power-on.
 */
export class SimTarget implements SupervisedTarget, MachineHost {
  readonly name = 'sim';
  readonly machine_state: Machine;
  readonly partitions: readonly SimPartition[];
  readonly controls: FaultControls;
  readonly machine: PhysicalMemory;
  /** Internal time of t = 0. Until it is known it is 0, and times count from power-on. */
  origin: number;
  /** Where the state of what is left out comes from. */
  understudy: Understudy | undefined;
  private supervisor: Supervisor | undefined;
  private listener: Listener | undefined;
  private readonly subscribers: Listener[] = [];
  private readonly wanted = new Set<string>();

  constructor(machine: Machine, origin: number) {
    this.machine_state = machine;
    this.origin = origin;
    machine.host = this;
    this.partitions = machine.plan.partitions.map((plan) => new SimPartition(machine, plan));
    this.controls = simControls(this);
    this.machine = rawMemory(machine.memory, 0, machine.memory.size);
  }

  now(): number {
    return this.machine_state.clock - this.origin;
  }

  runUntil(time_ns: number, listener?: Listener): void {
    this.listener = listener;
    this.machine_state.runUntil(time_ns + this.origin);
    this.listener = undefined;
  }

  /** As `runUntil`, and at that very time what comes from the machine's sources up to `source`. */
  runThrough(time_ns: number, source: number): void {
    this.machine_state.runUntil(time_ns + this.origin, source);
  }

  /**
   * Runs until every partition has said boot complete or been stopped. Makes the last boot complete t = 0, unless
   * `powerOn` was told where that is; events on the way carry times from power-on, so whoever kept them takes `origin`
   * off. False when one never booted.
   */
  bootAll(): boolean {
    const states = this.partitions.map(({ plan }) => this.machine_state.stateOf(plan.index));
    const waiting = (): boolean => states.some((state) => state.boot_complete < 0 && state.stopped === '');
    const limit = states.length * POWER_ON_STAGGER_NS + BOOT_TIMEOUT_NS;
    while (waiting() && this.machine_state.clock < limit)
      this.runUntil(limit - this.origin, ({ kind }) => kind === 'boot_complete' || kind === 'stopped');
    const booted = states.map((state) => state.boot_complete);
    const last = Math.max(0, ...booted);
    if (this.origin === 0) {
      this.origin = last;
      this.supervisor?.rebased(last);
    }
    return booted.every((time) => time >= 0);
  }

  /** Tells of every event from now on, besides the listener of `runUntil`. */
  onTrace(subscriber: Listener): void {
    this.subscribers.push(subscriber);
  }

  /** Asks for events of a frequent kind (`run`), which are else not even made. */
  want(kind: string): void {
    // Of what is left out only the events of the other kinds are known.
    if (FREQUENT_KINDS.includes(kind)) this.machine_state.bringBackAll();
    this.wanted.add(kind);
  }

  wants(kind: string): boolean {
    return this.wanted.has(kind);
  }

  supervise(supervisor: Supervisor): void {
    this.supervisor = supervisor;
  }

  setAlarm(partition: string, time_ns: number, id: number): void {
    const index = this.partitionNamed(partition).plan.index;
    this.machine_state.schedule(time_ns + this.origin, EVENT.alarm, index, id);
  }

  emit(subject: string, kind: string, detail: Detail): void {
    this.machine_state.emit(this.machine_state.clock, subject, kind, detail);
  }

  progress(partition: string, cpu: number): Progress {
    const one = this.cpuNamed(partition, cpu);
    return one === undefined
      ? { stuck_ns: 0, running: false, started: false, ticks: 0 }
      : one.progress(this.machine_state.clock);
  }

  devices(partition: string): readonly DeviceStatus[] {
    const { plan } = this.partitionNamed(partition);
    return this.machine_state.devicesOf(plan.index).map((state, index) => ({
      name: plan.devices[index]?.name ?? '',
      frozen: state.frozen,
      pending: state.queues.reduce(
        (sum, queue, number) => sum + (number === 1 ? 0 : (queue?.pending.length ?? 0)),
        0,
      ),
      interrupts: state.interrupts,
      iommu_faults: state.iommu_faults,
    }));
  }

  afterOwnTime(partition: string, from_ns: number, own_ns: number): number {
    const { plan } = this.partitionNamed(partition);
    const from = from_ns + this.origin;
    const ends = plan.cpu_slots.map((slots) =>
      slots === undefined ? from + own_ns : slots.advance(from, own_ns),
    );
    return Math.max(...ends) - this.origin;
  }

  /**
   * When work of `own_ns` that an ambulance begins now is done: in its own slots; or, where it borrows, in its
   * patient's, on the CPU of the patient's that is through with it first.
   */
  rescueEnds(
    ambulance: string,
    patient: string,
    own_ns: number,
  ): { readonly time_ns: number; readonly lender?: SimCpu } {
    const now = this.machine_state.clock;
    const done = (slots: Slots | undefined): number =>
      slots === undefined ? now + own_ns : slots.advance(now, own_ns);
    const { cpu_slots } = this.machine_state.plan.ambulances.find((one) => one.name === ambulance) ?? {
      cpu_slots: [undefined],
    };
    if (cpu_slots.length > 0) return { time_ns: Math.min(...cpu_slots.map(done)) - this.origin };
    const cpus = this.machine_state.cpusOf(this.partitionNamed(patient).plan);
    const lender = cpus.reduce((best, cpu) => (done(cpu.slots) < done(best.slots) ? cpu : best));
    return { time_ns: done(lender.slots) - this.origin, lender };
  }

  /** When it said boot complete; undefined when it never did. */
  bootedAt(partition: string): number | undefined {
    const { boot_complete } = this.partitionNamed(partition);
    return boot_complete < 0 ? undefined : boot_complete - this.origin;
  }

  memoryHash(partition: string): string {
    return memoryHash(this, partition);
  }

  cpuTime(partition: string): number {
    const { plan } = this.partitionNamed(partition);
    return this.machine_state.cpusOf(plan).reduce((sum, cpu) => sum + cpu.cpu_time, 0);
  }

  bootId(partition: string): bigint {
    return this.partitionNamed(partition).plan.boot_id;
  }

  /** Sixteen hex digits over every event so far but the frequent kinds. */
  traceHash(): string {
    return this.machine_state.hash.hex();
  }

  /** What left a partition so far, with times relative to t = 0. */
  outputs(partition: string): readonly Output[] {
    const { plan } = this.partitionNamed(partition);
    const kept = this.machine_state.outputsOf(plan.index).kept;
    return kept.map((output) => ({ ...output, time: output.time - this.origin }));
  }

  /** Console text, the first 64 KiB, by lines. */
  console(partition: string): readonly string[] {
    const { plan } = this.partitionNamed(partition);
    const text = this.machine_state.outputsOf(plan.index).text;
    return text === '' ? [] : text.replace(/\n$/, '').split('\n');
  }

  /** Leaves a partition out: `events` is what it does. `understudy` must be set. */
  leaveOut(partition: string, events: readonly KnownEvent[], patches: readonly Patch[] = []): void {
    this.machine_state.leaveOut(this.partitionNamed(partition).plan.index, events, patches);
  }

  isPresent(partition: string): boolean {
    return this.machine_state.isPresent(this.partitionNamed(partition).plan.index);
  }

  bringBack(partition: string): void {
    this.machine_state.inhabitant(this.partitionNamed(partition).plan.index);
  }

  bring(partition: number, time: number, source: number): Machine {
    assert(this.understudy !== undefined, 'nobody knows what was left out');
    const name = this.partitions[partition]?.name as string;
    const from = this.understudy(name, time - this.origin, source);
    if (from.supervisor !== undefined) this.supervisor?.adopt(name, from.supervisor);
    return from.machine_state;
  }

  /** The same machine, going its own way from here. It has no supervisor and no listeners yet. */
  fork(watch?: WatchSet): SimTarget {
    const child = new SimTarget(this.machine_state.fork(watch), this.origin);
    child.understudy = this.understudy;
    for (const kind of this.wanted) child.wanted.add(kind);
    return child;
  }

  /** The whole machine with its supervisor's state, to be resumed by `loadSim` in this or another process. */
  save(): Uint8Array {
    this.machine_state.bringBackAll();
    const supervisor = this.supervisor?.save() ?? '';
    return saveMachine(this.machine_state, JSON.stringify({ origin: this.origin, supervisor }));
  }

  /** Gives its memory back. Not to be used afterwards. */
  release(): void {
    this.machine_state.release();
  }

  partitionNamed(name: string): SimPartition {
    const partition = this.partitions.find((one) => one.name === name);
    if (partition === undefined) throw new RangeError(`no partition ${name}`);
    return partition;
  }

  cpuNamed(partition: string, cpu: number): SimCpu | undefined {
    const plan = this.partitions.find((one) => one.name === partition)?.plan;
    if (plan === undefined || !(cpu >= 0 && cpu < plan.cpu_slots.length)) return undefined;
    return this.machine_state.cpuOf(plan, cpu);
  }

  hypercall(machine: Machine, cpu: SimCpu, number: number): number {
    if (this.supervisor === undefined) return 0;
    return this.supervisor.hypercall({
      partition: machine.planOf(cpu).name,
      cpu: cpu.index,
      number,
      first: cpu.get(REG.rdi),
      second: cpu.get(REG.rsi),
      third: number === HYPERCALL.register_metadata ? cpu.exact(REG.rdx) : 0n,
    });
  }

  distress(machine: Machine, cpu: SimCpu, code: number): void {
    const { name } = machine.planOf(cpu);
    this.supervisor?.hypercall({
      partition: name,
      cpu: cpu.index,
      number: HYPERCALL.distress,
      first: code,
      second: 0,
      third: 0n,
    });
  }

  alarm(machine: Machine, partition: number, id: number): void {
    this.supervisor?.alarm(machine.plan.partitions[partition]?.name as string, id);
  }

  stopped(machine: Machine, partition: number, sign: string, address: number): void {
    this.supervisor?.stopped(machine.plan.partitions[partition]?.name as string, sign, address);
  }

  event(time: number, subject: string, kind: string, detail: Detail): boolean {
    if (this.listener === undefined && this.subscribers.length === 0) return false;
    const event: TraceEvent = { time_ns: time - this.origin, subject, kind, detail };
    let stop = false;
    for (const subscriber of this.subscribers) if (subscriber(event)) stop = true;
    if (this.listener?.(event) === true) stop = true;
    return stop;
  }
}

/**
 * Switches a machine on. Nothing has run yet: `bootAll` boots it and fixes t = 0. Where faults come before t = 0, boot
 * a machine without them first and give its `origin` here.
 */
export function powerOn(
  topology: TopologyModel,
  seed: number,
  kernelFor: KernelFactory,
  origin = 0,
): SimTarget {
  const { plan, memory } = planMachine(topology, seed, kernelFor);
  return new SimTarget(Machine.powerOn(plan, memory), origin);
}

/** What `SimTarget.save` wrote. The supervisor's own part comes back as text: '' when there was none. */
export function loadSim(
  bytes: Uint8Array,
  kernelFor: KernelFactory,
): Result<{ readonly target: SimTarget; readonly supervisor: string }> {
  const loaded = loadMachine(bytes, kernelFor);
  if (!loaded.ok) return loaded;
  const attachment: unknown = JSON.parse(loaded.value.attachment);
  if (typeof attachment !== 'object' || attachment === null) return failure('MALFORMED', 'no attachment');
  const { origin, supervisor } = attachment as { origin?: unknown; supervisor?: unknown };
  if (typeof origin !== 'number' || typeof supervisor !== 'string') return failure('MALFORMED', 'no origin');
  return success({ target: new SimTarget(loaded.value.machine, origin), supervisor });
}
