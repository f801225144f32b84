import { describe, expect, test } from 'vitest';
import type { MachineModel } from '../../../../src/model/machine.ts';
import type { TraceEvent } from '../../../../src/target/events.ts';
import { HYPERCALL } from '../../../../src/target/hypercalls.ts';
import { comparePartition } from '../../../../src/targets/sim/compare.ts';
import { BLOCK_NS, BLOCK_SPREAD_NS, CONSOLE_NS } from '../../../../src/targets/sim/machine/costs.ts';
import { originalSector } from '../../../../src/targets/sim/machine/devices/block.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';
import type { Cpu, GuestKernel, Loader } from '../../../../src/targets/sim/step.ts';
import { REG } from '../../../../src/targets/sim/step.ts';
import { data, DATA, kernels, lpar, peek64, stepAddress, tinyKernel, topology } from '../tiny-guest.ts';

const ENTRIES = 8;
/** Guest-physical places of the ring and of buffers. */
const RING = 0x60_0000;
const AVAIL = RING + ENTRIES * 16;
const USED = RING + 4096;
const HEADER = 0x61_0000;
const BUFFER = 0x62_0000;
const STATUS = 0x61_0800;

type Chain = readonly (readonly [address: number, bytes: number, flags: number])[];
const NEXT = 1;
const WRITE = 2;

function hypercall(cpu: Cpu, number: number, ...values: readonly number[]): void {
  cpu.set(REG.rax, number);
  const registers = [REG.rdi, REG.rsi, REG.rdx, REG.r10, REG.r8];
  for (const [index, value] of values.entries()) cpu.set(registers[index] as number, value);
  cpu.hypercall();
}

function layOut(loader: Loader, chain: Chain, sector: number, type: number): void {
  chain.forEach(([address, bytes, flags], index) => {
    loader.write64(RING + index * 16, address);
    loader.write32(RING + index * 16 + 8, bytes);
    loader.write16(RING + index * 16 + 12, flags);
    loader.write16(RING + index * 16 + 14, index + 1);
  });
  loader.write16(AVAIL + 2, 1);
  loader.write32(HEADER, type);
  loader.write64(HEADER + 8, sector);
  for (let at = 0; at < 512; at++) loader.write8(BUFFER + at, at % 256);
  loader.write8(STATUS, 0xff);
}

/** Sets device 0's queue up, kicks it, sleeps; counts interrupts at DATA and notes the last one's time. */
function guest(chain: Chain, sector = 5, type = 0, device = 0): GuestKernel {
  return tinyKernel(
    [
      { run: (cpu) => hypercall(cpu, HYPERCALL.device_setup, device, 0, RING, ENTRIES, 0x31) },
      { run: (cpu) => hypercall(cpu, HYPERCALL.device_kick, device, 0) },
      { run: (cpu) => (cpu.interruptsOn(), cpu.halt()) },
      { run: (cpu) => cpu.jump(stepAddress(2)) },
      {
        run(cpu) {
          cpu.store64(data(0), cpu.load64(data(0)) + 1);
          cpu.store64(data(8), cpu.now);
          cpu.iret();
        },
      },
    ],
    { handlers: { 0x31: 4 }, prepare: (loader) => layOut(loader, chain, sector, type) },
  );
}

const read: Chain = [
  [HEADER, 16, NEXT],
  [BUFFER, 512, NEXT | WRITE],
  [STATUS, 1, WRITE],
];
const write: Chain = [
  [HEADER, 16, NEXT],
  [BUFFER, 512, NEXT],
  [STATUS, 1, WRITE],
];

const span = { file: 'test', start: 0, end: 0 } as never;
const parts: Partial<MachineModel> = {
  devices: [
    { kind: 'block', name: 'disk0', span },
    { kind: 'console', name: 'tty0', span },
    { kind: 'network', name: 'eth0', span },
  ],
};
const owned = (device: string) => ({ mode: 'owned' as const, device, weight: 1 });

function machine(kernel: GuestKernel, device = 'disk0', iommu: 'strict' | 'off' = 'strict'): SimTarget {
  return powerOn(
    topology([lpar('web', { devices: [owned(device)] }), lpar('db', { cpus: [1] })], { ...parts, iommu }),
    1,
    kernels({ web: kernel, db: tinyKernel([{ run: (cpu) => cpu.halt() }]) }),
  );
}

function bytesAt(target: SimTarget, physical: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  target.partitionNamed('web').memory.read(physical, bytes);
  return bytes;
}

function events(target: SimTarget): TraceEvent[] {
  const seen: TraceEvent[] = [];
  target.onTrace((event) => {
    seen.push(event);
    return false;
  });
  return seen;
}

