import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../../src/target/events.ts';
import { HYPERCALL, VECTOR } from '../../../../src/target/hypercalls.ts';
import { HYPERCALL_NS, IPI_LATENCY_NS } from '../../../../src/targets/sim/machine/costs.ts';
import { stateHash } from '../../../../src/targets/sim/compare.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';
import type { Cpu } from '../../../../src/targets/sim/step.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import {
  BASE,
  data,
  DATA,
  kernels,
  lpar,
  peek64,
  PML4,
  STACK_TOP,
  stepAddress,
  tinyKernel,
  tinyMachine,
  topology,
} from '../tiny-guest.ts';
import type { TinyStep } from '../tiny-guest.ts';

function hypercall(cpu: Cpu, number: number, ...values: readonly number[]): void {
  cpu.set(REG.rax, number);
  const registers = [REG.rdi, REG.rsi, REG.rdx, REG.r10, REG.r8];
  for (const [index, value] of values.entries()) cpu.set(registers[index] as number, value);
  cpu.hypercall();
}

const loop = (index: number): TinyStep => ({ run: (cpu) => cpu.jump(stepAddress(index)) });
const add = (offset: number, amount = 1): TinyStep => ({
  run: (cpu) => cpu.store64(data(offset), cpu.load64(data(offset)) + amount),
});

/** CPU 0 starts CPU 1 at step `entry` and both go on. */
const startSecond = (entry: number): TinyStep => ({
  run: (cpu) =>
    hypercall(cpu, HYPERCALL.start_cpu, 1, stepAddress(entry), BASE + STACK_TOP - 0x4000, PML4, 0),
});

function word(target: SimTarget, offset: number): number {
  return Number(BigInt.asIntN(64, peek64(target, 'web', DATA + offset)));
}

describe('steps', () => {
  test('take their own cost and what they spend', () => {
    const target = tinyMachine([
      { cost_ns: 100, run: (cpu) => cpu.spend(50) },
      { cost_ns: 7, run: (cpu) => cpu.store64(data(0), cpu.now) },
      { run: (cpu) => cpu.store64(data(8), cpu.now) },
      loop(3),
    ]);
    target.runUntil(1_000);
    expect([word(target, 0), word(target, 8)]).toEqual([150, 157]);
    expect(target.cpuTime('web')).toBe(1_007);
  });

  test('begin before the limit and not at it', () => {
    const target = tinyMachine([add(0), loop(0)]);
    target.runUntil(40);
    expect([word(target, 0), target.now()]).toEqual([2, 40]);
    target.runUntil(41);
    expect(word(target, 0)).toBe(3);
  });

  test('an update of two steps can be seen torn between them, and never within one', () => {
    const target = tinyMachine([add(0), add(8), loop(0)]);
    const torn = new Set<number>();
    for (let time = 10; time < 2_000; time += 10) {
      target.runUntil(time);
      torn.add(word(target, 0) - word(target, 8));
    }
    expect([...torn].toSorted((a, b) => a - b)).toEqual([0, 1]);
  });
});

