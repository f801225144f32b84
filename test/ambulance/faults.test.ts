import { beforeAll, describe, expect, it } from 'vitest';
import type { Action, Trigger } from '../../src/model/scenario.ts';
import { attend } from '../../src/ambulance/attend.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { AttendedGuest, MS, verdicts } from '../support/attended-guest.ts';
import { int, place, word } from '../support/expressions.ts';
import { SHIPPED } from '../support/library.ts';
import { action, trigger } from '../support/scenarios.ts';

let guest: AttendedGuest;
beforeAll(() => {
  guest = new AttendedGuest();
});

const POISON1 = 0xdead_0000_0000_0100n;
const POISON2 = 0xdead_0000_0000_0122n;
const at = (ms: number, one: Action): Trigger => trigger(ms * MS, one, 'x');
const set = (where: string, value: bigint | number): Action =>
  action('set', where, { to: [int(BigInt(value))] });

/** Verdicts that are not intact. */
function wrong(report: AmbulanceReport): Record<string, string> {
  return Object.fromEntries(
    Object.entries(verdicts(report)).filter(([, verdict]) => verdict !== 'intact' && verdict !== 'unchecked'),
  );
}

interface Row {
  readonly what: string;
  readonly fault: Action;
  readonly structure: string;
  readonly code: string;
  readonly cause: string;
  readonly place?: string;
}

const row = (
  what: string,
  fault: Action,
  structure: string,
  code: string,
  cause: string,
  where?: string,
): Row => ({
  what,
  fault,
  structure,
  code,
  cause,
  ...(where === undefined ? {} : { place: where }),
});

