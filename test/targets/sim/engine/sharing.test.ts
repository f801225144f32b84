import { expect, test } from 'vitest';
import { comparePartition } from '../../../../src/targets/sim/compare.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';
import { HYPERCALL, VECTOR } from '../../../../src/target/hypercalls.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import { data, DATA, kernels, lpar, peek64, stepAddress, tinyKernel, topology } from '../tiny-guest.ts';

/** Counts, and notes in a ring of 512 words when each step began. */
const counting = tinyKernel([
  {
    cost_ns: 70,
    run(cpu) {
      const count = cpu.load64(data(0));
      cpu.store64(data(8 + (count % 512) * 8), cpu.now);
      cpu.store64(data(0), count + 1);
    },
  },
  { run: (cpu) => cpu.jump(stepAddress(0)) },
]);
const sleeping = tinyKernel([{ run: (cpu) => cpu.halt() }]);
const dying = tinyKernel([{ run: (cpu) => cpu.set(REG.idtr, 8) }, { run: (cpu) => cpu.load8(0) }]);

function shared(web: { vcpus: number; weight: number }, neighbour = counting, weight = 1): SimTarget {
  return powerOn(
    topology([
      lpar('web', { cpus: [0], shared: web }),
      lpar('db', { cpus: [0], shared: { vcpus: 1, weight } }),
    ]),
    1,
    kernels({ web: counting, db: neighbour }),
  );
}

test('CPU time follows the weights', () => {
  const target = shared({ vcpus: 1, weight: 3 });
  target.runUntil(1_000_000);
  const [web, db] = [target.cpuTime('web'), target.cpuTime('db')];
  target.runUntil(5_000_000);
  expect(target.cpuTime('web') - web).toBe(3_000_000);
  expect(target.cpuTime('db') - db).toBe(1_000_000);
});

test('a step begins in a slot of its own, and never in a neighbour’s', () => {
  const target = shared({ vcpus: 1, weight: 2 });
  target.runUntil(1_000_000);
  for (let index = 0; index < 512; index++) {
    const web = Number(peek64(target, 'web', DATA + 8 + index * 8));
    const db = Number(peek64(target, 'db', DATA + 8 + index * 8));
    expect(web % 30_000).toBeLessThan(20_000);
    expect(db % 30_000).toBeGreaterThanOrEqual(20_000);
  }
});

test('slots are not work-conserving: a busy, an idle and a dead neighbour are the same', () => {
  const targets = [counting, sleeping, dying].map((neighbour) =>
    shared({ vcpus: 1, weight: 2 }, neighbour, 5),
  );
  for (const target of targets) target.runUntil(2_000_000);
  const [busy, idle, dead] = targets as [SimTarget, SimTarget, SimTarget];
  expect(dead.partitionNamed('db').stopped).toBe('triple_fault');
  expect(comparePartition(busy, idle, 'web')).toBe('');
  expect(comparePartition(busy, dead, 'web')).toBe('');
  expect(comparePartition(busy, dead, 'db')).not.toBe('');
});

test('a timer that expires in stolen time is delivered in the next own slot', () => {
  const timed = tinyKernel(
    [
      {
        run(cpu) {
          cpu.set(REG.rax, HYPERCALL.set_timer);
          cpu.set(REG.rdi, 25_000);
          cpu.hypercall();
        },
      },
      { run: (cpu) => (cpu.interruptsOn(), cpu.halt()) },
      { run: (cpu) => cpu.jump(stepAddress(1)) },
      { run: (cpu) => (cpu.store64(data(0), cpu.now), cpu.iret()) },
    ],
    { handlers: { [VECTOR.timer]: 3 } },
  );
  const shape = topology([
    lpar('web', { shared: { vcpus: 1, weight: 2 } }),
    lpar('db', { shared: { vcpus: 1, weight: 1 } }),
  ]);
  const target = powerOn(shape, 1, kernels({ web: timed, db: counting }));
  target.runUntil(100_000);
  expect(Number(peek64(target, 'web', DATA))).toBe(30_120);
});

test('two vCPUs of one partition on one CPU divide its slots', () => {
  const target = shared({ vcpus: 2, weight: 2 });
  target.runUntil(3_000_000);
  // The second was never started: its half of the slots is nobody's.
  expect(target.cpuTime('web')).toBeCloseTo(1_000_000, -4);
});

test('stolen time does not count as being stuck', () => {
  const target = shared({ vcpus: 1, weight: 1 }, counting, 9);
  target.runUntil(1_000_000);
  const { stuck_ns } = target.progress('web', 0);
  expect(stuck_ns).toBeGreaterThan(90_000);
  expect(stuck_ns).toBeLessThanOrEqual(100_000);
});
