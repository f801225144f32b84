import { beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import type { Action } from '../../src/model/scenario.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { delegate } from '../support/damaged-patient.ts';
import { int, place } from '../support/expressions.ts';
import { action, trigger } from '../support/scenarios.ts';
import { SHIPPED } from '../support/library.ts';

let guest: AttendedGuest;
beforeAll(() => {
  guest = new AttendedGuest();
});

const ONES = 0xffff_ffff_ffff_ffffn;
const NGINX = 'web.tasks["nginx"]';
const BASES = 'web.symbols["hrtimer_bases"][0]';
const set = (where: string, value: bigint | number): Action =>
  action('set', where, { to: [int(BigInt(value))] });
const fill = (where: string, byte: number, bytes: number): Action =>
  action('fill', where, { with: [int(byte)], bytes: [int(bytes)] });

/** What is written, how long the guest goes on, the finding ('' for none), the first diagnosis; both at a place. */
type Row = readonly [
  what: string,
  fault: Action,
  after_ms: number,
  code: string,
  cause: string,
  where: string,
];

const ROWS: readonly Row[] = [
  ['an on_rq of no task', set(`${NGINX}.on_rq`, 7), 0.1, 'RQ_TASK', 'bad_value', `${NGINX}.on_rq`],
  [
    'where a sleeper goes on',
    fill('web.stacks["kthreadd"].bytes[16168]', 0x11, 8),
    1,
    'STACK_RETURN',
    'wild_pointer',
    'web.stacks["kthreadd"].bytes[16168]',
  ],
  [
    'a bucket that leads nowhere',
    set('web.symbols["timer_bases"][0][1].vectors[127].first', 0x1000),
    0.1,
    'HLIST_WILD',
    'wild_pointer',
    'web.timer_wheels[1].vectors[127].first',
  ],
  [
    'a wheel that is ahead of its timers',
    set('web.symbols["timer_bases"][1][0].clk', 0x1_0040_0000),
    0.1,
    'TIMER_LATE',
    'lost_timer',
    'web.timers[3].expires',
  ],
  [
    'a descriptor of the log',
    set('web.log.desc_ring.descs[3].state_var', 0),
    1,
    'LOG_DESCRIPTOR',
    'bad_value',
    'web.log.desc_ring.descs[3].state_var',
  ],
  [
    'a text of the log',
    set('web.log.text_data_ring.data[0]', 0xff),
    1,
    'LOG_DATA',
    'bad_value',
    'web.log.text_data_ring.data[0]',
  ],
  [
    'a write over many fields',
    fill(`${NGINX}.tasks`, 0x41, 64),
    1,
    'LIST_PREV_WILD',
    'wild_write',
    `${NGINX}.tasks.prev`,
  ],
  [
    'a period that never ends',
    set('web.symbols["heartbeat_period"]', 1),
    360,
    '',
    'endless_loop',
    'web.cpus[0].rip',
  ],
  [
    'a tree that leads back to itself',
    action('set', 'web.hrtimers["heartbeat_timer"].node.node.rb_right', {
      to: [place('web.hrtimers["heartbeat_timer"].node.node')],
    }),
    360,
    'RB_POINTER',
    'wild_pointer',
    'web.hrtimers["heartbeat_timer"].node.node.rb_right',
  ],
  [
    "a run queue's lock",
    fill('web.run_queues[0].__lock', 1, 1),
    460,
    'LOCK_NO_HOLDER',
    'lock_leak',
    'web.run_queues[0].__lock',
  ],
  [
    "a timer queue's lock",
    set(`${BASES}.lock`, 1),
    160,
    'LOCK_NO_HOLDER',
    'lock_leak',
    'web.hrtimer_bases[0].lock',
  ],
  [
    'a CPU that rests with interrupts off',
    action('zero', 'web.cpus[0].rflags'),
    160,
    '',
    'cpu_stopped',
    'web.cpus[0]',
  ],
  ['a pgd outside of memory', set(`${NGINX}.mm.pgd`, 0), 160, 'TASK_MM', 'wild_pointer', `${NGINX}.mm.pgd`],
  ['an mm that leads nowhere', set(`${NGINX}.mm`, ONES), 160, 'TASK_MM', 'wild_pointer', `${NGINX}.mm`],
  [
    'an entry that leads outside of memory',
    set('web.page_table[web.run_queues[0]]', ONES),
    160,
    '',
    'page_table_damage',
    'web.page_table[web.run_queues[0]]',
  ],
  [
    'curr, and a panic on it',
    set('web.run_queues[0].curr', ONES),
    160,
    'RQ_CURR',
    'wild_pointer',
    'web.run_queues[0].curr',
  ],
  [
    'no curr, and a panic on it',
    set('web.run_queues[0].curr', 0),
    160,
    'RQ_CURR',
    'wild_pointer',
    'web.run_queues[0].curr',
  ],
  [
    'the root of a tree, and a panic on it',
    set(`${BASES}.clock_base[0].active.rb_root.rb_root.rb_node`, ONES),
    100,
    'RB_POINTER',
    'wild_pointer',
    'web.hrtimer_bases[0].clock_base[0].active.rb_root.rb_root.rb_node',
  ],
  [
    "a sleeper's wheel timer",
    action('lose', 'web.timers[0]'),
    160,
    'TIMER_LOST',
    'lost_timer',
    'web.stacks["sshd"].bytes[16160]',
  ],
  [
    "a sleeper's timer",
    action('lose', 'web.hrtimers[3]'),
    160,
    'TIMER_LOST',
    'lost_timer',
    'web.stacks["php-fpm"].bytes[16128]',
  ],
  [
    'a device that may reach nothing',
    action('zero', 'web.disk0.iommu'),
    260,
    '',
    'device_frozen',
    'web.disk0',
  ],
  [
    'a name that is no text',
    fill(`${NGINX}.comm`, 0xff, 8),
    20,
    'TASK_COMM',
    'bad_value',
    'web.tasks[7].comm',
  ],
  [
    'a count of orders',
    set('web.symbols["order_book"].count', 99),
    1,
    'ORDER_COUNT',
    'bad_count',
    'web.symbols["order_book"].count',
  ],
];

describe('what is written by real damage is found and named', () => {
  it.each(ROWS)('%s', (_what, fault, after_ms, code, cause, where) => {
    const { report, receipts } = guest.attendAt(40 * MS + after_ms * MS, [trigger(40 * MS, fault)]);
    expect(receipts[0]?.fired_ns).toBe(40 * MS);
    if (code === '') expect(report.findings).toEqual([]);
    else expect(report.findings[0]).toMatchObject({ code, place: where });
    expect(report.diagnosis[0]).toMatchObject({ cause, place: where });
  });

  it('two locks leaked at once are two leaks', () => {
    const leaks = ['sb_lock', 'inode_hash_lock'].map((lock) =>
      trigger(40 * MS, action('leak', `web.locks["${lock}"]`)),
    );
    const { report } = guest.attendAt(70 * MS, leaks);
    expect(report.diagnosis.map((one) => [one.cause, one.place])).toEqual([
      ['lock_leak', 'web.locks["sb_lock"]'],
      ['lock_leak', 'web.locks["inode_hash_lock"]'],
    ]);
  });

  it('a registration that was refused is a lie', () => {
    const { patient } = guest.patientAt(40 * MS);
    const refused = {
      ...delegate(patient, (physical, into) => patient.read(physical, into)),
      refusal: 'OUTSIDE',
    };
    const { report } = attend(refused, { ambulance: 'rescue', library: SHIPPED });
    expect(report.diagnosis[0]).toMatchObject({ cause: 'metadata_lie', place: 'web.metadata' });
  });
});
