/**
 * Cost of a guest's memory access, of a step, of a fork. Run: `node --experimental-strip-types
 * test/bench/machine.bench.ts` (Node 22.6 or later), or `npx vite-node`. Not a test.
 */
import { data, stepAddress, tinyKernel, topology, lpar } from '../targets/sim/tiny-guest.ts';
import { powerOn } from '../../src/targets/sim/sim-target.ts';

const ACCESSES = 16;
const kernel = tinyKernel([
  {
    run(cpu): void {
      let at = cpu.get(0);
      for (let index = 0; index < ACCESSES / 2; index++) {
        const value = cpu.load64(data(at));
        cpu.store64(data(at + 8), value + 1);
        at = (at + 4104) & 0x1_ffff & ~7;
      }
      cpu.set(0, at);
    },
  },
  { run: (cpu) => cpu.jump(stepAddress(0)) },
]);

function report(what: string, count: number, began: bigint): void {
  const ns = Number(process.hrtime.bigint() - began) / count;
  process.stdout.write(`${what}: ${ns.toFixed(1)} ns\n`);
}

function accesses(cpus: readonly number[]): void {
  const target = powerOn(topology([lpar('web', { cpus })]), 1, () => kernel);
  for (let round = 0; round < 3; round++) {
    const began = process.hrtime.bigint();
    const from = target.now();
    target.runUntil(from + 10_000_000);
    const steps = 10_000_000 / 10;
    report(`one access (half stores), ${cpus.length} cpu`, (steps * ACCESSES) / 2, began);
    report('  two steps with 16 accesses', steps / 2, began);
  }
}

function forks(): void {
  const target = powerOn(
    topology([lpar('web', { cpus: [0, 1] }), lpar('db', { cpus: [2, 3] })]),
    1,
    () => kernel,
  );
  target.runUntil(100_000);
  for (let round = 0; round < 3; round++) {
    const count = 20_000;
    const began = process.hrtime.bigint();
    for (let index = 0; index < count; index++) target.fork().release();
    report('fork and release', count, began);
  }
  for (let round = 0; round < 3; round++) {
    const count = 2_000;
    const began = process.hrtime.bigint();
    for (let index = 0; index < count; index++) {
      const child = target.fork();
      child.runUntil(101_000);
      child.release();
    }
    report('fork, 200 steps, release', count, began);
  }
}

accesses([0]);
accesses([0, 1]);
forks();
