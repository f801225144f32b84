import { describe, expect, test } from 'vitest';
import { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import { DISTRESS, HYPERCALL, logicalAddress } from '../../src/target/hypercalls.ts';
import { loadSim } from '../../src/targets/sim/sim-target.ts';
import { REG } from '../../src/targets/sim/step.ts';
import { data, lpar, PML4, stepAddress, tinyKernel, topology } from '../targets/sim/tiny-guest.ts';
import { beating, boot, hypercall, MS, REGION, scene, seen } from './scene.ts';

const sleep = {
  run: (cpu: { interruptsOn(): void; halt(): void }): void => (cpu.interruptsOn(), cpu.halt()),
};

describe('the registry', () => {
  test('accepts the region before boot complete and keeps a copy', () => {
    const { target, hypervisor, events } = scene(beating(MS));
    expect(target.bootAll()).toBe(true);
    expect(seen(events, 'registered')).toHaveLength(1);
    const { region, copy } = hypervisor.registryEntry('web');
    expect(region).toEqual({ physical: REGION, bytes: 4096 });
    target.partitionNamed('web').memory.write(REGION + 100, Uint8Array.of(1, 2, 3));
    expect([...(copy as Uint8Array).subarray(100, 103)]).not.toEqual([1, 2, 3]);
    expect(target.partitionNamed('web').region()).toEqual({ physical: REGION, bytes: 4096 });
  });

  test('a refusal costs the guest nothing but the answer', () => {
    const { target, hypervisor, events } = scene([
      { run: (cpu) => hypercall(cpu, HYPERCALL.register_metadata, 2 ** 39, 4096) },
      { run: (cpu) => cpu.store64(data(0), cpu.get(REG.rax)) },
      ...beating(MS).slice(1),
    ]);
    expect(target.bootAll()).toBe(true);
    expect(seen(events, 'refused').map(([, detail]) => detail)).toEqual([{ code: 'OUTSIDE' }]);
    expect(hypervisor.registryEntry('web')).toEqual({ refusal: 'OUTSIDE' });
    expect(hypervisor.audit.entries.at(-1)).toMatchObject({ who: 'web', allowed: false });
  });

  test.each([
    ['never', { when: 'never' }, [], []],
    ['late', { when: 'after_boot' }, [], ['LATE']],
    ['twice', { when: 'now', again: true }, ['registered'], ['TWICE']],
    ['over a neighbour', { when: 'now', address: logicalAddress(2, 0) }, [], ['FOREIGN']],
  ] as const)('a filter can make the registration come %s', (_, altered, accepted, refused) => {
    const { target, hypervisor, events } = scene(beating(MS));
    hypervisor.onRegister = (registration) => ({ ...registration, again: false, ...altered });
    expect(target.bootAll()).toBe(true);
    expect(seen(events, 'registered').map(() => 'registered')).toEqual(accepted);
    expect(seen(events, 'refused').map(([, detail]) => detail['code'])).toEqual(refused);
  });
});

describe('the watchdogs', () => {
  test('leave a guest that beats alone', () => {
    const { target, hypervisor, events } = scene(beating(5 * MS));
    target.bootAll();
    target.runUntil(200 * MS);
    expect(hypervisor.healthOf('web').health).toBe('healthy');
    expect(seen(events, 'failing')).toEqual([]);
    expect(hypervisor.heartbeats('web')).toBeGreaterThan(35);
  });

  test('bark when three periods have passed without a heartbeat, not before', () => {
    const { target, hypervisor, events } = scene([
      ...boot,
      { cost_ns: 7 * MS, run: (cpu) => hypercall(cpu, HYPERCALL.heartbeat) },
      sleep,
      { run: (cpu) => cpu.jump(stepAddress(3)) },
    ]);
    target.bootAll();
    target.runUntil(100 * MS);
    const beat = seen(events, 'heartbeat').at(-1)?.[0] as number;
    expect(seen(events, 'failing')).toEqual([[beat + 15 * MS, { sign: 'heartbeat' }]]);
    expect(hypervisor.healthOf('web')).toMatchObject({ health: 'failing', signs: ['heartbeat'] });
  });

  test('bark when a CPU makes no progress in its own time, although another one beats', () => {
    const steps = [
      ...boot,
      {
        run: (cpu: Parameters<typeof hypercall>[0]) => {
          cpu.set(REG.r10, PML4);
          hypercall(cpu, HYPERCALL.start_cpu, 1, stepAddress(5), cpu.get(REG.rsp) - 0x8000);
        },
      },
      { run: (cpu: Parameters<typeof hypercall>[0]) => hypercall(cpu, HYPERCALL.heartbeat) },
      { cost_ns: 5 * MS, run: (cpu: Parameters<typeof hypercall>[0]) => cpu.jump(stepAddress(3)) },
      { cost_ns: 1_000, run: (cpu: Parameters<typeof hypercall>[0]) => cpu.jump(stepAddress(5)) },
    ];
    const { target, events } = scene(steps, {}, topology([lpar('web', { cpus: [0, 1] })]));
    target.bootAll();
    target.runUntil(100 * MS);
    const barked = seen(events, 'failing');
    expect(barked.map(([, detail]) => detail)).toEqual([{ sign: 'progress' }]);
    expect(barked[0]?.[0]).toBeGreaterThan(20 * MS);
    expect(barked[0]?.[0]).toBeLessThan(31 * MS);
  });

  test('a stopped CPU is noticed, an idle one is not', () => {
    const { target, events } = scene(
      beating(5 * MS),
      {},
      topology([lpar('web', { heartbeat_ns: 100 * MS })]),
    );
    target.bootAll();
    target.runUntil(10 * MS);
    const idle = target.fork();
    expect(idle.progress('web', 0).stuck_ns).toBeLessThan(6 * MS);
    target.controls.stopCpu('web', 0);
    target.runUntil(250 * MS);
    expect(seen(events, 'failing').map(([, detail]) => detail['sign'])).toContain('progress');

    const sleeper = scene(
      [...boot, sleep, { run: (cpu) => cpu.jump(stepAddress(2)) }],
      {},
      topology([lpar('web', { heartbeat_ns: 100 * MS })]),
    );
    sleeper.target.bootAll();
    sleeper.target.runUntil(290 * MS);
    expect(seen(sleeper.events, 'failing')).toEqual([]);
  });

  test('stolen time is not a hang: with a tenth of a CPU, ten times as long is waited', () => {
    const shape = topology(
      [lpar('web', { shared: { vcpus: 1, weight: 1 } }), lpar('db', { shared: { vcpus: 1, weight: 9 } })],
      { slice_ns: MS },
    );
    const { target, events } = scene(beating(4 * MS), {}, shape);
    target.bootAll();
    target.runUntil(300 * MS);
    const beats = events
      .filter(({ kind, subject }) => kind === 'heartbeat' && subject === 'web')
      .map(({ time_ns }) => time_ns);
    expect(Math.max(...beats.slice(1).map((time, index) => time - (beats[index] as number)))).toBeGreaterThan(
      15 * MS,
    );
    expect(seen(events, 'failing')).toEqual([]);
  });

  test('time in which a partition is parked does not count', () => {
    const { target, hypervisor, events } = scene(beating(5 * MS));
    target.bootAll();
    target.runUntil(12 * MS);
    hypervisor.park('web');
    target.runUntil(90 * MS);
    hypervisor.resume('web');
    target.runUntil(200 * MS);
    expect(seen(events, 'failing')).toEqual([]);
    expect(seen(events, 'park')).toHaveLength(1);
    expect(seen(events, 'resume')).toHaveLength(1);
  });

  test('believe what the guest says of itself: an oops is failing, a panic failed', () => {
    const { target, hypervisor, events } = scene([
      ...boot,
      { run: (cpu) => hypercall(cpu, HYPERCALL.distress, DISTRESS.oops, 0) },
      { run: (cpu) => hypercall(cpu, HYPERCALL.distress, DISTRESS.panic, 0) },
      { run: (cpu) => cpu.die() },
    ]);
    target.bootAll();
    target.runUntil(100 * MS);
    expect(seen(events, 'failing').map(([, detail]) => detail)).toEqual([{ sign: 'oops' }]);
    expect(seen(events, 'failed').map(([, detail]) => detail)).toEqual([{ sign: 'panic' }]);
    expect(hypervisor.healthOf('web').health).toBe('failed');
  });

  test('a partition that had to be stopped has failed', () => {
    const { target, events } = scene([
      ...boot,
      { run: (cpu) => cpu.set(REG.idtr, 8) },
      { run: (cpu) => cpu.load8(0) },
    ]);
    target.bootAll();
    target.runUntil(MS);
    expect(seen(events, 'failed').map(([, detail]) => detail)).toEqual([{ sign: 'triple_fault' }]);
  });

  test('a guest that never boots is failing', () => {
    const { target, events } = scene([{ cost_ns: MS, run: (cpu) => cpu.jump(stepAddress(0)) }]);
    expect(target.bootAll()).toBe(false);
    target.runUntil(target.now() + MS);
    expect(seen(events, 'failing').map(([, detail]) => detail)).toEqual([{ sign: 'boot' }]);
  });
});

describe('its state', () => {
  test('forks with the machine: parent and child bark alike', () => {
    const { target, hypervisor, events } = scene([
      ...boot,
      sleep,
      { run: (cpu) => cpu.jump(stepAddress(2)) },
    ]);
    target.bootAll();
    target.runUntil(5 * MS);
    const child = target.fork();
    const its_hypervisor = hypervisor.fork(child);
    child.runUntil(50 * MS);
    expect(its_hypervisor.healthOf('web').signs).toEqual(['heartbeat']);
    expect(hypervisor.healthOf('web').signs).toEqual([]);
    target.runUntil(50 * MS);
    expect(seen(events, 'failing')).toHaveLength(1);
    expect(child.traceHash()).toBe(target.traceHash());
    expect(its_hypervisor.audit.entries).toEqual(hypervisor.audit.entries);
  });

  test('is saved with the machine and goes on in a fresh one', () => {
    const steps = [
      ...boot,
      sleep,
      { run: (cpu: Parameters<typeof hypercall>[0]) => cpu.jump(stepAddress(2)) },
    ];
    const { target, hypervisor } = scene(steps);
    target.bootAll();
    target.runUntil(5 * MS);
    const loaded = loadSim(target.save(), () => tinyKernel(steps));
    if (!loaded.ok) throw new Error(loaded.message);
    const { topology: shape } = hypervisor;
    const restored = Hypervisor.restore(loaded.value.target, shape, loaded.value.supervisor);
    expect(restored?.registryEntry('web')).toEqual(hypervisor.registryEntry('web'));
    target.runUntil(50 * MS);
    loaded.value.target.runUntil(50 * MS);
    expect(restored?.healthOf('web').signs).toEqual(['heartbeat']);
    expect(loaded.value.target.traceHash()).toBe(target.traceHash());
    for (const text of ['', '{}', '{"version":1,"wards":[]}', '[1', 'null'])
      expect(Hypervisor.restore(loaded.value.target, shape, text)).toBeUndefined();
  });
});

test('a guest that falls silent right after boot complete is noticed in time, although t = 0 was moved meanwhile', () => {
  const { target, events } = scene(
    [...boot, sleep, { run: (cpu) => cpu.jump(stepAddress(2)) }],
    {},
    topology([lpar('web'), lpar('db', { cpus: [1] })]),
  );
  target.bootAll();
  const web = target.partitionNamed('web').boot_complete - target.origin;
  expect(web).toBeLessThan(0);
  target.runUntil(50 * MS);
  expect(
    events.filter(({ kind }) => kind === 'failing').map(({ subject, time_ns }) => [subject, time_ns]),
  ).toEqual([
    ['web', web + 15 * MS],
    ['db', 15 * MS],
  ]);
});
