import { expect, test } from 'vitest';
import { REG } from '../../../../src/targets/sim/step.ts';
import { data, DATA, peek64, stepAddress, tinyMachine } from '../tiny-guest.ts';

test('a loop of two steps counts in memory', () => {
  const target = tinyMachine([
    { run: (cpu) => cpu.store64(data(0), cpu.load64(data(0)) + 1) },
    { run: (cpu) => cpu.jump(stepAddress(0)) },
  ]);
  target.runUntil(20 * 1000);
  expect(peek64(target, 'web', DATA)).toBe(1000n);
  expect(target.partitions[0]?.cpus[0]?.get('rip')).toBe(BigInt.asUintN(64, BigInt(stepAddress(0))));
  expect(REG.rip).toBe(16);
});
