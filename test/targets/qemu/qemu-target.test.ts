import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../../../src/target/events.ts';
import { HYPERCALL } from '../../../src/target/hypercalls.ts';
import type { Supervisor } from '../../../src/target/supervisor.ts';
import { ConsoleReader } from '../../../src/targets/qemu/console-signs.ts';
import type { QmpEvent } from '../../../src/targets/qemu/process/qmp.ts';
import type { QemuPartition } from '../../../src/targets/qemu/qemu-partition.ts';
import { QemuTarget } from '../../../src/targets/qemu/qemu-target.ts';

/** A partition without a QEMU: says what it is told to say, and notes whether it runs. */
class Dummy {
  readonly name: string;
  readonly shape = { notes: ['raised'] };
  readonly snapshot = { boot_ns: 7e9, region: { physical: 0x1000, bytes: 0x1024 } };
  readonly console_reader: ConsoleReader = new ConsoleReader();
  readonly progress_meter = { look: (): void => {} };
  parked = false;
  stopped = '';
  running = false;
  runs = 0;
  said: string[] = [];
  lines: string[] = [];
  beats_to_come = 0;
  news: QmpEvent[] = [];

  constructor(name: string) {
    this.name = name;
  }
  go(): void {
    if (this.parked) return;
    this.running = true;
    this.runs++;
  }
  halt(): void {
    this.running = false;
  }
  held: string[] = [];
  hold(cpu: number, still: boolean): boolean {
    if (cpu < 2) this.held.push(`${cpu} ${still ? 'still' : 'goes on'}`);
    return cpu < 2;
  }
  waits(): number[] {
    return [0];
  }
  beats(): number {
    const count = this.beats_to_come;
    this.beats_to_come = 0;
    return count;
  }
  consoleLines(): string[] {
    return this.lines.splice(0);
  }
  events(): QmpEvent[] {
    return this.news.splice(0);
  }
  end(sign: string): void {
    this.stopped = sign;
    this.parked = true;
    this.running = false;
  }
  say(words: string): void {
    this.said.push(words);
  }
}

interface Heard {
  readonly target: QemuTarget;
  readonly web: Dummy;
  readonly db: Dummy;
  readonly events: TraceEvent[];
  readonly calls: string[];
}

function machine(alarm: (target: QemuTarget, partition: string, id: number) => void = () => {}): Heard {
  const [web, db] = [new Dummy('web'), new Dummy('db')];
  const target = new QemuTarget([web, db] as unknown as QemuPartition[]);
  const [events, calls]: [TraceEvent[], string[]] = [[], []];
  const named = Object.fromEntries(Object.entries(HYPERCALL).map(([name, number]) => [number, name]));
  target.onTrace((event) => (events.push(event), false));
  target.supervise({
    hypercall: ({ partition, number, first }) => (calls.push(`${partition} ${named[number]} ${first}`), 0),
    alarm: (partition, id) => {
      calls.push(`${partition} alarm ${id} at ${target.now()}`);
      alarm(target, partition, id);
    },
    stopped: (partition, sign) => void calls.push(`${partition} stopped ${sign}`),
    rebased: () => {},
    adopt: () => {},
    save: () => '',
  } satisfies Supervisor);
  return { target, web, db, events, calls };
}

const MS = 1e6;

