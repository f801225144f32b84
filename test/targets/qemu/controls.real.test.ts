// What is done to a real machine itself, and not to its memory.
import { describe, expect, it } from 'vitest';
import type { QemuTarget } from '../../../src/targets/qemu/qemu-target.ts';
import { whyNoGuest, withMachine } from '../../support/real-guest.ts';
import { restingIn } from '../../support/stock-memory.ts';

const MS = 1e6;
const missing = whyNoGuest();
if (missing !== undefined) console.log(`left out, for want of a real guest: ${missing}`);

/** Whatever of a processor changes as soon as it executes anything. */
function stateOf(target: QemuTarget, cpu: number): string {
  const one = target.partitions[0]?.cpus[cpu];
  return (['rip', 'rsp', 'rflags', 'cr3', 'gs_base', 'rax', 'rdi'] as const)
    .map((name) => one?.get(name))
    .join(' ');
}

const ticks = (target: QemuTarget, cpu: number): number => target.progress('web', cpu).ticks;
const run = (target: QemuTarget, ms: number): void => target.runUntil(target.now() + ms * MS);

/** Up to an instant at which that processor rests: in the middle of the kernel it may hold what the other spins for. */
function runToRest(target: QemuTarget, cpu: number): void {
  run(target, 100);
  const [web] = target.partitions;
  const rests = web && restingIn(web);
  for (let tries = 0; tries < 500; tries++) {
    const one = web?.cpus[cpu];
    if (one && rests?.(one)) return;
    run(target, 3);
  }
  throw new Error(`CPU ${cpu} never rests`);
}

describe.skipIf(missing !== undefined)('a processor of a stock Linux', () => {
  it('that is stopped executes nothing and takes no tick, while the other goes on', () => {
    withMachine({}, ({ target }) => {
      runToRest(target, 1);
      expect(target.controls.stopCpu('web', 1)).toBe(true);
      const [before, own, other] = [stateOf(target, 1), ticks(target, 1), ticks(target, 0)];
      for (let look = 0; look < 4; look++) {
        run(target, 100);
        expect(stateOf(target, 1)).toBe(before);
      }
      expect(ticks(target, 1)).toBe(own);
      expect(ticks(target, 0)).toBeGreaterThan(other);
      expect([0, 1].map((cpu) => target.progress('web', cpu).running)).toEqual([true, false]);
    });
  });

  it('that is stalled stands as long as that was to last, and goes on', () => {
    withMachine({}, ({ target, hypervisor }) => {
      runToRest(target, 1);
      target.controls.stallCpu('web', 1, 150 * MS);
      const [before, own] = [stateOf(target, 1), ticks(target, 1)];
      run(target, 145);
      expect([stateOf(target, 1), ticks(target, 1)]).toEqual([before, own]);
      const beats = hypervisor.heartbeats('web');
      run(target, 1000);
      expect(ticks(target, 1)).toBeGreaterThan(own);
      expect(hypervisor.heartbeats('web')).toBeGreaterThan(beats + 2);
      expect(target.progress('web', 1).running).toBe(true);
    });
  });

  it('that is stopped stays so when the machine was parked, and written to', () => {
    withMachine({}, ({ target }) => {
      run(target, 100);
      target.controls.stopCpu('web', 1);
      const before = stateOf(target, 1);
      const [web] = target.partitions;
      web?.park();
      web?.memory.write(0x1000, Uint8Array.of(0));
      web?.resume();
      run(target, 200);
      expect(stateOf(target, 1)).toBe(before);
    });
  });

  it('that there is not cannot be stopped', () => {
    withMachine({}, ({ target }) => {
      expect(target.controls.stopCpu('web', 2)).toBe(false);
    });
  });
});
