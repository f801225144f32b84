import { describe, expect, it } from 'vitest';
import type { Claim } from '../../src/model/scenario.ts';
import { beats, event, receipt } from '../support/records.ts';
import { action, claim, span, trigger } from '../support/scenarios.ts';
import { outcomes } from './judge-with.ts';

const MS = 1_000_000;
const barked = {
  events: [...beats('web', 39), event(55, 'web', 'failing', { sign: 'heartbeat' })],
  receipts: [receipt()],
};
const fault = { triggers: [trigger(40 * MS, action('zero', 'web.tasks["nginx"].tasks.next'), 'smash')] };
const within = (limit_ms: number): Partial<Claim> => ({
  within: { limit_ns: limit_ms * MS, of: { name: 'smash', moment: 'fired', span } },
});
const refused = { events: [event(-2, 'web', 'refused', { code: 'LATE' })] };

describe('hypervisor claims', () => {
  it('failing is a watchdog that barked, by its sign', () => {
    expect(outcomes([claim('hypervisor', 'web', 'failing')], barked)).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web', 'failing', { signs: ['heartbeat'] })], barked)).toEqual([
      'met',
    ]);
    expect(outcomes([claim('hypervisor', 'web', 'failing', { signs: ['progress'] })], barked)[0]).toContain(
      'it noticed failing by heartbeat',
    );
    expect(outcomes([claim('hypervisor', 'web', 'failing')])[0]).toContain('it noticed nothing');
    expect(outcomes([claim('hypervisor', 'web', 'not failing')])).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web', 'not failing')], barked)[0]).toContain(
      'failing by heartbeat at 55 ms',
    );
  });

  it('of what a restored guest said as it booted it is not told at what time', () => {
    const at = (time_ms: number): string | undefined =>
      outcomes([claim('hypervisor', 'web.metadata', 'not registered')], {
        events: [event(time_ms, 'web', 'registered')],
      })[0];
    expect(at(-1e-6)).toContain('registered before the run began');
    expect(at(-2)).toContain('registered at -2 ms');
  });

  it('within counts', () => {
    expect(outcomes([claim('hypervisor', 'web', 'failing', within(15))], barked, fault)).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web', 'failing', within(14))], barked, fault)[0]).toContain(
      'expected within 14 ms of smash, happened at 15 ms',
    );
  });

  it('healthy is a watchdog that kept still', () => {
    expect(outcomes([claim('hypervisor', 'web, db', 'healthy')])).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web, db', 'healthy')], barked)[0]).toMatch(
      /^unmet: failing by heartbeat/,
    );
    expect(outcomes([claim('hypervisor', 'web', 'not healthy')], barked)).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'db', 'not healthy')], barked)[0]).toContain(
      'no watchdog barked for db',
    );
  });

  it('failed is the guest or the processor giving up', () => {
    const events = [event(40, 'web', 'failed', { sign: 'panic' })];
    expect(outcomes([claim('hypervisor', 'web', 'failed', { signs: ['panic'] })], { events })).toEqual([
      'met',
    ]);
    expect(outcomes([claim('hypervisor', 'db', 'failed')], { events })[0]).toMatch(/^unmet/);
    expect(outcomes([claim('hypervisor', 'web', 'not failed')], { events })[0]).toMatch(/^unmet/);
  });

  it('a registration is accepted or refused with its code', () => {
    expect(outcomes([claim('hypervisor', 'web.metadata', 'refused', { codes: ['LATE'] })], refused)).toEqual([
      'met',
    ]);
    expect(
      outcomes([claim('hypervisor', 'web.metadata', 'refused', { codes: ['TWICE'] })], refused)[0],
    ).toContain('it noticed refused with LATE');
    expect(outcomes([claim('hypervisor', 'web.metadata', 'not registered')], refused)).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web.metadata', 'not refused')], refused)[0]).toMatch(/^unmet/);
    const events = [event(-2, 'web', 'registered'), event(-2, 'db', 'registered')];
    expect(outcomes([claim('hypervisor', 'web.metadata, db.metadata', 'registered')], { events })).toEqual([
      'met',
    ]);
    expect(outcomes([claim('hypervisor', 'web.metadata, db.metadata', 'registered')], refused)[0]).toMatch(
      /^unmet/,
    );
  });

  it('a device is frozen, each for itself', () => {
    const events = [event(40, 'web', 'frozen', { device: 'disk0' })];
    expect(outcomes([claim('hypervisor', 'web.disk0', 'frozen')], { events })).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web.eth0', 'frozen')], { events })[0]).toContain(
      'it noticed disk0 frozen',
    );
    expect(outcomes([claim('hypervisor', 'web.eth0', 'not frozen')], { events })).toEqual(['met']);
  });

  it('attached and parked are what the rescue did to it', () => {
    const events = [event(70, 'rescue', 'attach', { patient: 'web' }), event(70, 'web', 'park')];
    expect(outcomes([claim('hypervisor', 'web', 'attached')], { events })).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web', 'parked')], { events })).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'db', 'not attached')], { events })).toEqual(['met']);
    expect(outcomes([claim('hypervisor', 'web, db', 'attached')], { events })[0]).toMatch(/^unmet/);
    expect(outcomes([claim('hypervisor', 'web', 'not attached')], { events })[0]).toMatch(/^unmet/);
  });
});
