import type { RegisterName } from '../target/target.ts';
import type { Servicing } from './servicing.ts';

/**
 * A partition as an ambulance may reach it: memory, region, CPUs, devices, and nothing else. Every method returns,
 * whatever the memory holds; what is not granted or not there is `false`/`undefined`, never an exception. No method
 * tells which fault was injected. It can be served from a live partition, from a dump, or from another process.
 */
export interface Patient {
  readonly name: string;
  /** Bytes of guest-physical memory, from address 0. */
  readonly memory_bytes: number;
  /** Fills `into` from a guest-physical address; false and untouched when any byte is outside or not granted. */
  read(physical: number, into: Uint8Array): boolean;
  /**
   * True for memory that the machine has and that cannot be read here, as what a dump was cut off or made without.
   * Absent where there is none such.
   */
  absent?(physical: number): boolean;
  readonly cpus: readonly PatientCpu[];
  /**
   * True where the machine may have CPUs that are not among `cpus`: a dump has those whose registers somebody wrote
   * down.
   */
  readonly cpus_may_lack?: boolean;
  /** Where the guest registered its region (guest-physical) when the registry accepted it. */
  readonly region?: { readonly physical: number; readonly bytes: number } | undefined;
  /** The hypervisor's copy, taken at the registration. */
  readonly boot_copy?: Uint8Array | undefined;
  /**
   * Reads guest-physical memory as it was when the guest said that it had booted, as `read` does memory as it is.
   * Absent where nobody kept that, as of most dumps.
   */
  readonly booted?: ((physical: number, into: Uint8Array) => boolean) | undefined;
  /**
   * What the hypervisor noticed: 'heartbeat', 'progress', 'panic', 'second_level' …; 'inspection' when it was summoned.
   */
  readonly reason: string;
  /** The refusal code when the registration was turned down. */
  readonly refusal?: string | undefined;
  readonly devices: readonly PatientDevice[];
  /** Virtual time now, nanoseconds. */
  now(): number;
  /**
   * Lets the guest run on for a while and parks it again, so that what was in flux can be read once more. False when it
   * cannot.
   */
  letRun(duration_ns: number): boolean;
  /** How it can be written to; absent where it cannot, as in a dump. */
  readonly servicing?: Servicing;
}

export interface PatientCpu {
  readonly index: number;
  /** 64-bit registers, exact. */
  register(name: RegisterName): bigint;
  /**
   * Virtual nanoseconds that the hypervisor gave this CPU since it last idled, took an interrupt or exception, switched
   * address space or made a hypercall: what a hypervisor's progress counter shows. 0 while it idles.
   */
  readonly steps: number;
  /** False when the CPU executes nothing although it is given time. */
  readonly running: boolean;
  readonly ticks: number;
}

export interface PatientDevice {
  readonly name: string;
  readonly frozen: boolean;
  /** Requests submitted and not completed. */
  readonly pending: number;
  readonly interrupts: number;
}
