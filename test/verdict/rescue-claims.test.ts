import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/model/scenario.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { found } from '../../src/place/outcome.ts';
import type { BytesPlace } from '../../src/place/place.ts';
import type { Receipt, RunRecord } from '../../src/record/record.ts';
import type { RunFacts } from '../../src/verdict/facts.ts';
import { path, place } from '../support/expressions.ts';
import { diagnosis, event, finding, receipt, report, verdict } from '../support/records.ts';
import { action, claim, trigger } from '../support/scenarios.ts';
import { judged, NO_FACTS, outcomes } from './judge-with.ts';

const MS = 1_000_000;
const LINK = 'web.tasks["nginx"].tasks.next';
const LOCK = 'web.locks["tasklist_lock"]';
const link = finding('tasks', 'LIST_NEXT_POISON', LINK, { physical: 0x20_1000 });
const orphan = finding('locks', 'LOCK_NO_HOLDER', LOCK, { index: 1, physical: 0x30_0000, consequence_of: 0 });
const fault: Partial<Scenario> = { triggers: [trigger(40 * MS, action('zero', LINK), 'smash')] };

function seen(more: Partial<AmbulanceReport> = {}): Partial<RunRecord> {
  return {
    receipts: [receipt()],
    reports: [
      report({
        verdicts: [
          verdict('tasks', 'corrupt', { code: 'LIST_NEXT_POISON' }),
          verdict('run_queues'),
          verdict('locks', 'corrupt'),
          verdict('orders', 'unchecked', { code: 'NO_LOCATOR' }),
        ],
        findings: [link, orphan],
        diagnosis: [
          diagnosis('wild_pointer', LINK, { physical: 0x20_1000, explains: [0, 1] }),
          diagnosis('lock_leak', LOCK, { rank: 2, physical: 0x30_0000, explains: [1] }),
        ],
        ...more,
      }),
    ],
  };
}

const lockPlace: BytesPlace = {
  kind: 'bytes',
  partition: 'web',
  text: LOCK,
  runs: [{ physical: 0x30_0000, bytes: 8 }],
  bytes: 8,
};
const facts: RunFacts = {
  ...NO_FACTS,
  place: (written) =>
    written.kind === 'path' &&
    written.value.steps[0]?.kind === 'field' &&
    written.value.steps[0].name === 'locks'
      ? found(lockPlace)
      : NO_FACTS.place(written),
};
const tasks = (states: string, more: Parameters<typeof claim>[3] = {}): ReturnType<typeof claim> =>
  claim('verdict', 'web.tasks', states, more);

