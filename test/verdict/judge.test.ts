import { describe, expect, it } from 'vitest';
import type { Expression } from '../../src/model/expression.ts';
import { evaluate, scalar } from '../../src/place/evaluate.ts';
import { found } from '../../src/place/outcome.ts';
import { worldOf } from '../../src/place/world.ts';
import { JUDGE_CODES } from '../../src/verdict/codes.ts';
import { factsOf, momentOf } from '../../src/verdict/facts.ts';
import { BareKernel, bareTarget, bareTopology } from '../support/bare-kernel.ts';
import { int, place } from '../support/expressions.ts';
import { beats, event, receipt, report } from '../support/records.ts';
import { action, claim, span, trigger } from '../support/scenarios.ts';
import { judged, NO_FACTS, outcomes } from './judge-with.ts';

const MS = 1_000_000;
const healthy = claim('guest', 'web', 'healthy');
const oopsed = claim('guest', 'web', 'oopsed');
const fault = { triggers: [trigger(40 * MS, action('zero', 'web.tasks["nginx"].tasks.next'), 'smash')] };
const twin = (kind: 'contained' | 'undisturbed', difference: string) => ({
  claim: kind,
  partition: 'db',
  identical: difference === '',
  difference,
});

describe('bystander claims', () => {
  const contained = claim('bystander', 'db', 'contained');
  const undisturbed = claim('bystander', 'db', 'undisturbed');
  const differs = 'memory at 0x1000: 00, not 01';

  it('contained and undisturbed are each the comparison of its own twin', () => {
    const twins = [twin('contained', ''), twin('undisturbed', differs)];
    const run = { twins, receipts: [receipt()], reports: [report()] };
    expect(outcomes([contained], run)).toEqual(['met']);
    expect(outcomes([undisturbed], run)).toEqual([`unmet: db differs: ${differs}`]);
    expect(outcomes([claim('bystander', 'db', 'not undisturbed')], run)).toEqual(['met']);
    expect(outcomes([claim('bystander', 'db', 'not contained')], run)[0]).toContain('bit-identical');
  });

  it('with slack or exceptions has a comparison of its own, and no other will do', () => {
    const slack = { slack_ns: 10 * MS };
    const except = [{ root: 'web', steps: [], span: contained.span }];
    const lenient = { ...twin('contained', ''), leeway: { slack_ns: 10 * MS, except: ['web'] } };
    const run = { twins: [twin('contained', differs), lenient], receipts: [receipt()] };
    expect(outcomes([contained, { ...contained, ...slack, except }], run)).toEqual([
      `unmet: db differs: ${differs}`,
      'met',
    ]);
    for (const other of [slack, { except }, { slack_ns: 9 * MS, except }])
      expect(outcomes([{ ...contained, ...other }], run)).toEqual(['unmet: db was not compared with a twin']);
    const denied = { ...claim('bystander', 'db', 'not contained'), ...slack, except };
    expect(outcomes([denied], run)).toEqual([
      'unmet: db is alike, times within 10 ms, but for its traffic with web',
    ]);
  });

  it('without a rescue there is nothing to be undisturbed by', () => {
    const run = { twins: [twin('undisturbed', '')], receipts: [receipt()] };
    expect(outcomes([undisturbed, claim('bystander', 'db', 'not undisturbed')], run)).toEqual(
      Array(2).fill('unmet: no ambulance attended: there is nothing to be undisturbed by'),
    );
    const late = { ...run, events: [event(199, 'rescue', 'summoned', { patient: 'web' })] };
    expect(outcomes([undisturbed], late)[0]).toContain('the run ended before rescue attached to web');
  });

  it('without a fault or a stimulus there is nothing to be contained', () => {
    const twins = [twin('contained', '')];
    const both = [contained, claim('bystander', 'db', 'not contained')];
    const { fired_ns: _, ...armed } = receipt();
    const idle = [receipt({ note: 'changed nothing' })];
    expect(outcomes(both, { twins, receipts: idle })).toEqual(
      Array(2).fill('unmet: the fault changed nothing: there is nothing to be contained'),
    );
    for (const receipts of [[], [armed], [receipt({ verb: 'summon', kind: 'request' })]])
      expect(outcomes(both, { twins, receipts })).toEqual(
        Array(2).fill('unmet: no fault fired: there is nothing to be contained'),
      );
    expect(
      outcomes([contained], { twins, receipts: [receipt({ verb: 'panic', kind: 'stimulus' })] }),
    ).toEqual(['met']);
  });

  it('a comparison that says nothing meets neither', () => {
    const twins = [{ ...twin('contained', ''), blind: 'it never struck' }];
    expect(
      outcomes([contained, claim('bystander', 'db', 'not contained')], { twins, receipts: [receipt()] }),
    ).toEqual(Array(2).fill('unmet: it never struck'));
  });

  it('without a twin neither the claim nor its negative is met', () => {
    const both = [contained, claim('bystander', 'db', 'not contained')];
    expect(outcomes(both, { receipts: [receipt()] })).toEqual(
      Array(2).fill('unmet: db was not compared with a twin'),
    );
  });

  it('targets without a twin or virtual time leave them open', () => {
    const limited = claim('guest', 'web', 'oopsed', { within: { limit_ns: MS } });
    const events = [...beats('web'), ...beats('db'), event(90, 'web', 'oops', { sign: 'bug' })];
    const outcome = judged(
      [contained, limited, claim('guest', 'db', 'healthy')],
      { events },
      {},
      { target: 'qemu' },
    );
    expect(outcome.claims.map((one) => one.status)).toEqual(['inconclusive', 'inconclusive', 'met']);
    expect(outcome.status).toBe('passed');
    // Without its limit, what never came to pass is unmet, and what never should have is met.
    const never = claim('guest', 'web', 'not oopsed', { within: { limit_ns: MS } });
    const quiet = judged([limited, never, healthy], {}, {}, { target: 'qemu' });
    expect(quiet.claims.map((one) => one.status)).toEqual(['unmet', 'met', 'met']);
    expect(judged([never], { events }, {}, { target: 'qemu' }).claims[0]?.status).toBe('inconclusive');
    expect(judged([contained], {}, {}, { target: 'core' })).toMatchObject({
      status: 'inconclusive',
      reason: expect.stringContaining('core'),
    });
  });
});

