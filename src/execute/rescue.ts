import { attend } from '../ambulance/attend.ts';
import { ATTACH_NS } from '../model/costs.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Run } from './run.ts';

/** Somebody waits for an ambulance. */
interface Call {
  readonly ambulance: string;
  readonly patient: string;
  /** Not before this time. */
  readonly time_ns: number;
}

/**
 * Sends the ambulances of a run: to a partition that the hypervisor notices as failing or failed (once, and once more when what was
 * failing has failed outright), and to whom one is summoned. One rescue at a time; others wait.
 */
export class Dispatcher {
  readonly #run: Run;
  readonly #topology: TopologyModel;
  /** Called once, just before the first attachment: where the run without rescue parts from this one. */
  readonly #beforeFirst: () => void;
  #calls: Call[] = [];
  #attended = new Set<string>();
  #busy = false;
  #any = false;

  constructor(run: Run, topology: TopologyModel, beforeFirst: () => void) {
    this.#run = run;
    this.#topology = topology;
    this.#beforeFirst = beforeFirst;
  }

  nextTime(): number | undefined {
    return this.#busy || this.#calls.length === 0
      ? undefined
      : Math.min(...this.#calls.map((call) => call.time_ns));
  }

  onEvent(event: TraceEvent): boolean {
    if (event.kind !== 'failing' && event.kind !== 'failed') return false;
    const patient = event.subject;
    if (this.#attended.has(patient) && event.kind === 'failing') return false;
    const ambulance = this.#topology.ambulances.find((one) => one.attends.includes(patient));
    if (ambulance === undefined || this.#calls.some((call) => call.patient === patient)) return false;
    this.#calls.push({ ambulance: ambulance.name, patient, time_ns: event.time_ns + ATTACH_NS });
    return true;
  }

  /** On request. False when that ambulance does not attend that partition. */
  summon(ambulance: string, patient: string): boolean {
    const found = this.#topology.ambulances.find((one) => one.name === ambulance);
    if (found === undefined || !found.attends.includes(patient)) return false;
    const { target } = this.#run.simulation;
    target.emit(ambulance, 'summoned', { patient });
    this.#calls.push({ ambulance, patient, time_ns: target.now() + ATTACH_NS });
    return true;
  }

  fire(now_ns: number): void {
    if (this.#busy) return;
    const due = this.#calls.findIndex((call) => call.time_ns <= now_ns);
    const [call] = due < 0 ? [] : this.#calls.splice(due, 1);
    if (call === undefined) return;
    if (!this.#any) this.#beforeFirst();
    this.#any = true;
    this.#busy = true;
    this.#attend(call);
    this.#busy = false;
  }

  /**
   * Attaches, parks, looks, concludes, and lets go. What that costs passes in virtual time for everybody else; where the run ends first,
   * nothing was concluded and there is no report.
   */
  #attend({ ambulance, patient: name }: Call): void {
    const run = this.#run;
    const { target, hypervisor } = run.simulation;
    const patient = hypervisor.attach(ambulance, name, Number.MAX_SAFE_INTEGER, (time) => run.advance(time));
    if (patient === false) return;
    this.#attended.add(name);
    target.emit(ambulance, 'attach', { patient: name });
    hypervisor.park(name, ambulance);
    const { report, cost_ns } = attend(patient, { ambulance });
    const { time_ns: concluded_ns, lender } = target.rescueEnds(ambulance, name, cost_ns);
    run.advance(concluded_ns);
    if (run.now < concluded_ns) return;
    // A borrowed CPU is paid for by whom it was borrowed from.
    if (lender !== undefined) lender.cpu_time += cost_ns;
    run.reports.push({ ...report, diagnosed_ns: run.now });
    target.emit(ambulance, 'diagnosed', { patient: name, health: report.health });
    hypervisor.resume(name, ambulance);
    hypervisor.release(ambulance, name);
    target.emit(ambulance, 'release', { patient: name });
  }
}
