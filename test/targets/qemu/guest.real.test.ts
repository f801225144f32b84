import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKLOAD_TASKS } from '../../../src/model/collections.ts';
import type { Workload } from '../../../src/model/machine.ts';
import { openGuest } from '../../../src/targets/qemu/guest/guest.ts';
import { prepareGuest } from '../../../src/targets/qemu/guest/prepare.ts';
import { problemOf } from '../../../src/targets/qemu/problem.ts';
import type { Aside } from '../../../src/target/aside.ts';
import { endGuest, restoreGuest } from '../../../src/targets/qemu/restored.ts';
import type { Shape } from '../../../src/targets/qemu/shape.ts';
import { FILES, kernelOf, symbolIn, tasksIn, whyNoGuest, withMachine } from '../../support/real-guest.ts';

const S = 1e9;
const missing = whyNoGuest();
if (missing !== undefined) console.log(`left out, for want of a real guest: ${missing}`);

/** Not held by a writer, so that 0xff in its first byte is a leak (include/asm-generic/qrwlock.h). */
function awaitFree(machine: Parameters<Parameters<typeof withMachine>[1]>[0], lock: number): Uint8Array {
  const byte = new Uint8Array(1);
  const [web] = machine.target.partitions;
  for (let tries = 0; tries < 50; tries++) {
    web?.memory.read(lock, byte);
    if (byte[0] === 0) return byte;
    machine.target.runUntil(machine.target.now() + 1e7);
  }
  throw new Error('the lock is never free');
}

