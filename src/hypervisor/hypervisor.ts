import type { LparModel, TopologyModel } from '../model/machine.ts';
import { DISTRESS, HYPERCALL, MISSED_BEATS } from '../target/hypercalls.ts';
import type { RegistrationFilter } from '../target/registration.ts';
import type { SupervisedTarget, Supervisor, SupervisorCall } from '../target/supervisor.ts';
import type { Partition } from '../target/target.ts';
import { AuditLog } from './audit.ts';
import type { Wish } from './grants.ts';
import { Grants } from './grants.ts';
import type { Life } from './patient.ts';
import { Patient } from './patient.ts';
import type { RegistryEntry } from './registry.ts';
import { resultOf, rule } from './registry.ts';
import { Rescues } from './rescues.ts';
import type { SavedHypervisor } from './saved.ts';
import { packState, unpackState } from './saved.ts';
import type { Watched } from './watchdogs.ts';
import { ALARM, newWatched, progressLimit } from './watchdogs.ts';

/** ENOSYS, for a hypercall that is none of the supervisor's. */
const ENOSYS = -38;

/** A registration that the filter put off until after boot complete. */
interface Postponed {
  readonly address: number;
  readonly bytes: number;
  readonly boot_id: bigint;
  readonly again: boolean;
}

/** What the hypervisor knows of one partition. Plain data: it forks and saves with the machine. */
export interface Ward {
  readonly watched: Watched;
  registry: RegistryEntry;
  postponed: Postponed | undefined;
}

/**
 * Owns the partitions: answers their hypercalls, keeps the metadata registry, watches over their health in their own
 * thresholds, grants ambulances access and logs what they do. It learns what a hypervisor could learn: never which
 * fault was injected.
 */
export class Hypervisor implements Supervisor {
  readonly target: SupervisedTarget;
  readonly topology: TopologyModel;
  readonly audit: AuditLog = new AuditLog();
  readonly grants: Grants = new Grants();
  /** Leases and journals of the ambulances. */
  readonly rescues: Rescues = new Rescues(this);
  /** May alter a registration before the registry sees it; not part of the state. */
  onRegister: RegistrationFilter | undefined;
  private wards: Ward[];

  constructor(target: SupervisedTarget, topology: TopologyModel) {
    this.target = target;
    this.topology = topology;
    this.wards = topology.lpars.map(() => ({
      watched: newWatched(),
      registry: {},
      postponed: undefined,
    }));
    target.supervise(this);
  }

  /** The same hypervisor over a fork of its target. */
  fork(target: SupervisedTarget): Hypervisor {
    const child = new Hypervisor(target, this.topology);
    child.take(this.state());
    return child;
  }

  /** What `save` wrote, over a target loaded from the same save. Undefined when it is no such thing. */
  static restore(target: SupervisedTarget, topology: TopologyModel, saved: string): Hypervisor | undefined {
    const state = unpackState(saved, topology.lpars.length);
    if (state === undefined) return undefined;
    const hypervisor = new Hypervisor(target, topology);
    hypervisor.take(state);
    return hypervisor;
  }

  save(): string {
    return packState(this.state());
  }

  rebased(delta_ns: number): void {
    for (const { watched } of this.wards) watched.last_beat_ns -= delta_ns;
    this.audit.rebase(delta_ns);
    this.grants.rebase(delta_ns);
    this.rescues.rebase(delta_ns);
  }

  private state(): SavedHypervisor {
    const { wards, audit, grants, rescues } = this;
    return { wards, audit: audit.save(), grants: grants.save(), rescues: rescues.save() };
  }

  private take(state: SavedHypervisor): void {
    this.wards = state.wards.map(copyWard);
    this.audit.restore(state.audit);
    this.grants.restore(state.grants);
    this.rescues.restore(state.rescues);
  }

  adopt(partition: string, from: Supervisor): void {
    if (from instanceof Hypervisor) this.wards[this.indexOf(partition)] = copyWard(from.ward(partition));
  }

  /** True when another one knows the same of a partition. */
  agrees(partition: string, other: Hypervisor): boolean {
    const [here, there] = [this.ward(partition), other.ward(partition)];
    const same = JSON.stringify(here.watched) === JSON.stringify(there.watched);
    return same && here.registry === there.registry && here.postponed === there.postponed;
  }

  /** False for an alarm that will do nothing when it comes: of leases, when nobody holds one on the partition. */
  alarmCounts(partition: string, id: number): boolean {
    return id !== ALARM.lease || this.rescues.isLeased(partition);
  }

  hypercall(call: SupervisorCall): number {
    const { partition } = call;
    const { watched } = this.ward(partition);
    switch (call.number) {
      case HYPERCALL.register_metadata:
        return this.register(call);
      case HYPERCALL.boot_complete:
        if (!watched.booted) this.booted(partition);
        return 0;
      case HYPERCALL.heartbeat:
        watched.heartbeats++;
        watched.last_beat_ns = this.target.now();
        if (watched.on_trial) this.recovered(partition);
        return 0;
      case HYPERCALL.distress:
        if (call.first === DISTRESS.panic) this.notice(partition, 'failed', 'panic');
        else if (call.first === DISTRESS.oops) this.notice(partition, 'failing', 'oops');
        return 0;
      default:
        return ENOSYS;
    }
  }