describe('checks', () => {
  const kernel = new BareKernel();
  const world = worldOf({ topology: bareTopology(), lets: [] }, bareTarget([kernel]), 1);
  const facts = factsOf(world);
  const compare = (right: number): Expression => ({
    kind: 'binary',
    operator: '==',
    left: place('web.run_queues[1].nr_running'),
    right: int(right),
    span,
  });
  const check = (condition: Expression): ReturnType<typeof claim> =>
    claim('check', '', '', { check: condition, text: 'check …' });

  it('a condition is evaluated on the machine as it ended, and its sides are shown', () => {
    expect(scalar(world, evaluate(world, compare(2)))).toEqual(found({ kind: 'bool', value: true }));
    expect(outcomes([check(compare(2))], {}, {}, { facts })).toEqual(['met']);
    expect(outcomes([check(compare(3))], {}, {}, { facts })).toEqual([
      'unmet: web.run_queues[1].nr_running is 2',
    ]);
    expect(
      outcomes([check({ kind: 'unary', operator: 'not', operand: compare(3), span })], {}, {}, { facts }),
    ).toEqual(['met']);
  });

  it('a value that is not there breaks the check', () => {
    const lost = { ...compare(1), left: place('web.tasks["nobody"].pid') } as Expression;
    expect(judged([check(lost)], {}, {}, { facts }).claims[0]).toMatchObject({
      status: 'unmet',
      diagnostic: { code: 'E0908' },
    });
  });

  it('moments of injections are figures for conditions', () => {
    const { activated_ns: _, ...dormant } = receipt();
    expect(momentOf([dormant], 'smash', 'fired')).toEqual({ kind: 'bool', value: true });
    expect(momentOf([dormant], 'smash', 'activated')).toEqual({ kind: 'bool', value: false });
    expect(momentOf([dormant], 'other', 'fired')).toBeUndefined();
  });
});

describe('conditions', () => {
  const given = claim('guest', 'web', 'oopsed', { given: { name: 'smash', moment: 'activated', span } });
  const when = (value: boolean) => ({
    facts: { ...NO_FACTS, value: () => found({ kind: 'bool', value } as const) },
  });
  const conditional = claim('guest', 'web', 'oopsed', { condition: { kind: 'bool', value: true, span } });

  it('given a moment that never came, a claim is not judged and says so', () => {
    const { activated_ns: _, ...dormant } = receipt();
    expect(outcomes([given], { receipts: [dormant] }, fault)).toEqual([
      'not_judged: not judged: smash was never activated',
    ]);
    expect(outcomes([given], { receipts: [receipt()] }, fault)[0]).toMatch(/^unmet/);
  });

  it('if the condition is false a claim is not judged', () => {
    expect(outcomes([conditional], {}, {}, when(false))[0]).toMatch(/^not_judged/);
    expect(outcomes([conditional], {}, {}, when(true))[0]).toMatch(/^unmet/);
  });

  it('a condition that has no value breaks its claim', () => {
    expect(judged([conditional, healthy], {}, {}, { facts: NO_FACTS })).toMatchObject({
      status: 'failed',
      claims: [
        { status: 'unmet', seen: expect.stringContaining('no value'), diagnostic: { code: 'E0908' } },
        { status: 'met' },
      ],
    });
  });

  it('a scenario of which nothing was judged is inconclusive, not passed', () => {
    expect(judged([conditional], {}, {}, when(false)).status).toBe('inconclusive');
    expect(judged([conditional, healthy], {}, {}, when(false)).status).toBe('passed');
  });
});

