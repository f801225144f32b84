import { describe, expect, test } from 'vitest';
import { substream } from '../../../../src/base/random.ts';
import { HYPERCALL, VECTOR } from '../../../../src/target/hypercalls.ts';
import { comparePartition, stateHash } from '../../../../src/targets/sim/compare.ts';
import { SAVE_VERSION } from '../../../../src/targets/sim/engine/save.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { loadSim, powerOn } from '../../../../src/targets/sim/sim-target.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import {
  BASE,
  data,
  DATA,
  FINE,
  lpar,
  peek64,
  PML4,
  poke64,
  PT,
  stepAddress,
  tinyKernel,
  topology,
} from '../tiny-guest.ts';

/** Ticks, writes here and there, switches its address space now and then. */
const busy = tinyKernel(
  [
    {
      run(cpu) {
        cpu.interruptsOn();
        cpu.set(REG.rax, HYPERCALL.set_timer);
        cpu.set(REG.rdi, cpu.now + 777);
        cpu.hypercall();
      },
    },
    {
      run(cpu) {
        const count = cpu.load64(data(0)) + 1;
        cpu.store64(data(0), count);
        cpu.store64(FINE + ((count * 7) % 500) * 4096 + 8, cpu.now);
        if (count % 10 === 0) cpu.loadCr3(PML4);
        if (count % 25 === 0) cpu.trace('fork', { pid: count });
      },
    },
    { run: (cpu) => cpu.jump(stepAddress(1)) },
    {
      run(cpu) {
        cpu.set(REG.rax, HYPERCALL.set_timer);
        cpu.set(REG.rdi, cpu.now + 777 + (cpu.load64(data(0)) % 100));
        cpu.hypercall();
        cpu.iret();
      },
    },
  ],
  { handlers: { [VECTOR.timer]: 3 } },
);

function machine(): SimTarget {
  return powerOn(topology([lpar('web'), lpar('db', { cpus: [1] })]), 1, () => busy);
}

function reload(target: SimTarget): SimTarget {
  const loaded = loadSim(target.save(), () => busy);
  if (!loaded.ok) throw new Error(loaded.message);
  return loaded.value.target;
}

describe('a saved machine', () => {
  test('goes on with the same trace, whenever it was stopped', () => {
    const straight = machine();
    straight.runUntil(100_000);
    const random = substream(1, 'instants');
    const instants = Array.from({ length: 20 }, () => random.below(100_000));
    let target = machine();
    for (const instant of instants.toSorted((a, b) => a - b)) {
      target.runUntil(instant);
      target = reload(target);
    }
    target.runUntil(100_000);
    expect(stateHash(target)).toBe(stateHash(straight));
    expect(peek64(target, 'web', DATA)).toBeGreaterThan(1_000n);
  });

  test('keeps the TLB: an entry that was cleared under it lives as long as it would have', () => {
    const target = machine();
    target.runUntil(5_005);
    const other = reload(target);
    for (const one of [target, other]) {
      poke64(one, 'web', PT + 8 * 8, 0n);
      one.runUntil(50_000);
    }
    expect(BASE).toBeLessThan(0);
    expect(stateHash(other)).toBe(stateHash(target));
  });

  test('is a typed error when it is cut short, of another version, damaged or no save', () => {
    const target = machine();
    target.runUntil(1_000);
    const good = target.save();
    const code = (change: (bytes: Uint8Array) => Uint8Array): string => {
      const loaded = loadSim(change(good.slice()), () => busy);
      return loaded.ok ? 'ok' : loaded.code;
    };
    expect(code((bytes) => bytes)).toBe('ok');
    expect(code((bytes) => bytes.subarray(0, 10))).toBe('TRUNCATED');
    expect(code((bytes) => bytes.subarray(0, bytes.length - 1))).toBe('TRUNCATED');
    expect(code((bytes) => bytes.fill(SAVE_VERSION + 1, 8, 9))).toBe('VERSION');
    expect(code((bytes) => bytes.fill(0, 0, 4))).toBe('MALFORMED');
    for (let at = 24; at < good.length; at += Math.ceil(good.length / 50)) {
      expect(code((bytes) => bytes.fill(~(bytes[at] as number), at, at + 1))).toBe('MALFORMED');
    }
  });
});

describe('a fork', () => {
  test('does what its parent does, and the parent does not notice it', () => {
    const parent = machine();
    parent.runUntil(10_000);
    const child = parent.fork();
    const grandchild = child.fork();
    child.runUntil(60_000);
    parent.runUntil(60_000);
    grandchild.runUntil(60_000);
    expect(stateHash(child)).toBe(stateHash(parent));
    expect(stateHash(grandchild)).toBe(stateHash(parent));
    expect(comparePartition(parent, child, 'web')).toBe('');
  });

  test('shows one poked byte in the comparison, with its address and both values', () => {
    const parent = machine();
    parent.runUntil(10_000);
    const child = parent.fork();
    child.partitionNamed('db').memory.write(0x80_0123, Uint8Array.of(0x5a));
    parent.runUntil(20_000);
    child.runUntil(20_000);
    expect(comparePartition(parent, child, 'web')).toBe('');
    expect(comparePartition(parent, child, 'db')).toBe('memory at guest-physical 0x800123: 00 against 5a');
  });

  test('shows a register, and one nanosecond of time', () => {
    const parent = machine();
    parent.runUntil(50_000);
    const child = parent.fork();
    child.partitionNamed('web').cpus[0]?.set('r15', 3n);
    child.controls.stallCpu('db', 0, 1);
    expect(comparePartition(parent, child, 'web')).toBe(
      'cpu 0 r15: 0000000000000000 against 0000000000000003',
    );
    child.runUntil(50_100);
    parent.runUntil(50_100);
    expect(comparePartition(parent, child, 'db')).not.toBe('');
  });

  test('that was released is not run again', () => {
    const child = machine().fork();
    child.release();
    expect(() => child.runUntil(10)).toThrow('released');
  });
});
