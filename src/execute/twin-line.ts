import { assert } from '../base/assert.ts';
import { bigintsToJson } from '../base/exact-json.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { TraceEvent } from '../target/events.ts';
import type { KnownEvent } from '../targets/sim/engine/partition-state.ts';
import type { Understudy } from '../targets/sim/sim-target.ts';
import { AccessLog } from '../targets/sim/machine/access-log.ts';
import { patchesBetween } from '../targets/sim/patches.ts';
import { Simulation } from './simulation.ts';
import { Solo } from './solo.ts';

/** Checkpoints kept on one line, besides that of t = 0. The one used longest ago goes first. */
const CHECKPOINTS = 24;
/** Lines kept: topologies times seeds. */
const LINES = 8;

/** Runs of one line with unread damage, from which on it pays to log what its partitions touch. */
const WORTH_A_LOG = 3;

interface Checkpoint {
  readonly time_ns: number;
  readonly simulation: Simulation;
  used: number;
}

/**
 * The run without faults of one topology under one seed, with checkpoints along it. Every faulty run begins as a fork
 * of it, every `contained` is judged against it, and places are looked up on it. A machine stopped and gone on with is
 * the same machine, so it does not matter where the checkpoints lie.
 */
export class TwinLine {
  /** Internal time of t = 0. */
  readonly origin: number;
  /** False when a guest never said boot complete, though nothing was done to it. */
  readonly booted: boolean;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #events: TraceEvent[] = [];
  /** So many of them had come before the machine at t = 0 was kept. */
  readonly #boot_events: number;
  readonly #solos = new Map<string, Solo>();
  #unread = 0;
  /** Such as note what they touch, which takes longer. */
  readonly #logged = new Map<string, Solo>();
  /** All events earlier than this are in the log. */
  #logged_ns: number;
  #uses = 0;

  constructor(topology: TopologyModel, seed: number) {
    const simulation = Simulation.powerOn(topology, seed);
    const { target } = simulation;
    const boot: TraceEvent[] = [];
    target.onTrace((event) => {
      boot.push(event);
      return false;
    });
    this.booted = target.bootAll();
    this.origin = target.origin;
    this.#events = boot.map((event) => ({ ...event, time_ns: event.time_ns - target.origin }));
    this.#boot_events = boot.length;
    this.#logged_ns = target.now();
    this.#keep(simulation.fork());
    simulation.release();
  }

