import { mkdtempSync, openSync, closeSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LparModel, TopologyModel } from '../../../src/model/machine.ts';
import { ConsoleReader } from '../../../src/targets/qemu/console-signs.ts';
import { GuestLine } from '../../../src/targets/qemu/guest-line.ts';
import { ProgressMeter } from '../../../src/targets/qemu/progress.ts';
import { RamFile } from '../../../src/targets/qemu/ram-file.ts';
import { RunningTime } from '../../../src/targets/qemu/running-time.ts';
import { EMULATED, machineWords, shapeId, shapeOf } from '../../../src/targets/qemu/shape.ts';
import { fakeChannel } from '../../support/fake-channel.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siren-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('RAM in a file', () => {
  const GIB = 2 ** 30;
  /** A sparse file with marks at some of its bytes. */
  function ram(bytes: number, marks: Readonly<Record<number, number>> = {}): RamFile {
    const path = join(folder, 'ram');
    writeFileSync(path, '');
    truncateSync(path, bytes);
    const file = openSync(path, 'r+');
    for (const [at, mark] of Object.entries(marks)) writeSync(file, Uint8Array.of(mark), 0, 1, Number(at));
    closeSync(file);
    return new RamFile(path, bytes);
  }
  const byteAt = (memory: RamFile, address: number): number | undefined => {
    const into = new Uint8Array(1);
    return memory.read(address, into) ? into[0] : undefined;
  };

  it('goes on at 4 GiB where there is more than 2.75 GiB of it, and has nothing in the hole', () => {
    const memory = ram(3 * GIB, { 0: 1, [2 * GIB - 1]: 2, [2 * GIB]: 3, [3 * GIB - 1]: 4 });
    expect(memory.size).toBe(5 * GIB);
    expect([0, 2 * GIB - 1, 4 * GIB, 5 * GIB - 1].map((at) => byteAt(memory, at))).toEqual([1, 2, 3, 4]);
    expect([2 * GIB, 4 * GIB - 1, 5 * GIB, -1, 0.5].map((at) => byteAt(memory, at))).toEqual(
      Array(5).fill(undefined),
    );
    expect(memory.read(2 * GIB - 1, new Uint8Array(2))).toBe(false);
    memory.close();
  });

  it('has no hole where it all fits below', () => {
    const memory = ram(2.75 * GIB, { [2.5 * GIB]: 7 });
    expect(memory.size).toBe(2.75 * GIB);
    expect(byteAt(memory, 2.5 * GIB)).toBe(7);
    expect(byteAt(memory, 4 * GIB)).toBeUndefined();
    memory.close();
  });

  it('reads a page once while the machine stands, and anew when it has run', () => {
    const memory = ram(65_536, { 5000: 1 });
    const write = (value: number): void => {
      const file = openSync(join(folder, 'ram'), 'r+');
      writeSync(file, Uint8Array.of(value), 0, 1, 5000);
      closeSync(file);
    };
    expect(byteAt(memory, 5000)).toBe(1);
    write(2);
    expect(byteAt(memory, 5000)).toBe(1);
    memory.forget();
    expect(byteAt(memory, 5000)).toBe(2);
    write(3);
    expect(byteAt(memory, 5000)).toBe(3);
    memory.settle();
    expect(byteAt(memory, 5000)).toBe(3);
    expect(memory.write(5000, Uint8Array.of(9))).toBe(true);
    expect(byteAt(memory, 5000)).toBe(9);
    memory.close();
  });

  it('reads across pages, and leaves what it cannot fill as it was', () => {
    const memory = ram(8192, { 4094: 1, 4097: 4 });
    const into = new Uint8Array(4);
    expect(memory.read(4094, into)).toBe(true);
    expect([...into]).toEqual([1, 0, 0, 4]);
    expect(memory.read(8190, into)).toBe(false);
    expect([...into]).toEqual([1, 0, 0, 4]);
    memory.close();
  });
});

