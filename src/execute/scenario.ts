import { Injector } from '../fault/injector.ts';
import type { Scenario } from '../model/scenario.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import type { World } from '../place/world.ts';
import { worldOf } from '../place/world.ts';
import type { RunRecord, TwinComparison } from '../record/record.ts';
import { comparePartition } from '../targets/sim/compare.ts';
import type { RunFacts } from '../verdict/facts.ts';
import { leewayOf } from '../verdict/leeway.ts';
import { factsOf } from '../verdict/facts.ts';
import { Befores } from './before.ts';
import { BOOT_EVENTS, claimedKinds } from './kinds.ts';
import { measuresOf } from './measures.ts';
import { injectedPlaces, orderOf } from './order.ts';
import { recordOf } from './record.ts';
import { Dispatcher } from './rescue.ts';
import { Run } from './run.ts';
import { Simulation } from './simulation.ts';
import type { TwinLine, TwinLines } from './twin-line.ts';

/** A run that has come to its end, its machines still there to be asked. */
export interface Finished {
  readonly record: RunRecord;
  readonly facts: RunFacts;
  /** How often the event of a trigger came, as long as it had not fired. */
  occurrences(trigger: number): number;
  /** Gives the machines back. */
  release(): void;
}

/**
 * Runs a scenario under one seed on the simulation: fault and rescue, and as far as its claims need them the runs
 * without rescue and without fault. `whole`: bystanders are simulated in each of them, also where nothing is seen to
 * reach them; the outcome is the same, unless something reaches them unseen.
 */
export function runScenario(scenario: Scenario, seed: number, lines: TwinLines, whole?: boolean): Finished {
  const line = lines.of(scenario.topology, seed);
  const comparisons = comparisonsOf(scenario);
  const needsTwins = comparisons.length > 0;
  const everything = whole === true || lines.everything;
  const bystanders = everything ? [] : comparisons.map(({ partition }) => partition);
  let alone: Run<Simulation> | undefined;
  let injectorAlone: Injector | undefined;
  const befores = new Befores(scenario);
  const heard = new Set([...befores.awaits, ...claimedKinds(scenario)]);
  const run = begin(scenario, line, seed, new Set(bystanders), heard);
  const measures = measuresOf(run, () => injector, befores);
  const struck = injectedPlaces(scenario, () => injector.receipts());
  const injector: Injector = new Injector({
    scenario,
    seed,
    target: run.machine.target,
    twin: (now_ns) => (now_ns < 0 ? undefined : line.look(now_ns).target),
    measures,
    hooks: {
      summon: (ambulance, partition, purpose) => dispatcher.summon(ambulance, partition, purpose),
      service: (wanted) => dispatcher.order(wanted.partition, orderOf(wanted, struck), wanted.ambulance),
      kill: (ambulance) => dispatcher.kill(ambulance),
    },
  });
  const dispatcher = new Dispatcher(run, scenario.topology, () => {
    if (!needsTwins) return;
    alone = new Run(run.machine.fork(), run.duration_ns, run.events);
    // Nobody comes, and nobody is missed.
    for (const { name } of scenario.topology.ambulances) alone.machine.hypervisor.rescues.dismiss(name);
    if (!everything && unread(injector)) line.leaveOutUnread(alone.machine, run.duration_ns);
    injectorAlone = withoutRescue(alone, injector);
  });
  const live: World = { ...worldOf(scenario, run.machine.target, seed, measures), known: injector.known };
  befores.look(live);
  run.hear(heard, (event) => befores.onEvent(event));
  run.library = scenario.library ?? NO_LIBRARY;
  run.drive(injector);
  run.add(dispatcher);
  run.advance(scenario.duration_ns);
  alone?.advance(scenario.duration_ns);

  const end = line.look(scenario.duration_ns);
  const twins = needsTwins
    ? compareTwins(comparisons, run, alone ?? run, end, onlyWithRescue(injector, injectorAlone))
    : [];
  const record = recordOf(scenario, seed, run, injector, twins);
  return {
    record,
    facts: factsOf(live, { ...live, target: end.target }, record.receipts),
    occurrences: (trigger) => injector.occurrences(trigger),
    release(): void {
      run.machine.release();
      alone?.machine.release();
    },
  };
}