  /** What happened before `time_ns`, from power-on. Valid up to where `at` was asked. */
  eventsBefore(time_ns: number): readonly TraceEvent[] {
    assert(time_ns <= this.#logged_ns, `the twin has not come to ${time_ns} ns`);
    let end = this.#events.length;
    while (end > 0 && (this.#events[end - 1] as TraceEvent).time_ns >= time_ns) end--;
    return this.#events.slice(0, end);
  }

  /**
   * The machine just before anything at `time_ns` executes (not before t = 0): a fork, which is the caller's to
   * release.
   */
  at(time_ns: number): Simulation {
    return this.look(time_ns).fork();
  }

  /** The same, to be looked at only, and only until other times have been asked for. It owns none of its pages. */
  look(time_ns: number): Simulation {
    const checkpoint = this.#nearest(time_ns);
    checkpoint.used = ++this.#uses;
    if (checkpoint.time_ns >= time_ns) return checkpoint.simulation;
    const fork = checkpoint.simulation.fork();
    fork.target.runUntil(time_ns, (event) => {
      if (event.time_ns >= this.#logged_ns) this.#events.push(event);
      return false;
    });
    this.#logged_ns = Math.max(this.#logged_ns, time_ns);
    const kept = fork.fork();
    fork.release();
    this.#keep(kept);
    return kept;
  }

  /**
   * What a partition does up to `until_ns` and tells, when nobody touches it: it may be left out of machines of this
   * line. Undefined when it depends on others, as by memory that it shares.
   */
  doings(partition: string, until_ns: number): readonly KnownEvent[] | undefined {
    if (this.#booted.target.partitionNamed(partition).plan.shared.length > 0) return undefined;
    const solo = this.#solos.get(partition) ?? new Solo(this.#booted, partition);
    this.#solos.set(partition, solo);
    return this.#through(solo, until_ns);
  }

  /**
   * Leaves out of a machine of this line, which stands at `now` and goes on to `until_ns`, whoever is there as in the
   * twin but for bytes that nobody looks at again: what was damaged and never read.
   */
  leaveOutUnread(simulation: Simulation, until_ns: number): void {
    if (++this.#unread < WORTH_A_LOG) return;
    const { target } = simulation;
    const now = target.now();
    const twin = this.look(now);
    for (const { name } of target.partitions) {
      if (!target.isPresent(name) || !simulation.hypervisor.agrees(name, twin.hypervisor)) continue;
      const counts = (alarm: number): boolean => simulation.hypervisor.alarmCounts(name, alarm);
      const patches = patchesBetween(target, twin.target, name, counts);
      if (patches === undefined) continue;
      const solo = this.#logged.get(name) ?? new Solo(this.#booted, name, new AccessLog());
      this.#logged.set(name, solo);
      const events = this.#through(solo, until_ns);
      if (events === undefined || !patches.every(({ address }) => solo.leavesAlone(address, now))) continue;
      target.leaveOut(name, events, patches);
    }
  }

  get #booted(): Simulation {
    return (this.#checkpoints[0] as Checkpoint).simulation;
  }

  #through(solo: Solo, until_ns: number): readonly KnownEvent[] | undefined {
    const twin = this.look(until_ns);
    const told = this.#events.slice(this.#boot_events).filter(({ time_ns }) => time_ns < until_ns);
    return solo.through(twin, told);
  }

  /** The state of a partition that was left out of a machine of this line. */
  readonly understudy: Understudy = (_, time_ns, source) => {
    const before = this.look(time_ns);
    if (source < 0) return before.target;
    const fork = before.fork();
    fork.target.runThrough(time_ns, source);
    // A fork of it owns nothing.
    return fork.fork().target;
  };

  release(): void {
    for (const { simulation } of this.#checkpoints) simulation.release();
    this.#checkpoints.length = 0;
    for (const solos of [this.#solos, this.#logged]) {
      for (const solo of solos.values()) solo.release();
      solos.clear();
    }
  }

  #nearest(time_ns: number): Checkpoint {
    let best = this.#checkpoints[0] as Checkpoint;
    for (const one of this.#checkpoints) if (one.time_ns <= time_ns && one.time_ns > best.time_ns) best = one;
    return best;
  }

  #keep(simulation: Simulation): void {
    if (this.#checkpoints.length > CHECKPOINTS) {
      let oldest = 1;
      for (let index = 2; index < this.#checkpoints.length; index++) {
        if ((this.#checkpoints[index] as Checkpoint).used < (this.#checkpoints[oldest] as Checkpoint).used)
          oldest = index;
      }
      const [gone] = this.#checkpoints.splice(oldest, 1);
      gone?.simulation.release();
    }
    this.#checkpoints.push({ time_ns: simulation.target.now(), simulation, used: ++this.#uses });
  }
}

/** The lines of one worker. Results never depend on what is in it. */
export class TwinLines {
  readonly #lines = new Map<string, TwinLine>();
  readonly #keys = new WeakMap<TopologyModel, string>();
  /** True: every partition is simulated in every run, also where its doings are known. The results are the same. */
  readonly everything: boolean;

  constructor(options: { readonly everything?: boolean } = {}) {
    this.everything = options.everything ?? false;
  }

  of(topology: TopologyModel, seed: number): TwinLine {
    const key = `${seed} ${this.#keyOf(topology)}`;
    const held = this.#lines.get(key);
    if (held !== undefined) {
      this.#lines.delete(key);
      this.#lines.set(key, held);
      return held;
    }
    const line = new TwinLine(topology, seed);
    this.#lines.set(key, line);
    for (const [old, oldest] of this.#lines) {
      if (this.#lines.size <= LINES) break;
      oldest.release();
      this.#lines.delete(old);
    }
    return line;
  }

  /** What a boot depends on: everything of the topology but where and how it was written. */
  #keyOf(topology: TopologyModel): string {
    const known = this.#keys.get(topology);
    if (known !== undefined) return known;
    const key = JSON.stringify(topology, (name, value: unknown) =>
      name === 'span' || name === 'doc' ? undefined : bigintsToJson(name, value),
    );
    this.#keys.set(topology, key);
    return key;
  }
}
