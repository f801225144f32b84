import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import type { PageRun, PageTopology } from '../../src/report/html/page-data.ts';
import { runView } from '../../src/report/html/browser/run.js';
import { htmlReporter } from '../../src/report/html/reporter.ts';
import { failedOutcome, outcome, record, report, service } from '../support/outcomes.ts';
import { feed, type Judged, streamOf, type StreamOptions } from '../support/run-stream.ts';
import { sampleRuns } from '../support/sample-report.ts';
import { diagnosticAt, LISTS_FILE, LISTS_TEXT, scenarioNamed } from '../support/spec-fixture.ts';

const fresh = temporaryFolders('html');
const folder = fresh();
let files = 0;

async function page(judged: readonly Judged[], options: StreamOptions = {}): Promise<string> {
  const path = join(folder, `${files++}.html`);
  await feed(htmlReporter({ path, version: '0.1.0' }), streamOf(judged, options));
  return readFileSync(path, 'utf8');
}

/** The runs that a page carries, as its script reads them. */
function runsIn(html: string): readonly PageRun[] {
  const found = html.matchAll(/<\/div>\n<script type="application\/json">([^<]*)<\/script><\/details>/g);
  return [...found].map(([, json]) => JSON.parse(json as string) as PageRun);
}

function embedded<T>(html: string, id: string): T | undefined {
  const found = new RegExp(`<script type="application/json" id="${id}">([^<]*)</script>`).exec(html);
  return found === null ? undefined : (JSON.parse(found[1] as string) as T);
}

function drawn(html: string, run: PageRun, width = 1000): string {
  const topologies = embedded<readonly PageTopology[]>(html, 'topologies') ?? [];
  return runView(run, topologies[run.topology], embedded<string>(html, `source-${run.source.text}`), width)
    .text;
}

const ELEMENTS = new Set(
  (
    'a article b body br button caption circle code details div em footer g h1 h2 h3 h4 h5 head header html input label li line main mark ' +
    'meta ol option p path pre rect script section select span strong style summary svg table tbody td text th thead title tr ul'
  ).split(' '),
);

