// The path of a real machine, over the simulation with its twins, controls and name taken away: what it does without a
// QEMU.
import { describe, expect, it } from 'vitest';
import type { RunTarget } from '../../src/execute/machine.ts';
import type { Finished } from '../../src/execute/scenario.ts';
import { adapted, impossible, runReal } from '../../src/execute/real.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { RunOutcome } from '../../src/record/outcome.ts';
import { createGuest } from '../../src/targets/sim/guest/kernel.ts';
import { powerOn } from '../../src/targets/sim/sim-target.ts';
import { judge } from '../../src/verdict/judge.ts';
import { scenarioOf } from '../support/spec-text.ts';

/** A machine that was booted and kept: it boots when it is told to tell of that. */
function bare(scenario: Scenario, heard: string[] = []): RunTarget {
  const { topology } = scenario;
  const rehearsal = powerOn(topology, 1, createGuest);
  rehearsal.bootAll();
  const sim = powerOn(topology, 1, createGuest, rehearsal.origin);
  rehearsal.release();
  const changed: Partial<RunTarget> = {
    name: 'qemu',
    begin: () => void sim.bootAll(),
    devices: () => [],
    stimulate: (partition, words) => heard.push(`${partition}: ${words}`) > 0,
  };
  return new Proxy(sim, {
    get(target, key): unknown {
      if (key === 'controls' || key === 'machine') return undefined;
      if (Object.hasOwn(changed, key)) return changed[key as keyof RunTarget];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as unknown as RunTarget;
}

function run(body: string, heard: string[] = []): { finished: Finished; outcome: RunOutcome } {
  const fit = adapted(scenarioOf(`scenario "x" { uses two_partitions\n run 900 ms\n ${body} }`));
  const finished = runReal(fit, 1, bare(fit.scenario, heard));
  const { record, facts } = finished;
  const outcome = judge({
    id: 'x',
    scenario: fit.scenario,
    record,
    facts,
    target: 'qemu',
    replay: '',
    today: '2026-01-01',
  });
  finished.release();
  return { finished, outcome };
}

const seen = ({ outcome }: ReturnType<typeof run>): string[] =>
  outcome.claims.map(({ status, seen }) => `${status}: ${seen}`);

describe('a scenario on a machine without twins', () => {
  it('is told of the boot that it did not see, and beats no faster than a real guest can', () => {
    const { outcome } = run(
      'expect { guest web is booted\n hypervisor web.metadata is registered\n guest web is healthy }',
    );
    expect(outcome.status).toBe('passed');
    expect(outcome.record?.notes).toEqual([
      'the heartbeat of web was raised from 5 ms to 50 ms: a real guest beats no faster',
      'the heartbeat of db was raised from 5 ms to 50 ms: a real guest beats no faster',
    ]);
    const beats = outcome.record?.partitions[0]?.heartbeats ?? 0;
    expect(beats).toBeGreaterThan(15);
    expect(beats).toBeLessThan(25);
  });

  it('shows a lock leak from its injection to the beat that comes back', () => {
    const told = run(`
      at 100 ms called leak: leak web.locks["tasklist_lock"]
      on rescue.diagnosed called mend: service web by advice
      expect {
        hypervisor web is failing by heartbeat or progress
        verdict web.locks is corrupt with LOCK_NO_HOLDER at web.locks["tasklist_lock"]
        diagnosis web is lock_leak at web.locks["tasklist_lock"]
        service web is done
        hypervisor db is healthy
        hypervisor web is recovered
      }`);
    expect(seen(told).filter((line) => !line.startsWith('met'))).toEqual([]);
    expect(told.outcome).toMatchObject({ status: 'passed', complaints: [] });
  });

  it('finds a second place where it was before the first fault cut the way to it', () => {
    const heard: string[] = [];
    const told = run(
      `at 100 ms: set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100
       at 101 ms: exit web.tasks["nginx"].successor
       at 102 ms: summon rescue to web
       expect { verdict web.tasks is corrupt with LIST_NEXT_POISON at web.tasks["nginx"].tasks.next }`,
      heard,
    );
    expect(told.outcome.complaints.filter(({ code }) => code === 'E0912')).toEqual([]);
    expect(heard).toEqual([expect.stringMatching(/^web: exit [a-z]/)]);
    expect(seen(told)).toEqual([expect.stringMatching(/^met/)]);
  });

  it('looks up a place that only claims name while the machine is whole', () => {
    const told = run(
      `at 100 ms: set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100
       at 102 ms: summon rescue to web
       expect { verdict web.tasks is corrupt at web.tasks["nginx"].tasks.next, web.tasks["php-fpm"].tasks.next }`,
    );
    expect(seen(told).join()).not.toContain('does not close');
  });

  it('leaves open what only virtual time, a twin or a watch could decide', () => {
    const told = run(`
      at 100 ms called rot: flip web.tasks["nginx"].flags bit 3
      expect {
        guest web is healthy
        guest web is not oopsed within 500 ms of rot
        bystander db is contained
        check web.disk0.iommu_faults == 0
        guest web is healthy given rot.activated
      }`);
    expect(told.outcome.claims.map(({ status }) => status)).toEqual([
      'met',
      'met',
      'inconclusive',
      'inconclusive',
      'inconclusive',
    ]);
    expect(told.outcome.status).toBe('passed');
  });

  it('is inconclusive, never passed, where the machine cannot be broken that way', () => {
    const { outcome } = run('at 100 ms: stop web.cpus[1]\n expect { guest db is healthy }');
    expect(outcome).toMatchObject({ status: 'inconclusive', complaints: [] });
    expect(outcome.reason).toBe('`stop web.cpus[1]`: qemu: this target cannot be broken that way');
    expect(outcome.claims.map(({ status }) => status)).toEqual(['inconclusive']);
  });
});

it('several seeds of one scenario are said to be the same to a real kernel', () => {
  const scenario = scenarioOf(
    'scenario "x" { uses two_partitions\n run 10 ms\n expect { guest web is healthy } }',
  );
  const said = ({ seeds }: Pick<Scenario, 'seeds'>): number => adapted({ ...scenario, seeds }).notes.length;
  expect(said({ seeds: [1, 2] }) - said({ seeds: [1] })).toBe(1);
});

describe('what cannot be run on a kept machine', () => {
  const why = (body: string, uses = 'two_partitions'): string | undefined =>
    impossible(scenarioOf(`scenario "x" { uses ${uses}\n run 100 ms\n ${body} }`));

  it('is what happens while it boots, what its guest does not tell of, and shared slots', () => {
    const claim = 'expect { guest web is healthy }';
    expect(why(claim)).toBeUndefined();
    expect(why(`on web.boot_complete: flip web.tasks["nginx"].flags bit 3\n ${claim}`)).toContain(
      'booted once',
    );
    expect(why(`on web.tasks["nginx"].run: flip web.tasks["nginx"].flags bit 3\n ${claim}`)).toContain(
      'does not tell of `web.run`',
    );
    expect(why(claim, 'three_sharing')).toContain('shares its CPUs');
  });
});
