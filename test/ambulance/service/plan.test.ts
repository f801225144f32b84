import { describe, expect, it } from 'vitest';
import type { Attended } from '../../../src/ambulance/attend.ts';
import { planOf } from '../../../src/ambulance/service/plan.ts';
import type { Repair } from '../../../src/patient/repair.ts';
import { finding, report, verdict } from '../../support/records.ts';

const write = (physical: number, byte: number): Repair['writes'][0] => ({
  place: 'web.x',
  address: '',
  physical,
  bytes: Uint8Array.of(byte),
});
const repair = (index: number, more: Partial<Repair> = {}): Repair => ({
  finding: index,
  code: 'LIST_BACKLINK',
  kind: 'relink',
  place: 'web.x',
  physical: 1,
  writes: [write(index, 1)],
  acts: [{ verb: more.kind ?? 'relink', place: more.place ?? 'web.x' }],
  would_lose: false,
  ...more,
});
/** Findings by what each follows from. */
const attended = (causes: readonly (number | undefined)[], ...repairs: Repair[]): Attended => ({
  report: report({
    findings: causes.map((cause, index) =>
      finding('tasks', 'LIST_BACKLINK', 'web.x', {
        index,
        ...(cause === undefined ? {} : { consequence_of: cause }),
      }),
    ),
  }),
  repairs,
  cpus: [],
  processors: [],
  cost_ns: 0,
});
const plan = (seen: Attended): unknown => planOf({ kind: 'advice' }, seen, 'web');

describe('advice', () => {
  it('is every repair there is, in the order of the findings', () => {
    const both = plan(attended([undefined, undefined], repair(0), repair(1)));
    expect(both).toMatchObject({ findings: [0, 1], steps: [[write(0, 1)], [write(1, 1)]] });
  });

  it('leaves alone what follows from what is repaired, through a chain, even if its own repair must not be made', () => {
    const lost = repair(2, { declined: 'WOULD_LOSE_DATA', writes: [] });
    expect(plan(attended([undefined, 0, 1], repair(0), repair(1), lost))).toMatchObject({ findings: [0] });
    expect(plan(attended([undefined, 0, undefined], repair(0), repair(1), lost))).toMatchObject({
      state: 'declined',
      code: 'WOULD_LOSE_DATA',
    });
  });

  it('is declined when the cause may not be repaired, whatever could be done about the rest', () => {
    const cause = repair(0, { declined: 'NO_VALUE', writes: [] });
    expect(plan(attended([undefined, 0], cause, repair(1)))).toMatchObject({
      state: 'declined',
      code: 'NO_VALUE',
      repaired: [],
    });
  });

  it('writes the same bytes to one place once, and different ones in their order', () => {
    const again = repair(1, { writes: [write(0, 1), write(0, 2), write(5, 1)] });
    expect(plan(attended([undefined, undefined], repair(0), again))).toMatchObject({
      steps: [[write(0, 1)], [write(0, 2)], [write(5, 1)]],
    });
  });

  it('is not asked for where nothing is wrong, and not there where nobody knows any', () => {
    expect(plan(attended([]))).toMatchObject({ state: 'declined', code: 'NOTHING_FOUND' });
    expect(plan(attended([undefined]))).toMatchObject({ state: 'declined', code: 'NO_REPAIR' });
  });
});

describe('where nothing was found', () => {
  const seen = (...verdicts: Parameters<typeof verdict>[]): unknown =>
    plan({ ...attended([]), report: report({ verdicts: verdicts.map((one) => verdict(...one)) }) });

  it('nothing is wrong only if everything could be looked at', () => {
    expect(seen(['tasks'], ['pids', 'unchecked'])).toMatchObject({ code: 'NOTHING_FOUND' });
    expect(seen(['tasks'], ['locks', 'unsettled'])).toMatchObject({ state: 'declined', code: 'NOT_JUDGED' });
    expect(seen(['tasks'], ['locks', 'unreachable', { code: 'INDEX' }])).toMatchObject({
      code: 'NOT_JUDGED',
      message: 'nothing was found, but web.locks is unreachable (INDEX)',
    });
  });

  it('of many that could not be looked at some are named', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name): Parameters<typeof verdict> => [name, 'unreachable']);
    expect(seen(...many)).toMatchObject({
      message:
        'nothing was found, but web.a is unreachable, web.b is unreachable, web.c is unreachable, and 2 more',
    });
  });
});

describe('an order', () => {
  const order = (place: string) =>
    ({
      kind: 'steps',
      steps: [{ kind: 'repair', verb: 'release', place, physical: -1, unless_loss: false }],
    }) as const;
  const lock = repair(0, { kind: 'release', place: 'web.locks["sb_lock"]' });

  it('finds the repair of the place that it names', () => {
    const seen = attended([undefined], lock);
    expect(planOf(order('web.locks["sb_lock"]'), seen, 'web')).toMatchObject({
      findings: [0],
      steps: [lock.writes],
    });
    expect(
      planOf(order('web.x'), attended([undefined], { ...lock, place: 'web.y', physical: 9 }), 'web'),
    ).toMatchObject({ state: 'declined' });
    expect(planOf(order('web.locks["other"]'), seen, 'web')).toMatchObject({
      state: 'declined',
      code: 'NOT_ORPHAN',
    });
    expect(
      planOf(order('web.locks["sb_lock"]'), attended([undefined], { ...lock, declined: 'CONDITION' }), 'web'),
    ).toMatchObject({ state: 'declined', code: 'CONDITION' });
  });

  const step = (verb: Repair['kind'], place: string, physical = -1, unless_loss = false) =>
    ({ kind: 'repair', verb, place, physical, unless_loss }) as const;
  const asked = (seen: Attended, ...steps: ReturnType<typeof step>[]): unknown =>
    planOf({ kind: 'steps', steps }, seen, 'web');

  it('finds it by what a step of it acts on, and by where that lies', () => {
    const acts = [
      { verb: 'set', place: 'web.t.state' },
      { verb: 'quarantine', place: 'web.tasks["t"]' },
    ] as const;
    const both = attended([undefined], repair(0, { kind: 'set', physical: 77, acts }));
    expect(asked(both, step('quarantine', 'web.tasks["t"]'))).toMatchObject({ findings: [0] });
    expect(asked(both, step('quarantine', 'web.z', 77))).toMatchObject({ findings: [0] });
    expect(asked(both, step('relink', 'web.tasks["t"]'))).toMatchObject({
      state: 'declined',
      code: 'NO_REPAIR',
    });
    const twice = asked(both, step('quarantine', 'web.tasks["t"]'), step('set', 'web.t.state'));
    expect(twice).toMatchObject({ findings: [0], steps: [[write(0, 1)]] });
  });

  it('unless data would be lost', () => {
    const lossy = attended([undefined], repair(0, { would_lose: true }));
    expect(asked(lossy, step('relink', 'web.x'))).toMatchObject({ findings: [0] });
    expect(asked(lossy, step('relink', 'web.x', -1, true))).toMatchObject({
      state: 'declined',
      code: 'WOULD_LOSE_DATA',
    });
  });
});