describe.skipIf(missing !== undefined)('a stock Linux', () => {
  it('registers its region before normal operation, and the hypervisor takes it', () => {
    withMachine({}, ({ target, hypervisor, events }) => {
      const [web] = target.partitions;
      expect(events.map(({ kind }) => kind)).toEqual(['power_on', 'register', 'registered', 'boot_complete']);
      expect(web?.vmcoreinfo()).toContain(`OSRELEASE=${openGuest(FILES.cache).release}\n`);
      const copy = Buffer.from(hypervisor.registryEntry('web').copy ?? []);
      expect(copy.toString('latin1')).toContain(web?.vmcoreinfo().slice(0, 3000));
    });
  });

  it('stands, whenever it is restored, at the heartbeat that it was kept at, and beats on', () => {
    const kept = [1, 2].map(() =>
      withMachine({}, ({ target, events }) => {
        const beats = events.filter(({ kind }) => kind === 'heartbeat').length;
        const [web] = target.partitions;
        const log = new Uint8Array(65_536);
        const base = new Uint8Array(8);
        web!.memory.read(symbolIn(kernelOf(web!), '__log_buf'), log);
        web!.memory.read(symbolIn(kernelOf(web!), 'page_offset_base'), base);
        target.runUntil(target.now() + 1 * S, ({ kind }) => kind === 'heartbeat');
        expect(events.filter(({ kind }) => kind === 'heartbeat').length).toBeGreaterThan(beats);
        const said = Buffer.from(log).toString('latin1').replace(/\0+$/, '');
        return { said, base: Buffer.from(base).toString('hex') };
      }),
    );
    // Where chance had put its memory, and the log of one boot: nothing was booted anew. A line may have come since.
    expect(new Set(kept.map(({ base }) => base)).size).toBe(1);
    const [one = '', other = ''] = kept.map(({ said }) => said).toSorted((a, b) => a.length - b.length);
    expect(one).toMatch(/Linux version[^]*Run \/init/);
    expect(other.slice(0, one.length)).toBe(one);
  });

  it('with a leaked tasklist_lock stops beating, makes no progress, and goes on when it is released', () => {
    withMachine({}, (machine) => {
      const { target, hypervisor } = machine;
      const [web] = target.partitions;
      target.runUntil(0.5 * S);
      expect(hypervisor.healthOf('web').health).toBe('healthy');
      const lock = symbolIn(kernelOf(web!), 'tasklist_lock');
      const byte = awaitFree(machine, lock);
      web!.memory.write(lock, Uint8Array.of(0xff));
      target.runUntil(target.now() + 1 * S);
      expect(hypervisor.healthOf('web').signs).toContain('heartbeat');
      const stuck = [0, 1].map((cpu) => target.progress('web', cpu).stuck_ns);
      expect(Math.max(...stuck)).toBeGreaterThan(1e8);
      const beats = hypervisor.heartbeats('web');
      web!.memory.read(lock, byte);
      web!.memory.write(lock, Uint8Array.of(((byte[0] as number) - 0xff) & 0xff));
      target.runUntil(target.now() + 1 * S);
      expect(hypervisor.heartbeats('web')).toBeGreaterThan(beats + 2);
      expect(target.progress('web', 0).stuck_ns).toBeLessThan(1e8);
    });
  });

  it('runs code that was written after it had been translated', () => {
    withMachine({}, ({ target, events }) => {
      const [web] = target.partitions;
      target.runUntil(0.5 * S);
      // ud2, where every open of a file comes by.
      web!.memory.write(symbolIn(kernelOf(web!), 'do_sys_openat2'), Uint8Array.of(0x0f, 0x0b));
      target.runUntil(4 * S, ({ kind }) => kind === 'oops');
      expect(events.find(({ kind }) => kind === 'oops')?.detail).toMatchObject({ sign: 'invalid_opcode' });
    });
  });

  it('has registers that can be read and written, exactly', () => {
    withMachine({}, ({ target }) => {
      const cpus = target.partitions[0]?.cpus ?? [];
      expect(cpus).toHaveLength(2);
      for (const cpu of cpus) {
        expect(cpu.get('cr3') & 0xfffn).toBeLessThan(0x1000n);
        cpu.set('r15', 0xfedc_ba98_7654_3210n);
        expect(cpu.get('r15')).toBe(0xfedc_ba98_7654_3210n);
      }
      expect(cpus[0]?.get('gs_base')).not.toBe(cpus[1]?.get('gs_base'));
    });
  });

  it('tells of its own panic by its console and by pvpanic', () => {
    withMachine({}, ({ target, hypervisor, events }) => {
      expect(target.stimulate('web', 'panic')).toBe(true);
      target.runUntil(4 * S, ({ kind }) => kind === 'failed');
      expect(events.find(({ kind }) => kind === 'panic')?.detail).toEqual({ sign: 'request' });
      expect(hypervisor.healthOf('web')).toMatchObject({ health: 'failed', signs: ['panic'] });
    });
  });

  it('hears that a task is to exit', () => {
    withMachine({}, ({ target }) => {
      const [web] = target.partitions;
      const names = (): string[] => tasksIn(kernelOf(web!)).map(({ comm }) => comm);
      expect(names()).toContain('sshd');
      target.stimulate('web', 'exit sshd');
      target.runUntil(2 * S);
      expect(names()).not.toContain('sshd');
      expect(names()).toContain('nginx');
    });
  });

  it.each(Object.keys(WORKLOAD_TASKS) as Workload[])(
    'runs the workload %s under the simulation’s names',
    (workload) => {
      withMachine({ workload }, ({ target, hypervisor }) => {
        target.runUntil(2 * S);
        const names = tasksIn(kernelOf(target.partitions[0]!)).map(({ comm }) => comm);
        expect(WORKLOAD_TASKS[workload]?.filter((name) => !names.includes(name))).toEqual([]);
        expect(names).toContain('heartbeat');
        expect(hypervisor.healthOf('web')).toMatchObject({ health: 'healthy' });
      });
    },
  );

  it('several stand and run together; one that is parked stands while the other goes on', () => {
    withMachine({ names: ['web', 'db'] }, ({ target, hypervisor }) => {
      target.runUntil(0.5 * S);
      hypervisor.park('web');
      const beats = ['web', 'db'].map((name) => hypervisor.heartbeats(name));
      target.runUntil(1.5 * S);
      expect(hypervisor.heartbeats('web')).toBe(beats[0]);
      expect(hypervisor.heartbeats('db')).toBeGreaterThan(beats[1] as number);
      expect(hypervisor.healthOf('web').health).toBe('healthy');
    });
  });

  it('with page tables of five levels is read as well', () => {
    withMachine({ levels: 5 }, ({ target }) => {
      const [web] = target.partitions;
      expect(web?.vmcoreinfo()).toContain('NUMBER(pgtable_l5_enabled)=1');
      const kernel = kernelOf(web!);
      expect(kernel.space.levels).toBe(5);
      expect(tasksIn(kernel).map(({ comm }) => comm)).toContain('nginx');
      expect(target.progress('web', 0).ticks).toBeGreaterThan(0);
    });
  });

  it('with more memory than fits below 4 GiB is read on both sides of the hole', () => {
    withMachine({ memory_bytes: 4 * 2 ** 30 }, ({ target }) => {
      const [web] = target.partitions;
      expect(web?.memory.size).toBe(6 * 2 ** 30);
      const tasks = tasksIn(kernelOf(web!));
      expect(tasks.map(({ comm }) => comm)).toContain('nginx');
      expect(tasks.some(({ physical }) => physical >= 2 ** 32)).toBe(true);
      const byte = new Uint8Array(1);
      expect(web?.memory.read(2 ** 31 - 1, byte)).toBe(true);
      expect(web?.memory.read(3 * 2 ** 30, byte)).toBe(false);
    });
  });
});