const ROWS: readonly Row[] = [
  row('a NULL next link', set('web.tasks["nginx"].tasks.next', 0), 'tasks', 'LIST_NULL', 'wild_pointer'),
  row('a NULL prev link', set('web.tasks["nginx"].tasks.prev', 0), 'tasks', 'LIST_NULL', 'wild_pointer'),
  row(
    'a poisoned next link',
    set('web.tasks["nginx"].tasks.next', POISON1),
    'tasks',
    'LIST_NEXT_POISON',
    'wild_pointer',
  ),
  row(
    'a poisoned prev link',
    set('web.tasks["nginx"].tasks.prev', POISON2),
    'tasks',
    'LIST_PREV_POISON',
    'wild_pointer',
  ),
  row(
    'a next link into user space',
    set('web.tasks["nginx"].tasks.next', 0x7f00_1234_5000),
    'tasks',
    'LIST_NEXT_WILD',
    'wild_pointer',
  ),
  row(
    'a prev link into user space',
    set('web.tasks["nginx"].tasks.prev', 0x7f00_1234_5000),
    'tasks',
    'LIST_PREV_WILD',
    'wild_pointer',
  ),
  row(
    'a task that is its own neighbour',
    action('set', 'web.tasks["nginx"].tasks.next', { to: [place('web.tasks["nginx"].tasks')] }),
    'tasks',
    'LIST_CYCLE',
    'wild_pointer',
  ),
  row(
    'a link over its neighbours',
    action('set', 'web.tasks["nginx"].tasks.next', { to: [place('web.tasks["sshd"].tasks')] }),
    'tasks',
    'LIST_BACKLINK',
    'wild_pointer',
  ),
  row(
    'one bit of a link',
    action('flip', 'web.tasks["nginx"].tasks.next', { bit: [int(13n)] }),
    'tasks',
    'LIST_BACKLINK',
    'bit_flip',
  ),
  row(
    'the head of the ring',
    set('web.tasks["swapper"].tasks.next', 0),
    'tasks',
    'LIST_NULL',
    'wild_pointer',
  ),
  row(
    'a state that Linux does not have',
    set('web.tasks["init"].__state', 0xbad0_0000),
    'tasks',
    'TASK_STATE',
    'bad_value',
  ),
  row(
    'a name that is no text',
    action('fill', 'web.tasks["sshd"].comm', { with: [int(0xffn)] }),
    'tasks',
    'TASK_COMM',
    'bad_value',
  ),
  row('a pid out of range', set('web.tasks["sshd"].pid', 0x7fff_ffff), 'tasks', 'TASK_PID', 'bad_value'),
  row('a count of threads', set('web.symbols["nr_threads"]', 77), 'tasks', 'TASK_COUNT', 'bad_count'),
  row(
    'a count of runnable tasks',
    set('web.run_queues[1].nr_running', 77),
    'run_queues',
    'RQ_COUNT',
    'bad_count',
  ),
  row(
    'an idle task that is none',
    set('web.run_queues[0].idle', 0x1000),
    'run_queues',
    'RQ_CURR',
    'wild_pointer',
  ),
  row('a leaked spinlock', action('leak', 'web.locks["sb_lock"]'), 'locks', 'LOCK_NO_HOLDER', 'lock_leak'),
  row('a lock word of no lock', set('web.locks["sb_lock"]', 0x77), 'locks', 'LOCK_VALUE', 'bad_value'),
  row('a stack end', action('smash', 'web.stacks["kthreadd"]'), 'stacks', 'STACK_END', 'stack_smash'),
  row(
    'a saved stack pointer',
    set('web.stacks["kthreadd"].sp', 0x1000),
    'stacks',
    'STACK_POINTER',
    'wild_pointer',
  ),
  row(
    'a callback outside of the kernel',
    set('web.timers["watchdog_timer"].function', 0x1000),
    'timers',
    'TIMER_FUNCTION',
    'wild_pointer',
  ),
  row(
    'an expiry of another bucket',
    set('web.timers["watchdog_timer"].expires', 5),
    'timers',
    'TIMER_BUCKET',
    'bad_value',
  ),
  row('a lost timer', action('lose', 'web.timers["watchdog_timer"]'), 'timers', 'TIMER_LOST', 'lost_timer'),
  row(
    "an entry's pprev",
    set('web.timers["watchdog_timer"].entry.pprev', 0x1000),
    'timers',
    'HLIST_PPREV',
    'wild_pointer',
  ),
  row(
    'a lost high-resolution timer',
    action('lose', 'web.hrtimers["watchdog_hrtimer/0"]'),
    'hrtimers',
    'TIMER_LOST',
    'lost_timer',
  ),
  row('a quantity of an order', set('web.orders[5].qty', 5000), 'orders', 'ORDER_RANGE', 'bad_value'),
  row('a state of an order', set('web.orders[5].state', 9), 'orders', 'ORDER_STATE', 'bad_value'),
  row('a next link of an order', set('web.orders[5].link.next', 0), 'orders', 'LIST_NULL', 'wild_pointer'),
  row('a prev link of an order', set('web.orders[5].link.prev', 0), 'orders', 'LIST_NULL', 'wild_pointer'),
  row(
    'a byte of the region',
    action('flip', 'web.metadata.bytes[0x120]', { bit: [int(3n)] }),
    'metadata',
    'SEAL',
    'metadata_rot',
  ),
];

describe('one fault is found, placed and named, and nothing else is blamed', () => {
  it.each(ROWS)('$what', ({ fault, structure, code, cause }) => {
    const { report, receipts } = guest.attendAt(40 * MS + 100_000, [at(40, fault)]);
    expect(receipts[0]?.fired_ns).toBe(40 * MS);
    expect(wrong(report)).toEqual({ [structure]: 'corrupt' });
    expect(report.findings.map((finding) => finding.code)).toEqual([code]);
    const [finding] = report.findings;
    const [receipt] = receipts;
    expect(finding?.physical).toBeGreaterThanOrEqual(receipt?.physical as number);
    expect(finding?.physical).toBeLessThan(
      (receipt?.physical as number) + Math.max(receipt?.bytes ?? 1, receipt?.extent ?? 0, 1),
    );
    expect(report.diagnosis.map((one) => one.cause)).toEqual([cause]);
    expect(report.diagnosis[0]?.evidence.length).toBeGreaterThan(0);
  });
});

