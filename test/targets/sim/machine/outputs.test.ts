import { expect, test } from 'vitest';
import { Outputs } from '../../../../src/targets/sim/machine/devices/outputs.ts';

const bytes = Uint8Array.of(1, 2, 3);

function one(time: number, device: string, at: number, content: Uint8Array): string {
  const outputs = new Outputs();
  outputs.add(time, device, 'sector', at, content);
  return outputs.hash.hex();
}

test('what left a partition differs by a nanosecond, by its device, its place and its content', () => {
  const same = one(5, 'disk0', 7, bytes);
  expect(one(5, 'disk0', 7, bytes)).toBe(same);
  expect(one(6, 'disk0', 7, bytes)).not.toBe(same);
  expect(one(5, 'eth0', 7, bytes)).not.toBe(same);
  expect(one(5, 'disk0', 8, bytes)).not.toBe(same);
  expect(one(5, 'disk0', 7, Uint8Array.of(1, 2, 4))).not.toBe(same);
});

test('more than is kept one by one is counted, and text is bounded', () => {
  const outputs = new Outputs();
  for (let count = 0; count < 5_000; count++)
    outputs.add(count, 'console', 'text', 0, new Uint8Array(64).fill(65));
  expect(outputs.count).toBe(5_000);
  expect(outputs.kept).toHaveLength(4_096);
  expect(outputs.text).toBe('A'.repeat(65_536));
  const fork = outputs.fork();
  fork.add(9, 'console', 'text', 0, bytes);
  expect(outputs.count).toBe(5_000);
  expect(fork.hash.hex()).not.toBe(outputs.hash.hex());
});