describe('a disk', () => {
  test('reads a sector into guest memory, gives the chain back and interrupts', () => {
    const target = machine(guest(read));
    target.runUntil(BLOCK_NS);
    expect(target.devices('web')).toEqual([
      { name: 'disk0', frozen: false, pending: 1, interrupts: 0, iommu_faults: 0 },
    ]);
    target.runUntil(300_000);
    const seed = target.partitionNamed('web').plan.devices[0]?.seed as number;
    expect(bytesAt(target, BUFFER, 512)).toEqual(originalSector(seed, 5));
    expect(bytesAt(target, STATUS, 1)[0]).toBe(0);
    expect([...bytesAt(target, USED, 12)]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 0, 0]);
    expect(peek64(target, 'web', DATA)).toBe(1n);
    const done = Number(peek64(target, 'web', DATA + 8));
    expect(done).toBeGreaterThanOrEqual(BLOCK_NS);
    expect(done).toBeLessThan(BLOCK_NS + BLOCK_SPREAD_NS + 3_000);
    expect(target.devices('web')[0]).toMatchObject({ pending: 0, interrupts: 1 });
  });

  test('writes nothing while its partition is parked, and what was ready comes when that goes on', () => {
    const target = machine(guest(read));
    target.runUntil(BLOCK_NS / 2);
    target.partitionNamed('web').park();
    const before = bytesAt(target, BUFFER, 512);
    target.runUntil(400_000);
    const fork = target.fork();
    for (const one of [target, fork]) {
      expect(bytesAt(one, BUFFER, 512)).toEqual(before);
      expect(one.devices('web')[0]).toMatchObject({ pending: 1, interrupts: 0 });
      one.partitionNamed('web').resume();
      one.runUntil(410_000);
      expect(bytesAt(one, STATUS, 1)[0]).toBe(0);
      expect(one.devices('web')[0]).toMatchObject({ pending: 0, interrupts: 1 });
    }
    const seed = target.partitionNamed('web').plan.devices[0]?.seed as number;
    expect(bytesAt(target, BUFFER, 512)).toEqual(originalSector(seed, 5));
  });

  test('keeps what is written, and a fork keeps its own', () => {
    const target = machine(guest(write, 5, 1));
    const fork = target.fork();
    target.runUntil(300_000);
    const sectors = (one: SimTarget) => one.machine_state.devicesOf(0)[0]?.sectors;
    expect(sectors(target)?.get(5)).toEqual(bytesAt(target, BUFFER, 512));
    expect(sectors(fork)?.size).toBe(0);
    expect(target.outputs('web')).toMatchObject([{ device: 'disk0', what: 'sector', at: 5, bytes: 512 }]);
  });

  test('answers a bad request with a status, and nothing hangs', () => {
    for (const [chain, sector, type, status] of [
      [read, 5, 99, 2],
      [write, 5, 0, 1],
      [read, 2 ** 40, 0, 1],
      [
        [
          [HEADER, 16, NEXT],
          [BUFFER, 100, NEXT | WRITE],
          [STATUS, 1, WRITE],
        ],
        5,
        0,
        1,
      ],
    ] as const) {
      const target = machine(guest(chain, sector, type));
      target.runUntil(300_000);
      expect(bytesAt(target, STATUS, 1)[0]).toBe(status);
      expect(peek64(target, 'web', DATA)).toBe(1n);
    }
  });

  test('a chain that loops is cut off', () => {
    const target = machine(
      guest([
        [HEADER, 16, NEXT],
        ...Array.from({ length: 7 }, (): [number, number, number] => [BUFFER, 512, NEXT | WRITE]),
      ]),
    );
    target.runUntil(300_000);
    expect(target.devices('web')[0]).toMatchObject({ pending: 0, frozen: false });
  });
});

describe('a console', () => {
  test('puts text out at a time', () => {
    const text = new TextEncoder().encode('hello\nworld\n');
    const chain: Chain = [[BUFFER, text.length, 0]];
    const kernel = guest(chain);
    const target = machine(kernel, 'tty0');
    target.partitionNamed('web').memory.write(BUFFER, text);
    target.runUntil(300_000);
    expect(target.console('web')).toEqual(['hello', 'world']);
    expect(target.outputs('web')).toMatchObject([{ device: 'tty0', what: 'text', bytes: 12 }]);
    expect(Number(peek64(target, 'web', DATA + 8))).toBeGreaterThan(CONSOLE_NS);
  });

  test('its hypercall too, but not from an unmapped address', () => {
    const target = machine(
      tinyKernel(
        [
          { run: (cpu) => hypercall(cpu, HYPERCALL.console, data(0x100), 3) },
          { run: (cpu) => cpu.store64(data(0), cpu.get(REG.rax)) },
          { run: (cpu) => hypercall(cpu, HYPERCALL.console, 0x10, 3) },
          { run: (cpu) => cpu.store64(data(8), cpu.get(REG.rax)) },
          { run: (cpu) => cpu.halt() },
        ],
        { prepare: (loader) => loader.writeBytes(DATA + 0x100, new TextEncoder().encode('ok\n')) },
      ),
    );
    target.runUntil(10_000);
    expect(target.console('web')).toEqual(['ok']);
    expect([peek64(target, 'web', DATA), BigInt.asIntN(64, peek64(target, 'web', DATA + 8))]).toEqual([
      0n,
      -14n,
    ]);
  });
});