describe('verdict claims', () => {
  it('the verdict is one of those named, or none of them', () => {
    expect(outcomes([tasks('corrupt')], seen(), fault)).toEqual(['met']);
    expect(outcomes([tasks('corrupt or unreachable')], seen(), fault)).toEqual(['met']);
    expect(outcomes([tasks('intact')], seen(), fault)).toEqual([
      `unmet: web.tasks is corrupt via live_region: LIST_NEXT_POISON at ${LINK}`,
    ]);
    expect(outcomes([tasks('not intact')], seen(), fault)).toEqual(['met']);
    expect(outcomes([tasks('not corrupt')], seen(), fault)[0]).toMatch(/^unmet/);
  });

  it('what lies beyond the findings that are kept is not known: neither there nor not there', () => {
    const verdicts = [verdict('tasks', 'corrupt', { code: 'LIST_NEXT_POISON', findings_left_out: 3 })];
    const elsewhere = { codes: ['LIST_NULL'] };
    const claims = [tasks('corrupt', elsewhere), tasks('not corrupt', elsewhere), tasks('corrupt')];
    const told = outcomes(claims, seen({ verdicts }), fault);
    for (const one of told.slice(0, 2)) expect(one).toMatch(/^unmet: .*there are 3 more of this one/);
    expect(told[2]).toBe('met');
  });

  it('where nothing could be looked at, nothing is not corrupt', () => {
    const unseen = ['tasks', 'locks'].map((name) => verdict(name, 'unreachable', { code: 'UNMAPPED' }));
    const all = [claim('verdict', 'web.*', 'not corrupt'), claim('verdict', 'web.*', 'unreachable')];
    const run = (verdicts: AmbulanceReport['verdicts']): string[] =>
      outcomes(all, seen({ verdicts, findings: [], diagnosis: [] }), fault);
    expect(run(unseen)).toEqual(['unmet: none of 2 structures could be looked at', 'met']);
    expect(run([...unseen, verdict('run_queues')])[0]).toBe('met');
  });

  it('`web.*` counts what it does not mean', () => {
    const { verdicts = [] } = report({
      verdicts: [
        verdict('run_queues'),
        verdict('locks'),
        verdict('orders', 'unchecked', { code: 'NO_SYMBOL' }),
      ],
    });
    const claims = [claim('verdict', 'web.*', 'intact')];
    const {
      claims: [one],
    } = judged(claims, seen({ verdicts, findings: [], diagnosis: [] }), fault);
    expect(one?.seen).toBe(
      '2 structures: 2 intact; beside them 1 unchecked, which the guest does not describe or have',
    );
  });

  it('without an ambulance neither the claim nor its negative is met', () => {
    expect(outcomes([tasks('corrupt'), tasks('not corrupt')])).toEqual(
      Array(2).fill('unmet: no ambulance attended: there is no verdict on web.tasks'),
    );
    expect(outcomes([claim('verdict', 'db.tasks', 'intact')], seen())[0]).toContain(
      'no ambulance attended db',
    );
    expect(outcomes([claim('verdict', 'web.log', 'intact')], seen())[0]).toContain(
      'reached no verdict on web.log',
    );
  });

  it('with nothing left to judge neither is met, and only `any` allows it', () => {
    const lone = seen({ verdicts: [verdict('tasks', 'corrupt')], findings: [link], diagnosis: [] });
    const others = (states: string, more: Parameters<typeof claim>[3] = {}): ReturnType<typeof claim> =>
      claim('verdict', 'others', states, more);
    for (const states of ['intact', 'not intact', 'corrupt', 'not corrupt'])
      expect(outcomes([tasks('corrupt'), others(states)], lone, fault)[1]).toMatch(
        /^unmet: there are no others/,
      );
    expect(outcomes([tasks('corrupt'), others('any')], lone, fault)[1]).toBe('met');
    const all = claim('verdict', 'web.*', 'intact', { except: [path('web.tasks')] });
    expect(outcomes([all], lone, fault)[0]).toContain('there is nothing else');
    expect(outcomes([others('not corrupt', { from: 'spare' })], lone, fault)[0]).toContain(
      'spare did not attend',
    );
  });

  it('`.* is not corrupt` means none of them, not just one', () => {
    expect(outcomes([claim('verdict', 'web.*', 'not corrupt')], seen(), fault)[0]).toMatch(
      /^unmet: web.tasks is corrupt/,
    );
    expect(outcomes([claim('verdict', 'web.*', 'not unsettled')], seen(), fault)).toEqual(['met']);
  });

  it('an ambulance that was still at work when the run ended has concluded nothing, and the line says so', () => {
    const events = [event(190, 'rescue', 'summoned', { patient: 'web' })];
    expect(outcomes([tasks('not corrupt')], { events })[0]).toContain(
      'the run ended before rescue attached to web',
    );
    events.push(event(199, 'rescue', 'attach', { patient: 'web' }));
    expect(outcomes([claim('diagnosis', 'web', 'not deadlock')], { events })[0]).toContain(
      'the run ended before rescue had concluded on web',
    );
  });

  it('every code must have been given', () => {
    expect(outcomes([tasks('corrupt', { codes: ['LIST_NEXT_POISON'] })], seen(), fault)).toEqual(['met']);
    expect(
      outcomes([tasks('corrupt', { codes: ['LIST_NEXT_POISON', 'LIST_NULL'] })], seen(), fault)[0],
    ).toContain('not LIST_NULL');
    expect(outcomes([tasks('not corrupt', { codes: ['LIST_NULL'] })], seen(), fault)).toEqual(['met']);
    const unchecked = claim('verdict', 'web.orders', 'unchecked', { codes: ['NO_LOCATOR'] });
    expect(outcomes([unchecked], seen(), fault)).toEqual(['met']);
  });

  it('a place that the fault names is where it was when the fault fired', () => {
    const at = { places: [place(LINK)] };
    expect(outcomes([tasks('corrupt', at)], seen(), fault)).toEqual(['met']);
    const elsewhere = seen({ findings: [{ ...link, physical: 0x20_2000 }] });
    expect(outcomes([tasks('corrupt', at)], elsewhere, fault)[0]).toContain(`not at ${LINK}`);
    expect(outcomes([tasks('not corrupt', at)], elsewhere, fault)).toEqual(['met']);
    const inside = seen({ findings: [{ ...link, physical: 0x20_1007 }] });
    expect(outcomes([tasks('corrupt', at)], inside, fault)).toEqual(['met']);
    const next = seen({ findings: [{ ...link, physical: 0x20_1008 }] });
    expect(outcomes([tasks('corrupt', at)], next, fault)[0]).toMatch(/^unmet/);
  });

  it('so is a place that DMA is aimed at, and no farther than it reaches', () => {
    const span = { file: 'a.spec', start: 0, end: 0 };
    const to = { kind: 'call', name: 'machine_address', args: [place(LINK)], span } as const;
    const dma = { ...action('dma', 'db.disk0'), clauses: { to: [to] } };
    const aim = { place: LINK, partition: 'web', physical: 0x20_1000, bytes: 8 };
    const run = (physical: number): Partial<RunRecord> => ({
      ...seen({ findings: [{ ...link, physical }] }),
      receipts: [receipt({ verb: 'dma', place: 'db.disk0', partition: 'db', physical: -1, bytes: 512, aim })],
    });
    const stray = { triggers: [trigger(40 * MS, dma, 'stray')] };
    const at = tasks('corrupt', { places: [place(LINK)] });
    expect(outcomes([at], run(0x20_1007), stray)).toEqual(['met']);
    expect(outcomes([at], run(0x20_1008), stray)[0]).toMatch(/^unmet/);
  });

  it('the same physical address in another partition is another place', () => {
    const other = { ...seen(), reports: seen().reports?.map((one) => ({ ...one, patient: 'db' })) ?? [] };
    const at = { places: [place(LINK)] };
    expect(outcomes([claim('verdict', 'db.tasks', 'corrupt', at)], other, fault)[0]).toMatch(/^unmet/);
  });

  it('any other place is looked up on the twin', () => {
    const locks = claim('verdict', 'web.locks', 'corrupt', { places: [place(LOCK)] });
    expect(outcomes([locks], seen(), fault, { facts })).toEqual(['met']);
    const moved = {
      ...NO_FACTS,
      place: () => found({ ...lockPlace, runs: [{ physical: 0x40_0000, bytes: 8 }] }),
    };
    expect(outcomes([locks], seen(), fault, { facts: moved })[0]).toContain(`not at ${LOCK}`);
  });

  it('a place that cannot be found breaks the claim, and its diagnostic says so', () => {
    const locks = claim('verdict', 'web.locks', 'not corrupt', { places: [place('web.locks["sb_lock"]')] });
    const [outcome] = judged([locks], seen(), fault).claims;
    expect(outcome).toMatchObject({ status: 'unmet', diagnostic: { code: 'E0908' } });
  });

  it('via says how the region was come by', () => {
    const copied = seen({ verdicts: [verdict('tasks', 'intact', { via: 'boot_copy' })], findings: [] });
    expect(outcomes([tasks('intact', { via: 'boot_copy' })], copied, fault)).toEqual(['met']);
    expect(outcomes([tasks('intact', { via: 'live_region' })], copied, fault)[0]).toContain(
      'intact via boot_copy',
    );
    expect(outcomes([tasks('not intact', { via: 'live_region' })], copied, fault)).toEqual(['met']);
  });

  it('no diagnosis: nothing was named, whenever somebody came and could look at something', () => {
    const none = [claim('diagnosis', 'web', 'none'), claim('diagnosis', 'web', 'not none')];
    const quiet = report({ verdicts: [verdict('tasks')], findings: [], diagnosis: [] });
    expect(outcomes(none, { reports: [quiet] })).toEqual(['met', 'unmet: no diagnosis of web']);
    const named = report({ diagnosis: [diagnosis('lock_leak', LOCK)] });
    expect(outcomes(none, { reports: [quiet, named] })).toEqual([
      `unmet: no diagnosis of web; 1. lock_leak at ${LOCK}`,
      'met',
    ]);
    const blind = report({
      verdicts: [verdict('tasks', 'unreachable'), verdict('metadata', 'corrupt')],
      diagnosis: [],
    });
    const unseen = 'unmet: no diagnosis of web, and none of 2 structures could be looked at';
    expect(outcomes(none, { reports: [blind] })).toEqual([unseen, unseen]);
    expect(outcomes(none)).toEqual(Array(2).fill('unmet: no ambulance attended web: there is no diagnosis'));
  });

  it('.* is everything that was judged, but for the exceptions', () => {
    const all = (more: Parameters<typeof claim>[3] = {}): ReturnType<typeof claim> =>
      claim('verdict', 'web.*', 'intact', more);
    expect(outcomes([all()], seen(), fault)[0]).toContain('web.tasks is corrupt');
    expect(
      outcomes([all({ except: [path('web.tasks'), path('web.locks'), path('web.orders')] })], seen(), fault),
    ).toEqual(['met']);
    const intact = seen({ verdicts: [verdict('tasks'), verdict('locks')], findings: [], diagnosis: [] });
    expect(outcomes([all()], intact)).toEqual(['met']);
    expect(outcomes([claim('verdict', 'web.*', 'not intact')], intact)[0]).toMatch(/^unmet/);
  });

  it('others are what no claim names, and consequences of a claimed finding do not count', () => {
    const others = claim('verdict', 'others', 'intact', { except: [path('web.orders')] });
    expect(outcomes([tasks('corrupt'), others], seen(), fault)).toEqual(['met', 'met']);
    const apart = seen({
      findings: [
        link,
        {
          index: 1,
          structure: 'locks',
          code: 'LOCK_NO_HOLDER',
          place: LOCK,
          address: '',
          physical: 1,
          bytes: 4,
          message: '',
        },
      ],
      diagnosis: [],
    });
    expect(outcomes([tasks('corrupt'), others], apart, fault)[1]).toContain('web.locks is corrupt');
    expect(outcomes([tasks('corrupt'), claim('verdict', 'others', 'not intact')], apart, fault)).toEqual([
      'met',
      'met',
    ]);
    expect(outcomes([tasks('corrupt'), claim('verdict', 'others', 'any')], apart, fault)).toEqual([
      'met',
      'met',
    ]);
  });

  it('a structure that is described and not checked is not intact', () => {
    const others = claim('verdict', 'others', 'intact');
    expect(outcomes([tasks('corrupt'), others], seen(), fault)[1]).toContain('web.orders is unchecked');
    const log = seen({
      verdicts: [
        verdict('tasks', 'corrupt'),
        verdict('run_queues'),
        verdict('log', 'unchecked', { code: 'NO_LOCATOR' }),
      ],
      findings: [link],
    });
    // The topology never lets the guest describe its log.
    expect(outcomes([tasks('corrupt'), others], log, fault)).toEqual(['met', 'met']);
  });

  it('a structure that a kernel has not is none of the others', () => {
    const others = claim('verdict', 'others', 'intact');
    const lacking = ['NO_SYMBOL', 'NO_TYPE'].map((code, index) =>
      verdict(['orders', 'pids'][index] as string, 'unchecked', { code }),
    );
    const run = (more: typeof lacking) =>
      seen({ verdicts: [verdict('tasks', 'corrupt'), verdict('run_queues'), ...more], findings: [link] });
    expect(outcomes([tasks('corrupt'), others], run(lacking), fault)).toEqual(['met', 'met']);
    const unread = verdict('pids', 'unreachable', { code: 'NO_SYMBOL' });
    expect(outcomes([tasks('corrupt'), others], run([unread]), fault)[1]).toContain(
      'web.pids is unreachable',
    );
  });

  it('of several reports `intact` must be in each, anything else in one; `from` chooses among ambulances', () => {
    const early = report({ diagnosed_ns: 10 * MS, verdicts: [verdict('tasks')] });
    const spare = report({
      diagnosed_ns: 90 * MS,
      ambulance: 'spare',
      verdicts: [verdict('tasks', 'unreachable')],
    });
    const run = { ...seen(), reports: [early, ...(seen().reports ?? []), spare] };
    expect(outcomes([tasks('corrupt'), tasks('unreachable')], run, fault)).toEqual(['met', 'met']);
    expect(outcomes([tasks('not unsettled'), tasks('not intact')], run, fault)).toEqual(['met', 'met']);
    expect(outcomes([tasks('intact')], run, fault)[0]).toContain('web.tasks is corrupt');
    expect(outcomes([tasks('not corrupt')], run, fault)[0]).toMatch(/^unmet/);
    expect(outcomes([tasks('intact')], { ...seen(), reports: [early, early] })).toEqual(['met']);
    expect(outcomes([tasks('corrupt', { from: 'rescue' })], run, fault)).toEqual(['met']);
    expect(outcomes([tasks('corrupt', { from: 'spare' })], run, fault)[0]).toContain('unreachable');
    const cause = claim('diagnosis', 'web', 'wild_pointer');
    expect(outcomes([cause], run, fault)).toEqual(['met']);
    expect(outcomes([claim('diagnosis', 'web', 'not wild_pointer')], run, fault)[0]).toMatch(/^unmet/);
  });

  it('within is when it was concluded', () => {
    expect(outcomes([tasks('corrupt', { within: { limit_ns: 80 * MS } })], seen(), fault)).toEqual(['met']);
    expect(outcomes([tasks('corrupt', { within: { limit_ns: 70 * MS } })], seen(), fault)[0]).toContain(
      'expected within 70 ms, concluded at 75 ms',
    );
  });

  it('what was not concluded in a time that outlasts the run is not known', () => {
    const late = { within: { limit_ns: 201 * MS } };
    expect(outcomes([tasks('not unreachable', late), tasks('unreachable', late)], seen(), fault)).toEqual(
      Array(2).fill(expect.stringContaining('the run ended, at 200 ms, before `within 201 ms` was over')),
    );
    expect(outcomes([tasks('corrupt', late)], seen(), fault)).toEqual(['met']);
    expect(outcomes([claim('diagnosis', 'web', 'not deadlock', late)], seen(), fault)[0]).toMatch(/^unmet/);
  });

  it('a structure is the same with and without its patient before it', () => {
    expect(
      outcomes([tasks('corrupt')], seen({ verdicts: [verdict('web.tasks', 'corrupt')] }), fault),
    ).toEqual(['met']);
  });
});

