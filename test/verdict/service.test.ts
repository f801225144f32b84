import { describe, expect, it } from 'vitest';
import type { Claim } from '../../src/model/scenario.ts';
import type { ServiceReport } from '../../src/patient/report.ts';
import { event, finding, receipt, report } from '../support/records.ts';
import { action, claim, on, span, trigger } from '../support/scenarios.ts';
import { judged, outcomes } from './judge-with.ts';

const MS = 1_000_000;
const LOCK = 'web.locks["tasklist_lock"]';

function serviced(more: Partial<ServiceReport> = {}): ServiceReport {
  return {
    ambulance: 'rescue',
    patient: 'web',
    ordered_ns: 75 * MS,
    ended_ns: 80 * MS,
    state: 'done',
    message: `release ${LOCK}`,
    repaired: [{ code: 'LOCK_NO_HOLDER', place: LOCK, physical: 4096 }],
    writes: [],
    ...more,
  };
}
const UNDONE = serviced({
  state: 'rolled_back',
  by: 'verify',
  code: 'TASK_PID',
  message: 'still wrong',
  repaired: [],
});
const DIED = serviced({
  state: 'rolled_back',
  by: 'lease',
  code: 'AMBULANCE_DIED',
  message: 'rescue died',
  repaired: [],
});
const says = (states: string, services: readonly ServiceReport[], more: Partial<Claim> = {}): string =>
  outcomes([claim('service', 'web', states, more)], { services })[0] as string;

describe('service claims', () => {
  it('say how it ended, and their negatives how it did not', () => {
    const ends = {
      done: serviced(),
      rolled_back: UNDONE,
      declined: serviced({ state: 'declined' }),
      failed: serviced({ state: 'failed' }),
    } as const;
    for (const [state, one] of Object.entries(ends)) {
      for (const other of Object.keys(ends)) {
        expect(says(other, [one]) === 'met', `${state} is ${other}`).toBe(other === state);
        expect(says(`not ${other}`, [one]) === 'met', `${state} is not ${other}`).toBe(other !== state);
      }
    }
    expect(says('done or rolled_back', [UNDONE])).toBe('met');
  });

  it('go by the code, by what ended it, and by whom', () => {
    expect(says('rolled_back', [UNDONE], { signs: ['verify'], codes: ['TASK_PID'] })).toBe('met');
    expect(says('rolled_back', [UNDONE], { signs: ['lease'] })).toContain(
      'rolled_back by verify with TASK_PID at 80 ms',
    );
    expect(says('rolled_back', [UNDONE], { codes: ['RQ_COUNT'] })).toMatch(/^unmet/);
    expect(says('not rolled_back', [UNDONE], { signs: ['lease'] })).toBe('met');
    const both = [DIED, serviced({ ambulance: 'spare' })];
    expect(says('done', both, { from: 'spare' })).toBe('met');
    expect(says('done', both, { from: 'rescue' })).toMatch(/^unmet: rescue: rolled_back by lease/);
    expect(says('not done', both, { from: 'rescue' })).toBe('met');
    expect(says('not done', both)).toMatch(/^unmet: spare: done/);
  });

  it('count from a trigger or from an event', () => {
    const within = (limit_ms: number, of: NonNullable<Claim['within']>['of']): Partial<Claim> => ({
      within: { limit_ns: limit_ms * MS, ...(of && { of }) },
    });
    const died = {
      name: 'web.park',
      moment: 'event',
      event: { subject: 'web', event: 'park', nth: 1, span },
      span,
    } as const;
    const run = { services: [serviced()], events: [event(71, 'web', 'park'), event(90, 'web', 'park')] };
    const seen = (limit_ms: number): string | undefined =>
      outcomes([claim('service', 'web', 'done', within(limit_ms, died))], run)[0];
    expect(seen(9)).toBe('met');
    expect(seen(8)).toMatch(/^unmet: rescue: done at 80 ms.*expected within 8 ms of web.park/);
    const never = { ...died, event: { ...died.event, event: 'resume' }, name: 'web.resume' };
    expect(outcomes([claim('service', 'web', 'not done', within(9, never))], run)[0]).toBe(
      'unmet: web.resume never came',
    );
    const late = within(9, { name: 'death', moment: 'fired', span });
    expect(
      outcomes([claim('service', 'web', 'done', late)], {
        ...run,
        receipts: [receipt({ name: 'death', fired_ns: 72 * MS })],
      }),
    ).toEqual(['met']);
  });

  it('are blind where nobody serviced, and their negatives with them', () => {
    for (const state of ['done', 'not done']) {
      expect(says(state, [])).toBe('unmet: nobody serviced web');
      expect(says(state, [serviced({ patient: 'db' })])).toBe('unmet: nobody serviced web');
    }
    const events = [event(70, 'rescue', 'park', { patient: 'web' })];
    expect(outcomes([claim('service', 'web', 'not done')], { events })[0]).toBe(
      'unmet: the run ended before rescue had serviced web',
    );
  });

  it('that are met account for what was repaired, and for nothing else', () => {
    const found = finding('locks', 'LOCK_NO_HOLDER', LOCK, { physical: 4096 });
    const follows = finding('tasks', 'TASK_COUNT', 'web.symbols["nr_threads"]', {
      index: 1,
      consequence_of: 0,
    });
    const reports = [report({ findings: [found, follows] })];
    const complaints = (states: string, services: readonly ServiceReport[], more = reports): string[] =>
      judged([claim('service', 'web', states)], { services, reports: more }).complaints.map(
        ({ code }) => code,
      );
    expect(complaints('done', [serviced()])).toEqual([]);
    expect(complaints('not rolled_back', [serviced()])).toEqual(['E0910', 'E0910']);
    expect(complaints('rolled_back', [UNDONE])).toEqual(['E0910', 'E0910']);
    const other = finding('tasks', 'TASK_PID', 'web.tasks["nginx"].pid', { index: 2 });
    expect(complaints('done', [serviced()], [report({ findings: [found, other] })])).toEqual(['E0910']);
  });
});

