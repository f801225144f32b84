import type { Attended } from '../ambulance/attend.ts';
import { attend } from '../ambulance/attend.ts';
import { service } from '../ambulance/service/service.ts';
import { leaseOf } from '../hypervisor/rescues.ts';
import type { Bench, Order, ServiceStep } from '../patient/servicing.ts';
import { MISSED_BEATS } from '../target/hypercalls.ts';
import type { Call } from './rescue.ts';
import type { Run } from './run.ts';
import type { ServiceLog } from './service-log.ts';

/** One ambulance at one patient, from its attachment to its release, or to its own end. */
export class Attendance implements Bench {
  readonly #run: Run;
  readonly #call: Call;
  readonly #log: ServiceLog;
  readonly #lives: () => boolean;
  #order: Order | undefined;
  /** Once it services, or goes, it takes no order. */
  #listens = true;
  /** The partition whose heartbeat it waits for. */
  awaits: string | undefined;

  constructor(run: Run, call: Call, log: ServiceLog, lives: () => boolean) {
    this.#run = run;
    this.#call = call;
    this.#log = log;
    this.#lives = lives;
    this.#order = call.order;
  }

  /** Takes the order of a service; false when it is none of its own, or comes too late. */
  take(ambulance: string, patient: string, order: Order): boolean {
    const mine = ambulance === this.#call.ambulance && patient === this.#call.patient;
    if (!mine || !this.#listens || this.#order !== undefined) return false;
    this.#order = order;
    return true;
  }

  /**
   * Attaches, parks, looks, concludes, services if it is asked to, and lets go. What that costs passes in virtual time
   * for everybody else; where the run ends first, nothing was concluded and there is no report; where the ambulance
   * dies, all stays as it is.
   */
  attend(): void {
    const { ambulance, patient: name } = this.#call;
    const run = this.#run;
    const { target, hypervisor } = run.machine;
    const patient = hypervisor.attach(ambulance, name, run.now + leaseOf(target), {
      lives: this.#lives,
      pass: (time_ns) => run.advance(time_ns, () => !this.#lives()),
    });
    if (patient === false) return;
    target.emit(ambulance, 'attach', { patient: name });
    hypervisor.park(name, ambulance);
    if (!this.pass(0)) return;
    const first = attend(patient, { ambulance, library: run.library, in_parts: true });
    if (!this.pass(first.cost_ns)) return;
    const report = this.#tell(first, run.reports.length);
    // What takes long keeps nobody waiting for the rest.
    const seen = first.goOn?.() ?? first;
    if (seen !== first) {
      if (!this.pass(seen.cost_ns - first.cost_ns)) return;
      if (seen.report !== first.report) this.#tell(seen, report);
    }
    if (!this.pass(0)) return;
    this.#listens = false;
    if (this.#order !== undefined) {
      const end = service(patient, this.#order, seen, this, { ambulance, library: run.library });
      if (end === undefined) return;
      this.#log.ended(this.#order, end);
    }
    hypervisor.resume(name, ambulance);
    hypervisor.release(ambulance, name);
    target.emit(ambulance, 'release', { patient: name });
  }

  /** The nth report of the run, anew where it is there already. Returns n. */
  #tell({ report }: Attended, nth: number): number {
    const { ambulance, patient } = this.#call;
    const run = this.#run;
    // Where nobody had failed, it was called to look, or to mend what it finds.
    const reason = report.reason === 'inspection' && this.#order !== undefined ? 'service' : report.reason;
    run.reports[nth] = { ...report, reason, diagnosed_ns: run.now };
    run.machine.target.emit(ambulance, 'diagnosed', { patient, health: report.health });
    return nth;
  }

  pass(duration_ns: number): boolean {
    if (!this.#lives()) return false;
    const { ambulance, patient } = this.#call;
    const { target } = this.#run.machine;
    const { time_ns: end, lender } =
      duration_ns > 0
        ? target.rescueEnds(ambulance, patient, duration_ns)
        : { time_ns: this.#run.now, lender: undefined };
    this.#run.advance(end, () => !this.#lives());
    if (!this.#lives() || this.#run.now < end) return false;
    // A borrowed CPU is paid for by whom it was borrowed from.
    if (lender !== undefined) lender.cpu_time += duration_ns;
    return true;
  }

  tell(step: ServiceStep, detail: Readonly<Record<string, string | number>>): boolean {
    const { ambulance, patient } = this.#call;
    this.#run.machine.target.emit(ambulance, step, { patient, ...detail });
    return this.pass(0);
  }

  watch(): 'beats' | 'silent' | 'gone' {
    const { patient } = this.#call;
    const { target, hypervisor } = this.#run.machine;
    const before = hypervisor.heartbeats(patient);
    const period_ns =
      hypervisor.topology.lpars.find(({ name }) => name === patient)?.kernel.heartbeat_ns ?? 0;
    const deadline = target.afterOwnTime(patient, this.#run.now, MISSED_BEATS * period_ns);
    const beats = (): boolean => hypervisor.heartbeats(patient) > before;
    this.awaits = patient;
    this.#run.advance(deadline, () => !this.#lives() || beats());
    this.awaits = undefined;
    if (!this.#lives() || (!beats() && this.#run.now < deadline)) return 'gone';
    return beats() ? 'beats' : 'silent';
  }
}
