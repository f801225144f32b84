import { attend } from '../../src/ambulance/attend.ts';
import { Run } from '../../src/execute/run.ts';
import { Simulation } from '../../src/execute/simulation.ts';
import { Injector } from '../../src/fault/injector.ts';
import type { TopologyModel } from '../../src/model/machine.ts';
import type { LocatorModel } from '../../src/model/structure.ts';
import type { Trigger } from '../../src/model/scenario.ts';
import type { Receipt } from '../../src/record/record.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { bareTopology } from './bare-kernel.ts';
import { SHIPPED } from './library.ts';
import { scenario } from './scenarios.ts';

export const MS = 1_000_000;
const MIB = 1_048_576;
const DESCRIBES = ['tasks', 'run_queues', 'locks', 'stacks', 'timers', 'hrtimers', 'log', 'app.orders'];

export interface GuestOptions {
  readonly layout_seed?: number;
  readonly describes?: readonly string[];
  readonly seed?: number;
  /** In place of the topology below. */
  readonly topology?: TopologyModel;
}

/** Two guests, web and db, on two CPUs each, and a rescuer that attends both. */
export function attendedTopology(options: GuestOptions = {}): TopologyModel {
  const bare = bareTopology(['web', 'db']);
  const lpars = bare.lpars.map((lpar, index) => ({
    ...lpar,
    cpus: { mode: 'owned', cpus: index === 0 ? [0, 1] : [2, 3], vcpus: 2, weight: 1 } as const,
    memory_bytes: 64 * MIB,
    kernel: { ...lpar.kernel, layout_seed: options.layout_seed ?? 0 },
    metadata: {
      size_bytes: 65_536,
      seal: 'crc32c',
      describes: options.describes ?? DESCRIBES,
      locators: locatorsOf(options.describes ?? DESCRIBES),
    } as const,
  }));
  const machine = { ...bare.machine, cpus: [0, 1, 2, 3, 4], memory_bytes: 256 * MIB };
  const ambulances = bare.ambulances.map((one) => ({
    ...one,
    cpus: { ...one.cpus, cpus: [4] },
    memory_bytes: MIB,
  }));
  return { machine, lpars, ambulances };
}

/** What is described and what that is nested in, parents first, as the language finds it. */
export function locatorsOf(names: readonly string[]): readonly LocatorModel[] {
  const found = new Set<LocatorModel>();
  const add = (name: string | undefined): void => {
    const model = SHIPPED.locators.find((one) => one.name === name);
    if (!model || found.has(model)) return;
    add(model.parent);
    found.add(model);
  };
  for (const name of names) add(name.replace(/^app\./, ''));
  return [...found];
}

export interface Attended {
  readonly patient: Patient;
  readonly run: Run<Simulation>;
  readonly receipts: readonly Receipt[];
}

/** A booted machine at t = 0, from which every test forks its own. */
export class AttendedGuest {
  readonly topology: TopologyModel;
  readonly #booted: Simulation;

  constructor(options: GuestOptions = {}) {
    this.topology = options.topology ?? attendedTopology(options);
    this.#booted = Simulation.powerOn(this.topology, options.seed ?? 1);
    if (!this.#booted.target.bootAll()) throw new Error('the guests do not boot');
  }

  /** Runs a fork with triggers up to a time, parks web and hands it over. */
  patientAt(time_ns: number, triggers: readonly Trigger[] = [], name = 'web'): Attended {
    const run = new Run(this.#booted.fork(), time_ns + 1_000 * MS, []);
    const injector = new Injector({
      scenario: scenario({ triggers, topology: this.topology }),
      seed: 1,
      target: run.machine.target,
      hooks: { summon: () => true, service: () => true, kill: () => true },
      twin: (now_ns) => {
        const twin = this.#booted.fork();
        twin.target.runUntil(now_ns);
        return twin.target;
      },
    });
    run.drive(injector);
    run.advance(time_ns);
    const { hypervisor } = run.machine;
    const ambulance = this.topology.ambulances[0]?.name as string;
    const patient = hypervisor.attach(ambulance, name, Number.MAX_SAFE_INTEGER, {
      lives: () => true,
      pass: (until) => run.advance(until),
    });
    if (patient === false) throw new Error(`${ambulance} may not attend ${name}`);
    hypervisor.park(name, ambulance);
    return { patient, run, receipts: injector.receipts() };
  }

  attendAt(
    time_ns: number,
    triggers: readonly Trigger[] = [],
  ): { report: AmbulanceReport; receipts: readonly Receipt[] } {
    const { patient, run, receipts } = this.patientAt(time_ns, triggers);
    const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
    run.machine.release();
    return { report, receipts };
  }
}

/** Verdicts by structure. */
export function verdicts(report: AmbulanceReport): Record<string, string> {
  return Object.fromEntries(report.verdicts.map((one) => [one.structure, one.verdict]));
}