  /** The worst that was noticed of a partition, and the signs in the order they came. */
  healthOf(partition: string): { readonly health: Watched['health']; readonly signs: readonly string[] } {
    return this.ward(partition).watched;
  }

  heartbeats(partition: string): number {
    return this.ward(partition).watched.heartbeats;
  }

  registryEntry(partition: string): RegistryEntry {
    return this.ward(partition).registry;
  }

  private booted(partition: string): void {
    const ward = this.ward(partition);
    const { kernel } = this.lpar(partition);
    const now = this.target.now();
    ward.watched.booted = true;
    ward.watched.last_beat_ns = now;
    this.target.setAlarm(partition, this.deadline(partition), ALARM.heartbeat);
    this.target.setAlarm(partition, now + progressLimit(kernel) / 2, ALARM.progress);
    const { postponed } = ward;
    ward.postponed = undefined;
    if (postponed !== undefined) {
      this.apply(partition, postponed.address, postponed.bytes, postponed.boot_id);
      if (postponed.again) this.apply(partition, postponed.address, postponed.bytes, postponed.boot_id);
    }
  }

  /** When three periods of the partition's own time will have passed since its last heartbeat. */
  private deadline(partition: string): number {
    const period = this.lpar(partition).kernel.heartbeat_ns;
    return this.target.afterOwnTime(
      partition,
      this.ward(partition).watched.last_beat_ns,
      MISSED_BEATS * period,
    );
  }

  alarm(partition: string, id: number): void {
    if (id === ALARM.lease) return this.rescues.alarm(partition);
    const { watched } = this.ward(partition);
    if (watched.health === 'failed') return;
    const now = this.target.now();
    const { kernel } = this.lpar(partition);
    if (id === ALARM.heartbeat) {
      if (this.partition(partition).parked) this.target.setAlarm(partition, now + kernel.heartbeat_ns, id);
      else if (this.deadline(partition) > now) this.target.setAlarm(partition, this.deadline(partition), id);
      else this.notice(partition, 'failing', 'heartbeat');
    } else {
      if (!this.partition(partition).parked && this.isStuck(partition))
        this.notice(partition, 'failing', 'progress');
      else this.target.setAlarm(partition, now + progressLimit(kernel) / 2, id);
    }
  }

  private isStuck(partition: string): boolean {
    const limit = progressLimit(this.lpar(partition).kernel);
    return this.partition(partition).cpus.some(
      (cpu) => this.target.progress(partition, cpu.index).stuck_ns >= limit,
    );
  }

  stopped(partition: string, sign: string): void {
    this.notice(partition, sign === 'boot' ? 'failing' : 'failed', sign);
  }

  /** Each sign is reported once. */
  private notice(partition: string, health: 'failing' | 'failed', sign: string): void {
    const { watched } = this.ward(partition);
    if (watched.signs.includes(sign)) return;
    watched.signs.push(sign);
    if (watched.health !== 'failed') watched.health = health;
    this.target.emit(partition, health, { sign });
  }

  private register(call: SupervisorCall): number {
    const { partition, first: address, second: bytes, third: boot_id } = call;
    const time_ns = this.target.now();
    const altered = this.onRegister?.({ partition, time_ns, address, bytes, boot_id });
    if (altered === undefined) return this.apply(partition, address, bytes, boot_id);
    if (altered.when === 'never') return 0;
    if (altered.when === 'after_boot') {
      this.ward(partition).postponed = { ...altered, boot_id };
      return 0;
    }
    const result = this.apply(partition, altered.address, altered.bytes, boot_id);
    if (altered.again) this.apply(partition, altered.address, altered.bytes, boot_id);
    return result;
  }

  private apply(partition: string, address: number, bytes: number, boot_id: bigint): number {
    const ward = this.ward(partition);
    const index = this.indexOf(partition);
    const owners = [...this.topology.lpars, ...this.topology.ambulances];
    const ruling = rule(ward.registry, {
      address,
      bytes,
      boot_id,
      current_boot_id: this.target.bootId(partition),
      number: index + 1,
      booted: ward.watched.booted,
      memory: this.partition(partition).memory,
      memoryOf: (number) => owners[number - 1]?.memory_bytes,
    });
    const where = `0x${address.toString(16)} +${bytes}`;
    if (ruling.accepted) {
      ward.registry = ruling.entry;
      this.log(partition, 'register metadata', true, where);
      this.target.emit(partition, 'registered', {});
    } else {
      ward.registry = { ...ward.registry, refusal: ruling.code };
      this.log(partition, 'register metadata', false, `${ruling.code}: ${where}`);
      this.target.emit(partition, 'refused', { code: ruling.code });
    }
    return resultOf(ruling);
  }