describe.skipIf(missing !== undefined)('a guest that comes to nothing', () => {
  const shape: Shape = {
    cpus: 1,
    memory_bytes: 2 ** 27,
    levels: 4,
    devices: [],
    command_line: 'console=ttyS0 panic=0',
    heartbeat_ns: 1e8,
    notes: [],
  };

  it('whose QEMU is killed in mid-run is lost, and that is said', () => {
    withMachine({}, ({ target }) => {
      process.kill(target.partitions[0]?.pid as number, 'SIGKILL');
      expect(problemOf(() => target.runUntil(1 * S))).toMatchObject({
        code: 'QEMU_DIED',
        message: 'QEMU ended: somebody killed it (signal 9)',
      });
    });
  });

  it('that does not boot is told of in its console’s last words, and no snapshot is kept', () => {
    const cache = mkdtempSync(join(tmpdir(), 'siren-noboot-'));
    try {
      const command_line = 'console=ttyS0 panic=0 rdinit=/nothing';
      const problem = problemOf(() =>
        endGuest(restoreGuest({ ...shape, command_line }, openGuest(FILES.cache), { ...FILES, cache })),
      );
      expect(problem).toMatchObject({
        code: 'NO_BOOT',
        message: expect.stringMatching(
          /its kernel panicked; its console says: .*Kernel panic - not syncing/,
        ) as string,
      });
      expect(readdirSync(join(cache, 'snapshots'))).toEqual([]);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });

  it('whose snapshot QEMU does not load is booted anew: it is said, and the next run has the new one', () => {
    const cache = mkdtempSync(join(tmpdir(), 'siren-refused-'));
    const said: string[] = [];
    const aside: Aside = (words, _limit_ms, work) => (said.push(words), work());
    const restore = (): void =>
      endGuest(restoreGuest(shape, openGuest(FILES.cache), { ...FILES, cache, aside }));
    try {
      restore();
      const [id = ''] = readdirSync(join(cache, 'snapshots'));
      const [state, facts] = ['state', 'facts.json'].map((name) => join(cache, 'snapshots', id, name)) as [
        string,
        string,
      ];
      // As if QEMU had written it: the seal is that of these bytes.
      const sum = (): string => createHash('sha256').update(readFileSync(state)).digest('hex');
      const before = sum();
      writeFileSync(state, 'no state of any machine');
      writeFileSync(facts, readFileSync(facts, 'utf8').replace(before, sum()));
      restore();
      restore();
      expect(said).toEqual([
        expect.stringMatching(/^booting Linux \S+ with 1 CPU and 128 MiB: once/),
        expect.stringMatching(/^the snapshot of .* is thrown away \(QEMU ended: .*\): booting it anew$/),
      ]);
      expect(readdirSync(join(cache, 'snapshots'))).toEqual([id]);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });

  it('that registers nothing is refused: what it lacks is said', () => {
    const cache = mkdtempSync(join(tmpdir(), 'siren-mute-'));
    try {
      // Without its modules beside it.
      mkdirSync(join(cache, 'boot'));
      copyFileSync(openGuest(FILES.cache).kernel, join(cache, 'boot/vmlinuz'));
      const guest = prepareGuest({ ...FILES, cache, kernel: join(cache, 'boot/vmlinuz') });
      const problem = problemOf(() => endGuest(restoreGuest(shape, guest, { ...FILES, cache })));
      expect(problem).toMatchObject({
        code: 'NOT_REGISTERED',
        mend: expect.stringContaining('qemu_fw_cfg') as string,
      });
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
