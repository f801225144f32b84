import { describe, expect, test } from 'vitest';
import type { Cpu } from '../../../../src/targets/sim/step.ts';
import { REG, STEP_MAGIC } from '../../../../src/targets/sim/step.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import {
  BASE,
  data,
  DATA,
  FINE,
  FINE_PHYSICAL,
  peek64,
  PD,
  PDPT,
  PML4,
  poke64,
  PT,
  stepAddress,
  STACK_TOP,
  tinyMachine,
  USER_DATA,
  USER_TEXT,
} from '../tiny-guest.ts';
import type { TinyOptions, TinyStep } from '../tiny-guest.ts';

const PAGE_FAULT = 14;

/** Steps that end in a loop of their own last one, after which nothing changes. */
function run(steps: readonly TinyStep[], options: TinyOptions = {}, time = 10_000): SimTarget {
  const target = tinyMachine(steps, options);
  target.runUntil(time);
  return target;
}

const rest = (index: number): TinyStep => ({ run: (cpu) => cpu.jump(stepAddress(index)) });

/** Notes what the handler of a fault finds: cr2, error code, the rip of the frame. */
const note: TinyStep = {
  run(cpu) {
    cpu.store64(data(0x100), cpu.get(REG.cr2));
    cpu.store64(data(0x108), cpu.pop());
    cpu.store64(data(0x110), cpu.load64(cpu.get(REG.rsp)));
    cpu.store64(data(0x118), cpu.load64(data(0x118)) + 1);
  },
};

function noted(target: SimTarget): { cr2: number; code: number; rip: number; count: number } {
  const [cr2, code, rip, count] = [0x100, 0x108, 0x110, 0x118].map((offset) =>
    Number(BigInt.asIntN(64, peek64(target, 'web', DATA + offset))),
  ) as [number, number, number, number];
  return { cr2, code, rip, count };
}

