import { ATTACH_NS, OOPS_SETTLE_NS } from '../model/costs.ts';
import { leaseOf } from '../hypervisor/rescues.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { Order } from '../patient/servicing.ts';
import type { TraceEvent } from '../target/events.ts';
import { Attendance } from './attendance.ts';
import type { Run } from './run.ts';
import { ServiceLog } from './service-log.ts';

/** An ambulance renews its lease after this part of it: more than twice in each. */
const RENEWAL = 0.4;

/** Somebody waits for an ambulance. */
export interface Call {
  readonly ambulance: string;
  readonly patient: string;
  /** Not before this time. */
  readonly time_ns: number;
  /** It is to service the patient, too. */
  readonly order?: Order;
}

/**
 * Sends the ambulances of a run: to a partition that the hypervisor notices as failing or failed (once, once more when
 * what was failing has failed outright, and again after it had recovered), to whom one is summoned, and a stand-by to
 * where another one has died. One rescue at a time; others wait.
 */
export class Dispatcher {
  readonly #run: Run;
  readonly #topology: TopologyModel;
  /** Called once, just before the first attachment: where the run without rescue parts from this one. */
  readonly #beforeFirst: () => void;
  readonly #log: ServiceLog;
  #calls: Call[] = [];
  #attended = new Set<string>();
  #dead = new Set<string>();
  #at_work: Attendance | undefined;
  /** What each ambulance was last called to: where a stand-by has to go. */
  #last = new Map<string, Call>();
  /** Ambulances that the hypervisor has found dead since. */
  #buried: TraceEvent[] = [];
  #renewal_ns: number | undefined;
  #any = false;
  readonly #every_ns: number;

  constructor(run: Run, topology: TopologyModel, beforeFirst: () => void) {
    this.#run = run;
    this.#topology = topology;
    this.#beforeFirst = beforeFirst;
    this.#log = new ServiceLog(run);
    this.#every_ns = RENEWAL * leaseOf(run.machine.target);
  }

  nextTime(): number | undefined {
    const calls =
      this.#at_work === undefined ? this.#calls.filter((call) => !this.#dead.has(call.ambulance)) : [];
    const times = calls.map((call) => call.time_ns);
    if (this.#renewal_ns !== undefined) times.push(this.#renewal_ns);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  onEvent(event: TraceEvent): boolean {
    const { kind, subject } = event;
    if (kind === 'heartbeat') return this.#at_work?.awaits === subject;
    // What has been mended may break again.
    if (kind === 'recovered') this.#attended.delete(subject);
    if (kind !== 'failing' && kind !== 'failed') return false;
    if (this.#topology.ambulances.some(({ name }) => name === subject)) {
      this.#buried.push(event);
      return true;
    }
    if (this.#attended.has(subject) && kind === 'failing') return false;
    const ambulance = this.#choose(subject);
    if (ambulance === undefined || this.#calls.some((call) => call.patient === subject)) return false;
    const settle_ns = event.detail['sign'] === 'oops' ? OOPS_SETTLE_NS : 0;
    this.#call({ ambulance, patient: subject, time_ns: event.time_ns + settle_ns + ATTACH_NS });
    return true;
  }

  /** On request. False when that ambulance does not attend that partition. */
  summon(ambulance: string, patient: string, purpose: 'inspection' | 'service' = 'inspection'): boolean {
    if (!this.#attends(ambulance, patient)) return false;
    const { target } = this.#run.machine;
    target.emit(ambulance, 'summoned', { patient });
    const order: Order | undefined =
      purpose === 'service' ? this.#log.ordered(ambulance, patient, { kind: 'advice' }) : undefined;
    this.#call({ ambulance, patient, time_ns: target.now() + ATTACH_NS, ...(order && { order }) });
    return true;
  }

  /**
   * A service: by the ambulance that is at the patient, else by one that is called for it. False when there is none
   * that could.
   */
  order(patient: string, order: Order, by?: string): boolean {
    const ambulance = by ?? this.#choose(patient);
    if (ambulance === undefined || !this.#attends(ambulance, patient)) return false;
    const wanted = this.#log.ordered(ambulance, patient, order);
    if (this.#at_work?.take(ambulance, patient, wanted) === true) return true;
    const time_ns = this.#run.now + ATTACH_NS;
    this.#call({ ambulance, patient, time_ns, order: wanted });
    return true;
  }

  /** It does nothing any more, and the hypervisor is not told. False when it was dead. */
  kill(ambulance: string): boolean {
    if (this.#dead.has(ambulance)) return false;
    this.#dead.add(ambulance);
    return true;
  }

  fire(now_ns: number): void {
    this.#renew(now_ns);
    for (const event of this.#buried.splice(0)) this.#replace(event);
    if (this.#at_work !== undefined) return;
    const due = this.#calls.findIndex((call) => call.time_ns <= now_ns && !this.#dead.has(call.ambulance));
    const [call] = due < 0 ? [] : this.#calls.splice(due, 1);
    if (call === undefined) return;
    if (!this.#any) this.#beforeFirst();
    this.#any = true;
    this.#attended.add(call.patient);
    this.#last.set(call.ambulance, call);
    this.#at_work = new Attendance(this.#run, call, this.#log, () => !this.#dead.has(call.ambulance));
    this.#at_work.attend();
    this.#at_work = undefined;
    if (this.#calls.length === 0) this.#renewal_ns = undefined;
  }

  /** Every ambulance that lives and was called says so to the hypervisor. */
  #renew(now_ns: number): void {
    if (this.#renewal_ns === undefined || now_ns < this.#renewal_ns) return;
    for (const { name } of this.#topology.ambulances)
      if (!this.#dead.has(name)) this.#run.machine.hypervisor.rescues.renew(name);
    this.#renewal_ns = now_ns + this.#every_ns;
  }

  #call(call: Call): void {
    this.#run.machine.hypervisor.rescues.call(call.ambulance, call.patient);
    this.#calls.push(call);
    this.#renewal_ns ??= this.#run.now + this.#every_ns;
  }

  /** The hypervisor has found an ambulance dead: whoever stands by goes to its patient, for what it was called for. */
  #replace({ subject: dead, time_ns, detail }: TraceEvent): void {
    const patient = String(detail['patient']);
    const waiting = this.#calls.find((call) => call.ambulance === dead && call.patient === patient);
    this.#calls = this.#calls.filter((call) => call !== waiting);
    this.#log.died(dead, patient);
    const ambulance = this.#choose(patient);
    if (ambulance === undefined || this.#calls.some((call) => call.patient === patient)) return;
    const order = (waiting ?? this.#last.get(dead))?.order;
    const wanted = order && this.#log.ordered(ambulance, patient, { ...order });
    this.#call({ ambulance, patient, time_ns: time_ns + ATTACH_NS, ...(wanted && { order: wanted }) });
  }

  /** Who is sent: a stand-by only where the others are known to be dead. */
  #choose(patient: string): string | undefined {
    const { rescues } = this.#run.machine.hypervisor;
    const able = this.#topology.ambulances.filter(
      (one) => one.attends.includes(patient) && !rescues.isLost(one.name),
    );
    return (able.find((one) => one.standby !== true) ?? able[0])?.name;
  }

  #attends(ambulance: string, patient: string): boolean {
    return (
      this.#topology.ambulances.find((one) => one.name === ambulance)?.attends.includes(patient) ?? false
    );
  }
}