/** Every `<` of a page must open or close an element that we write, with attributes that we write. */
function checkMarkup(html: string): void {
  const outside = html.replace(/<(script|style)([^>]*)>[^]*?<\/\1>/g, '<$1$2></$1>');
  for (const [at] of outside.matchAll(/<[^>]*>?/g)) {
    if (at === '<!doctype html>') continue;
    const tag = /^<\/?([a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*(?:="[^"<]*")?)*)\s*\/?>$/i.exec(at);
    expect(tag, at).not.toBeNull();
    expect(ELEMENTS.has((tag?.[1] ?? '').toLowerCase()), at).toBe(true);
    const names = (tag?.[2] ?? '').replace(/"[^"]*"/g, '');
    expect(names).not.toMatch(/\s(on\w+|href|src|style)\b/i);
  }
}

const NASTY =
  '</script></pre><img src=x onerror="document.title=`hacked`"><!-- \u2028 \u0000 \u001b[31m \u202e \'"&amp; ${x} ]]> \ud800 <svg onload=1>';

function hostileRun(): Judged {
  const scenario = scenarioNamed(NASTY, { doc: NASTY, tags: ['smoke', NASTY], file: NASTY });
  const base = failedOutcome(scenario);
  const evil = report();
  const finding = {
    ...evil.findings[0],
    structure: NASTY,
    code: NASTY,
    place: NASTY,
    message: NASTY,
  } as (typeof evil.findings)[0];
  const reports = [
    {
      ...evil,
      ambulance: NASTY,
      patient: NASTY,
      reason: NASTY,
      log_tail: [NASTY],
      notes: [NASTY],
      findings: [
        {
          ...finding,
          context: { base: 'ffff888000000000', hex: '3c2f', fields: [{ name: NASTY, offset: 0, bytes: 1 }] },
        },
      ],
      diagnosis: evil.diagnosis.map((one) => ({ ...one, cause: NASTY, place: NASTY, evidence: [NASTY] })),
    },
  ];
  const full = record();
  const nastyRecord = {
    ...full,
    reports,
    events: [{ time_ns: 5, subject: NASTY, kind: NASTY, detail: { [NASTY]: NASTY, sign: NASTY } }],
    receipts: full.receipts.map((one) => ({
      ...one,
      name: NASTY,
      place: NASTY,
      note: NASTY,
      partition: NASTY,
    })),
    partitions: full.partitions.map((one) => ({ ...one, name: NASTY, console: [NASTY] })),
    audit: full.audit.map((one) => ({ ...one, who: NASTY, what: NASTY, detail: NASTY })),
    twins: full.twins.map((one) => ({ ...one, identical: false, partition: NASTY, difference: NASTY })),
  };
  const claims = base.claims.map((claim) => ({
    ...claim,
    text: NASTY,
    seen: NASTY,
    diagnostic: diagnosticAt('E0900', NASTY, ['run 400 ms', NASTY]),
  }));
  return { scenario, outcome: { ...base, reason: NASTY, replay: NASTY, record: nastyRecord, claims } };
}

describe('report.html', () => {
  it('is one file that needs no other and lets nothing else in', async () => {
    const html = await page([{ scenario: scenarioNamed('one'), outcome: failedOutcome() }]);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^ ']+'; style-src 'sha256-[^ ']+'/);
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] as string;
    const script = /<script>([^]*?)<\/script>/.exec(html)?.[1] as string;
    expect(policy).toContain(hash(style));
    expect(policy).toContain(hash(script));
    expect(/\bhttps?:|\bsrc=|url\(|@import|@font-face/.exec(html)).toBeNull();
    expect(() => new Script(script)).not.toThrow();
  });

  it('lets no text of a spec or of guest memory become markup, before or after a run is opened', async () => {
    const sources = new Map([
      [NASTY, NASTY],
      [LISTS_FILE, LISTS_TEXT],
    ]);
    const html = await page([hostileRun()], {
      sources,
      diagnostics: [diagnosticAt('E0100', NASTY, ['run', NASTY])],
    });
    checkMarkup(html);
    const [run] = runsIn(html) as [PageRun];
    expect(run.doc).toBe(NASTY);
    const view = drawn(html, run);
    checkMarkup(view);
    // oxlint-disable-next-line no-control-regex
    expect(view).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028]/);
    expect(view).toContain('&lt;/script&gt;');
    expect(view).toContain('\\x1b[31m');
    expect(view).toContain('\\u202e');
    // The run's data, the machines, the source, the page's own script.
    expect(html.match(/<script/g)).toHaveLength(4);
  });

  it('puts what needs attention first, and shows its diagnostics without any script', async () => {
    const html = await page(sampleRuns(0));
    expect(html.indexOf('Needs attention')).toBeGreaterThan(0);
    expect(html.indexOf('Needs attention')).toBeLessThan(html.indexOf('a healthy machine raises no alarm'));
    expect(html).toContain('5 of 11 runs need attention');
    const plain = html.slice(html.indexOf('<main>'), html.indexOf('<script type="application/json">'));
    expect(plain).toContain('E0901');
    // They are open from the start; the rest is a list.
    expect(html.match(/<details class="run"[^>]* open>/g)).toHaveLength(5);
    expect(html).not.toMatch(/<details class="run"[^>]*data-status="passed"[^>]* open>/);
    expect(plain).toMatch(/\^+ the fault, fired at 40 ms/);
  });

  it('draws every run: claims, timeline, receipts, diagnosis, memory, machine, source', async () => {
    const html = await page(sampleRuns(0));
    const views = runsIn(html).map((run) => drawn(html, run));
    for (const view of views) checkMarkup(view);
    const [failed] = views as [string];
    for (const heading of [
      'What is wrong',
      'Claims',
      'Timeline',
      'Faults and stimuli',
      'Rescue',
      'Diagnosis',
      'Findings',
      'Verdicts',
      'Twins',
      'Machine',
      'Source',
    ])
      expect(failed).toContain(heading);
    expect(failed).toMatch(/tasks\.next\s*<strong>← wrong<\/strong>/);
    expect(failed).toMatch(/<mark>\s*de\s*<\/mark/);
    expect(failed).toContain('0xdead000000000100');
    expect(failed).toContain('1 consequence<');
    expect(failed).toMatch(/class="arrow came"/);
    expect(failed).toMatch(/\^+ expected within 15 ms of smash/);
  });

  it('opens the neighbours of the wrong field and folds the rest of a large structure', async () => {
    const [finding] = report().findings as [ReturnType<typeof report>['findings'][0]];
    const fields = Array.from({ length: 64 }, (_, index) => ({
      name: `f${index}`,
      offset: 8 * index,
      bytes: 8,
    }));
    const context = { base: 'ffff88800412c200', hex: '00'.repeat(512), fields };
    const reports = [{ ...report(), findings: [{ ...finding, address: 'ffff88800412c2f8', context }] }];
    const scenario = scenarioNamed('large');
    const html = await page([
      { scenario, outcome: outcome(scenario, 'failed', { record: record({ reports }) }) },
    ]);
    const view = drawn(html, runsIn(html)[0] as PageRun);
    const [open] = view.split('all 512 bytes') as [string];
    expect(open.match(/"row">f\d+/g)).toEqual(
      Array.from({ length: 11 }, (_, index) => `"row">f${index + 26}`),
    );
    expect(view.match(/← wrong/g)).toHaveLength(2);
  });

  it('shows the scenario line by line as it is written, carets and words below what is wrong', async () => {
    const html = await page([{ scenario: scenarioNamed('one'), outcome: failedOutcome() }]);
    const view = drawn(html, runsIn(html)[0] as PageRun);
    const pre = /<pre class="source">([^]*?)<\/pre>/.exec(view)?.[1] ?? '';
    const lines = pre
      .replace(/<[^>]*>/g, '')
      .replaceAll('&quot;', '"')
      .trimEnd()
      .split('\n');
    const written = LISTS_TEXT.split('\n').slice(7, 26);
    const numbered = lines.filter((line) => /^ ?\d/.test(line));
    expect(numbered).toEqual(written.map((line, index) => `${String(index + 8).padStart(2)} ${line}`));
    const at = lines.findIndex((line) => line.includes('bystander  db is contained'));
    expect(lines[at + 1]).toMatch(/^ {7}\^+ differs at 61.2 ms: memory/);
  });

  it('tells what set wrote as a number too, and when a fault was armed only where that says something', async () => {
    const one = {
      ...record().receipts[0],
      verb: 'set',
      armed_ns: 0,
      before: '0040a200',
      after: '00010000',
      bytes: 4,
    } as ReturnType<typeof record>['receipts'][0];
    const scenario = scenarioNamed('a receipt');
    const pageOf = async (receipts: ReturnType<typeof record>['receipts']): Promise<string> => {
      const whole = await page([
        { scenario, outcome: outcome(scenario, 'passed', { record: record({ receipts, reports: [] }) }) },
      ]);
      return drawn(whole, runsIn(whole)[0] as PageRun);
    };
    const html = await pageOf([one]);
    expect(html).toContain('little-endian: <code>0xa24000</code> → <code>0x100</code>');
    expect(html).not.toContain('>armed</th>');
    expect(await pageOf([{ ...one, verb: 'fill', armed_ns: 5 }])).toMatch(
      />armed<\/th>(?!.*little-endian: <code>0x)/s,
    );
  });

  it('folds the structures that nothing in a guest leads to into one line', async () => {
    const [first] = report().verdicts;
    const absent = ['pids', 'mounts'].map((structure) => ({
      ...first!,
      structure,
      verdict: 'unchecked' as const,
      code: 'NO_LOCATOR',
    }));
    const scenario = scenarioNamed('absent');
    const whole = await page([
      {
        scenario,
        outcome: outcome(scenario, 'passed', {
          record: record({ reports: [{ ...report(), verdicts: [first!, ...absent] }] }),
        }),
      },
    ]);
    const html = drawn(whole, runsIn(whole)[0] as PageRun);
    expect(html).toContain('2 unchecked with NO_LOCATOR: pids, mounts.');
    expect(html).not.toMatch(/<th scope="row">pids/);
  });

  it('lists what is plainly intact side by side; what came by another way, or was read again, stands in the table', async () => {
    const [first] = report().verdicts;
    const sound = { ...first!, verdict: 'intact' as const, rereads: 0 };
    const verdicts = [
      { ...sound, structure: 'tasks', elements: 7 },
      { ...sound, structure: 'locks', rereads: 2 },
      { ...sound, structure: 'pids', via: 'boot_copy' as const },
    ];
    const scenario = scenarioNamed('sound');
    const whole = await page([
      {
        scenario,
        outcome: outcome(scenario, 'passed', { record: record({ reports: [{ ...report(), verdicts }] }) }),
      },
    ]);
    const html = drawn(whole, runsIn(whole)[0] as PageRun);
    expect(html).toMatch(
      /1 intact, each [^<]*<\/p>\s*<ul class="sound">\s*<li>tasks <span class="dim">7<\/span><\/li>/,
    );
    for (const name of ['locks', 'pids']) expect(html).toMatch(new RegExp(`<th scope="row">${name}`));
  });

  it('marks in a receipt the bytes that changed and no others', async () => {
    const one = { ...record().receipts[0], before: '00112233', after: '00ff2233', bytes: 4 } as ReturnType<
      typeof record
    >['receipts'][0];
    const scenario = scenarioNamed('a flipped byte');
    const html = await page([
      {
        scenario,
        outcome: outcome(scenario, 'passed', { record: record({ receipts: [one], reports: [] }) }),
      },
    ]);
    const view = drawn(html, runsIn(html)[0] as PageRun);
    const marks = [...view.matchAll(/<mark>\s*(..)\s*<\/mark/g)].map(([, byte]) => byte);
    expect(marks).toEqual(['11', 'ff']);
  });

  it('says nothing of the bytes of a fault that never fired', async () => {
    const [first] = record().receipts;
    const { fired_ns: _never, activated_ns: _nor, note: _none, ...rest } = first as NonNullable<typeof first>;
    const run = record({ receipts: [{ ...rest, before: '', after: '', bytes: 0, note: '' }] });
    const html = await page([
      { scenario: scenarioNamed('one'), outcome: { ...failedOutcome(), record: run } },
    ]);
    const view = drawn(html, runsIn(html)[0] as PageRun);
    expect(view).toContain('never</strong>');
    expect(view).not.toContain('data-label="bytes');
  });

  it('draws a service: its steps, its journal in the lane of the patient, how it ended', async () => {
    const scenario = scenarioNamed('serviced');
    const said = (kind: string, time_ns: number) => ({
      time_ns,
      subject: 'rescue',
      kind,
      detail: { patient: 'web' },
    });
    const events = [said('park', 81.95e6), said('write', 82e6), said('verify', 82.1e6), said('resume', 95e6)];
    const view = async (more: Partial<ReturnType<typeof service>>): Promise<string> => {
      const serviced = outcome(scenario, 'passed', {
        record: record({ services: [{ ...service(), ...more }], events }),
      });
      const html = await page([{ scenario, outcome: serviced }]);
      const [run] = runsIn(html) as [PageRun];
      checkMarkup(drawn(html, run));
      return drawn(html, run).replaceAll(/\s+/g, ' ');
    };
    const undone = await view({});
    expect(undone).toContain('Service of web by rescue <span class="pill failing">rolled back</span>');
    expect(undone).toContain('by verify with LIST_NEXT_POISON');
    // What came after its end is no step of it.
    expect(undone).toMatch(
      /<strong>park<\/strong> 81\.95 ms → <strong>write<\/strong> 82 ms → <strong>verify<\/strong> 82\.1 ms </,
    );
    expect(undone).toContain('class="mark undone"');
    expect(undone).toContain('data-label="then">undone<');
    const [write] = service().writes as [ReturnType<typeof service>['writes'][0]];
    const done = await view({ state: 'done', writes: [{ ...write, undone: false }] });
    expect(done).toContain('class="mark repair"');
    expect(done).not.toContain('class="mark undone"');
    expect(done).toContain('data-label="then">kept<');
  });

  it('draws a machine with sixty-four CPUs and twelve partitions at 480 pixels', async () => {
    const base = scenarioNamed('crowd');
    const { topology } = base;
    const lpars = Array.from({ length: 12 }, (_, index) => ({
      ...(topology.lpars[0] as (typeof topology.lpars)[0]),
      name: `guest${index}`,
    }));
    const machine = { ...topology.machine, cpus: Array.from({ length: 64 }, (_, cpu) => cpu) };
    const scenario = scenarioNamed('crowd', { topology: { ...topology, machine, lpars } });
    const html = await page([{ scenario, outcome: outcome(scenario, 'passed') }]);
    const view = drawn(html, runsIn(html)[0] as PageRun, 480);
    checkMarkup(view);
    expect(view).toContain('CPU 63: free');
    expect(view).not.toContain('NaN');
    for (const [, x] of view.matchAll(/<rect[^>]* x="([\d.-]+)"/g)) expect(Number(x)).toBeLessThan(480);
  });

  it('draws shared memory in both colours, a borrowed CPU as such, and says what a comparison let pass', async () => {
    const { topology } = scenarioNamed('share');
    const { span } = topology.machine;
    const [web, ...others] = topology.lpars as [(typeof topology.lpars)[0]];
    const cpus = { mode: 'borrowed', cpus: [], vcpus: 1, weight: 1 } as const;
    const shares = { mode: 'shared', cpus: [0, 1], vcpus: 2, weight: 2, minimum: 0.3 } as const;
    const scenario = scenarioNamed('share', {
      topology: {
        ...topology,
        lpars: [{ ...web, cpus: shares }, ...others],
        ambulances: topology.ambulances.map((one) => ({ ...one, cpus })),
        shared_memory: [{ name: 'mailbox', bytes: 1_048_576, between: ['db', 'web'], span }],
      },
    });
    const leeway = { slack_ns: 10_000_000, except: ['web'] };
    const twins = [{ claim: 'contained', partition: 'db', leeway, identical: true, difference: '' }] as const;
    const html = await page([
      { scenario, outcome: outcome(scenario, 'passed', { record: record({ twins }) }) },
    ]);
    const view = drawn(html, runsIn(html)[0] as PageRun);
    checkMarkup(view);
    expect(view).toContain('mailbox 1 MiB, shared by db and web');
    expect(view).toContain('mailbox 1 MiB with web');
    expect(view).toContain('mailbox 1 MiB with db');
    expect(view).toMatch(/borrows its patient(&#39;|'|&apos;)s CPUs/);
    expect(view).toContain('weight 2, ≥ 30%');
    expect(view).toContain('mailbox (1 MiB of memory)');
    expect(view).toContain('mailbox: shared by db, shared by web');
    expect(view).toMatch(/contained slack 10 ms except web/);
  });

  it('draws how long a guest was beating even where the record dropped the beats', async () => {
    const whole = record();
    const partitions = whole.partitions.map((one) => ({
      ...one,
      heartbeat: {
        last_ns: 390_000_000,
        silent_ns: 10_000_000,
        longest_ns: 100_000_000,
        longest_from_ns: 50_000_000,
      },
    }));
    const events = whole.events.filter((event) => event.kind !== 'heartbeat');
    const scenario = scenarioNamed('long');
    const html = await page([
      { scenario, outcome: outcome(scenario, 'passed', { record: record({ partitions, events }) }) },
    ]);
    const [run] = runsIn(html) as [PageRun];
    expect(run.beats[1]).toEqual({
      partition: 'db',
      stretches: [
        [0, 50_000, 14],
        [150_000, 390_000, 66],
      ],
    });
    expect(drawn(html, run).match(/class="beating"/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('embeds each machine and each source once', async () => {
    const html = await page(sampleRuns(300));
    expect(embedded<readonly unknown[]>(html, 'topologies')).toHaveLength(2);
    expect(html.match(/id="source-\d+"/g)).toHaveLength(1);
  });

  it('has the same bytes for the same run, and says little of a run that passed when there are many', async () => {
    const many = sampleRuns(2000);
    const [first, second] = [await page(many), await page(many)];
    expect(first === second).toBe(true);
    expect(first.length).toBeLessThan(20_000_000);
    expect(runsIn(first).at(-1)?.record?.rescues[0]?.findings[0]).not.toHaveProperty('context');
    expect(runsIn(first)[0]?.record?.rescues[0]?.findings[0]).toHaveProperty('context');
  });

  it('says in its head that specs do not compile, and of an unexpected pass that it passes', async () => {
    const scenario = scenarioNamed('mended since');
    const judged = [{ scenario, outcome: outcome(scenario, 'xpassed', { reason: 'issue 12' }) }];
    const html = await page(judged, {
      diagnostics: [diagnosticAt('E0312', 'two owners', ['run 400 ms', 'here'])],
    });
    expect(html).toContain('1 of 1 runs need attention, 1 spec error</h1>');
    expect(html).toContain('<strong class="bad">1 spec error</strong>');
    expect(html).toContain('passes, though marked xfail: &quot;issue 12&quot;');
    expect(drawn(html, runsIn(html)[0] as PageRun)).toContain(
      'passes, though marked xfail</strong>: issue 12',
    );
  });

  it('joins the lines of a sentence about a scenario, and keeps its paragraphs', async () => {
    const doc = 'The rescuer finds the lock, releases it, and the\nguest goes on.\n\nFrom one text.';
    const scenario = scenarioNamed('told', { doc });
    const html = await page([{ scenario, outcome: outcome(scenario, 'passed') }]);
    const [run] = runsIn(html) as [PageRun];
    expect(run.doc).toBe('The rescuer finds the lock, releases it, and the guest goes on.\n\nFrom one text.');
    expect(html).toContain('the run as expected');
  });

  it('shows what a rescue noted beside its findings', async () => {
    const scenario = scenarioNamed('noted');
    const reports = [{ ...report(), notes: ['list_head has <8> bytes, in the guest 16'] }];
    const html = await page([
      { scenario, outcome: { ...failedOutcome(scenario), record: record({ reports }) } },
    ]);
    const [run] = runsIn(html) as [PageRun];
    expect(drawn(html, run)).toContain('<li>list_head has &lt;8&gt; bytes, in the guest 16</li>');
    expect(
      drawn(html, {
        ...run,
        record: { ...run.record!, rescues: [{ ...run.record!.rescues[0]!, notes_left_out: 3 }] },
      }),
    ).toContain('3 more are not in this report');
  });

  it('is whole when nothing ran and when a spec does not compile', async () => {
    const html = await page([], { diagnostics: [diagnosticAt('E0312', 'two owners', ['run', 'here'])] });
    checkMarkup(html);
    expect(html).toContain('the specs do not compile');
    expect(html).toContain('error[E0312]: two owners');
    expect(html.trimEnd().endsWith('</html>')).toBe(true);
  });

  it.skipIf(!existsSync('/usr/bin/chromium'))(
    'opens a hostile run in Chromium, and nothing of it runs',
    { timeout: 60_000 },
    async () => {
      const path = join(folder, 'chromium.html');
      const sources = new Map([[NASTY, NASTY]]);
      await feed(htmlReporter({ path, version: '0.1.0' }), streamOf([hostileRun()], { sources }));
      const profile = fresh();
      const flags = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--user-data-dir=${profile}`,
        '--virtual-time-budget=2000',
        '--dump-dom',
        `file://${path}#r0`,
      ];
      const dom = execFileSync('/usr/bin/chromium', flags, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 50_000,
      });
      expect(dom).toContain('<title>Siren: 1 of 1 runs need attention</title>');
      expect(dom).toMatch(/<details class="run"[^>]*data-width="\d+"/);
      expect(dom).toContain('class="timeline"');
      expect(dom).not.toMatch(/<img|<svg onload/);
    },
  );
});