describe('what fails is told from what follows', () => {
  it('the oops over a smashed link leaves its lock behind: a consequence, ranked second', () => {
    const { report } = guest.attendAt(100 * MS, [
      at(40, set('web.tasks["nginx"].tasks.next', POISON1)),
      at(60, action('exit', 'web.tasks["nginx"].successor')),
    ]);
    expect(wrong(report)).toEqual({ tasks: 'corrupt', locks: 'corrupt' });
    expect(report.diagnosis.map((one) => [one.cause, one.place])).toEqual([
      ['wild_pointer', 'web.tasks["nginx"].tasks.next'],
      ['lock_leak', 'web.locks["tasklist_lock"]'],
    ]);
    const link = report.findings.find((one) => one.code === 'LIST_NEXT_POISON');
    for (const other of report.findings) if (other !== link) expect(other.consequence_of).toBe(link?.index);
  });

  it.each([
    ['write', [word('write')]],
    ['read', [word('read')]],
  ])('tasklist_lock leaked to %s', (_mode, mode) => {
    const { report } = guest.attendAt(80 * MS, [
      at(40, action('leak', 'web.locks["tasklist_lock"]', { mode })),
    ]);
    expect(wrong(report)).toEqual({ locks: 'corrupt' });
    expect(report.diagnosis.map((one) => [one.cause, one.place])).toEqual([
      ['lock_leak', 'web.locks["tasklist_lock"]'],
    ]);
  });

  it.each([
    ['a stopped CPU', action('stop', 'web.cpus[1]'), 'cpu_stopped', 'web.cpus[1]'],
    ['a lost tick', action('lose', 'web.cpus[1].tick'), 'lost_interrupt', 'web.cpus[1].tick'],
    ['a lost disk interrupt', action('lose', 'web.disk0.interrupt'), 'lost_interrupt', 'web.disk0.interrupt'],
    ['a panic that was asked for', action('panic', 'web'), 'requested_panic', ''],
    [
      'a page-table entry',
      action('zero', 'web.page_table[web.run_queues[1]]'),
      'page_table_damage',
      'web.page_table[web.run_queues[1]]',
    ],
    [
      'a second-level entry',
      action('zero', 'web.second_level[web.run_queues[0]]'),
      'second_level_damage',
      '',
    ],
    [
      'a stack end at the next switch',
      action('smash', 'web.stacks["nginx"]'),
      'stack_smash',
      'web.stacks["nginx"].end',
    ],
    [
      'the heartbeat timer',
      action('lose', 'web.hrtimers["heartbeat_timer"]'),
      'lost_timer',
      'web.hrtimers["heartbeat_timer"]',
    ],
  ])('%s', (_what, fault, cause, where) => {
    const { report } = guest.attendAt(140 * MS, [at(40, fault)]);
    expect(report.diagnosis[0]).toMatchObject({ cause, place: where });
    if (cause !== 'second_level_damage' && cause !== 'page_table_damage') {
      expect(Object.keys(wrong(report)).length).toBeLessThan(2);
    }
  });

  it.each([
    ['tick', 'web.cpus[1].tick'],
    ['disk interrupt', 'web.disk0.interrupt'],
  ])('a lost %s is not told from one that is late where nobody can wait for it', (_what, lost) => {
    const { patient, run } = guest.patientAt(140 * MS, [at(40, action('lose', lost))]);
    const standing: Patient = new Proxy(patient, {
      get: (of, name) => (name === 'letRun' ? () => false : bound(of, name)),
    });
    const once = attend(standing, { ambulance: 'rescue', library: SHIPPED }).report;
    const waited = attend(patient, { ambulance: 'rescue', library: SHIPPED }).report;
    run.machine.release();
    expect(waited.diagnosis.map(({ cause }) => cause)).toContain('lost_interrupt');
    expect(once.diagnosis.map(({ cause }) => cause)).not.toContain('lost_interrupt');
  });
});

/** Methods of the object itself: what is private is not to be had through a proxy. */
function bound(of: Patient, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name, of);
  return typeof value === 'function' ? value.bind(of) : value;
}
