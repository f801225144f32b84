import { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { TopologyModel } from '../model/machine.ts';
import { createGuest } from '../targets/sim/guest/kernel.ts';
import type { Machine } from './machine.ts';
import type { WatchSet } from '../targets/sim/machine/watch.ts';
import { powerOn, type SimTarget } from '../targets/sim/sim-target.ts';

/** A simulated machine with the hypervisor that rules it: what forks and runs as one. */
export class Simulation implements Machine {
  readonly target: SimTarget;
  readonly hypervisor: Hypervisor;

  constructor(target: SimTarget, hypervisor: Hypervisor) {
    this.target = target;
    this.hypervisor = hypervisor;
  }

  /** Switched on, nothing has run. `origin`: internal time of t = 0 when it is known from a boot without faults. */
  static powerOn(topology: TopologyModel, seed: number, origin?: number): Simulation {
    const target = powerOn(topology, seed, createGuest, origin);
    return new Simulation(target, new Hypervisor(target, topology));
  }

  /** `watch`: watchpoints of its own, in place of a copy. */
  fork(watch?: WatchSet): Simulation {
    const target = this.target.fork(watch);
    return new Simulation(target, this.hypervisor.fork(target));
  }

  /** Gives the memory back for reuse; the simulation is not to be used afterwards. */
  release(): void {
    this.target.release();
  }
}
