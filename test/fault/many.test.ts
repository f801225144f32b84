import { describe, expect, it } from 'vitest';
import { Receipts } from '../../src/fault/receipts.ts';
import { Schedule } from '../../src/fault/schedule.ts';
import { action, scenario, trigger } from '../support/scenarios.ts';

const MANY = 20_000;
const MS = 1_000_000;
const flip = action('flip', 'web.tasks["nginx"].comm');
const done = {
  kind: 'done',
  place: { kind: 'machine', partition: '', text: 'there', address: 0, bytes: 1 },
  before: new Uint8Array(1),
  after: new Uint8Array(1),
  watch: [],
  note: '',
} as const;

describe('very many triggers', () => {
  it('at their own times are each due once, however they are written, and a fork goes on from there', () => {
    const triggers = Array.from({ length: MANY }, (_, index) => trigger((MANY - index) * 10, flip));
    const whole = new Schedule(triggers);
    const taken: number[] = [];
    let fork = whole;
    for (let next = whole.nextTime(); next !== undefined; next = fork.nextTime()) {
      if (next === 100_000) fork = new Schedule(triggers, whole.state());
      taken.push(...fork.take(next).map((due) => due.trigger));
    }
    expect(taken).toEqual(Array.from({ length: MANY }, (_, index) => MANY - 1 - index));
    expect(whole.nextTime()).toBe(100_000);
  });

  it('at one instant are due in the order of the spec', () => {
    const schedule = new Schedule(Array.from({ length: 100 }, () => trigger(MS, flip)));
    expect(schedule.take(MS).map((due) => due.trigger)).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(schedule.nextTime()).toBeUndefined();
  });

  it('have each the receipt that is theirs', () => {
    const triggers = Array.from({ length: MANY }, () => trigger(MS, flip));
    const receipts = new Receipts(scenario({ triggers }), 0);
    for (let index = 0; index < MANY; index += 2) receipts.fired(index, 0, MS, done, []);
    for (let index = 1; index < MANY; index += 4) receipts.drop(index);
    for (let index = 0; index < MANY; index += 4) receipts.fired(index, 0, 2 * MS, done, []);
    receipts.drop(0);
    const list = receipts.list(undefined);
    expect(list).toHaveLength(MANY);
    expect(list.filter((one) => one.trigger === 0).map((one) => one.fired_ns)).toEqual([MS, 2 * MS]);
    expect(list.filter((one) => one.trigger === 1)).toEqual([]);
    expect(list.find((one) => one.trigger === 3)?.fired_ns).toBeUndefined();
    expect(new Receipts(scenario({ triggers }), 0, receipts.entries()).list(undefined)).toEqual(list);
  });
});
