import { Simulation } from '../../src/execute/simulation.ts';
import type { TopologyModel } from '../../src/model/machine.ts';
import { attendedTopology } from './attended-guest.ts';

const MIB = 1_048_576;

/** web and db, which share a MiB called `mailbox`; db declares it. */
export function sharingTopology(): TopologyModel {
  const alone = attendedTopology();
  const { span } = alone.machine;
  return { ...alone, shared_memory: [{ name: 'mailbox', bytes: MIB, between: ['db', 'web'], span }] };
}

/** Booted, at t = 0. */
export function sharingGuests(): Simulation {
  const simulation = Simulation.powerOn(sharingTopology(), 1);
  if (!simulation.target.bootAll()) throw new Error('the guests do not boot');
  return simulation;
}
