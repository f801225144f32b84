import { formatTime } from '../base/units.ts';
import { Injector } from '../fault/injector.ts';
import { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { Expression } from '../model/expression.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { Scenario } from '../model/scenario.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import { resolve } from '../place/evaluate.ts';
import type { Outcome } from '../place/outcome.ts';
import type { Place } from '../place/place.ts';
import type { World } from '../place/world.ts';
import { worldOf } from '../place/world.ts';
import type { RunFacts } from '../verdict/facts.ts';
import { factsOf } from '../verdict/facts.ts';
import { Befores } from './before.ts';
import type { Machine, RunTarget } from './machine.ts';
import { measuresOf } from './measures.ts';
import { injectedPlaces, orderOf } from './order.ts';
import { recordOf } from './record.ts';
import { Dispatcher } from './rescue.ts';
import { Run } from './run.ts';
import type { Finished } from './scenario.ts';
import { BOOT_EVENTS, claimedKinds } from './kinds.ts';
import { Undamaged } from './undamaged.ts';

/**
 * A real guest's heartbeat goes through a process and a serial line: shorter ones would be lost for want of time, not
 * of health.
 */
const SHORTEST_BEAT_NS = 50_000_000;
/** What only a guest whose code is ours tells of. */
const UNTOLD: ReadonlySet<string> = new Set(['run', 'fork', 'exit', 'complete', 'frozen', 'iommu_fault']);

/** A scenario as it can be run on a real machine, and what was changed for that. */
export interface Adapted {
  readonly scenario: Scenario;
  readonly notes: readonly string[];
}

/** Heartbeats that are too short for a real guest are raised; everything that hangs on them follows. */
export function adapted(scenario: Scenario): Adapted {
  const notes: string[] = [];
  if (scenario.seeds.length > 1)
    notes.push('a seed chooses what `[any]` means and nothing else: runs of a real kernel differ by chance');
  const lpars = scenario.topology.lpars.map((lpar) => {
    const { heartbeat_ns } = lpar.kernel;
    if (heartbeat_ns >= SHORTEST_BEAT_NS) return lpar;
    const [from, to] = [formatTime(heartbeat_ns), formatTime(SHORTEST_BEAT_NS)];
    notes.push(
      `the heartbeat of ${lpar.name} was raised from ${from} to ${to}: a real guest beats no faster`,
    );
    return { ...lpar, kernel: { ...lpar.kernel, heartbeat_ns: SHORTEST_BEAT_NS } };
  });
  if (lpars.every((lpar, index) => lpar === scenario.topology.lpars[index])) return { scenario, notes };
  return { scenario: { ...scenario, topology: { ...scenario.topology, lpars } }, notes };
}

/** Why a scenario cannot be run on a real machine at all; undefined when it can. */
export function impossible({ topology, triggers }: Scenario): string | undefined {
  for (const { when, actions } of triggers) {
    if (when.kind !== 'on') continue;
    const { event, subject } = when.pattern;
    // What is registered is only told when the run begins.
    if (event === 'register' && actions.every(({ verb }) => verb === 'misregister')) continue;
    if (BOOT_EVENTS.has(event) && topology.lpars.some(({ name }) => name === subject))
      return `a real guest is booted once and kept: \`${subject}.${event}\` is over when the run begins`;
    if (UNTOLD.has(event)) return `a real guest does not tell of \`${subject}.${event}\``;
  }
  return sharing(topology);
}

function sharing({ lpars, ambulances, shared_memory }: TopologyModel): string | undefined {
  if ((shared_memory?.length ?? 0) > 0) return 'real guests share no memory here';
  const shared = lpars.find(({ cpus }) => cpus.mode !== 'owned');
  if (shared) return `${shared.name} shares its CPUs, and there are no fixed slots on a real machine`;
  const borrower = ambulances.find(({ cpus }) => cpus.mode === 'borrowed');
  return borrower && `${borrower.name} borrows its CPUs, and there are no fixed slots on a real machine`;
}

/**
 * Runs a scenario under one seed on a machine that cannot be repeated: there is no run without the fault to compare
 * with, and places are looked up on the machine itself, with the damage taken off again.
 */
export function runReal({ scenario, notes }: Adapted, seed: number, target: RunTarget): Finished {
  const hypervisor = new Hypervisor(target, scenario.topology);
  const release = (): void => target.release();
  const machine: Machine = { target, hypervisor, release };
  const run = new Run(machine, scenario.duration_ns, []);
  const befores = new Befores(scenario);
  const measures = measuresOf(run, () => injector, befores);
  const struck = injectedPlaces(scenario, () => injector.receipts());
  const whole = new Undamaged(target);
  const claimed = new Map<Expression, Outcome<Place>>();
  const injector: Injector = new Injector({
    scenario,
    seed,
    target,
    twin: () => whole,
    untouched: () => lookUp(scenario, wholeWorld(), claimed),
    struck: () => whole.note(injector.receipts()),
    measures,
    hooks: {
      summon: (ambulance, partition, purpose) => dispatcher.summon(ambulance, partition, purpose),
      service: (wanted) => dispatcher.order(wanted.partition, orderOf(wanted, struck), wanted.ambulance),
      kill: (ambulance) => dispatcher.kill(ambulance),
    },
  });
  const dispatcher = new Dispatcher(run, scenario.topology, () => undefined);
  const live: World = { ...worldOf(scenario, target, seed, measures), known: injector.known };
  const wholeWorld = (): World => ({ ...live, target: whole });
  befores.look(live);
  run.hear(new Set([...befores.awaits, ...claimedKinds(scenario)]), (event) => befores.onEvent(event));
  run.library = scenario.library ?? NO_LIBRARY;
  run.drive(injector);
  target.begin?.();
  run.add(dispatcher);
  run.advance(scenario.duration_ns);
  return {
    record: recordOf(scenario, seed, run, injector, [], [...notes, ...(target.notes ?? [])]),
    facts: remembering(factsOf(live, wholeWorld()), claimed),
    occurrences: (trigger) => injector.occurrences(trigger),
    release,
  };
}

/** The places that claims name, while the machine is whole: those that can be found then. */
function lookUp({ claims }: Scenario, world: World, into: Map<Expression, Outcome<Place>>): void {
  if (into.size > 0) return;
  for (const { places } of claims)
    for (const written of places) {
      const place = resolve(world, written);
      if (place.ok) into.set(written, place);
    }
}

function remembering(facts: RunFacts, claimed: ReadonlyMap<Expression, Outcome<Place>>): RunFacts {
  return { ...facts, place: (written) => claimed.get(written) ?? facts.place(written) };
}
