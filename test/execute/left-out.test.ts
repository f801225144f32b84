import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { substream } from '../../src/base/random.ts';
import { runScenario } from '../../src/execute/scenario.ts';
import { Simulation } from '../../src/execute/simulation.ts';
import { Solo } from '../../src/execute/solo.ts';
import { TwinLine, TwinLines } from '../../src/execute/twin-line.ts';
import { ALARM } from '../../src/hypervisor/watchdogs.ts';
import { compile } from '../../src/language/compile.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { stateHash } from '../../src/targets/sim/compare.ts';
import { AccessLog } from '../../src/targets/sim/machine/access-log.ts';
import { SimCpu } from '../../src/targets/sim/machine/cpu.ts';
import { firstDifference } from '../../src/targets/sim/machine/memory-compare.ts';
import type { MachineMemory } from '../../src/targets/sim/machine/memory.ts';
import { REPOSITORY } from '../support/built.ts';
import { attendedTopology } from '../support/attended-guest.ts';
import { memoryHost } from '../support/memory-host.ts';

const MS = 1_000_000;
const topology = attendedTopology();

afterEach(() => {
  vi.restoreAllMocks();
});

/** The scenarios of some folders that ship which have bystanders. */
function shipped(...folders: readonly string[]): readonly Scenario[] {
  const files = ['lib', ...folders].flatMap((folder) =>
    readdirSync(join(REPOSITORY, 'specs', folder)).map((name) => `specs/${folder}/${name}`),
  );
  const texts = Object.fromEntries(files.map((file) => [file, readFileSync(join(REPOSITORY, file), 'utf8')]));
  const { value } = compile(
    files.filter((file) => !file.startsWith('specs/lib/')),
    memoryHost(texts),
  );
  return value
    .flatMap(({ scenarios }) => scenarios)
    .filter(
      ({ skip, claims }) => skip === undefined && claims.some(({ observer }) => observer === 'bystander'),
    );
}

/** The records of runs, as text. */
function recordsOf(scenarios: readonly Scenario[], lines: TwinLines): string[] {
  return scenarios.map((scenario) => {
    const { record, release } = runScenario(scenario, scenario.seeds[0] ?? 1, lines);
    // Who was left out says so; nothing else may differ.
    const text = JSON.stringify(record, (key, value: unknown) => (key === 'known' ? undefined : value));
    release();
    return text;
  });
}

/** How often a processor is let run for that. */
function turnsOf(scenarios: readonly Scenario[], lines: TwinLines): number {
  const run = vi.spyOn(SimCpu.prototype, 'run');
  recordsOf(scenarios, lines);
  const turns = run.mock.calls.length;
  run.mockRestore();
  return turns;
}

/** web and db from t = 0, db left out for the first 40 ms. */
function withoutDb(line: TwinLine): Simulation {
  const events = line.doings('db', 40 * MS);
  const simulation = line.at(0);
  simulation.target.understudy = line.understudy;
  simulation.target.leaveOut('db', events ?? []);
  expect(simulation.target.isPresent('db')).toBe(false);
  return simulation;
}