describe('what a run comes to', () => {
  it('an unmet claim points at the claim and at the fault, with its moment, and says how to replay', () => {
    const outcome = judged([oopsed], { receipts: [receipt()] }, fault);
    expect(outcome.status).toBe('failed');
    expect(outcome.claims[0]?.diagnostic).toEqual({
      code: 'E0901',
      severity: 'error',
      message: 'expected `guest web is oopsed`',
      labels: [
        { span: oopsed.span, text: 'it never happened: nothing befell web' },
        {
          span: fault.triggers[0]?.actions[0]?.span,
          text: 'fired at 40 ms: web.tasks["nginx"].tasks.next from 0 to 1, activated at 60 ms',
        },
      ],
      help: 'replay: npx siren run a.spec:1 --seed 1',
    });
  });

  it('a fault that changed nothing whenever it fired fails a scenario whose claims are met', () => {
    const idle = receipt({ note: 'changed nothing', after: '00' });
    const { complaints } = judged([healthy], { receipts: [idle] }, fault);
    expect(complaints).toMatchObject([{ code: 'E0921', message: '`smash` changed nothing' }]);
    expect(judged([healthy], { receipts: [idle, receipt()] }, fault).complaints).toEqual([]);
  });

  it('a fault that never fired fails a scenario whose claims are met', () => {
    const { fired_ns: _, activated_ns: _activated, ...armed } = receipt();
    const outcome = judged([healthy], { receipts: [armed] }, fault);
    expect(outcome.status).toBe('failed');
    expect(outcome.complaints).toMatchObject([{ code: 'E0911', message: '`smash` never fired' }]);
    const tried = judged([healthy], { receipts: [{ ...armed, note: 'there is none' }] }, fault);
    expect(tried.complaints).toMatchObject([{ code: 'E0912', labels: [{ text: 'there is none' }] }]);
  });

  it('a summon that the end of the run overtook fails the scenario', () => {
    const summon = { triggers: [trigger(199 * MS, action('summon', 'rescue', { to: [place('web')] }))] };
    const fired = receipt({ name: '', verb: 'summon', kind: 'request', place: 'rescue', fired_ns: 199 * MS });
    const complaints = (run: Parameters<typeof judged>[1]): string[] =>
      judged([healthy], { receipts: [fired], ...run }, summon).complaints.map(
        (one) => `${one.code} ${one.message}`,
      );
    expect(complaints({})).toEqual(['E0915 the run ended before rescue attached to web']);
    const attached = { events: [...beats('web'), event(199.5, 'rescue', 'attach', { patient: 'web' })] };
    expect(complaints(attached)).toEqual(['E0915 the run ended before rescue had concluded on web']);
    expect(complaints({ reports: [report()] })).toHaveLength(1);
    expect(complaints({ reports: [report({ attached_ns: 199 * MS })] })).toEqual([]);
  });

  it('an xfail excuses a failure until its day', () => {
    const xfail = { reason: 'issue 7', until: '2026-12-01', span };
    expect(judged([oopsed], {}, { xfail })).toMatchObject({ status: 'xfailed', reason: 'issue 7' });
    expect(judged([oopsed], {}, { xfail }, { today: '2026-12-01' }).status).toBe('xfailed');
    expect(judged([oopsed], {}, { xfail }, { today: '2026-12-02' })).toMatchObject({
      status: 'failed',
      complaints: [{ code: 'E0913' }],
    });
    expect(judged([oopsed], {}, { xfail: { reason: 'for ever', span } }).status).toBe('xfailed');
  });

  it('an xfail that passes fails', () => {
    const xfail = { reason: 'issue 7', until: '2026-12-01', span };
    expect(judged([healthy], {}, { xfail })).toMatchObject({
      status: 'xpassed',
      complaints: [{ code: 'E0914' }],
    });
    expect(judged([healthy], {}, { xfail }, { today: '2027-01-01' }).status).toBe('passed');
  });

  it('every code that it gives is documented once', () => {
    const codes = JUDGE_CODES.map((one) => one.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of ['E0901', 'E0908', 'E0910', 'E0911', 'E0912', 'E0913', 'E0914'])
      expect(codes).toContain(code);
  });

  it('the same run is judged the same', () => {
    const run = { events: [event(3, 'web', 'oops', { sign: 'bug' })], receipts: [receipt()] };
    expect(judged([oopsed, healthy], run, fault)).toEqual(judged([oopsed, healthy], run, fault));
  });
});
