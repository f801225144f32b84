import { Injector } from '../fault/injector.ts';
import { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { Scenario } from '../model/scenario.ts';
import { BOOT_EVENTS, claimedKinds } from './kinds.ts';
import { Befores } from './before.ts';
import { measuresOf } from './measures.ts';
import { Run } from './run.ts';
import type { RunTarget } from './machine.ts';
import type { Adapted } from './real.ts';
import { runScenario } from './scenario.ts';
import { Undamaged } from './undamaged.ts';
import { Simulation } from './simulation.ts';
import type { TwinLines } from './twin-line.ts';

/** The machine of a scenario at an instant of its run, with all that struck it until then. */
export interface Damaged {
  readonly run: Run;
  readonly injector: Injector;
  release(): void;
}

/**
 * As `damagedMachine`, on a machine that cannot be repeated: places are looked up on it itself, with the damage taken
 * off again.
 */
export function damagedReal(
  { scenario }: Adapted,
  seed: number,
  target: RunTarget,
  until_ns: number,
): Damaged {
  const hypervisor = new Hypervisor(target, scenario.topology);
  const release = (): void => target.release();
  const run = new Run({ target, hypervisor, release }, Math.max(scenario.duration_ns, until_ns), []);
  for (const { name } of scenario.topology.ambulances) hypervisor.rescues.dismiss(name);
  const whole = new Undamaged(target);
  const injector: Injector = new Injector({
    scenario,
    seed,
    target,
    twin: () => whole,
    struck: () => whole.note(injector.receipts()),
    measures: measuresOf(run, () => injector),
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  run.drive(injector);
  target.begin?.();
  run.advance(until_ns);
  return { run, injector, release };
}

/**
 * When the first ambulance attaches in a run of it: what it then sees is the damage that the scenario is about. Its end
 * where none comes.
 */
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