describe('the console of a stock kernel', () => {
  const news = (text: string): readonly unknown[] => {
    const reader = new ConsoleReader();
    return reader.lines(text).flatMap((line) => reader.news(line));
  };

  it('an oops in several lines is one, with its address and its task', () => {
    const text = `[    6.1] BUG: unable to handle page fault for address: ffff9a5bc0de0008\r
[    6.2] #PF: supervisor write access in kernel mode\r
[    6.3] Oops: 0002 [#1] PREEMPT SMP NOPTI\r
[    6.4] CPU: 1 PID: 88 Comm: php-fpm Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2\r
[    6.5] RIP: 0010:copy_tree+0x1/0x2\r\n`;
    expect(news(text)).toEqual([
      { kind: 'oops', sign: 'page_fault', address: 'ffff9a5bc0de0008', comm: 'php-fpm' },
    ]);
  });

  it('a check of the kernel’s own, raised as an invalid opcode, is what the check said', () => {
    const text = `list_add corruption. next->prev should be prev (ffffffffa), but was ffffffffb.
kernel BUG at lib/list_debug.c:26!
invalid opcode: 0000 [#1] PREEMPT SMP NOPTI
CPU: 0 PID: 300 Comm: mount Tainted: G      D            6.1.0
Kernel panic - not syncing: Fatal exception
`;
    expect(news(text)).toEqual([
      { kind: 'oops', sign: 'list_bug', address: '', comm: 'mount' },
      { kind: 'panic', sign: 'oops' },
    ]);
  });

  it('stalls name their CPU, panics their reason; other lines say nothing', () => {
    expect(news('[  40.1][   C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [nginx:85]\n')).toEqual([
      { kind: 'stall', sign: 'soft_lockup', cpu: 1 },
    ]);
    expect(news('Kernel panic - not syncing: corrupted stack end detected inside scheduler\n')).toEqual([
      { kind: 'panic', sign: 'stack_end' },
    ]);
    expect(
      news('Run /init as init process\nCPU: 0 PID: 1 Comm: init Not tainted\n\u0000\u00ff[[[\n'),
    ).toEqual([]);
  });

  it('takes lines in pieces, and no more of an endless one than it can hold', () => {
    const reader = new ConsoleReader();
    expect(reader.lines('[    1.0] a')).toEqual([]);
    expect(reader.lines('b\n[    2.0] c\n')).toEqual(['ab', 'c']);
    for (let index = 0; index < 100; index++) reader.lines('x'.repeat(1000));
    expect((reader.lines('\n')[0] as string).length).toBeLessThan(6000);
  });
});

describe('the second serial line', () => {
  it('understands beats and the registration, and passes over the rest', () => {
    let text = '';
    const line = new GuestLine({
      write: (said) => void (text += said),
      read: () =>
        'BEAT 1\r\nREGION 00000100241000000000a01e01000000\nBEAT x\nREGION zz\nREGION 00000200241000000000a01e01000000\nBEA',
      close() {},
    });
    expect(line.words()).toEqual([
      { kind: 'beat' },
      { kind: 'region', physical: 0x11ea00000, bytes: 0x1024 },
    ]);
    line.say('exit nginx 85');
    expect(text).toBe('exit nginx 85\n');
    const pieces = new GuestLine(fakeChannel(() => '', 'BEAT 7\nBE'));
    expect(pieces.words()).toHaveLength(1);
    expect(pieces.words()).toHaveLength(0);
  });
});

describe('time', () => {
  /** Counts one interval after the other; how much of each was counted. */
  const counted = (...intervals: readonly (readonly [passed: number, ...waited: number[]])[]): number[] => {
    const time = new RunningTime(-5);
    time.set(0);
    time.start();
    let wall = Number(process.hrtime.bigint()) + 1e6;
    time.advance([0, 0], Infinity, wall);
    return intervals.map(([passed, ...waited]) => {
      const before = time.now_ns;
      time.advance(waited, Infinity, (wall += passed));
      return time.now_ns - before;
    });
  };

  it('does not count what the host took away, but goes on', () => {
    expect(counted([80_000, 60_000, 0], [80_000, 0, 80_000], [80_000, 0, 0])).toEqual([
      20_000, 60_000, 80_000,
    ]);
    expect(counted([64_000, 64_000, 0], [64_000, 0, 0])).toEqual([1_000, 63_000]);
  });

  it('takes off a wait that is told late from what comes after it', () => {
    const ms = 1e6;
    const late = Array.from({ length: 11 }, (): [number, number, number] => [2 * ms, 0, 0]);
    const told = counted(...late, [2 * ms, 24 * ms, 0], ...late, ...late);
    expect(told.slice(0, 11)).toEqual(late.map(() => 2 * ms));
    expect(told.slice(11, 22)).toEqual(late.map(() => 31_250)); // a 64th
    expect(told.slice(24)).toEqual(late.slice(1).map(() => 2 * ms));
    expect(told.reduce((sum, one) => sum + one, 0)).toBe((34 * 2 - 24) * ms);
  });

  it('goes on at half its pace while two take turns on one processor', () => {
    const turns = Array.from({ length: 100 }, (_, turn): [number, number, number] =>
      turn % 2 === 0 ? [4e6, 4e6, 0] : [4e6, 0, 4e6],
    );
    const pace = counted(...turns).reduce((sum, one) => sum + one, 0) / 400e6;
    expect(pace).toBeGreaterThan(0.45);
    expect(pace).toBeLessThan(0.55);
  });

  it('bears no grudge: who waited long ago has no credit for it', () => {
    const alone = Array.from({ length: 50 }, (): [number, number, number] => [4e6, 4e6, 0]);
    const other = Array.from({ length: 50 }, (): [number, number, number] => [4e6, 0, 4e6]);
    const [first, second] = [counted(...alone, ...other).slice(0, 50), counted(...alone, ...other).slice(50)];
    const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
    expect(sum(first)).toBeLessThan(5e6);
    expect(sum(second)).toBeLessThan(60e6);
  });

  it('stands when nothing runs', () => {
    const time = new RunningTime(0);
    time.start();
    time.stop();
    time.advance([0], Infinity, Number(process.hrtime.bigint()) + 9e9);
    expect(time.now_ns).toBe(0);
  });

  it('never passes an instant at which something is due', () => {
    const time = new RunningTime(0);
    time.start();
    time.advance([0], 1_000, Number(process.hrtime.bigint()) + 1e9);
    expect(time.now_ns).toBe(1_000);
  });
});