describe('a service that was ordered', () => {
  const order = { triggers: [trigger(on('rescue.diagnosed'), action('service', 'web'))] };
  const fired = receipt({
    verb: 'service',
    kind: 'request',
    name: '',
    place: 'web',
    fired_ns: 75 * MS,
    bytes: 0,
  });
  const codes = (services: readonly ServiceReport[]): string[] =>
    judged([claim('guest', 'web', 'healthy')], { receipts: [fired], services }, order).complaints.map(
      ({ code }) => code,
    );

  it('has to come to its end', () => {
    expect(codes([serviced()])).toEqual([]);
    expect(codes([])).toEqual(['E0916']);
    expect(codes([serviced({ ordered_ns: 60 * MS })])).toEqual(['E0916']);
    expect(codes([serviced({ patient: 'db' })])).toEqual(['E0916']);
  });
});

describe('an ambulance', () => {
  const dead = [
    event(60, 'rescue', 'failed', { sign: 'lease', patient: 'web' }),
    event(60, 'rescue', 'revoked', { patient: 'web' }),
  ];

  it('has failed when its lease ran out, and its grants are then revoked', () => {
    const about = (subject: string, state: string, events = dead): string | undefined =>
      outcomes([claim('hypervisor', subject, state)], { events })[0];
    expect(about('rescue', 'failed')).toBe('met');
    expect(about('rescue', 'not healthy')).toBe('met');
    expect(about('rescue.grants', 'revoked')).toBe('met');
    expect(about('spare', 'healthy')).toBe('met');
    expect(about('spare', 'failed')).toMatch(/^unmet/);
    expect(about('rescue.grants', 'not revoked')).toMatch(/^unmet/);
    expect(about('rescue.grants', 'not revoked', [])).toBe('met');
    expect(about('web', 'not failed')).toBe('met');
  });

  it('that was killed was not late', () => {
    const summon = {
      triggers: [trigger(40 * MS, action('summon', 'rescue', { to: [action('x', 'web').subject as never] }))],
    };
    const fired = receipt({ verb: 'summon', kind: 'request', name: '', place: 'rescue', fired_ns: 40 * MS });
    const killed = receipt({ trigger: 1, verb: 'kill', name: 'death', place: 'rescue', fired_ns: 41 * MS });
    const codes = (...receipts: (typeof fired)[]): string[] =>
      judged([claim('guest', 'web', 'healthy')], { receipts }, summon).complaints.map(({ code }) => code);
    expect(codes(fired)).toEqual(['E0915']);
    expect(codes(fired, killed)).toEqual([]);
    expect(codes(fired, { ...killed, place: 'spare' })).toEqual(['E0915']);
  });
});

it('an ambulance that died on the way had come: what it disturbed is compared', () => {
  const twins = [{ claim: 'undisturbed', partition: 'db', identical: true, difference: '' }] as const;
  const events = [
    event(60, 'rescue', 'attach', { patient: 'web' }),
    event(65, 'rescue', 'failed', { sign: 'lease' }),
  ];
  const seen = (...more: ReturnType<typeof event>[]): string | undefined =>
    outcomes([claim('bystander', 'db', 'undisturbed')], { twins, events: [...events, ...more] })[0];
  expect(seen(event(65, 'rescue', 'revoked', { patient: 'web' }))).toBe('met');
  expect(seen()).toContain('rescue died before it had concluded on web');
});

it('a parked guest may be read again, and let go it may not be', () => {
  const until = { subject: 'spare', event: 'attach', nth: 1, span } as const;
  const seen = (...events: ReturnType<typeof event>[]): string | undefined =>
    outcomes([claim('guest', 'web', 'parked', { until })], {
      events: [...events, event(80, 'spare', 'attach'), event(90, 'web', 'resume')],
    })[0];
  expect(seen(event(70, 'web', 'park'))).toBe('met');
  expect(
    seen(
      event(70, 'web', 'park'),
      event(71, 'web', 'resume', { for: 'reading' }),
      event(72, 'web', 'park', { for: 'reading' }),
    ),
  ).toBe('met');
  expect(seen(event(70, 'web', 'park'), event(71, 'web', 'resume'), event(72, 'web', 'park'))).toContain(
    'resumed at 71 ms',
  );
  expect(seen()).toContain('never parked');
});
