import type { Progress } from '../target/supervisor.ts';
import type { Partition, RegisterName } from '../target/target.ts';
import type { GrantedThing } from './grants.ts';
import type { Hypervisor } from './hypervisor.ts';
import { PatientService } from './service.ts';

const UNKNOWN: Progress = { stuck_ns: 0, running: false, started: false, ticks: 0 };

/** Why a patient goes on for a moment: what may be in flux is read again. */
const READING = { for: 'reading' } as const;

/** The ambulance's own life: it ends when somebody kills it, or the run is over. */
export interface Life {
  lives(): boolean;
  /** Lets virtual time go by, as long as it lives. */
  pass(until_ns: number): void;
}

/**
 * A partition as an attached ambulance reaches it: every access is checked against the grants of the moment, and
 * counted. What it costs is the ambulance's to say: it works on CPUs of its own, or on those that it borrows. It has
 * the shape of patient/patient.ts. Refused accesses give false or zero, and are logged.
 */
export class Patient {
  readonly name: string;
  readonly memory_bytes: number;
  readonly cpus: readonly PatientCpu[];
  bytes_read = 0;
  reads = 0;
  private grants_seen = -1;
  private all_until_ns = Number.NEGATIVE_INFINITY;
  private readonly hypervisor: Hypervisor;
  private readonly ambulance: string;
  private readonly partition: Partition;
  readonly servicing: PatientService;
  private readonly life: Life;

  constructor(hypervisor: Hypervisor, ambulance: string, partition: string, life: Life) {
    this.hypervisor = hypervisor;
    this.ambulance = ambulance;
    this.name = partition;
    this.life = life;
    this.servicing = new PatientService(hypervisor, ambulance, partition);
    this.partition = hypervisor.target.partitions.find((one) => one.name === partition) as Partition;
    this.memory_bytes = this.partition.memory.size;
    this.cpus = this.partition.cpus.map((cpu) => new PatientCpu(this, cpu.index));
  }

  /** True while a grant on all of the memory is in force: most reads need not look at the grants one by one. */
  private allMemory(): boolean {
    const { grants, target } = this.hypervisor;
    if (grants.version !== this.grants_seen) {
      const { ambulance, name: partition } = this;
      this.grants_seen = grants.version;
      const grant = grants.find({ ambulance, partition, thing: 'memory', access: 'read' }, target.now());
      this.all_until_ns = grant?.until_ns ?? Number.NEGATIVE_INFINITY;
    }
    return target.now() < this.all_until_ns;
  }

  private allows(thing: GrantedThing, range?: { physical: number; bytes: number }): boolean {
    const { ambulance, name: partition } = this;
    return this.hypervisor.allows({ ambulance, partition, thing, access: 'read', ...(range && { range }) });
  }

  read(physical: number, into: Uint8Array): boolean {
    if (!this.allMemory() && !this.allows('memory', { physical, bytes: into.length })) return false;
    if (!this.partition.memory.read(physical, into)) return false;
    this.reads++;
    this.bytes_read += into.length;
    return true;
  }

  /**
   * Memory as it was at boot-complete, where the machine keeps it: whoever may read what is there now may read what
   * was.
   */
  get booted(): ((physical: number, into: Uint8Array) => boolean) | undefined {
    const kept = this.partition.booted;
    if (!kept) return undefined;
    return (physical, into) =>
      this.allows('memory', { physical, bytes: into.length }) && kept(physical, into);
  }

  /** What a look at a CPU gives, when it is granted. */
  look<T>(thing: GrantedThing, otherwise: T, at: (partition: Partition) => T): T {
    if (!this.allows(thing)) return otherwise;
    return at(this.partition);
  }

  progress(cpu: number): Progress {
    const { target } = this.hypervisor;
    return this.look('cpus', UNKNOWN, () => target.progress(this.name, cpu));
  }

  get region(): { readonly physical: number; readonly bytes: number } | undefined {
    return this.look('region', undefined, () => this.hypervisor.registryEntry(this.name).region);
  }

  get boot_copy(): Uint8Array | undefined {
    return this.look('region', undefined, () => this.hypervisor.registryEntry(this.name).copy?.slice());
  }

  get refusal(): string | undefined {
    return this.look('region', undefined, () => this.hypervisor.registryEntry(this.name).refusal);
  }

  /**
   * The first sign that the hypervisor noticed: why the ambulance was called, told with the call and not looked up in
   * the patient.
   */
  get reason(): string {
    return this.hypervisor.healthOf(this.name).signs[0] ?? 'inspection';
  }

  get devices(): readonly PatientDevice[] {
    return this.look('devices', [], () => this.hypervisor.target.devices(this.name));
  }

  now(): number {
    return this.hypervisor.target.now();
  }

  letRun(duration_ns: number): boolean {
    if (!(duration_ns > 0) || !this.life.lives()) return false;
    // What a service has written is not to be read by the guest before it is known to be right.
    if (this.hypervisor.rescues.openJournal(this.name) !== undefined) return false;
    const was_parked = this.partition.parked;
    this.hypervisor.resume(this.name, this.ambulance, READING);
    if (this.partition.parked) return false;
    this.life.pass(this.hypervisor.target.now() + Math.ceil(duration_ns));
    if (!this.life.lives()) return false;
    if (was_parked) this.hypervisor.park(this.name, this.ambulance, READING);
    return true;
  }
}

/** A device as the hypervisor sees it. */
export interface PatientDevice {
  readonly name: string;
  readonly frozen: boolean;
  readonly pending: number;
  readonly interrupts: number;
}

class PatientCpu {
  readonly index: number;
  private readonly patient: Patient;

  constructor(patient: Patient, index: number) {
    this.patient = patient;
    this.index = index;
  }

  register(name: RegisterName): bigint {
    return this.patient.look('cpus', 0n, ({ cpus }) => cpus[this.index]?.get(name) ?? 0n);
  }

  get steps(): number {
    return this.patient.progress(this.index).stuck_ns;
  }

  get running(): boolean {
    return this.patient.progress(this.index).running;
  }

  get ticks(): number {
    return this.patient.progress(this.index).ticks;
  }
}