describe('progress', () => {
  const WORDS = [{ interrupts: 0, interrupts_bytes: 16, ticks: 8, switches: 64, current: 128, idle: 136 }];

  it('is what a processor shows by interrupts, switches and idling; else the time that its thread was given counts', () => {
    const memory = new Uint8Array(4096);
    memory[128] = 1;
    let ran = 1000;
    const meter = new ProgressMeter(
      (at, into) => (into.set(memory.subarray(at, at + into.length)), true),
      WORDS,
      () => ran,
    );
    ran = 5000;
    expect(meter.of(0, true)).toEqual({ stuck_ns: 4000, running: true, started: true, ticks: 0 });
    memory[8] = 3;
    expect(meter.of(0, true)).toMatchObject({ stuck_ns: 0, ticks: 3 });
    ran = 7000;
    expect(meter.of(0, true).stuck_ns).toBe(2000);
    memory[64] = 1;
    expect(meter.of(0, true).stuck_ns).toBe(0);
    ran = 9000;
    memory[128] = 0;
    expect(meter.of(0, true).stuck_ns).toBe(0);
    expect(meter.of(0, false).running).toBe(false);
  });

  it('that cannot be seen is none that is missing', () => {
    const meter = new ProgressMeter(
      () => false,
      [],
      () => 0,
    );
    expect(meter.of(0, true)).toEqual({ stuck_ns: 0, running: true, started: true, ticks: 0 });
  });
});

describe('the shape of a guest', () => {
  const lpar: LparModel = {
    name: 'web',
    cpus: { mode: 'owned', cpus: [0, 1], vcpus: 2, weight: 1 },
    memory_bytes: 2 ** 26,
    devices: [
      { mode: 'owned', device: 'eth0', weight: 1 },
      { mode: 'owned', device: 'disk', weight: 1 },
    ],
    kernel: {
      flavour: 'linux',
      workload: 'web_server',
      heartbeat_ns: 2e7,
      heartbeat_by: 'thread',
      watchdog_thresh_ns: 1e10,
      panic_on_oops: true,
      softlockup_panic: false,
      layout_seed: 0,
    },
    metadata: { size_bytes: 65_536, seal: 'none', describes: [] },
    span: { file: '', start: 0, end: 0 } as unknown as LparModel['span'],
  };
  const topology = {
    machine: {
      cpus: [0, 1],
      memory_bytes: 2 ** 30,
      devices: [
        { kind: 'network', name: 'eth0' },
        { kind: 'block', name: 'disk' },
      ],
      iommu: 'off',
      slice_ns: 1e7,
    },
    lpars: [lpar],
    ambulances: [],
  } as unknown as TopologyModel;

  it('is the topology’s, raised where a real kernel cannot do with it, and says so', () => {
    const shape = shapeOf(lpar, topology, 4);
    expect(shape).toMatchObject({ cpus: 2, memory_bytes: 2 ** 27, heartbeat_ns: 5e7 });
    expect(shape.notes).toEqual([
      'web: the heartbeat’s period was raised from 20 ms to 50 ms'.replace('’', "'"),
      'web: memory was raised from 64 MiB to 128 MiB',
    ]);
    for (const word of [
      'siren.names=nginx,php-fpm,shop,sshd',
      'siren.heartbeat_ms=50',
      'siren.beat=thread',
      'watchdog_thresh=10',
      'oops=panic',
      'console=ttyS0',
    ])
      expect(shape.command_line.split(' ')).toContain(word);
    expect(shape.command_line).not.toContain('softlockup_panic');
  });

  it('connects a network card to nothing', () => {
    const words = machineWords(shapeOf(lpar, topology, 4), '/x', EMULATED).join(' ');
    expect(words).toContain('-nic none');
    expect(words.match(/-netdev \S+/g)).toEqual(['-netdev hubport,id=net0,hubid=0']);
    expect(words).toContain('-blockdev null-co,');
  });

  it('names its snapshot: whatever the machine depends on makes another', () => {
    const guest = { release: '6.1', kernel: '/k', initramfs: '/i', id: 'aa' };
    const shape = shapeOf(lpar, topology, 4);
    const ids = [
      shapeId(shape, guest, 'q'),
      shapeId({ ...shape, cpus: 3 }, guest, 'q'),
      shapeId({ ...shape, memory_bytes: 2 ** 28 }, guest, 'q'),
      shapeId({ ...shape, levels: 5 }, guest, 'q'),
      shapeId({ ...shape, command_line: 'x' }, guest, 'q'),
      shapeId(shape, { ...guest, id: 'ab' }, 'q'),
      shapeId(shape, guest, 'r'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(shapeId({ ...shape, notes: [] }, guest, 'q')).toBe(ids[0]);
  });
});
