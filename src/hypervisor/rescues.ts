import type { SupervisedTarget } from '../target/supervisor.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Journal } from './journal.ts';
import { undo } from './journal.ts';
import { ALARM } from './watchdogs.ts';

/**
 * How long an ambulance that was called, or is attached, may keep silent; it renews well before. Virtual nanoseconds.
 */
const LEASE_NS = 5_000_000;

export function leaseOf({ lease_ns }: Pick<SupervisedTarget, 'lease_ns'>): number {
  return lease_ns ?? LEASE_NS;
}

/** An ambulance's claim on a patient. */
interface Lease {
  readonly ambulance: string;
  readonly partition: string;
  readonly until_ns: number;
}

/** Plain data: it forks and saves with the hypervisor. */
export interface SavedRescues {
  readonly leases: readonly Lease[];
  readonly lost: readonly string[];
  readonly journals: readonly (readonly [partition: string, journal: Journal])[];
}

/**
 * What the hypervisor keeps of the ambulances, because one of them may be what dies: their leases, and the journal of
 * what they write.
 */
export class Rescues {
  private readonly hypervisor: Hypervisor;
  private leases: readonly Lease[] = [];
  /** Ambulances that let a lease run out: dead. */
  private lost: readonly string[] = [];
  /** By partition: of the service at hand, or of the last one. */
  private journals: ReadonlyMap<string, Journal> = new Map();

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** An ambulance is called to a partition: from now on it has to be heard of. */
  call(ambulance: string, partition: string): void {
    const { target } = this.hypervisor;
    const until_ns = target.now() + leaseOf(target);
    this.end(ambulance, partition);
    this.leases = [...this.leases, { ambulance, partition, until_ns }];
    target.setAlarm(partition, until_ns, ALARM.lease);
  }

  /** The ambulance lives: what it was lent stays lent. */
  renew(ambulance: string): void {
    const until_ns = this.hypervisor.target.now() + leaseOf(this.hypervisor.target);
    this.leases = this.leases.map((one) => (one.ambulance === ambulance ? { ...one, until_ns } : one));
    this.hypervisor.grants.extend(ambulance, until_ns);
  }

  /** It has let go of the partition, or nobody waits for it any more. */
  end(ambulance: string, partition: string): void {
    this.leases = this.leases.filter((one) => one.ambulance !== ambulance || one.partition !== partition);
  }

  /** Nobody waits for that ambulance, wherever it was called to. */
  dismiss(ambulance: string): void {
    this.leases = this.leases.filter((one) => one.ambulance !== ambulance);
  }

  isLeased(partition: string): boolean {
    return this.leases.some((one) => one.partition === partition);
  }

  isLost(ambulance: string): boolean {
    return this.lost.includes(ambulance);
  }

  /** The alarm of a partition: an ambulance that has not renewed its lease on it is dead, whatever else it attends. */
  alarm(partition: string): void {
    const { target } = this.hypervisor;
    const over = this.leases.find((one) => one.partition === partition && one.until_ns <= target.now());
    if (over !== undefined) {
      const gone = this.leases.filter((one) => one.ambulance === over.ambulance);
      this.leases = this.leases.filter((one) => one.ambulance !== over.ambulance);
      this.lost = [...this.lost, over.ambulance];
      for (const lease of gone) this.bury(lease);
    }
    const left = this.leases.filter((one) => one.partition === partition).map((one) => one.until_ns);
    if (left.length > 0) target.setAlarm(partition, Math.min(...left), ALARM.lease);
  }

  /**
   * What it was granted is taken back, what it had written and not finished is undone; the patient stays as it is for a
   * stand-by, or goes on when there is none.
   */
  private bury({ ambulance, partition }: Lease): void {
    const { hypervisor } = this;
    hypervisor.log(ambulance, `lease on ${partition}`, false, 'it was not renewed');
    hypervisor.target.emit(ambulance, 'failed', { sign: 'lease', patient: partition });
    const grants = hypervisor.grants.revoke(ambulance, partition);
    hypervisor.target.emit(ambulance, 'revoked', { patient: partition, grants });
    if (this.openJournal(partition)?.ambulance === ambulance) this.rollBack(partition, 'hypervisor');
    const standby = hypervisor.topology.ambulances.some(
      (one) => one.standby && one.attends.includes(partition) && !this.isLost(one.name),
    );
    const others = this.leases.some((lease) => lease.partition === partition);
    if (!standby && !others) hypervisor.resume(partition);
  }

  /** The journal that a service has open on a partition. */
  openJournal(partition: string): Journal | undefined {
    const journal = this.journals.get(partition);
    return journal?.state === 'open' ? journal : undefined;
  }

  /** The last journal of a partition, in whatever state. */
  journal(partition: string): Journal | undefined {
    return this.journals.get(partition);
  }

  keepJournal(partition: string, journal: Journal): void {
    this.journals = new Map([...this.journals, [partition, journal]]);
  }

  /** Undoes what the open journal of a partition has; how many writes that were. */
  rollBack(partition: string, who: string): number {
    const { target } = this.hypervisor;
    const journal = this.openJournal(partition);
    const memory = target.partitions.find((one) => one.name === partition)?.memory;
    if (journal === undefined || memory === undefined) return 0;
    const writes = journal.entries.length;
    this.keepJournal(partition, undo(journal, memory));
    this.hypervisor.log(who, `roll back ${partition}`, true, `${writes} writes`);
    target.emit(partition, 'rolled_back', { writes });
    return writes;
  }

  /**
   * Leave to write to all of a parked partition's memory but its registered region: what a guest said at boot is
   * nobody's to mend.
   */
  grantWriting(ambulance: string, partition: string): void {
    const { hypervisor } = this;
    const until_ns = hypervisor.target.now() + leaseOf(hypervisor.target);
    const { region } = hypervisor.registryEntry(partition);
    const size = hypervisor.target.partitions.find((one) => one.name === partition)?.memory.size ?? 0;
    const [start, end] = region ? [region.physical, region.physical + region.bytes] : [size, size];
    for (const range of [
      { physical: 0, bytes: start },
      { physical: end, bytes: size - end },
    ]) {
      if (range.bytes > 0)
        hypervisor.grants.give({ ambulance, partition, thing: 'memory', access: 'write', until_ns, range });
    }
    hypervisor.granted(ambulance, partition, 'write', until_ns);
  }

  rebase(delta_ns: number): void {
    this.leases = this.leases.map((one) => ({ ...one, until_ns: one.until_ns - delta_ns }));
  }

  save(): SavedRescues {
    return { leases: this.leases, lost: this.lost, journals: [...this.journals] };
  }

  restore(saved: SavedRescues): void {
    this.leases = saved.leases;
    this.lost = saved.lost;
    this.journals = new Map(saved.journals);
  }
}
