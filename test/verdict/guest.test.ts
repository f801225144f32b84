import { describe, expect, it } from 'vitest';
import type { Path } from '../../src/model/expression.ts';
import type { Claim } from '../../src/model/scenario.ts';
import { place } from '../support/expressions.ts';
import { beats, event, receipt } from '../support/records.ts';
import { action, claim, on, span, trigger } from '../support/scenarios.ts';
import { outcomes } from './judge-with.ts';

const MS = 1_000_000;
const died = [...beats('web', 39), event(60.4, 'web', 'oops', { sign: 'list_bug' }), ...beats('db')];
const within = (
  limit_ms: number,
  moment: 'fired' | 'activated' = 'fired',
  name = 'smash',
): NonNullable<Claim['within']> => ({
  limit_ns: limit_ms * MS,
  of: { name, moment, span },
});
const fault = { triggers: [trigger(40 * MS, action('zero', 'web.tasks["nginx"].tasks.next'), 'smash')] };
const smashed = { events: died, receipts: [receipt()] };

const pathAt = (comm: string): Path => {
  const written = place(`web.tasks["${comm}"].run`);
  if (written.kind !== 'path') throw new Error('no path');
  return written.value;
};

describe('guest claims', () => {
  it('a state is met by its event, unmet without, and the negative is the other way round', () => {
    const oopsed = claim('guest', 'web', 'oopsed');
    expect(outcomes([oopsed], { events: died })).toEqual(['met']);
    expect(outcomes([oopsed])).toEqual(['unmet: it never happened: nothing befell web']);
    expect(outcomes([claim('guest', 'web', 'not oopsed')])).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'not oopsed')], { events: died })).toEqual([
      'unmet: oopsed by list_bug at 60.4 ms',
    ]);
  });

  it.each([
    ['panicked', 'panic'],
    ['stalled', 'stall'],
    ['stopped', 'stopped'],
    ['parked', 'park'],
  ])('%s is shown by the event %s', (state, kind) => {
    expect(
      outcomes([claim('guest', 'web', state)], { events: [...beats('web'), event(9, 'web', kind)] }),
    ).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', state)])).toEqual([expect.stringMatching(/^unmet/)]);
  });

  it('the sign counts', () => {
    expect(
      outcomes([claim('guest', 'web', 'oopsed', { signs: ['page_fault', 'list_bug'] })], { events: died }),
    ).toEqual(['met']);
    expect(
      outcomes([claim('guest', 'web', 'oopsed', { signs: ['page_fault'] })], { events: died })[0],
    ).toContain('oopsed by list_bug at 60.4 ms');
  });

  it('one of several states is enough', () => {
    expect(outcomes([claim('guest', 'web', 'healthy or oopsed')], { events: died })).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'healthy or oopsed')])).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'healthy or panicked')], { events: died })[0]).toMatch(/^unmet/);
  });

  it('every subject must be so, and with `not` none may be', () => {
    expect(outcomes([claim('guest', 'web, db', 'healthy')])).toEqual(['met']);
    expect(outcomes([claim('guest', 'web, db', 'healthy')], { events: died })[0]).toMatch(/^unmet: web/);
    expect(outcomes([claim('guest', 'web, db', 'not oopsed')], { events: died })[0]).toMatch(/^unmet/);
  });

  it('healthy is not a guest that fell silent, lost its heartbeat for a while, or oopsed', () => {
    const healthy = claim('guest', 'web', 'healthy');
    expect(outcomes([healthy])).toEqual(['met']);
    expect(outcomes([healthy], { events: beats('web', 180) })[0]).toContain(
      'silent since its last heartbeat at 179 ms',
    );
    const gap = [...beats('web', 40), ...beats('web').filter(({ time_ns }) => time_ns > 60 * MS)];
    expect(outcomes([healthy], { events: gap })[0]).toContain('missed its heartbeat for 25 ms from 39 ms');
    expect(outcomes([claim('guest', 'web', 'not healthy')], { events: gap })).toEqual(['met']);
    expect(outcomes([healthy], { events: [] })[0]).toContain('never said boot complete');
  });

  it('time for which a guest was parked is no silence', () => {
    const parked = [
      ...beats('web', 40),
      event(41, 'web', 'park'),
      event(190, 'web', 'resume'),
      event(193, 'web', 'heartbeat'),
    ];
    expect(outcomes([claim('guest', 'web', 'healthy')], { events: parked })).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'silent')], { events: parked })[0]).toMatch(/^unmet/);
  });

  it('silent is a heartbeat that stopped for good', () => {
    expect(outcomes([claim('guest', 'web', 'silent')], { events: died })).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'not silent')], { events: died })[0]).toContain('silent since');
  });

  it('booted is boot complete', () => {
    expect(outcomes([claim('guest', 'web', 'booted')])).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'not booted')], { events: [] })).toEqual(['met']);
  });

  it('within counts from the fault or from its first read, and the text names the tolerance', () => {
    const oopsed = (limit: NonNullable<Claim['within']>, states = 'oopsed'): Claim =>
      claim('guest', 'web', states, { within: limit });
    expect(outcomes([oopsed(within(1, 'activated'))], smashed, fault)).toEqual(['met']);
    expect(outcomes([oopsed(within(20))], smashed, fault)).toEqual([
      'unmet: oopsed by list_bug: expected within 20 ms of smash, happened at 20.4 ms (t = 60.4 ms)',
    ]);
    expect(outcomes([oopsed(within(20.4))], smashed, fault)).toEqual(['met']);
    expect(outcomes([oopsed(within(20), 'not oopsed')], smashed, fault)).toEqual(['met']);
    expect(outcomes([oopsed({ limit_ns: 50 * MS })], smashed, fault)[0]).toContain(
      'expected within 50 ms, happened at 60.4 ms',
    );
    expect(outcomes([oopsed(within(1))], { receipts: [receipt()] }, fault)[0]).toContain(
      'expected within 1 ms of smash, never happened',
    );
  });

  it('what came before the fault is not within it', () => {
    const early = {
      events: [...beats('web'), event(10, 'web', 'oops', { sign: 'bug' })],
      receipts: [receipt()],
    };
    expect(outcomes([claim('guest', 'web', 'oopsed', { within: within(50) })], early, fault)[0]).toContain(
      '30 ms before it',
    );
  });

  it('a moment that never came meets neither the claim nor its negative', () => {
    const { activated_ns: _, ...dormant } = receipt();
    const run = { events: died, receipts: [dormant] };
    const limit = within(1, 'activated');
    expect(outcomes([claim('guest', 'web', 'oopsed', { within: limit })], run, fault)[0]).toContain(
      'smash was never activated',
    );
    expect(outcomes([claim('guest', 'web', 'not oopsed', { within: limit })], run, fault)[0]).toMatch(
      /^unmet/,
    );
  });

  it('what did not happen in a time that outlasts the run is not known', () => {
    const run = { receipts: [receipt()] };
    for (const states of ['oopsed', 'not oopsed', 'healthy', 'not healthy'])
      expect(outcomes([claim('guest', 'web', states, { within: within(161) })], run, fault)[0]).toMatch(
        /^unmet: .*the run ended, at 200 ms, before `within 161 ms of smash` was over/,
      );
    expect(outcomes([claim('guest', 'web', 'not oopsed', { within: within(160) })], run, fault)).toEqual([
      'met',
    ]);
    expect(outcomes([claim('guest', 'web', 'oopsed', { within: within(161) })], smashed, fault)).toEqual([
      'met',
    ]);
    expect(outcomes([claim('hypervisor', 'web', 'healthy', { within: within(161) })], run, fault)[0]).toMatch(
      /^unmet/,
    );
  });

  it('until ends what is looked at, at the very thing that it names', () => {
    const exits = ['nginx', 'cron'].map((comm, index) =>
      event(50 + index * 20, 'web', 'exit', { comm, pid: index }),
    );
    const { when } = { when: on('web.exit') };
    const until = when.kind === 'on' ? { ...when.pattern, subject: 'web', event: 'exit' } : undefined;
    const oopsed = (comm: string): Claim =>
      claim('guest', 'web', 'not oopsed', until ? { until: { ...until, place: pathAt(comm) } } : {});
    expect(outcomes([oopsed('nginx')], { events: [...died, ...exits] })).toEqual(['met']);
    expect(outcomes([oopsed('cron')], { events: [...died, ...exits] })[0]).toMatch(/^unmet/);
  });

  it('until ends what is looked at', () => {
    const until = on('rescue.attach');
    const pattern =
      until.kind === 'on' ? { until: { ...until.pattern, subject: 'rescue', event: 'attach' } } : {};
    const events = [...died, event(50, 'rescue', 'attach', { patient: 'web' })];
    expect(outcomes([claim('guest', 'web', 'not oopsed', pattern)], { events })).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'not oopsed', pattern)], { events: died })[0]).toMatch(/^unmet/);
    const parked = [event(45, 'web', 'park'), ...events];
    expect(outcomes([claim('guest', 'web.cpus', 'parked', pattern)], { events: parked })).toEqual(['met']);
    const resumed = [event(45, 'web', 'park'), event(47, 'web', 'resume'), ...events];
    expect(outcomes([claim('guest', 'web.cpus', 'parked', pattern)], { events: resumed })[0]).toMatch(
      /^unmet/,
    );
  });

  it('a summary of the heartbeats counts for beats that the record dropped', () => {
    const heartbeat = { last_ns: 199 * MS, silent_ns: MS, longest_ns: 5 * MS, longest_from_ns: 0 };
    const summary = {
      name: 'web',
      health: 'healthy',
      heartbeats: 40,
      cpu_time_ns: 0,
      boot_complete_ns: -MS,
      heartbeat,
      console: [],
    } as const;
    const run = { events: [], events_dropped: 40, partitions: [summary] };
    expect(outcomes([claim('guest', 'web', 'healthy')], run)).toEqual(['met']);
    expect(outcomes([claim('guest', 'web', 'booted')], run)).toEqual(['met']);
  });
});