describe('a bystander that is left out', () => {
  it('changes nothing about any run that ships: the same records, to the byte', () => {
    const scenarios = shipped('claims', 'isolation', 'metadata');
    expect(scenarios.length).toBeGreaterThan(8);
    const [fewer, all] = [
      recordsOf(scenarios, new TwinLines()),
      recordsOf(scenarios, new TwinLines({ everything: true })),
    ];
    const differs = scenarios.filter((_, index) => fewer[index] !== all[index]);
    expect(differs.map(({ name }) => name)).toEqual([]);
  }, 60_000);

  it('is work that is not done', () => {
    const [scenario] = shipped('claims');
    const again = [scenario as Scenario];
    const [some, everything] = [new TwinLines(), new TwinLines({ everything: true })];
    for (const lines of [some, everything]) recordsOf(again, lines);
    const [fewer, all] = [some, everything].map((lines) => turnsOf(again, lines)) as [number, number];
    expect(fewer).toBeLessThan(all * 0.8);
  });

  it('comes back in the state it would have, whenever it is asked for', () => {
    const line = new TwinLine(topology, 1);
    const random = substream(5, 'instants');
    for (let turn = 0; turn < 6; turn++) {
      const time = random.below(40 * MS);
      const simulation = withoutDb(line);
      simulation.target.runUntil(time);
      expect(simulation.target.traceHash()).toBe(line.look(time).target.traceHash());
      expect(stateHash(simulation.target)).toBe(stateHash(line.look(time).target));
      simulation.target.runUntil(40 * MS);
      expect(stateHash(simulation.target)).toBe(stateHash(line.look(40 * MS).target));
    }
  });

  it.each(['web', 'db'])(
    'comes back in the middle of an instant, where an event of %s stopped the run',
    (subject) => {
      const line = new TwinLine(topology, 1);
      let stops = 0;
      const at = (simulation: Simulation): string => {
        let seen = 0;
        simulation.target.runUntil(40 * MS, (event) => event.subject === subject && ++seen > 5);
        stops++;
        return `${simulation.target.now()} ${stateHash(simulation.target)}`;
      };
      expect(at(withoutDb(line))).toBe(at(line.at(0)));
      expect(stops).toBe(2);
    },
  );

  it('comes back when its memory is read or written, and when the tables of all are', () => {
    const line = new TwinLine(topology, 1);
    const touches: ((simulation: Simulation) => void)[] = [
      ({ target }) => target.partitionNamed('db').memory.read(0x100_0000, new Uint8Array(1)),
      ({ target }) => target.machine.write(target.partitionNamed('db').plan.base + 8, Uint8Array.of(1)),
      ({ target }) => target.machine.write(8, Uint8Array.of(0)),
      ({ target }) => target.controls.stopCpu('db', 0),
      ({ hypervisor }) => hypervisor.heartbeats('db'),
      ({ target }) => target.want('run'),
    ];
    for (const touch of touches) {
      const [left, whole] = [withoutDb(line), line.at(0)];
      for (const simulation of [left, whole]) {
        simulation.target.runUntil(20 * MS);
        touch(simulation);
      }
      expect(left.target.isPresent('db')).toBe(true);
      expect(left.hypervisor.save()).toBe(whole.hypervisor.save());
      for (const simulation of [left, whole]) simulation.target.runUntil(40 * MS);
      expect(stateHash(left.target)).toBe(stateHash(whole.target));
    }
  });

  it('stays out of a fork, and comes back in each by itself', () => {
    const line = new TwinLine(topology, 1);
    const simulation = withoutDb(line);
    simulation.target.runUntil(10 * MS);
    const fork = simulation.fork();
    expect(fork.target.isPresent('db')).toBe(false);
    expect(stateHash(fork.target)).toBe(stateHash(line.look(10 * MS).target));
    expect(simulation.target.isPresent('db')).toBe(false);
  });
});