describe('two CPUs', () => {
  const program: TinyStep[] = [
    startSecond(4),
    add(0),
    {
      cost_ns: 13,
      run: (cpu) =>
        cpu.store64(data(16), cpu.load64(data(16)) * 3 + 1 - Math.floor(cpu.load64(data(16)) / 1e9) * 2e9),
    },
    loop(1),
    add(8),
    { cost_ns: 29, run: (cpu) => cpu.store64(data(16), cpu.load64(data(16)) + 5) },
    loop(4),
  ];

  test('interleave step by step, the same every time', () => {
    const a = tinyMachine(program, {}, { cpus: [0, 1] });
    const b = tinyMachine(program, {}, { cpus: [0, 1] });
    a.runUntil(50_000);
    for (let time = 0; time <= 50_000; time += 997) b.runUntil(time);
    b.runUntil(50_000);
    expect(word(a, 0)).toBeGreaterThan(1_000);
    expect(word(a, 8)).toBeGreaterThan(900);
    expect(stateHash(b)).toBe(stateHash(a));
  });

  test('the order of their steps is the order of their times', () => {
    const order: number[] = [];
    const target = tinyMachine(
      [
        startSecond(3),
        { cost_ns: 100, run: (cpu) => void order.push(cpu.now) },
        loop(1),
        { cost_ns: 70, run: (cpu) => void order.push(cpu.now) },
        loop(3),
      ],
      {},
      { cpus: [0, 1] },
    );
    target.runUntil(20_000);
    expect(order.length).toBeGreaterThan(300);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe('interrupts', () => {
  const handler = (offset: number): TinyStep => ({
    run(cpu) {
      cpu.store64(data(offset), cpu.now);
      cpu.store64(data(offset + 8), cpu.load64(data(offset + 8)) + 1);
      cpu.iret();
    },
  });
  const sleep: TinyStep = {
    run(cpu) {
      cpu.interruptsOn();
      cpu.halt();
    },
  };

  test('an inter-processor interrupt wakes a halted CPU after its latency', () => {
    const target = tinyMachine(
      [
        startSecond(5),
        { cost_ns: 5_000, run: () => undefined },
        { run: (cpu) => cpu.store64(data(0), cpu.now) },
        { run: (cpu) => hypercall(cpu, HYPERCALL.send_ipi, 1, VECTOR.reschedule) },
        loop(4),
        sleep,
        loop(5),
        handler(16),
      ],
      { handlers: { [VECTOR.reschedule]: 7 } },
      { cpus: [0, 1] },
    );
    // The second CPU has no idtr until its own code sets it.
    target.partitions[0]?.cpus[1]?.set('idtr', BigInt(BASE + 0x5000));
    target.runUntil(20_000);
    expect(word(target, 24)).toBe(1);
    const sent = word(target, 0) + 10 + 10 + HYPERCALL_NS;
    expect(word(target, 16)).toBe(sent + IPI_LATENCY_NS + 120);
  });

  test('a timer comes when it was set for, once, and counts as a tick', () => {
    const target = tinyMachine(
      [{ run: (cpu) => hypercall(cpu, HYPERCALL.set_timer, 5_000) }, sleep, loop(1), handler(0)],
      { handlers: { [VECTOR.timer]: 3 } },
    );
    target.runUntil(50_000);
    expect([word(target, 0), word(target, 8)]).toEqual([5_120, 1]);
    expect(target.progress('web', 0).ticks).toBe(1);
  });

  test('with interrupts off they wait, and the highest vector comes first', () => {
    const order: number[] = [];
    const note = (vector: number): TinyStep => ({
      run(cpu) {
        order.push(vector);
        cpu.iret();
      },
    });
    const target = tinyMachine(
      [
        { cost_ns: 1_000, run: () => undefined },
        { run: (cpu) => cpu.interruptsOn() },
        loop(2),
        note(0x30),
        note(0x90),
        note(0xec),
      ],
      { handlers: { 0x30: 3, 0x90: 4, 0xec: 5 } },
    );
    target.runUntil(500);
    for (const vector of [0x90, 0x30, 0xec]) target.controls.raiseInterrupt('web', 0, vector);
    target.runUntil(900);
    expect(order).toEqual([]);
    target.runUntil(5_000);
    expect(order).toEqual([0xec, 0x90, 0x30]);
  });

  test('halting with one pending returns at once; with interrupts off it never does', () => {
    const pending = tinyMachine([sleep, add(0), loop(2), { run: (cpu) => cpu.iret() }], {
      handlers: { 0x40: 3 },
    });
    pending.controls.raiseInterrupt('web', 0, 0x40);
    pending.runUntil(0);
    const off = tinyMachine([{ run: (cpu) => cpu.halt() }, add(0), loop(2)]);
    off.runUntil(100);
    off.controls.raiseInterrupt('web', 0, 0x40);
    off.runUntil(1_000);
    expect(word(off, 0)).toBe(0);
  });

  test('cede gives the CPU away until an interrupt, even with interrupts off', () => {
    const target = tinyMachine([{ run: (cpu) => hypercall(cpu, HYPERCALL.cede) }, add(0), loop(2)]);
    target.runUntil(10_000);
    expect(word(target, 0)).toBe(0);
    target.controls.raiseInterrupt('web', 0, 0x40);
    target.runUntil(20_000);
    expect(word(target, 0)).toBe(1);
  });
});

describe('what an injector may do', () => {
  const ticking: TinyStep[] = [
    { run: (cpu) => hypercall(cpu, HYPERCALL.set_timer, cpu.now + 1_000) },
    { run: (cpu) => (cpu.interruptsOn(), cpu.halt()) },
    loop(1),
    { run: (cpu) => hypercall(cpu, HYPERCALL.set_timer, cpu.now + 1_000) },
    add(0),
    { run: (cpu) => cpu.iret() },
  ];
  const options = { handlers: { [VECTOR.timer]: 3 } };

  test('a stopped CPU executes nothing and takes no interrupt', () => {
    const target = tinyMachine(ticking, options);
    target.runUntil(10_500);
    const ticks = word(target, 0);
    expect(ticks).toBeGreaterThan(4);
    expect(target.controls.stopCpu('web', 0)).toBe(true);
    expect(target.controls.stopCpu('web', 1)).toBe(false);
    target.runUntil(30_000);
    expect(word(target, 0)).toBe(ticks);
    expect(target.progress('web', 0)).toMatchObject({ running: false, started: true });
  });

  test('a stalled CPU goes on later, with the interrupt that came meanwhile', () => {
    const target = tinyMachine(ticking, options);
    target.runUntil(10_500);
    const ticks = word(target, 0);
    target.controls.stallCpu('web', 0, 20_000);
    target.runUntil(30_400);
    expect(word(target, 0)).toBe(ticks);
    target.runUntil(33_000);
    expect(word(target, 0)).toBeGreaterThan(ticks);
  });

  test('a lost tick never comes again, and nothing else is lost', () => {
    const target = tinyMachine([...ticking, { run: (cpu) => (cpu.store64(data(8), 1), cpu.iret()) }], {
      handlers: { [VECTOR.timer]: 3, 0x40: 6 },
    });
    target.runUntil(10_500);
    target.controls.loseInterrupt({ kind: 'tick', partition: 'web', cpu: 0 });
    target.runUntil(13_000);
    const ticks = word(target, 0);
    target.runUntil(60_000);
    expect(word(target, 0)).toBe(ticks);
    target.controls.raiseInterrupt('web', 0, 0x40);
    target.runUntil(70_000);
    expect(word(target, 8)).toBe(1);
  });
});

describe('events', () => {
  test('a listener that says so stops the engine at the end of the step', () => {
    const target = tinyMachine([
      { run: (cpu) => cpu.trace('fork', { pid: cpu.load64(data(0)) }) },
      add(0),
      loop(0),
    ]);
    const seen: TraceEvent[] = [];
    target.runUntil(10_000, (event) => {
      seen.push(event);
      return event.detail['pid'] === 3;
    });
    expect(seen.map(({ kind, time_ns }) => [kind, time_ns])).toEqual([
      ['power_on', 0],
      ['fork', 0],
      ['fork', 30],
      ['fork', 60],
      ['fork', 90],
    ]);
    expect(target.now()).toBe(90);
    expect(word(target, 0)).toBe(3);
    target.runUntil(100);
    expect(target.now()).toBe(100);
  });

  test('the trace hash is the same whether somebody listens or not, and however often it is stopped', () => {
    const steps: TinyStep[] = [
      { run: (cpu) => cpu.traces('run') && cpu.trace('run', { comm: 'x', pid: 1 }) },
      { run: (cpu) => cpu.trace('exit', { comm: 'x', pid: cpu.now }) },
      loop(0),
    ];
    const quiet = tinyMachine(steps);
    const heard = tinyMachine(steps);
    heard.want('run');
    let runs = 0;
    quiet.runUntil(5_000);
    while (heard.now() < 5_000)
      heard.runUntil(5_000, (event) => (event.kind === 'run' && runs++, event.kind === 'exit'));
    expect(runs).toBeGreaterThan(100);
    expect(heard.traceHash()).toBe(quiet.traceHash());
  });

  test('boot fixes t = 0 at the last boot complete', () => {
    const booting = (cost_ns: number) =>
      tinyKernel([
        { cost_ns, run: () => undefined },
        { run: (cpu) => hypercall(cpu, HYPERCALL.boot_complete) },
        loop(2),
      ]);
    const target = powerOn(
      topology([lpar('web'), lpar('db', { cpus: [1] })]),
      1,
      kernels({ web: booting(50_000), db: booting(20_000) }),
    );
    expect(target.bootAll()).toBe(true);
    expect(target.origin).toBe(60_000);
    expect(target.now()).toBe(0);
  });

  test('a guest that never boots does not keep the others waiting for ever', () => {
    const target = powerOn(topology([lpar('web')]), 1, () =>
      tinyKernel([{ cost_ns: 1_000_000, run: (cpu) => cpu.jump(stepAddress(0)) }]),
    );
    expect(target.bootAll()).toBe(false);
  });
});
