import { describe, expect, test } from 'vitest';
import { stateHash } from '../../../../src/targets/sim/compare.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import { data, DATA, PD, PML4, poke64, stepAddress, TEXT, tinyMachine } from '../tiny-guest.ts';
import type { TinyStep } from '../tiny-guest.ts';

const loop: TinyStep = { run: (cpu) => cpu.jump(stepAddress(0)) };
const memory = (physical: number, bytes: number) => ({
  kind: 'memory' as const,
  partition: 'web',
  physical,
  bytes,
});

/** Touches DATA in a loop of 100 ns. */
function touching(run: TinyStep['run']): SimTarget {
  return tinyMachine([{ cost_ns: 50, run: () => undefined }, { cost_ns: 40, run }, loop]);
}

describe('a watch', () => {
  test('tells the time of the first load of any of its bytes', () => {
    for (const [at, bytes, hit] of [
      [0x10, 8, true],
      [0x17, 1, true],
      [0x18, 8, false],
      [0x0f, 1, false],
      [0x0f, 2, true],
    ] as const) {
      const target = touching((cpu) => cpu.load64(data(0x10)));
      target.runUntil(1_000);
      const watch = target.controls.watch(memory(DATA + at, bytes));
      expect(target.controls.activated(watch)).toBeUndefined();
      target.runUntil(2_000);
      expect(target.controls.activated(watch)).toBe(hit ? 1_050 : undefined);
    }
  });

  test('is not met by the harness, and ends where the guest overwrites', () => {
    const target = touching((cpu) => {
      cpu.store32(data(4), 1);
      cpu.load64(data(0));
    });
    target.runUntil(1_000);
    const [low, high, across] = [memory(DATA, 4), memory(DATA + 4, 4), memory(DATA + 2, 4)].map((one) =>
      target.controls.watch(one),
    );
    target.partitionNamed('web').memory.read(DATA, new Uint8Array(16));
    expect(target.controls.activated(low as number)).toBeUndefined();
    target.runUntil(2_000);
    expect([low, high, across].map((watch) => target.controls.activated(watch as number))).toEqual([
      1_050,
      undefined,
      1_050,
    ]);
  });

  test('is met by registers popped together, and by none of those that lie beside it', () => {
    const popped = touching((cpu) => {
      cpu.set(REG.rsp, data(0x20));
      cpu.popRegisters([REG.rbx, REG.r12]);
    });
    popped.runUntil(1_000);
    const [first, last, beside] = [0x20, 0x2f, 0x30].map((at) => popped.controls.watch(memory(DATA + at, 1)));
    popped.runUntil(2_000);
    expect([first, last, beside].map((watch) => popped.controls.activated(watch as number))).toEqual([
      1_050,
      1_050,
      undefined,
    ]);
  });

  test('is met by copies, fetches and page walks', () => {
    const copied = touching((cpu) => cpu.copy(data(0x800), data(0), 64));
    const watch = copied.controls.watch(memory(DATA + 63, 1));
    copied.runUntil(200);
    expect(copied.controls.activated(watch)).toBe(50);

    const fetched = touching(() => undefined);
    fetched.runUntil(1_000);
    const text = fetched.controls.watch(memory(TEXT + 16, 2));
    fetched.runUntil(1_200);
    expect(fetched.controls.activated(text)).toBe(1_050);

    const walked = touching((cpu) => cpu.loadCr3(PML4));
    walked.runUntil(1_000);
    const entry = walked.controls.watch(memory(PD, 8));
    walked.runUntil(1_200);
    expect(walked.controls.activated(entry)).toBe(1_090);
    const second = walked.partitionNamed('web').secondLevelEntry(TEXT) as number;
    const machine = walked.controls.watch({ kind: 'machine', address: second, bytes: 8 });
    walked.runUntil(1_400);
    expect(walked.controls.activated(machine)).toBe(1_290);
  });

  test('changes nothing for the guest, and goes on in a fork', () => {
    const run: TinyStep['run'] = (cpu) => {
      cpu.store64(data(0), cpu.load64(data(0x10)) + cpu.now);
      if (cpu.get(REG.rbx) === 5) cpu.load64(data(0x20));
    };
    const [watched, plain] = [touching(run), touching(run)];
    for (const target of [watched, plain]) {
      target.runUntil(1_000);
      poke64(target, 'web', DATA + 0x20, 0xdeadn);
    }
    const watch = watched.controls.watch(memory(DATA + 0x20, 8));
    const fork = watched.fork();
    fork.partitionNamed('web').cpus[0]?.set('rbx', 5n);
    for (const target of [watched, plain, fork]) target.runUntil(5_000);
    expect(stateHash(watched)).toBe(stateHash(plain));
    expect(fork.controls.activated(watch)).toBe(1_050);
    expect(watched.controls.activated(watch)).toBeUndefined();
  });
});