describe('diagnosis claims', () => {
  const cause = (states: string, more: Parameters<typeof claim>[3] = {}): ReturnType<typeof claim> =>
    claim('diagnosis', 'web', states, more);

  it('the cause is the first, unless the claim names ranks', () => {
    expect(outcomes([cause('wild_pointer')], seen(), fault)).toEqual(['met']);
    expect(outcomes([cause('wild_pointer or bit_flip')], seen(), fault)).toEqual(['met']);
    expect(outcomes([cause('lock_leak')], seen(), fault)).toEqual([
      `unmet: 1. wild_pointer at ${LINK}, 2. lock_leak at ${LOCK}`,
    ]);
    expect(outcomes([cause('lock_leak', { rank: { low: 1, high: 2 } })], seen(), fault)).toEqual(['met']);
    expect(outcomes([cause('wild_pointer', { rank: { low: 2, high: 3 } })], seen(), fault)[0]).toMatch(
      /^unmet/,
    );
  });

  it('`is not` a cause means at no rank', () => {
    expect(outcomes([cause('not deadlock')], seen(), fault)).toEqual(['met']);
    expect(outcomes([cause('not lock_leak')], seen(), fault)[0]).toMatch(/^unmet/);
    expect(outcomes([cause('not lock_leak', { rank: { low: 1, high: 1 } })], seen(), fault)).toEqual(['met']);
    expect(outcomes([cause('not deadlock')])[0]).toBe(
      'unmet: no ambulance attended web: there is no diagnosis',
    );
  });

  it('it is at its place', () => {
    expect(outcomes([cause('wild_pointer', { places: [place(LINK)] })], seen(), fault)).toEqual(['met']);
    const other = seen({ diagnosis: [diagnosis('wild_pointer', LINK, { physical: 0x99 })] });
    expect(outcomes([cause('wild_pointer', { places: [place(LINK)] })], other, fault)[0]).toMatch(/^unmet/);
    expect(outcomes([cause('not wild_pointer', { places: [place(LINK)] })], other, fault)).toEqual(['met']);
  });

  it('what has no address is compared by its text, a part with its whole', () => {
    const run = seen({ diagnosis: [diagnosis('lost_interrupt', 'web.cpus[1].tick')] });
    const thing = {
      ...NO_FACTS,
      place: () =>
        found({
          kind: 'thing',
          partition: 'web',
          text: 'web.cpus[1]',
          thing: { kind: 'cpu', cpu: 1 },
        } as const),
    };
    expect(
      outcomes([cause('lost_interrupt', { places: [place('web.cpus[1]')] })], run, fault, { facts: thing }),
    ).toEqual(['met']);
    const other = seen({ diagnosis: [diagnosis('lost_interrupt', 'web.cpus[1]x')] });
    const claims = [cause('lost_interrupt', { places: [place('web.cpus[1]')] })];
    expect(outcomes(claims, other, fault, { facts: thing })[0]).toMatch(/^unmet/);
  });
});

