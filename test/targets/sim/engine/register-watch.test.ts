import { describe, expect, test } from 'vitest';
import type { RegisterName } from '../../../../src/model/registers.ts';
import { REGISTERS } from '../../../../src/model/registers.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { loadSim } from '../../../../src/targets/sim/sim-target.ts';
import type { Cpu } from '../../../../src/targets/sim/step.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import { data, DATA, PML4, poke64, stepAddress, tinyKernel, tinyMachine } from '../tiny-guest.ts';
import type { TinyStep } from '../tiny-guest.ts';

const VECTOR = 0x40;
const nothing = (): void => undefined;
const loop: TinyStep = { run: (cpu) => cpu.jump(stepAddress(1)) };

/** Runs `run` 50 ns into a loop of 100 ns; an interrupt puts registers away, uses them and brings them back. */
function stepsOf(run: TinyStep['run']): readonly TinyStep[] {
  const handler: TinyStep = {
    run(cpu) {
      cpu.pushRegisters([REG.rbx, REG.r15]);
      cpu.set(REG.r15, 5);
      cpu.store64(data(0x40), cpu.get(REG.r15));
      cpu.popRegisters([REG.rbx, REG.r15]);
      cpu.iret();
    },
  };
  return [
    { cost_ns: 100, run: (cpu) => cpu.interruptsOn() },
    { cost_ns: 50, run: nothing },
    { cost_ns: 40, run },
    loop,
    handler,
  ];
}

const OPTIONS = { handlers: { [VECTOR]: 4 } };

function looping(run: TinyStep['run']): SimTarget {
  return tinyMachine(stepsOf(run), OPTIONS);
}

const watchOf = (target: SimTarget, register: RegisterName): number =>
  target.controls.watch({ kind: 'register', partition: 'web', cpu: 0, register });

/** When a register that is watched from 1,000 ns on was read, seen at 3,000 ns; `then` is done at 2,010 ns. */
function activated(
  register: RegisterName,
  run: TinyStep['run'],
  then?: (target: SimTarget) => void,
): number | undefined {
  const target = looping(run);
  target.runUntil(1_000);
  const watch = watchOf(target, register);
  target.runUntil(2_010);
  then?.(target);
  target.runUntil(3_000);
  return target.controls.activated(watch);
}

const interrupt = (target: SimTarget): unknown => target.controls.raiseInterrupt('web', 0, VECTOR);
/** Those that a processor reads whatever it does. */
const ALWAYS: readonly RegisterName[] = ['rip', 'cs'];

describe('the watch of a register', () => {
  for (const register of REGISTERS.filter((name) => !ALWAYS.includes(name))) {
    test(`${register}: a step that reads it meets it, one that does not lets it be`, () => {
      expect(activated(register, (cpu) => cpu.get(REG[register]))).toBe(1_050);
      expect(activated(register, nothing)).toBeUndefined();
    });
  }

  test.each(ALWAYS)('%s is read by whatever is executed next', (register) => {
    expect(activated(register, nothing)).toBe(1_000);
  });

  test('rflags is read when an interrupt is pending, idtr when it is delivered, rsp for its frame, others not', () => {
    for (const register of ['rflags', 'idtr', 'rsp'] as const)
      expect(activated(register, nothing, interrupt), register).toBe(2_050);
    for (const register of ['r15', 'rbx', 'rax', 'cr2', 'gs_base'] as const)
      expect(activated(register, nothing, interrupt), register).toBeUndefined();
  });

  test('the flags of a CPU that rests are read when an interrupt comes, at that time', () => {
    const target = looping((cpu) => cpu.halt());
    target.runUntil(1_000);
    target.partitions[0]?.cpus[0]?.set('rflags', 2n);
    const watch = watchOf(target, 'rflags');
    target.runUntil(5_000);
    expect(target.controls.activated(watch)).toBeUndefined();
    interrupt(target);
    expect(target.controls.activated(watch)).toBe(5_000);
    target.runUntil(6_000);
    expect(target.partitions[0]?.cpus[0]?.get('rip')).toBe(BigInt.asUintN(64, BigInt(stepAddress(3))));
  });

  test('cr3 is read by the next walk, and no more once another was loaded', () => {
    expect(activated('cr3', (cpu) => cpu.now > 1_000 && cpu.load8(data(0x20_0000)))).toBe(1_050);
    expect(activated('cr3', (cpu) => cpu.loadCr3(PML4))).toBeUndefined();
  });

  test('a value that was overwritten is not met, not even by its like', () => {
    const again = (cpu: Cpu): void => {
      cpu.set(REG.rbx, 0);
      cpu.get(REG.rbx);
    };
    expect(activated('rbx', again)).toBeUndefined();
    expect(activated('rflags', (cpu) => cpu.interruptsOff(), interrupt)).toBeUndefined();
  });

  test('a value is followed to a stack and back, and met when it is used after all', () => {
    const use = (cpu: Cpu): unknown => cpu.load8(data(0)) === 1 && cpu.get(REG.r15);
    const poke = (target: SimTarget): void => {
      interrupt(target);
      target.runUntil(2_500);
      poke64(target, 'web', DATA, 1n);
    };
    expect(activated('r15', use, poke)).toBeGreaterThan(2_500);
    expect(activated('r15', use, interrupt)).toBeUndefined();
    const stored = (cpu: Cpu): void => cpu.store64From(REG.r15, data(0x50));
    expect(activated('r15', stored)).toBe(1_050);
  });

  test('goes on in a fork, and in a machine that was written to a file', () => {
    const steps = stepsOf((cpu) => cpu.load8(data(0)) === 1 && cpu.get(REG.r15));
    const target = tinyMachine(steps, OPTIONS);
    target.runUntil(1_000);
    const watch = watchOf(target, 'r15');
    const loaded = loadSim(target.save(), () => tinyKernel(steps, OPTIONS));
    if (!loaded.ok) throw new Error('it was not loaded');
    for (const one of [target.fork(), loaded.value.target]) {
      poke64(one, 'web', DATA, 1n);
      one.runUntil(2_000);
      expect(one.controls.activated(watch)).toBe(1_050);
    }
    target.runUntil(2_000);
    expect(target.controls.activated(watch)).toBeUndefined();
  });
});