describe('damage that nobody reads', () => {
  /**
   * web at 10 ms with something done to it, offered for leaving out up to 40 ms. Whether it was, and what became of it.
   */
  function damaged(line: TwinLine, harm: (simulation: Simulation) => void): { left: boolean; state: string } {
    const simulation = line.at(10 * MS);
    simulation.target.understudy = line.understudy;
    harm(simulation);
    for (let turn = 0; turn < 3; turn++) line.leaveOutUnread(simulation, 40 * MS);
    const left = !simulation.target.isPresent('web');
    simulation.target.runUntil(40 * MS);
    return { left, state: stateHash(simulation.target) };
  }
  const simulated = (line: TwinLine, harm: (simulation: Simulation) => void): string => {
    const simulation = line.at(10 * MS);
    harm(simulation);
    simulation.target.runUntil(40 * MS);
    return stateHash(simulation.target);
  };
  const line = new TwinLine(topology, 1);
  const write =
    (physical: number) =>
    ({ target }: Simulation) =>
      target.partitionNamed('web').memory.write(physical, Uint8Array.of(0xa5));

  it('leaves its partition out, and is there when that comes back', () => {
    const { left, state } = damaged(line, write(0x3a0_0123));
    expect(left).toBe(true);
    expect(state).toBe(simulated(line, write(0x3a0_0123)));
    expect(state).not.toBe(stateHash(line.look(40 * MS).target));
  });

  it('counts for no more than an alarm that does nothing', () => {
    const line = new TwinLine(topology, 1);
    const harm = ({ target, hypervisor }: Simulation): void => {
      hypervisor.rescues.call('rescue', 'web');
      hypervisor.rescues.dismiss('rescue');
      target.partitionNamed('web').memory.write(0x3a0_0123, Uint8Array.of(0xa5));
    };
    const { left, state } = damaged(line, harm);
    expect(left).toBe(true);
    expect(state).toBe(simulated(line, harm));
  });

  it('is no such damage when a guest touches it, or when it is none of memory', () => {
    const { base, bytes } = line.look(0).target.partitionNamed('web').plan;
    const [early, late] = [10, 20].map((ms) => line.at(ms * MS).target.machine_state.memory);
    const busy = firstDifference(early as MachineMemory, late as MachineMemory, base, bytes) - base;
    const harms: ((simulation: Simulation) => void)[] = [
      write(busy),
      ({ target }) => target.partitionNamed('web').cpus[1]?.set('r15', 0x1234n),
      ({ target }) => target.controls.stallCpu('web', 0, MS),
      ({ target }) => target.controls.loseInterrupt({ kind: 'device', partition: 'web', device: 'disk0' }),
      ({ target }) => target.setAlarm('web', 15 * MS, ALARM.progress),
      ({ hypervisor }) => hypervisor.rescues.call('rescue', 'web'),
    ];
    for (const harm of harms) {
      const { left, state } = damaged(line, harm);
      expect(left).toBe(false);
      expect(state).toBe(simulated(line, harm));
    }
  });

  it('is what no load, store or peek has met since', () => {
    const log = new AccessLog();
    log.read(0x1ffc, 4, 5_000);
    log.written(0x3000, 1, 9_000);
    log.peeked(0x3010, 12_000);
    const seen = (address: number, from: number): boolean => log.accessed(address, from);
    expect([seen(0x1fff, 5_000), seen(0x1ffb, 0), seen(0x2000, 0), seen(0x1ffc, 6_000)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([seen(0x3000, 9_000), seen(0x3001, 0), seen(0x3013, 12_000), seen(0x3013, 13_000)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('a partition on its own', () => {
  it('depends on nobody, or is never left out', () => {
    const line = new TwinLine(topology, 1);
    const twin = line.look(20 * MS);
    const told = line
      .eventsBefore(20 * MS)
      .filter(({ time_ns, kind }) => time_ns >= 0 && kind !== 'boot_complete');
    expect(new Solo(line.look(0), 'db').through(twin, told)?.length).toBeGreaterThan(3);
    // Most of db's pages are now pages of web's.
    const crossed = line.at(0);
    const { target } = crossed;
    const [web, db] = [target.partitionNamed('web'), target.partitionNamed('db')];
    for (let physical = 0x20_0000; physical < db.plan.bytes; physical += 0x20_0000) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, web.plan.base + physical + 0x87, true);
      target.machine.write(db.secondLevelEntry(physical) as number, bytes);
    }
    expect(new Solo(crossed, 'db').through(twin, told)).toBeUndefined();
    // It did the same, but not what the twin did.
    expect(new Solo(line.look(0), 'db').through(twin, told.slice(1))).toBeUndefined();
    expect(new Solo(line.look(1), 'db').through(line.look(10 * MS), told)).toBeUndefined();
  });
});