/**
 * The machine before the scenario's first trigger: the twin's own, or one just switched on when something strikes while
 * it boots. The bystanders are left out of it until somebody touches them, as long as they depend on nobody.
 */
function begin(
  scenario: Scenario,
  line: TwinLine,
  seed: number,
  bystanders: ReadonlySet<string>,
  heard: ReadonlySet<string>,
): Run<Simulation> {
  const { duration_ns, topology } = scenario;
  const boots =
    scenario.triggers.some(({ when }) => when.kind === 'on' && BOOT_EVENTS.has(when.pattern.event)) ||
    [...heard].some((kind) => BOOT_EVENTS.has(kind));
  if (boots || !line.booted) return new Run(Simulation.powerOn(topology, seed, line.origin), duration_ns, []);
  // What is heard from the start on has to be told from the start on.
  let first = heard.size > 0 ? 0 : duration_ns;
  for (const { when } of scenario.triggers) {
    first = Math.min(first, when.kind === 'at' ? when.time_ns : when.kind === 'every' ? when.from_ns : 0);
  }
  const start = Math.max(0, first);
  const known = Array.from(bystanders, (name) => ({ name, events: line.doings(name, duration_ns) }));
  const simulation = line.at(start);
  simulation.target.understudy = line.understudy;
  for (const { name, events } of known) if (events !== undefined) simulation.target.leaveOut(name, events);
  return new Run(simulation, duration_ns, line.eventsBefore(start));
}

/** Something was damaged, and nobody has read it yet: only then is it worth while to look closer. */
function unread(injector: Injector): boolean {
  const fired = injector
    .receipts()
    .filter(({ kind, fired_ns }) => kind === 'fault' && fired_ns !== undefined);
  return fired.length > 0 && fired.every(({ activated_ns }) => activated_ns === undefined);
}

/** Drives the same machine from here on, with all its faults and nobody to help. */
function withoutRescue(alone: Run<Simulation>, injector: Injector): Injector {
  const same = injector.fork({
    target: alone.machine.target,
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  alone.drive(same);
  return same;
}

/** Why `contained` says nothing: what struck the run that is reported never struck in the run with the fault alone. */
function onlyWithRescue(injector: Injector, alone: Injector | undefined): string | undefined {
  const struck = (one: Injector): number =>
    one
      .receipts()
      .filter(
        (receipt) => receipt.kind !== 'request' && receipt.verb !== 'kill' && receipt.fired_ns !== undefined,
      ).length;
  return alone === undefined || struck(injector) <= struck(alone)
    ? undefined
    : 'a fault fired only because of the rescue: without it there was nothing to be contained';
}

/** Each comparison of a bystander claim, both ways, with what the claim lets pass. */
function compareTwins(
  comparisons: readonly Comparison[],
  run: Run<Simulation>,
  alone: Run<Simulation>,
  end: Simulation,
  blind: string | undefined,
): readonly TwinComparison[] {
  const twins: TwinComparison[] = [];
  for (const { partition, leeway } of comparisons) {
    const rescued = run.machine.target;
    const faulty = alone.machine.target;
    const alone_known = !faulty.isPresent(partition);
    const known = alone_known && !rescued.isPresent(partition);
    const contained = comparePartition(faulty, end.target, partition, leeway);
    const undisturbed = run === alone ? '' : comparePartition(rescued, faulty, partition, leeway);
    const of = { partition, ...(leeway && { leeway }) };
    twins.push({
      claim: 'contained',
      ...of,
      identical: contained === '',
      difference: contained,
      ...(alone_known ? { known: true as const } : {}),
      ...(blind === undefined ? {} : { blind }),
    });
    twins.push({
      claim: 'undisturbed',
      ...of,
      identical: undisturbed === '',
      difference: undisturbed,
      ...(known ? { known: true as const } : {}),
    });
  }
  return twins;
}

type Comparison = Pick<TwinComparison, 'partition' | 'leeway'>;

/** Each partition with each leeway once. */
function comparisonsOf({ claims }: Scenario): readonly Comparison[] {
  const found = new Map<string, Comparison>();
  for (const claim of claims) {
    if (claim.observer !== 'bystander') continue;
    const leeway = leewayOf(claim);
    for (const { root: partition } of claim.subjects)
      found.set(JSON.stringify([partition, leeway]), { partition, ...(leeway && { leeway }) });
  }
  return [...found.values()];
}
