import { Injector } from '../fault/injector.ts';
import type { Scenario } from '../model/scenario.ts';
import { BOOT_EVENTS, claimedKinds } from './kinds.ts';
import { Befores } from './before.ts';
import { measuresOf } from './measures.ts';
import { Run } from './run.ts';
import { runScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import type { TwinLines } from './twin-line.ts';

/** The machine of a scenario at an instant of its run, with all that struck it until then. */
export interface Damaged {
  readonly run: Run<Simulation>;
  readonly injector: Injector;
  release(): void;
}

/** When the first ambulance attaches in a run of it: what it then sees is the damage that the scenario is about. Its end where none comes. */
export function firstAttach(scenario: Scenario, seed: number, lines: TwinLines): number {
  const { record, release } = runScenario(scenario, seed, lines);
  release();
  return Math.min(scenario.duration_ns, ...record.reports.map(({ attached_ns }) => attached_ns));
}

/** Runs a scenario under one seed up to a time of it, and nobody comes to help. */
export function damagedMachine(
  scenario: Scenario,
  seed: number,
  lines: TwinLines,
  until_ns: number,
): Damaged {
  const line = lines.of(scenario.topology, seed);
  const { topology, triggers, duration_ns } = scenario;
  const boots = triggers.some(({ when }) => when.kind === 'on' && BOOT_EVENTS.has(when.pattern.event));
  const simulation = boots || !line.booted ? Simulation.powerOn(topology, seed, line.origin) : line.at(0);
  const run = new Run(simulation, Math.max(duration_ns, until_ns), []);
  // Nobody comes, and nobody is missed.
  for (const { name } of topology.ambulances) simulation.hypervisor.rescues.dismiss(name);
  const befores = new Befores(scenario);
  const injector: Injector = new Injector({
    scenario,
    seed,
    target: simulation.target,
    twin: (now_ns) => (now_ns < 0 ? undefined : line.look(now_ns).target),
    measures: measuresOf(run, () => injector, befores),
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  run.hear(new Set(claimedKinds(scenario)), () => undefined);
  run.drive(injector);
  run.advance(until_ns);
  return { run, injector, release: () => simulation.release() };
}