describe('root causes that no claim covers', () => {
  const loop = diagnosis('endless_loop', 'web.cpus[1].rip', {
    explains: [],
    evidence: ['it has been there for long'],
  });
  const ill = { reports: [report({ verdicts: [verdict('tasks')], diagnosis: [loop] })] };
  const complaints = (...claims: Parameters<typeof judged>[0]): string[] =>
    judged(claims, ill).complaints.map(({ code, message }) => `${code} ${message}`);
  const missed = ['E0922 no claim covers the root cause endless_loop at web.cpus[1].rip'];

  it('a guest that is called ill without a finding fails a scenario whose claims are met', () => {
    const outcome = judged([claim('verdict', 'web.*', 'intact')], ill);
    expect(outcome.status).toBe('failed');
    expect(complaints(claim('verdict', 'web.*', 'intact'))).toEqual(missed);
    expect(outcome.complaints[0]?.help).toContain('`diagnosis web is endless_loop at web.cpus[1].rip`');
    expect(outcome.complaints[0]?.labels[0]?.text).toContain('it has been there for long');
  });

  it('a diagnosis claim covers the cause that it names, of that patient', () => {
    expect(complaints(claim('diagnosis', 'web', 'endless_loop'))).toEqual([]);
    expect(complaints(claim('diagnosis', 'web', 'endless_loop or deadlock'))).toEqual([]);
    for (const other of [
      claim('diagnosis', 'web', 'deadlock'),
      claim('diagnosis', 'web', 'not endless_loop'),
      claim('diagnosis', 'db', 'endless_loop'),
    ])
      expect(complaints(other)).toEqual(missed);
  });

  it('a claim that the guest fails covers what that is put down to; one that another fails, or that it lives, does not', () => {
    for (const claims of [
      claim('guest', 'web', 'silent'),
      claim('hypervisor', 'web', 'failing'),
      claim('guest', 'web', 'not healthy'),
    ])
      expect(complaints(claims)).toEqual([]);
    for (const claims of [
      claim('guest', 'db', 'silent'),
      claim('hypervisor', 'web', 'registered'),
      claim('guest', 'web', 'healthy'),
      claim('guest', 'web', 'not oopsed'),
    ])
      expect(complaints(claims)).toEqual(missed);
  });

  it('such a claim covers one cause, not whatever else the guest is called ill of', () => {
    const stopped = diagnosis('cpu_stopped', 'web.cpus[0]', { rank: 2 });
    const both = { reports: [report({ verdicts: [verdict('tasks')], diagnosis: [loop, stopped] })] };
    const told = (...claims: Parameters<typeof judged>[0]): string[] =>
      judged(claims, both).complaints.map(({ message }) => message);
    const second = ['no claim covers the root cause cpu_stopped at web.cpus[0]'];
    expect(told(claim('hypervisor', 'web', 'failing'))).toEqual(second);
    expect(told(claim('hypervisor', 'web', 'failing'), claim('guest', 'web', 'stalled'))).toEqual([]);
    expect(
      told(
        claim('hypervisor', 'web', 'failing'),
        claim('diagnosis', 'web', 'cpu_stopped', { rank: { low: 2, high: 2 } }),
      ),
    ).toEqual([]);
  });

  it('a panic that the scenario orders needs no claim; one of another guest, or none, does not stand for it', () => {
    const panicked = diagnosis('requested_panic', '', { explains: [], evidence: ['the log'] });
    const reports = [report({ verdicts: [verdict('tasks')], diagnosis: [panicked] })];
    const ordered = (order: Partial<Receipt>): string[] => {
      const stimulus = { kind: 'stimulus', verb: 'panic', partition: 'web', physical: -1, ...order } as const;
      const run = { reports, receipts: [receipt(stimulus)] };
      return judged([claim('verdict', 'web.*', 'intact')], run).complaints.map(({ message }) => message);
    };
    expect(ordered({ fired_ns: 10 })).toEqual([]);
    const missing = ['no claim covers the root cause requested_panic'];
    expect(ordered({ fired_ns: 10, partition: 'db' })).toEqual(missing);
    expect(ordered({ fired_ns: 10, verb: 'exit' })).toEqual(missing);
    expect(ordered({ fired_ns: 10_000_000_000 })).toEqual(missing);
  });

  it('what explains a finding is covered where the finding is, and needs no claim of its own', () => {
    const rooted = seen({ diagnosis: [diagnosis('wild_pointer', LINK, { explains: [0, 1] })] });
    expect(judged([tasks('corrupt')], rooted, fault).complaints).toEqual([]);
  });
});