describe('first level', () => {
  test('4 KiB and 2 MiB pages lead where their entries say', () => {
    const target = run([{ run: (cpu) => cpu.store64(FINE + 0x5008, cpu.load64(data(8)) + 5) }, rest(1)], {
      prepare: (loader) => loader.write64(DATA + 8, 37),
    });
    expect(peek64(target, 'web', FINE_PHYSICAL + 0x5008)).toBe(42n);
  });

  test('1 GiB pages too', () => {
    const target = run([{ run: (cpu) => cpu.store64(-0x4000_0000 + DATA, 9) }, rest(1)], {
      prepare: (loader) => loader.write64(0x2000 + 511 * 8, 0x83),
    });
    expect(peek64(target, 'web', DATA)).toBe(9n);
  });

  test('a missing entry is a page fault that tells the address, the access and the step', () => {
    for (const [access, code] of [
      [(cpu: Cpu) => cpu.load8(FINE + 0x7123), 0],
      [(cpu: Cpu) => cpu.store8(FINE + 0x7123, 1), 2],
    ] as const) {
      const target = run([{ run: () => undefined }, { run: access }, note, rest(3)], {
        handlers: { [PAGE_FAULT]: 2 },
        prepare: (loader) => loader.write64(PT + 7 * 8, 0),
      });
      expect(noted(target)).toEqual({ cr2: FINE + 0x7123, code, rip: stepAddress(1), count: 1 });
    }
  });

  test('a read-only page takes no store', () => {
    const target = run([{ run: (cpu) => cpu.store8(FINE, cpu.load8(FINE) + 1) }, note, rest(2)], {
      handlers: { [PAGE_FAULT]: 1 },
      prepare: (loader) => loader.write64(PT, FINE_PHYSICAL + 1),
    });
    expect(noted(target)).toMatchObject({ cr2: FINE, code: 3 });
  });

  test('a fetch from an unmapped or no-execute page faults', () => {
    const unmapped = run([{ run: (cpu) => cpu.jump(-0x1000) }, note, rest(2)], {
      handlers: { [PAGE_FAULT]: 1 },
    });
    expect(noted(unmapped)).toMatchObject({ cr2: -0x1000, code: 16, rip: -0x1000 });
    const no_execute = run([{ run: (cpu) => cpu.jump(FINE) }, note, rest(2)], {
      handlers: { [PAGE_FAULT]: 1 },
      prepare(loader) {
        loader.write32(PT, FINE_PHYSICAL + 3);
        loader.write32(PT + 4, 0x8000_0000);
      },
    });
    expect(noted(no_execute)).toMatchObject({ cr2: FINE, code: 17 });
  });

  test('a non-canonical address is a general protection fault', () => {
    const target = run([{ run: (cpu) => cpu.load64(2 ** 47) }, note, rest(2)], { handlers: { 13: 1 } });
    expect(noted(target)).toMatchObject({ code: 0, rip: stepAddress(0), count: 1 });
  });

  test('bytes that are no step are an invalid opcode, and so is a step that does not exist', () => {
    const no_code: TinyStep = { run: (cpu) => cpu.store64(data(0x118), 1) };
    for (const word of [0, 0x0f0b_ffff]) {
      const target = run([{ run: (cpu) => cpu.jump(data(0x1000)) }, no_code, rest(2)], {
        handlers: { 6: 1 },
        prepare: (loader) => loader.write32(DATA + 0x1000, word),
      });
      expect(noted(target).count).toBe(1);
    }
  });

  test('clearing an entry has its effect after the next context switch', () => {
    const target = run(
      [
        { run: (cpu) => cpu.load8(FINE + 0x3000) },
        { run: (cpu) => cpu.store64(BASE + PT + 3 * 8, 0) },
        { run: (cpu) => cpu.load8(FINE + 0x3000) }, // the TLB still has it
        { run: (cpu) => cpu.store64(data(0), 1) },
        { run: (cpu) => cpu.loadCr3(PML4) },
        { run: (cpu) => cpu.load8(FINE + 0x3000) },
        { run: (cpu) => cpu.store64(data(0), 2) },
        note,
        rest(8),
      ],
      { handlers: { [PAGE_FAULT]: 7 } },
    );
    expect(peek64(target, 'web', DATA)).toBe(1n);
    expect(noted(target)).toMatchObject({ cr2: FINE + 0x3000, code: 0, rip: stepAddress(5), count: 1 });
  });

  test('invalidating one page has its effect on that page at once', () => {
    const target = run(
      [
        { run: (cpu) => cpu.load8(FINE + 0x3000) + cpu.load8(FINE + 0x4000) },
        { run: (cpu) => cpu.fill(BASE + PT + 3 * 8, 0, 16) },
        { run: (cpu) => cpu.invalidate(FINE + 0x3000) },
        { run: (cpu) => cpu.load8(FINE + 0x4000) },
        { run: (cpu) => cpu.load8(FINE + 0x3000) },
        note,
        rest(6),
      ],
      { handlers: { [PAGE_FAULT]: 5 } },
    );
    expect(noted(target)).toMatchObject({ cr2: FINE + 0x3000, rip: stepAddress(4) });
  });

  test('so has clearing an entry of an upper level', () => {
    for (const [table, entry] of [
      [PD, 16],
      [PDPT, 510],
    ] as const) {
      const target = run(
        [
          { run: (cpu) => cpu.load8(FINE + 0x3000) + cpu.load8(data(0)) },
          { run: (cpu) => cpu.store64(BASE + table + entry * 8, 0) },
          { run: (cpu) => cpu.load8(FINE + 0x4000) }, // another page of the region: its upper levels are still known
          { run: (cpu) => cpu.store64(data(0), 1) },
          { run: (cpu) => cpu.loadCr3(PML4) },
          { run: (cpu) => cpu.load8(FINE + 0x4000) },
          note,
          rest(7),
        ],
        { handlers: { [PAGE_FAULT]: 6, 8: 6 } },
      );
      expect(peek64(target, 'web', DATA)).toBe(1n);
      if (table === PD)
        expect(noted(target)).toMatchObject({ cr2: FINE + 0x4000, code: 0, rip: stepAddress(5) });
      else expect(target.partitionNamed('web').stopped).toBe('triple_fault'); // the handlers are gone too
    }
  });

  test('the TLB is bounded: many other pages push an entry out', () => {
    const target = run(
      [
        { run: (cpu) => cpu.load8(FINE) },
        { run: (cpu) => cpu.store64(BASE + PT, 0) },
        { run: (cpu) => Array.from({ length: 511 }, (_, page) => cpu.load8(FINE + (page + 1) * 4096)) },
        { run: (cpu) => cpu.load8(FINE) },
        note,
        rest(5),
      ],
      { handlers: { [PAGE_FAULT]: 4 } },
    );
    expect(noted(target)).toMatchObject({ cr2: FINE, rip: stepAddress(3) });
  });
});