describe('the IOMMU', () => {
  test('a cleared entry stops the DMA and takes the device offline', () => {
    const target = machine(guest(read));
    target.runUntil(BLOCK_NS / 2);
    const seen = events(target);
    const entry = target.partitionNamed('web').iommuEntry('disk0', BUFFER) as number;
    target.machine.write(entry, new Uint8Array(8));
    target.runUntil(300_000);
    expect(seen.slice(1).map(({ kind, detail }) => [kind, detail])).toEqual([
      ['iommu_fault', { device: 'disk0', address: RING }],
      ['frozen', { device: 'disk0' }],
    ]);
    expect([...bytesAt(target, BUFFER, 4)]).toEqual([0, 1, 2, 3]);
    expect(peek64(target, 'web', DATA)).toBe(0n);
    expect(target.devices('web')[0]).toMatchObject({ frozen: true, pending: 0, iommu_faults: 1 });
  });

  test('strict: a descriptor beyond the partition is stopped; off: it reaches the neighbour', () => {
    const beyond: Chain = [
      [HEADER, 16, NEXT],
      [64 * 1_048_576 + 0x3000, 512, NEXT | WRITE],
      [STATUS, 1, WRITE],
    ];
    const strict = machine(guest(beyond));
    const off = machine(guest(beyond), 'disk0', 'off');
    for (const target of [strict, off]) target.runUntil(300_000);
    expect(strict.devices('web')[0]?.frozen).toBe(true);
    expect(off.devices('web')[0]?.frozen).toBe(false);
    const damage = new Uint8Array(512);
    off.partitionNamed('db').memory.read(0x3000, damage);
    expect(damage).toEqual(originalSector(off.partitionNamed('web').plan.devices[0]?.seed as number, 5));
  });

  test('a stray completion to a machine address: strict stops it, off lets it through', () => {
    for (const [iommu, written] of [
      ['strict', 0],
      ['off', 512],
    ] as const) {
      const target = machine(guest(read), 'disk0', iommu);
      target.runUntil(200_000);
      const victim = target.partitionNamed('db').machineAddress(0xa000) as number;
      const seen = events(target);
      expect(target.controls.injectDma('web', 'disk0', victim, 512, 0xa5)).toBe(written);
      expect(seen.map(({ kind }) => kind)).toEqual(iommu === 'strict' ? ['iommu_fault', 'frozen'] : []);
      const bytes = new Uint8Array(1);
      target.partitionNamed('db').memory.read(0xa000, bytes);
      expect(bytes[0]).toBe(iommu === 'strict' ? 0 : 0xa5);
    }
  });

  test('strict lets a stray completion into its own partition through', () => {
    const target = machine(guest(read));
    const own = target.partitionNamed('web').machineAddress(0x9ff0) as number;
    expect(target.controls.injectDma('web', 'disk0', own, 64, 0x77)).toBe(64);
    expect([...bytesAt(target, 0x9fee, 4)]).toEqual([0, 0, 0x77, 0x77]);
  });
});

test('a lost completion interrupt: the data comes, the guest is not told', () => {
  const target = machine(guest(read));
  target.controls.loseInterrupt({ kind: 'device', partition: 'web', device: 'disk0' });
  target.runUntil(300_000);
  expect(bytesAt(target, STATUS, 1)[0]).toBe(0);
  expect(peek64(target, 'web', DATA)).toBe(0n);
  expect(target.devices('web')[0]?.interrupts).toBe(0);
});

test('a shared device serves each in its own slots: what the neighbour asks changes nothing', () => {
  const shape = (db: GuestKernel) =>
    powerOn(
      topology(
        [
          lpar('web', { devices: [{ mode: 'shared', device: 'eth0', weight: 1 }] }),
          lpar('db', { cpus: [1], devices: [{ mode: 'shared', device: 'eth0', weight: 1 }] }),
        ],
        parts,
      ),
      1,
      kernels({ web: guest([[BUFFER, 200, 0]]), db }),
    );
  const idle = shape(tinyKernel([{ run: (cpu) => cpu.halt() }]));
  const busy = shape(guest([[BUFFER, 400, 0]]));
  for (const target of [idle, busy]) target.runUntil(300_000);
  expect(idle.outputs('web')).toHaveLength(1);
  expect(busy.outputs('db')).toHaveLength(1);
  expect(comparePartition(idle, busy, 'web')).toBe('');
  // Slots are 10 us each; a frame takes more than one.
  expect(idle.outputs('web')[0]?.time).toBeGreaterThan(20_000);
});
