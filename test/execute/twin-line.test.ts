import { afterEach, describe, expect, it, vi } from 'vitest';
import { substream } from '../../src/base/random.ts';
import { Simulation } from '../../src/execute/simulation.ts';
import { TwinLine, TwinLines } from '../../src/execute/twin-line.ts';
import { stateHash } from '../../src/targets/sim/compare.ts';
import { attendedTopology } from '../support/attended-guest.ts';

const MS = 1_000_000;
const topology = attendedTopology();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Booted and run without a stop. */
function straight(time_ns: number): Simulation {
  const simulation = Simulation.powerOn(topology, 1);
  simulation.target.bootAll();
  simulation.target.runUntil(time_ns);
  return simulation;
}

describe('the line of a twin', () => {
  it('is the machine that was never stopped, wherever and in whatever order it is asked for', () => {
    const line = new TwinLine(topology, 1);
    const random = substream(3, 'instants');
    for (let turn = 0; turn < 12; turn++) line.at(random.below(40 * MS)).release();
    for (const time of [0, 17 * MS + 123, 40 * MS]) {
      expect(stateHash(line.at(time).target)).toBe(stateHash(straight(time).target));
    }
    expect(line.booted).toBe(true);
    expect(line.origin).toBe(straight(0).target.origin);
  });

  it('tells what happened before an instant the same, whatever was asked for', () => {
    const [long, hopping] = [new TwinLine(topology, 1), new TwinLine(topology, 1)];
    long.at(30 * MS);
    for (const time of [20 * MS, 5 * MS, 30 * MS, 10 * MS]) hopping.at(time);
    const events = long.eventsBefore(25 * MS);
    expect(hopping.eventsBefore(25 * MS)).toEqual(events);
    expect(events.length).toBeGreaterThan(10);
    expect(events.every((event) => event.time_ns < 25 * MS)).toBe(true);
    expect(events[0]).toMatchObject({ kind: 'power_on', time_ns: -long.origin });
    expect(() => long.eventsBefore(31 * MS)).toThrow('has not come to');
  });

  it('keeps a bounded number of checkpoints', () => {
    const line = new TwinLine(topology, 1);
    const fork = vi.spyOn(Simulation.prototype, 'fork');
    const release = vi.spyOn(Simulation.prototype, 'release');
    for (let time = 1; time <= 60; time++) line.at((time * MS) / 10).release();
    // All that was forked and not given back is a checkpoint.
    const kept = fork.mock.calls.length - release.mock.calls.length;
    expect(kept).toBeGreaterThan(5);
    expect(kept).toBeLessThan(30);
    line.release();
    expect(release.mock.calls.length).toBe(fork.mock.calls.length + 1);
  });

  it('gives out machines that do not touch it', () => {
    const line = new TwinLine(topology, 1);
    const spoilt = line.at(10 * MS);
    spoilt.target.partitionNamed('web').memory.write(0x100_0000, new Uint8Array(65_536).fill(0xff));
    spoilt.target.runUntil(20 * MS);
    expect(stateHash(line.at(20 * MS).target)).toBe(stateHash(straight(20 * MS).target));
  });
});

describe('the lines of a worker', () => {
  it('are one for each topology and seed, however the topology was spelled', () => {
    const lines = new TwinLines();
    const respelled = {
      ...topology,
      machine: { ...topology.machine, span: { file: 'b.spec', start: 9, end: 10 } },
    };
    const line = lines.of(topology, 1);
    expect(lines.of(respelled, 1)).toBe(line);
    expect(lines.of(topology, 2)).not.toBe(line);
    const larger = {
      ...topology,
      machine: { ...topology.machine, memory_bytes: topology.machine.memory_bytes * 2 },
    };
    expect(lines.of(larger, 1)).not.toBe(line);
  });

  it('are bounded: the one used longest ago is made anew', () => {
    const lines = new TwinLines();
    const [first, second] = [lines.of(topology, 1), lines.of(topology, 2)];
    for (let seed = 3; seed <= 8; seed++) lines.of(topology, seed);
    expect(lines.of(topology, 1)).toBe(first);
    lines.of(topology, 9);
    expect(lines.of(topology, 1)).toBe(first);
    expect(lines.of(topology, 2)).not.toBe(second);
  });
});
