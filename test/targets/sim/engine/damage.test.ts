import { expect, test } from 'vitest';
import { substream } from '../../../../src/base/random.ts';
import { stateHash } from '../../../../src/targets/sim/compare.ts';
import { HYPERCALL, VECTOR } from '../../../../src/target/hypercalls.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import {
  data,
  FINE,
  IDT,
  lpar,
  PD,
  PDPT,
  PML4,
  PT,
  STACK_TOP,
  stepAddress,
  TEXT,
  tinyKernel,
  topology,
  TSS,
} from '../tiny-guest.ts';

/** Ticks, faults on purpose, copies, makes hypercalls with arguments from memory. */
const guest = tinyKernel(
  [
    { cost_ns: 100, run: (cpu) => (cpu.interruptsOn(), cpu.loadCr3(PML4)) },
    { cost_ns: 100, run: (cpu) => cpu.copy(FINE + 0xff0, data(0), 64) },
    {
      cost_ns: 100,
      run(cpu) {
        for (let register = REG.rax; register <= REG.rdi; register++)
          cpu.load64Into(register, data(register * 8));
        cpu.hypercall();
      },
    },
    { cost_ns: 100, run: (cpu) => cpu.load64(cpu.load64(data(0x200))) },
    { cost_ns: 100, run: (cpu) => (cpu.call(stepAddress(5)), cpu.ret()) },
    { cost_ns: 100, run: (cpu) => cpu.jump(stepAddress(0)) },
    {
      cost_ns: 100,
      run(cpu) {
        cpu.set(REG.rax, HYPERCALL.set_timer);
        cpu.set(REG.rdi, cpu.now + 900);
        cpu.hypercall();
        cpu.iret();
      },
    },
    { cost_ns: 100, run: (cpu) => (cpu.pop(), cpu.store64(cpu.get(REG.rsp), stepAddress(4)), cpu.iret()) },
  ],
  {
    handlers: { 6: 7, 8: 7, 13: 7, 14: 7, [VECTOR.timer]: 6 },
    prepare(loader) {
      loader.write64(0x40_0000, HYPERCALL.set_timer);
      loader.write64(0x40_0000 + REG.rdi * 8, 500);
    },
  },
);

const PLACES = [PML4, PDPT, PD, PT, IDT, TSS, TEXT, STACK_TOP - 4096, 0x40_0000];

test('whatever bits are flipped, in guest memory, tables or registers: no exception, no hang, and the same every time', () => {
  const whole = powerOn(topology([lpar('web'), lpar('db', { cpus: [1] })]), 1, () => guest);
  whole.runUntil(60_000);
  const random = substream(7, 'damage');
  let stopped = 0;
  for (let round = 0; round < 300; round++) {
    const target = whole.fork();
    for (let flips = 1 + random.below(12); flips > 0; flips--) damage(target, random.below);
    const twin = target.fork();
    target.runUntil(160_000);
    twin.runUntil(100_000);
    twin.runUntil(160_000);
    expect(stateHash(twin)).toBe(stateHash(target));
    if (target.partitions.some((partition) => partition.stopped !== '')) stopped++;
    target.release();
    twin.release();
  }
  expect(stopped).toBeGreaterThan(10);
});

function damage(target: SimTarget, below: (bound: number) => number): void {
  const kind = below(8);
  const byte = new Uint8Array(1);
  const flip = (
    memory: { read(at: number, into: Uint8Array): boolean; write(at: number, bytes: Uint8Array): boolean },
    at: number,
  ): void => {
    memory.read(at, byte);
    memory.write(at, Uint8Array.of((byte[0] as number) ^ (1 << below(8))));
  };
  const cpu = target.partitionNamed('web').cpus[0];
  if (kind === 0) cpu?.set(below(2) === 0 ? 'rip' : 'rsp', BigInt(below(2 ** 32)) << BigInt(below(33)));
  else if (kind === 1) cpu?.set('cr3', BigInt(below(2 ** 32)));
  else if (kind === 2) flip(target.machine, below(32 * 4096));
  else flip(target.partitionNamed('web').memory, (PLACES[below(PLACES.length)] as number) + below(256));
}