describe('findings that no claim covers', () => {
  const complaints = (...args: Parameters<typeof judged>): string[] =>
    judged(...args).complaints.map((one) => `${one.code} ${one.message}`);

  it('an unclaimed finding fails the scenario and is named with its place', () => {
    const lone = seen({ verdicts: [verdict('tasks', 'corrupt')], findings: [link], diagnosis: [] });
    const outcome = judged([claim('guest', 'web', 'healthy')], lone, fault);
    expect(outcome.status).toBe('failed');
    expect(outcome.complaints).toMatchObject([
      { code: 'E0910', message: `no claim covers LIST_NEXT_POISON at ${LINK}` },
    ]);
  });

  it('a claim covers its structure, with its code, at its place, and the consequences', () => {
    expect(complaints([tasks('corrupt')], seen(), fault)).toEqual([]);
    expect(
      complaints([tasks('corrupt', { codes: ['LIST_NEXT_POISON'], places: [place(LINK)] })], seen(), fault),
    ).toEqual([]);
    expect(complaints([tasks('corrupt', { codes: ['LIST_NULL'] })], seen(), fault)).toHaveLength(2);
    const elsewhere = seen({ findings: [{ ...link, physical: 0x99 }] });
    expect(complaints([tasks('corrupt', { places: [place(LINK)] })], elsewhere, fault)).toHaveLength(1);
    expect(complaints([claim('verdict', 'web.locks', 'corrupt')], seen(), fault)).toEqual([
      `E0910 no claim covers LIST_NEXT_POISON at ${LINK}`,
    ]);
  });

  it('`is not intact`, `is any` and a diagnosis that is met cover too; `is not corrupt` does not', () => {
    expect(complaints([tasks('not intact')], seen(), fault)).toEqual([]);
    expect(complaints([claim('verdict', 'others', 'any')], seen(), fault)).toEqual([]);
    expect(complaints([claim('diagnosis', 'web', 'wild_pointer')], seen(), fault)).toEqual([]);
    expect(complaints([claim('diagnosis', 'web', 'not deadlock')], seen(), fault)).toHaveLength(2);
    expect(complaints([tasks('not corrupt')], seen(), fault)).toHaveLength(2);
    expect(complaints([tasks('intact')], seen(), fault)).toHaveLength(2);
  });

  it('a claim whose condition is false covers nothing', () => {
    const off = tasks('corrupt', { condition: { kind: 'bool', value: false, span: link0 } });
    const nothing = { ...NO_FACTS, value: () => found({ kind: 'bool', value: false } as const) };
    expect(complaints([off], seen(), fault, { facts: nothing })).toHaveLength(2);
  });

  it('a region that is claimed to be refused may be found bad', () => {
    const bad = finding('metadata', 'REGION_HEADER', 'web.metadata.bytes[8]');
    const run = seen({
      verdicts: [verdict('metadata', 'corrupt'), verdict('tasks')],
      findings: [bad],
      diagnosis: [],
    });
    const refused = claim('hypervisor', 'web.metadata', 'refused');
    expect(complaints([refused, claim('verdict', 'others', 'intact')], run)).toEqual([]);
    expect(outcomes([refused, claim('verdict', 'others', 'intact')], run)[1]).toBe('met');
    expect(complaints([claim('hypervisor', 'web.metadata', 'not refused')], run)).toHaveLength(1);
    expect(complaints([claim('hypervisor', 'db.metadata', 'refused')], run)).toHaveLength(1);
  });

  it('an exception is not covered', () => {
    const but = claim('verdict', 'web.*', 'corrupt', { except: [path('web.tasks')] });
    expect(complaints([but], seen(), fault)).toContain(`E0910 no claim covers LIST_NEXT_POISON at ${LINK}`);
  });

  it('links that run in a ring are followed to no end', () => {
    const a = finding('locks', 'LOCK_VALUE', 'a', { index: 0, consequence_of: 1 });
    const b = finding('locks', 'LOCK_VALUE', 'b', { index: 1, consequence_of: 0 });
    expect(complaints([tasks('corrupt')], seen({ findings: [a, b], diagnosis: [] }), fault)).toEqual([
      'E0910 no claim covers 2 findings of LOCK_VALUE on web.locks',
    ]);
  });

  it('findings of one code on one structure are told together, with one claim for all of them', () => {
    const many = (count: number): ReturnType<typeof seen> =>
      seen({
        findings: Array.from({ length: count }, (_, index) =>
          finding('locks', 'LOCK_VALUE', `web.locks[${index}]`, { index, physical: index }),
        ),
        diagnosis: [],
      });
    const three = judged([tasks('intact')], many(3), fault).complaints.filter(({ code }) => code === 'E0910');
    expect(three.map(({ message }) => message)).toEqual([
      'no claim covers 3 findings of LOCK_VALUE on web.locks',
    ]);
    expect(three[0]?.labels[0]?.text).toMatch(/; at web\.locks\[0\], web\.locks\[1\], web\.locks\[2\]$/);
    expect(three[0]?.help).toMatch(
      /^expect it: `verdict web\.locks is corrupt with LOCK_VALUE at web\.locks\[0\], web\.locks\[1\], web\.locks\[2\]`;/,
    );
    const twelve = judged([tasks('intact')], many(12), fault).complaints.find(({ code }) => code === 'E0910');
    expect(twelve?.labels[0]?.text).toMatch(/web\.locks\[7\] and 4 more$/);
    expect(twelve?.help).toMatch(/^expect it: `verdict web\.locks is corrupt with LOCK_VALUE`;/);
  });
});

const link0 = { file: 'a.spec', start: 0, end: 0 };