describe('accesses', () => {
  test('cross pages byte by byte, wherever those lie', () => {
    const target = run(
      [
        { run: (cpu) => cpu.store64(FINE + 0x0ffd, -0x1122_3344_5566) },
        { run: (cpu) => cpu.store64(data(0), cpu.load64(FINE + 0x0ffd)) },
        { run: (cpu) => cpu.store32(FINE + 0x1ffe, 0xa1b2_c3d4) },
        { run: (cpu) => cpu.store64(data(8), cpu.load32(FINE + 0x1ffe)) },
        { run: (cpu) => cpu.store16(FINE + 0x2fff, 0xbeef) },
        { run: (cpu) => cpu.store64(data(16), cpu.load16(FINE + 0x2fff)) },
        { run: (cpu) => cpu.store64(data(24), cpu.equal64(FINE + 0x0ffd, -0x1122_3344_5566) ? 1 : 0) },
        rest(7),
      ],
      // Neighbours in virtual memory that are none in physical memory.
      { prepare: (loader) => loader.write64(PT + 8, FINE_PHYSICAL + 0x9000 + 3) },
    );
    expect(
      [0, 8, 16, 24].map((offset) => Number(BigInt.asIntN(64, peek64(target, 'web', DATA + offset)))),
    ).toEqual([-0x1122_3344_5566, 0xa1b2_c3d4, 0xbeef, 1]);
    expect(peek64(target, 'web', FINE_PHYSICAL + 0x9000) & 0xffn).toBe(0xccn);
  });

  test('a store that crosses into an unmapped page changes neither page', () => {
    const target = run([{ run: (cpu) => cpu.store64(FINE + 0x0ffc, -1) }, note, rest(2)], {
      handlers: { [PAGE_FAULT]: 1 },
      prepare: (loader) => loader.write64(PT + 8, 0),
    });
    expect(noted(target)).toMatchObject({ cr2: FINE + 0x1003, code: 2 });
    expect(peek64(target, 'web', FINE_PHYSICAL + 0xff8)).toBe(0n);
  });

  test('registers pushed together lie as if pushed one by one, inside a page and across two', () => {
    for (const top of [FINE + 0x0800, FINE + 0x1008]) {
      const target = run([
        {
          run(cpu) {
            cpu.store64(FINE + 0x0100, -0x1122_3344_5566);
            cpu.load64Into(REG.rbx, FINE + 0x0100);
            cpu.set(REG.r12, 12);
            cpu.set(REG.r13, 13);
            cpu.set(REG.rsp, top);
            cpu.pushRegisters([REG.rbx, REG.r12, REG.r13]);
          },
        },
        {
          run(cpu) {
            for (const at of [0, 8, 16]) cpu.store64(data(at), cpu.load64(top - 8 - at));
            cpu.store64(data(24), top - cpu.get(REG.rsp));
            for (const register of [REG.rbx, REG.r12, REG.r13]) cpu.set(register, 0);
            cpu.popRegisters([REG.rbx, REG.r12, REG.r13]);
            cpu.store64From(REG.rbx, data(32));
            cpu.store64(data(40), cpu.get(REG.r12) * 100 + cpu.get(REG.r13));
            cpu.store64(data(48), top - cpu.get(REG.rsp));
          },
        },
        rest(2),
      ]);
      const found = [0, 8, 16, 24, 32, 40, 48].map((offset) => peek64(target, 'web', DATA + offset));
      expect(found.map((word) => Number(BigInt.asIntN(64, word)))).toEqual([
        -0x1122_3344_5566, 12, 13, 24, -0x1122_3344_5566, 1213, 0,
      ]);
    }
  });

  test('registers and copies keep all 64 bits', () => {
    const odd = 0x7fff_ffff_ffff_ffffn;
    const target = run(
      [
        { run: (cpu) => cpu.load64Into(REG.rbx, data(0)) },
        { run: (cpu) => cpu.store64From(REG.rbx, data(8)) },
        { run: (cpu) => cpu.copy(FINE + 0xffc, data(0), 8) },
        { run: (cpu) => cpu.copy(data(16), FINE + 0xffc, 8) },
        rest(4),
      ],
      {
        prepare(loader) {
          loader.write32(DATA, 0xffff_ffff);
          loader.write32(DATA + 4, 0x7fff_ffff);
        },
      },
    );
    expect(target.partitions[0]?.cpus[0]?.get('rbx')).toBe(odd);
    expect([peek64(target, 'web', DATA + 8), peek64(target, 'web', DATA + 16)]).toEqual([odd, odd]);
  });

  test('an overlapping copy moves what was there before', () => {
    const target = run([{ run: (cpu) => cpu.copy(data(4), data(0), 100) }, rest(1)], {
      prepare: (loader) =>
        loader.writeBytes(
          DATA,
          Uint8Array.from({ length: 100 }, (_, index) => index),
        ),
    });
    const bytes = new Uint8Array(104);
    target.partitionNamed('web').memory.read(DATA, bytes);
    expect([...bytes.subarray(4)]).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});

describe('privilege', () => {
  const user_options: TinyOptions = { handlers: { [PAGE_FAULT]: 4 } };
  const enter: TinyStep = { run: (cpu) => cpu.toUser(USER_TEXT + 16, USER_DATA + 0xff0) };

  test('user code runs on user pages, and its fault enters the kernel on the stack of the TSS', () => {
    const target = run(
      [
        enter,
        { run: (cpu) => cpu.store64(USER_DATA, 7) },
        { run: (cpu) => cpu.store64(USER_DATA + 8, cpu.user ? 1 : 0) },
        { run: (cpu) => cpu.load64(data(0)) },
        note,
        { run: (cpu) => cpu.store64(data(0x120), cpu.get(REG.rsp)) },
        rest(6),
      ],
      user_options,
    );
    expect(peek64(target, 'web', 0x50_0000)).toBe(7n);
    expect(peek64(target, 'web', 0x50_0008)).toBe(1n);
    // Present, by user code.
    expect(noted(target)).toMatchObject({ cr2: data(0), code: 5, rip: USER_TEXT + 3 * 16 });
    expect(Number(BigInt.asIntN(64, peek64(target, 'web', DATA + 0x120)))).toBe(
      BASE + STACK_TOP + 0x8000 - 40,
    );
  });

  test('a system call and iret go there and back, interrupts off in between', () => {
    const target = run(
      [
        enter,
        { run: (cpu) => cpu.toKernel(stepAddress(3)) },
        { run: (cpu) => cpu.store64(USER_DATA, cpu.load64(USER_DATA) + 100) },
        { run: (cpu) => cpu.store64(data(0), cpu.interruptsEnabled ? 1 : 2) },
        { run: (cpu) => cpu.iret() },
        rest(5),
      ],
      {},
      200,
    );
    expect(peek64(target, 'web', DATA)).toBe(2n);
    expect(peek64(target, 'web', 0x50_0000)).toBe(100n);
  });

  test('kernel entries of the TLB do not serve user code', () => {
    const target = run(
      [
        { run: (cpu) => cpu.load64(data(0)) },
        { run: (cpu) => cpu.toUser(USER_TEXT + 32, USER_DATA) },
        { run: (cpu) => cpu.load64(data(0)) },
        rest(3),
        note,
        rest(5),
      ],
      user_options,
    );
    expect(noted(target)).toMatchObject({ cr2: data(0), code: 5 });
  });
});

describe('second level', () => {
  test('a cleared entry stops the partition, at the guest-physical address', () => {
    const target = tinyMachine([
      { run: (cpu) => cpu.load8(data(0x20_0123)) },
      { run: (cpu) => cpu.loadCr3(PML4) },
      rest(0),
    ]);
    target.runUntil(1_000);
    const events: unknown[] = [];
    target.onTrace((event) => {
      events.push({ kind: event.kind, detail: event.detail });
      return false;
    });
    const entry = target.partitionNamed('web').secondLevelEntry(DATA + 0x20_0123) as number;
    expect(target.partitionNamed('web').machineAddress(DATA + 0x20_0123)).toBeGreaterThan(0);
    target.machine.write(entry, new Uint8Array(8));
    expect(target.partitionNamed('web').machineAddress(DATA + 0x20_0123)).toBeUndefined();
    target.runUntil(3_000);
    expect(events).toEqual([
      { kind: 'stopped', detail: { sign: 'second_level', address: DATA + 0x20_0123 } },
    ]);
    expect(target.partitionNamed('web').stopped).toBe('second_level');
    const rip = target.partitions[0]?.cpus[0]?.get('rip');
    target.runUntil(9_000);
    expect(target.partitions[0]?.cpus[0]?.get('rip')).toBe(rip);
  });

  test('its tables are not cached beyond a write to them, whoever writes', () => {
    // Not at a round address: the guest's own tables would push it out of the cache.
    const touch: TinyStep = { run: (cpu) => cpu.load8(data(0x20_5000)) };
    const target = tinyMachine([
      touch,
      { run: (cpu) => cpu.loadCr3(PML4) },
      { run: (cpu) => cpu.jump(stepAddress(0)) },
    ]);
    target.runUntil(1_000);
    const entry = target.partitionNamed('web').secondLevelEntry(DATA + 0x20_5000) as number;
    const before = new Uint8Array(8);
    target.machine.read(entry, before);
    const fork = target.fork();
    fork.machine.write(entry, Uint8Array.of(0));
    fork.machine.write(entry, before);
    fork.runUntil(2_000);
    expect(fork.partitionNamed('web').stopped).toBe('');
    fork.machine.write(entry, Uint8Array.of(0));
    fork.runUntil(3_000);
    expect(fork.partitionNamed('web').stopped).toBe('second_level');
    target.runUntil(3_000);
    expect(target.partitionNamed('web').stopped).toBe('');
  });

  test('an address beyond the partition is no memory of anybody', () => {
    const target = run([{ run: (cpu) => cpu.load8(FINE) }, rest(1)], {
      prepare: (loader) => loader.write64(PT, 0x400_0000 + 3),
    });
    expect(target.partitionNamed('web').stopped).toBe('second_level');
  });

  test('a page without write permission can be read', () => {
    const target = tinyMachine([
      { run: (cpu) => cpu.load8(data(0x20_0000)) },
      { run: (cpu) => cpu.loadCr3(PML4) },
      rest(2),
      { run: (cpu) => cpu.store8(data(0x20_0000), 1) },
    ]);
    const entry = target.partitionNamed('web').secondLevelEntry(DATA + 0x20_0000) as number;
    const bytes = new Uint8Array(8);
    target.machine.read(entry, bytes);
    target.machine.write(entry, Uint8Array.of((bytes[0] as number) & ~2));
    target.runUntil(1_000);
    expect(target.partitionNamed('web').stopped).toBe('');
    target.partitions[0]?.cpus[0]?.set('rip', BigInt(stepAddress(3)));
    target.runUntil(2_000);
    expect(target.partitionNamed('web').stopped).toBe('second_level');
  });
});

describe('permissions of the second level', () => {
  /**
   * A guest of four steps, whose first stands once more in the fine pages: those the second level lets be used as
   * `bits` say.
   */
  function withPermissions(bits: number, steps: readonly TinyStep[]): SimTarget {
    const target = tinyMachine([{ run: (cpu) => cpu.jump(stepAddress(1)) }, ...steps], {
      prepare: (loader) => loader.write32(FINE_PHYSICAL, STEP_MAGIC),
    });
    const entry = target.partitionNamed('web').secondLevelEntry(FINE_PHYSICAL) as number;
    const bytes = new Uint8Array(8);
    target.machine.read(entry, bytes);
    target.machine.write(entry, Uint8Array.of(((bytes[0] as number) & ~7) | bits));
    target.runUntil(3_000);
    return target;
  }

  const read: TinyStep = { run: (cpu) => cpu.store64(data(0), cpu.load32(FINE)) };
  const write: TinyStep = { run: (cpu) => cpu.store32(FINE + 0x800, 7) };
  /** Comes back to the step after the first. */
  const fetch: TinyStep = { run: (cpu) => cpu.jump(FINE) };
  const stopped = (target: SimTarget): string => target.partitionNamed('web').stopped;

  test('a page that may be read and written cannot be executed, though the guest has it in its TLB', () => {
    const target = withPermissions(3, [read, write, fetch, rest(4)]);
    expect(peek64(target, 'web', DATA)).toBe(BigInt(STEP_MAGIC));
    expect(stopped(target)).toBe('second_level');
    expect(target.partitions[0]?.cpus[0]?.get('rip')).toBe(BigInt.asUintN(64, BigInt(FINE)));
  });

  test('a page that may be executed alone cannot be read, though the guest has just fetched from it', () => {
    expect(stopped(withPermissions(4, [fetch, rest(2)]))).toBe('');
    const once: TinyStep = {
      run: (cpu) => (cpu.load8(data(8)) === 0 ? (cpu.store8(data(8), 1), cpu.jump(FINE)) : undefined),
    };
    expect(stopped(withPermissions(4, [once, rest(2)]))).toBe('');
    expect(stopped(withPermissions(4, [once, read, rest(3)]))).toBe('second_level');
  });

  test('a page that may be written alone cannot be read, though the guest has just written it', () => {
    expect(stopped(withPermissions(2, [write, rest(2)]))).toBe('');
    expect(stopped(withPermissions(2, [write, read, rest(3)]))).toBe('second_level');
  });
});

describe('exceptions that cannot be delivered', () => {
  test('a gate that is not there is a double fault', () => {
    const target = run([{ run: (cpu) => cpu.load8(0) }, { run: (cpu) => cpu.store64(data(0), 8) }, rest(2)], {
      handlers: { 8: 1 },
    });
    expect(peek64(target, 'web', DATA)).toBe(8n);
  });

  test('a bad stack is a double fault, taken on the stack of the interrupt stack table', () => {
    const target = run(
      [
        { run: (cpu) => cpu.set(REG.rsp, 0x1000) },
        { run: (cpu) => cpu.load8(0) },
        { run: (cpu) => cpu.store64(data(0), cpu.get(REG.rsp)) },
        rest(3),
      ],
      { handlers: { 14: 2, 8: 2 }, ist: { 8: 1 } },
    );
    expect(Number(BigInt.asIntN(64, peek64(target, 'web', DATA)))).toBe(BASE + STACK_TOP + 0x1_0000 - 48);
  });

  test('no way at all is a triple fault, and the partition is stopped', () => {
    const target = run([
      { run: (cpu) => cpu.set(REG.idtr, 0x1000) },
      { run: (cpu) => cpu.load8(0) },
      rest(2),
    ]);
    expect(target.partitionNamed('web').stopped).toBe('triple_fault');
  });
});

test('the stores of a step before its fault stay', () => {
  const target = run(
    [
      {
        run(cpu) {
          cpu.store64(data(0), 1);
          cpu.load8(0x10);
        },
      },
      note,
      rest(2),
    ],
    { handlers: { [PAGE_FAULT]: 1 } },
  );
  expect(peek64(target, 'web', DATA)).toBe(1n);
  expect(noted(target).cr2).toBe(0x10);
});

test('bytes poked into guest memory from outside are what the guest reads next', () => {
  const target = tinyMachine([{ run: (cpu) => cpu.store64(data(8), cpu.load64(data(0))) }, rest(0)]);
  target.runUntil(100);
  const fork = target.fork();
  poke64(fork, 'web', DATA, 77n);
  fork.runUntil(200);
  target.runUntil(200);
  expect(peek64(fork, 'web', DATA + 8)).toBe(77n);
  expect(peek64(target, 'web', DATA + 8)).toBe(0n);
});
