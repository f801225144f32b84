import { comparePartition } from '../targets/sim/compare.ts';
import type { KnownEvent } from '../targets/sim/engine/partition-state.ts';
import type { AccessLog } from '../targets/sim/machine/access-log.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Simulation } from './simulation.ts';

/** Raised where a partition that should be on its own asks for something of another one. */
class Dependence extends Error {
  override name = 'Dependence';
}

/**
 * One partition of a booted machine, run with all others left out: memory, processors, devices, what the hypervisor
 * knows of them. When it asks for any of that, or does anything else than in the company of the others, it depends on
 * them. Else what it does follows from its own state alone, and it does the same in every machine where it is not
 * touched: there it need not be simulated again.
 */
export class Solo {
  readonly #partition: string;
  readonly #simulation: Simulation;
  readonly #events: KnownEvent[] = [];
  readonly #audited: number;
  readonly #log: AccessLog | undefined;
  #until_ns = 0;
  #independent = true;

  /** `booted` stands at t = 0. With `log`, all accesses to memory are noted. */
  constructor(booted: Simulation, partition: string, log?: AccessLog) {
    const simulation = booted.fork(log);
    this.#partition = partition;
    this.#log = log;
    this.#simulation = simulation;
    this.#audited = simulation.hypervisor.audit.entries.length;
    const { target } = simulation;
    const machine = target.machine_state;
    for (const { name } of target.partitions) if (name !== partition) target.leaveOut(name, []);
    target.understudy = (name): never => {
      throw new Dependence(`${partition} asks for ${name}`);
    };
    target.onTrace(({ time_ns, subject, kind, detail }) => {
      this.#events.push({ time: time_ns + target.origin, source: machine.source, subject, kind, detail });
      return false;
    });
  }

  /**
   * True when it leaves a byte alone from a time on, as far as it has come. To be asked only of one with a log, after
   * `through`.
   */
  leavesAlone(address: number, from_ns: number): boolean {
    return this.#log?.accessed(address, from_ns + this.#simulation.target.origin) === false;
  }

  /**
   * What it does from t = 0 up to `twin`'s time at least, and what it tells; `told` is what the twin, with everybody in
   * it, told in that time. Undefined when it depends on somebody.
   */
  through(twin: Simulation, told: readonly TraceEvent[]): readonly KnownEvent[] | undefined {
    const time_ns = twin.target.now();
    if (this.#independent && time_ns > this.#until_ns) this.#independent = this.#advance(time_ns, twin, told);
    return this.#independent ? this.#events : undefined;
  }

  #advance(time_ns: number, twin: Simulation, told: readonly TraceEvent[]): boolean {
    const { target, hypervisor } = this.#simulation;
    try {
      target.runUntil(time_ns);
    } catch (caught) {
      if (caught instanceof Dependence) return false;
      throw caught;
    }
    this.#until_ns = time_ns;
    return (
      // What the hypervisor's log says would not come back with the partition.
      hypervisor.audit.entries.length === this.#audited &&
      comparePartition(target, twin.target, this.#partition) === '' &&
      this.#toldTheSame(told.filter(({ subject }) => subject === this.#partition))
    );
  }

  #toldTheSame(told: readonly TraceEvent[]): boolean {
    const { origin } = this.#simulation.target;
    return (
      told.length === this.#events.length &&
      this.#events.every(({ time, subject, kind, detail }, index) => {
        const there = told[index] as TraceEvent;
        return (
          time - origin === there.time_ns &&
          subject === this.#partition &&
          kind === there.kind &&
          JSON.stringify(detail) === JSON.stringify(there.detail)
        );
      })
    );
  }

  release(): void {
    this.#simulation.release();
  }
}