  /** Stops all CPUs of a partition between two steps. Its time stands still for the watchdogs. */
  park(partition: string, who = 'hypervisor', detail: Readonly<Record<string, string>> = {}): void {
    const one = this.partition(partition);
    if (one.parked) return;
    one.park();
    this.ward(partition).watched.parked_at_ns = this.target.now();
    this.log(who, 'park', true, partition);
    this.target.emit(partition, 'park', detail);
  }

  resume(partition: string, who = 'hypervisor', detail: Readonly<Record<string, string>> = {}): void {
    const one = this.partition(partition);
    if (!one.parked) return;
    one.resume();
    if (one.parked) return; // stopped for good
    const { watched } = this.ward(partition);
    watched.last_beat_ns += this.target.now() - (watched.parked_at_ns ?? this.target.now());
    watched.parked_at_ns = undefined;
    this.log(who, 'resume', true, partition);
    this.target.emit(partition, 'resume', detail);
  }

  /** A service has mended it: the watchdogs begin anew, and its next heartbeat tells that it has recovered. */
  restart(partition: string, who: string): boolean {
    const { watched } = this.ward(partition);
    const barked = watched.signs.filter((sign) => sign === 'heartbeat' || sign === 'progress');
    this.resume(partition, who);
    if (this.partition(partition).parked) return false;
    const now = this.target.now();
    watched.last_beat_ns = now;
    watched.on_trial = true;
    for (const sign of barked) {
      watched.signs.splice(watched.signs.indexOf(sign), 1);
      // A watchdog that has barked watches no more.
      if (sign === 'heartbeat') this.target.setAlarm(partition, this.deadline(partition), ALARM.heartbeat);
      else
        this.target.setAlarm(partition, now + progressLimit(this.lpar(partition).kernel) / 2, ALARM.progress);
    }
    return true;
  }

  private recovered(partition: string): void {
    const { watched } = this.ward(partition);
    watched.on_trial = false;
    if (watched.signs.length === 0) watched.health = 'healthy';
    this.target.emit(partition, 'recovered', {});
  }

  /**
   * Gives an ambulance read access to a partition's memory, CPUs, devices and region until `until_ns`, and returns the
   * patient as it may now be reached. False when the topology does not let it attend that partition, or it is held to
   * be dead. `life` lets virtual time go by when the ambulance asks for it; default is the target's own runUntil.
   */
  attach(
    ambulance: string,
    partition: string,
    until_ns: number,
    life: Life = { lives: () => true, pass: (time) => this.target.runUntil(time) },
  ): Patient | false {
    const attends = this.topology.ambulances.find((one) => one.name === ambulance)?.attends ?? [];
    if (!attends.includes(partition) || this.rescues.isLost(ambulance)) {
      const why = this.rescues.isLost(ambulance) ? 'it has failed' : 'it does not attend that partition';
      this.refuse(ambulance, `attach ${partition}`, why);
      return false;
    }
    for (const thing of ['memory', 'cpus', 'devices', 'region'] as const)
      this.grants.give({ ambulance, partition, thing, access: 'read', until_ns });
    this.granted(ambulance, partition, 'read', until_ns);
    return new Patient(this, ambulance, partition, life);
  }

  /** Takes an ambulance's grants on a partition back, and its lease. */
  release(ambulance: string, partition: string): void {
    const count = this.grants.revoke(ambulance, partition);
    this.rescues.end(ambulance, partition);
    this.log(ambulance, `release ${partition}`, count > 0, `${count} grants`);
  }

  granted(ambulance: string, partition: string, access: string, until_ns: number): void {
    const what = access === 'read' ? `attach ${partition}` : `write ${partition}`;
    this.log(ambulance, what, true, `${access} until ${until_ns}`);
    this.target.emit(ambulance, 'grant', { patient: partition, access, until: until_ns });
  }

  /** Is it granted now? What is not is logged. */
  allows(wish: Wish): boolean {
    if (this.grants.find(wish, this.target.now()) !== undefined) return true;
    const range = wish.range && ` 0x${wish.range.physical.toString(16)} +${wish.range.bytes}`;
    this.refuse(
      wish.ambulance,
      `${wish.access} ${wish.partition} ${wish.thing}${range ?? ''}`,
      'not granted',
    );
    return false;
  }

  refuse(who: string, what: string, why: string): void {
    this.log(who, what, false, why);
    this.target.emit(who, 'refusal', { what });
  }

  log(who: string, what: string, allowed: boolean, detail: string): void {
    this.audit.add({ time_ns: this.target.now(), who, what, allowed, detail });
  }

  private indexOf(partition: string): number {
    return this.topology.lpars.findIndex((lpar) => lpar.name === partition);
  }

  private ward(partition: string): Ward {
    this.target.bringBack(partition);
    return this.wards[this.indexOf(partition)] as Ward;
  }

  private lpar(partition: string): LparModel {
    return this.topology.lpars[this.indexOf(partition)] as LparModel;
  }

  private partition(name: string): Partition {
    return this.target.partitions[this.indexOf(name)] as Partition;
  }
}

function copyWard(ward: Ward): Ward {
  return { ...ward, watched: { ...ward.watched, signs: ward.watched.signs.slice() } };
}