describe('real machines as a target', () => {
  it('come with their past: switched on, registered, booted, before t = 0; told once', () => {
    const { target, events, calls } = machine();
    target.begin();
    target.begin();
    expect(events.map(({ kind, subject }) => `${subject} ${kind}`)).toEqual(
      ['power_on', 'register', 'boot_complete'].flatMap((kind) => [`web ${kind}`, `db ${kind}`]),
    );
    expect(events.map(({ time_ns }) => Math.sign(time_ns))).toEqual([-1, -1, -1, -1, 0, 0]);
    expect(calls).toEqual([
      'web register_metadata 4096',
      'db register_metadata 4096',
      'web boot_complete 0',
      'db boot_complete 0',
    ]);
    expect(target.notes).toEqual(['raised', 'raised']);
  });

  it('all run together, stop together, and end exactly at the time that was asked for', () => {
    const { target, web, db } = machine();
    target.runUntil(20 * MS);
    expect(target.now()).toBe(20 * MS);
    expect([web.runs, db.runs, web.running, db.running]).toEqual([1, 1, false, false]);
  });

  it('alarms ring at their time, in their order, also those that an alarm orders', () => {
    const { target, calls } = machine((one, partition, id) => {
      if (id === 1) one.setAlarm(partition, 9 * MS, 3);
    });
    target.setAlarm('db', 12 * MS, 2);
    target.setAlarm('web', 6 * MS, 1);
    target.runUntil(30 * MS);
    // What is past is rung at once, the earlier first.
    target.setAlarm('db', 8 * MS, 5);
    target.setAlarm('web', 7 * MS, 4);
    target.runUntil(31 * MS);
    expect(calls.splice(-2)).toEqual([`web alarm 4 at ${30 * MS}`, `db alarm 5 at ${30 * MS}`]);
    expect(calls.filter((call) => call.includes('alarm'))).toEqual([
      `web alarm 1 at ${6 * MS}`,
      `web alarm 3 at ${9 * MS}`,
      `db alarm 2 at ${12 * MS}`,
    ]);
  });

  it('while all are parked time goes by without them, and alarms ring', () => {
    const { target, web, db, calls } = machine();
    web.parked = true;
    db.parked = true;
    target.setAlarm('web', 3_600_000 * MS, 1);
    target.runUntil(7_200_000 * MS);
    expect(target.now()).toBe(7_200_000 * MS);
    expect(calls).toContain(`web alarm 1 at ${3_600_000 * MS}`);
    expect(web.runs + db.runs).toBe(0);
  });

  it('stop where a listener says so', () => {
    const { target, web } = machine();
    web.beats_to_come = 1;
    target.runUntil(10_000 * MS, ({ kind }) => kind === 'heartbeat');
    expect(target.now()).toBeLessThan(5_000 * MS);
    expect(web.running).toBe(false);
  });

  it('tell of beats, of the console and of what QEMU saw, and the supervisor of what a hypervisor hears', () => {
    const { target, web, events, calls } = machine();
    target.begin();
    calls.length = 0;
    events.length = 0;
    web.beats_to_come = 2;
    web.lines = [
      'BUG: kernel NULL pointer dereference, address: 0000000000000008',
      'CPU: 0 PID: 9 Comm: sshd Not tainted',
      'Kernel panic - not syncing: Fatal exception',
    ];
    web.news = [
      { name: 'GUEST_PANICKED', data: {} },
      { name: 'STOP', data: {} },
    ];
    target.runUntil(5 * MS);
    expect(events.filter(({ kind }) => kind !== 'log').map(({ kind, detail }) => [kind, detail])).toEqual([
      ['heartbeat', {}],
      ['heartbeat', {}],
      ['oops', { sign: 'null_pointer', address: '0000000000000008', comm: 'sshd' }],
      ['panic', { sign: 'oops' }],
    ]);
    expect(events.filter(({ kind }) => kind === 'log')).toHaveLength(3);
    expect(calls).toEqual([
      'web heartbeat 0',
      'web heartbeat 0',
      'web distress 1',
      'web distress 2',
      'web distress 2',
    ]);
  });

  it('one whose processor gave up stands for good, the others go on', () => {
    const { target, web, db, calls, events } = machine();
    web.news = [{ name: 'SHUTDOWN', data: { reason: 'guest-reset' } }];
    target.runUntil(20 * MS);
    target.runUntil(40 * MS);
    expect(calls.filter((call) => call.includes('stopped'))).toEqual(['web stopped triple_fault']);
    expect(events.find(({ kind }) => kind === 'stopped')?.detail).toEqual({
      sign: 'triple_fault',
      address: 0,
    });
    expect([web.runs, db.runs]).toEqual([1, 2]);
    expect(target.stimulate('web', 'panic')).toBe(false);
  });

  it('pass on stimuli that a line can hold, and no others', () => {
    const { target, web } = machine();
    expect(target.stimulate('web', 'exit php-fpm 85')).toBe(true);
    expect(target.stimulate('web', 'exit x\nreboot')).toBe(false);
    expect(target.stimulate('none', 'panic')).toBe(false);
    expect(web.said).toEqual(['exit php-fpm 85']);
  });

  it('the hash tells one course of events from another', () => {
    const [one, other, same] = [machine(), machine(), machine()];
    for (const { target } of [one, other, same]) target.begin();
    other.target.emit('web', 'failing', { sign: 'heartbeat' });
    expect(one.target.traceHash()).toMatch(/^[0-9a-f]{16}$/);
    expect(one.target.traceHash()).toBe(same.target.traceHash());
    expect(one.target.traceHash()).not.toBe(other.target.traceHash());
  });
});

describe('a processor', () => {
  it('that is stalled is let go when the time is over, not before and not after', () => {
    const { target, web, db } = machine();
    target.runUntil(1e7);
    expect(target.controls.stallCpu('web', 1, 2e7)).toBe(true);
    target.runUntil(2.9e7);
    expect(web.held).toEqual(['1 still']);
    target.runUntil(3e7);
    target.runUntil(5e7);
    expect(web.held).toEqual(['1 still', '1 goes on']);
    expect(db.held).toEqual([]);
  });

  it('that was stopped beside it stands for ever', () => {
    const { target, web } = machine();
    target.runUntil(1e7);
    target.controls.stallCpu('web', 1, 1e7);
    target.controls.stopCpu('web', 1);
    target.controls.stopCpu('web', 0);
    target.runUntil(5e7);
    expect(web.held).toEqual(['1 still', '1 still', '0 still']);
    expect(target.controls.stopCpu('web', 2)).toBe(false);
  });
});
