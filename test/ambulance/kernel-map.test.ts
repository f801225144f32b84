import { beforeAll, expect, it } from 'vitest';
import type { Trigger } from '../../src/model/scenario.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { int } from '../support/expressions.ts';
import { action, trigger } from '../support/scenarios.ts';

let guest: AttendedGuest;
beforeAll(() => {
  guest = new AttendedGuest();
});

const flip = (where: string, bit: number): Trigger =>
  trigger(20 * MS, action('flip', where, { bit: [int(BigInt(bit))] }), 'x');
const TEXT = 'web.page_table[web.symbols["_stext"]]';

it.each([
  ['is not present', 0],
  ['maps 4 KiB pages that are none', 7],
  ['leads to another frame', 21],
  ['lets nobody execute it', 63],
])("the entry of the kernel's code %s: that is the one cause, and no pointer is blamed", (_what, bit) => {
  const { report } = guest.attendAt(60 * MS, [flip(TEXT, bit)]);
  expect(report.diagnosis.map(({ cause, place }) => [cause, place])).toEqual([['page_table_damage', TEXT]]);
  expect(report.findings.every(({ code }) => code === 'STACK_END')).toBe(true);
  expect(report.diagnosis[0]?.explains).toEqual(report.findings.map(({ index }) => index));
});

it.each([
  ['web.page_table[web.symbols["__start_rodata"]]', 22],
  ['web.page_table[web.symbols["_sdata"]]', 1],
  ['web.page_table[web.run_queues[0]]', 1],
  ['web.page_table[web.run_queues[0]]', 13],
])('%s, bit %d, is the first cause', (where, bit) => {
  const { report } = guest.attendAt(60 * MS, [flip(where, bit)]);
  expect(report.diagnosis[0]).toMatchObject({ cause: 'page_table_damage', place: where });
});

it.each([
  ['web.cpus[0].idtr', 20],
  ['web.cpus[1].idtr', 60],
  ['web.cpus[0].gs_base', 12],
])('%s, bit %d: the register is the one cause', (where, bit) => {
  const { report } = guest.attendAt(60 * MS, [flip(where, bit)]);
  expect(report.diagnosis.map(({ cause, place }) => [cause, place])).toEqual([['bit_flip', where]]);
});

it('a CPU that has just gone to rest with interrupts off is watched until nothing woke it', () => {
  const { report } = guest.attendAt(21 * MS, [flip('web.cpus[0].rflags', 9)]);
  expect(report.diagnosis.map(({ cause, place }) => [cause, place])).toEqual([
    ['cpu_stopped', 'web.cpus[0]'],
  ]);
});

it('of a whole guest no entry and no register is blamed, at whatever instant', () => {
  for (let at = 20_000_000; at < 60_000_000; at += 3_141_592)
    expect(guest.attendAt(at, []).report.diagnosis, `${at}`).toEqual([]);
});
