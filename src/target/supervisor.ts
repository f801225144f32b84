import type { Target } from './target.ts';

/** A hypercall that is the hypervisor's to answer: register_metadata, boot_complete, heartbeat, distress. */
export interface SupervisorCall {
  readonly partition: string;
  /** As the guest numbers it. */
  readonly cpu: number;
  /** From HYPERCALL. */
  readonly number: number;
  /** rdi, rsi and rdx: numbers are rounded beyond 2^53, `third` is exact and unsigned. */
  readonly first: number;
  readonly second: number;
  readonly third: bigint;
}

/** Who rules the partitions of a target: the hypervisor, as the target sees it. */
export interface Supervisor {
  /** Answers with what goes into rax. */
  hypercall(call: SupervisorCall): number;
  /** An alarm that `setAlarm` ordered. */
  alarm(partition: string, id: number): void;
  /** The processor of a partition could not go on: the target has stopped it for good. */
  stopped(partition: string, sign: string, address: number): void;
  /** t = 0 was moved to a later instant: every time that it keeps is now so much less. */
  rebased(delta_ns: number): void;
  /** Takes over what another one, of a machine in the same state, knows of a partition. */
  adopt(partition: string, from: Supervisor): void;
  /** Plain JSON, for a save of the whole machine. */
  save(): string;
}

/** A vCPU's progress, as a hypervisor can see it from outside. */
export interface Progress {
  /**
   * Own time given to it, in ns, since it last idled, took an interrupt or exception, switched address space or made a
   * hypercall; 0 while it idles with interrupts on.
   */
  readonly stuck_ns: number;
  /** False when it executes nothing although it is given time. */
  readonly running: boolean;
  /** False before its guest has started it. */
  readonly started: boolean;
  /** Timer interrupts taken. */
  readonly ticks: number;
}

/** A device as the hypervisor sees it. */
export interface DeviceStatus {
  readonly name: string;
  readonly frozen: boolean;
  /** Requests taken up and not completed. */
  readonly pending: number;
  /** Completion interrupts raised. */
  readonly interrupts: number;
  readonly iommu_faults: number;
}

/** A target that asks a supervisor, and tells it more than a fault injector may know. */
export interface SupervisedTarget extends Target {
  supervise(supervisor: Supervisor): void;
  /** How long an ambulance's lease lasts, where the target's time cannot be cut as finely as the simulation's. */
  readonly lease_ns?: number;
  /** Calls the supervisor's `alarm` at that virtual time (at once when it is past). Part of the machine's state. */
  setAlarm(partition: string, time_ns: number, id: number): void;
  /**
   * Sees to it that the state of a partition is there, and what the supervisor knows of it: a target may leave out what
   * it need not do.
   */
  bringBack(partition: string): void;
  /** Puts an event into the trace, now. */
  emit(subject: string, kind: string, detail: Readonly<Record<string, string | number>>): void;
  progress(partition: string, cpu: number): Progress;
  devices(partition: string): readonly DeviceStatus[];
  /** When `own_ns` of a partition's own time will have passed for each of its vCPUs, counted from `from_ns`. */
  afterOwnTime(partition: string, from_ns: number, own_ns: number): number;
  /** CPU time that the partition has used, over all of its vCPUs. */
  cpuTime(partition: string): number;
  /** This boot's id, as the firmware told the guest. */
  bootId(partition: string): bigint;
}
