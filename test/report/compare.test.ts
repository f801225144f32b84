import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import { compareCommand } from '../../src/cli/compare.ts';
import { type Comparison, compareResults, comparisonExit } from '../../src/report/compare/compare.ts';
import { readResults, ResultsError } from '../../src/report/compare/read.ts';
import { comparisonMarkdown, comparisonText } from '../../src/report/compare/render.ts';
import { jsonReporter } from '../../src/report/json.ts';
import type { RunOutcome, Status } from '../../src/record/outcome.ts';
import { claims, failedOutcome, outcome, record, report } from '../support/outcomes.ts';
import { feed, type Judged, streamOf } from '../support/run-stream.ts';
import { scenarioNamed } from '../support/spec-fixture.ts';

const folder = temporaryFolders('compare')();
let files = 0;

async function resultsFile(judged: readonly Judged[]): Promise<string> {
  const path = join(folder, `${files++}.json`);
  await feed(jsonReporter({ path, version: '0.1.0' }), streamOf(judged));
  return path;
}

const one = (name: string, status: Status, changes: Partial<RunOutcome> = {}): Judged => {
  const scenario = scenarioNamed(name);
  return {
    scenario,
    outcome: status === 'failed' ? failedOutcome(scenario) : outcome(scenario, status, changes),
  };
};

async function compared(base: readonly Judged[], head: readonly Judged[]): Promise<Comparison> {
  const read = async (judged: readonly Judged[], name: string): ReturnType<typeof readAsync> =>
    readAsync(await resultsFile(judged), name);
  return compareResults(await read(base, 'base.json'), await read(head, 'head.json'));
}
const readAsync = (path: string, name: string): Promise<ReturnType<typeof readResults>> =>
  Promise.resolve(readResults(readFileSync(path, 'utf8'), name));

const names = (list: readonly { readonly head: { readonly scenario: string } }[]): readonly string[] =>
  list.map((pair) => pair.head.scenario);

describe('comparing two runs', () => {
  it('tells newly failing, fixed, still failing, added, removed and other endings apart', async () => {
    const found = await compared(
      [
        one('a', 'passed'),
        one('b', 'failed'),
        one('c', 'failed'),
        one('gone', 'passed'),
        one('d', 'passed'),
        one('e', 'passed'),
      ],
      [
        one('a', 'failed'),
        one('b', 'passed'),
        one('c', 'failed'),
        one('new', 'passed'),
        one('bad', 'failed'),
        one('d', 'skipped'),
        one('e', 'passed'),
      ],
    );
    expect(names(found.newly_failing)).toEqual(['a']);
    expect(names(found.fixed)).toEqual(['b']);
    expect(names(found.still_failing)).toEqual(['c']);
    expect(names(found.other_status)).toEqual(['d']);
    expect(found.added.map((run) => run.scenario)).toEqual(['new']);
    expect(found.added_failing.map((run) => run.scenario)).toEqual(['bad']);
    expect(found.removed.map((run) => run.scenario)).toEqual(['gone']);
    expect(found.same).toBe(1);
  });

  it('lists every verdict and diagnosis that changed in a scenario that still passes', async () => {
    const before = report();
    const verdicts = before.verdicts.map((verdict) =>
      verdict.structure === 'timers' ? { ...verdict, verdict: 'unsettled' as const } : verdict,
    );
    const after = { ...before, verdicts, diagnosis: before.diagnosis.slice(1) };
    const found = await compared(
      [one('a', 'passed')],
      [one('a', 'passed', { record: record({ reports: [after] }) })],
    );
    expect(found.changed).toHaveLength(1);
    expect(found.changed[0]?.changes).toEqual([
      { what: 'rescue on web: timers', was: 'intact via live_region', is: 'unsettled via live_region' },
      {
        what: 'rescue on web: diagnosis',
        was: 'wild_pointer at web.tasks["nginx"].tasks.next, then lock_leak at web.locks["tasklist_lock"]',
        is: 'lock_leak at web.locks["tasklist_lock"]',
      },
    ]);
    const text = comparisonText(found, pc.createColors(false));
    expect(text).toContain('rescue on web: timers: intact via live_region → unsettled via live_region');
    expect(comparisonMarkdown(found)).toContain('rescue on web: timers');
  });

  it('notices a claim that is no longer decided and a fault that no longer fires', async () => {
    const undecided = claims().map((claim) =>
      claim.index === 5 ? { ...claim, status: 'inconclusive' as const } : claim,
    );
    const receipts = record().receipts.map(({ fired_ns: _fired, activated_ns: _read, ...rest }) => rest);
    const found = await compared(
      [one('a', 'passed')],
      [one('a', 'passed', { claims: undecided, record: record({ receipts }) })],
    );
    expect(found.changed[0]?.changes.map((change) => `${change.what}: ${change.was} > ${change.is}`)).toEqual(
      [
        'claim bystander db is contained: met > inconclusive',
        'fault smash: activated > never fired',
        'stimulus reap: fired > never fired',
      ],
    );
  });

  it('tells of a rescue that became a tenth slower, and fails on it under no policy', async () => {
    const late = { ...report(), diagnosed_ns: 95_000_000 };
    const found = await compared(
      [one('a', 'passed')],
      [one('a', 'passed', { record: record({ reports: [late] }) })],
    );
    expect(found.slower).toMatchObject([{ what: 'rescue on web', was_ns: 6_530_000, is_ns: 19_600_000 }]);
    expect(comparisonText(found, pc.createColors(false))).toContain('6.53 ms → 19.6 ms');
    expect(comparisonExit(found, 'any-change')).toBe(0);
  });

  it('counts a run once, says why a run still fails, and that a claim was taken out of the spec', async () => {
    const still = one('c', 'failed');
    const [first, ...fewer] = claims();
    const found = await compared(
      [one('a', 'passed'), still],
      [one('a', 'passed', { claims: fewer }), still, one('bad', 'failed'), one('new', 'passed')],
    );
    const text = comparisonText(found, pc.createColors(false));
    expect(text).toMatch(/\n0 newly failing, 1 added, and failing, 1 changed, 1 added, 1 still failing\n$/);
    expect(text).toMatch(
      /\nstill failing \(1\)\n.* c \[seed 1\] {2}failed in the head: hypervisor web .*: expected within 15 ms/,
    );
    expect(text).toContain(`claim ${first?.text.replace(/\s+/g, ' ')}: met → removed from the spec`);
  });

  it('pairs a scenario with itself when another seed was drawn', async () => {
    const found = await compared([one('a', 'passed', { seed: 7 })], [one('a', 'passed', { seed: 8 })]);
    expect(found.added).toEqual([]);
    expect(found.removed).toEqual([]);
    expect(found.same).toBe(1);
  });

  it('fails on what the policy names and on nothing else', async () => {
    const a = one('a', 'passed');
    const broken = await compared([a], [one('a', 'failed')]);
    const added = await compared([a], [a, one('b', 'failed')]);
    const fixed = await compared([one('a', 'failed')], [a]);
    const fewer = await compared([a, one('b', 'passed')], [a]);
    const still = await compared([one('a', 'failed')], [one('a', 'failed')]);
    const same = await compared([a], [a]);
    const exits = [broken, added, fixed, fewer, still, same].map((found) =>
      (['none', 'new', 'any-change'] as const).map((policy) => comparisonExit(found, policy)),
    );
    expect(exits).toEqual([
      [0, 1, 1],
      [0, 1, 1],
      [0, 0, 1],
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('is red for a head that does not compile, stopped early, or ran on nothing, and says on what it ran', () => {
    const read = (changes: Record<string, unknown>): ReturnType<typeof readResults> => {
      const head = {
        format: 'siren-results',
        version: 3,
        siren: '0.1.0',
        target: 'sim',
        bailed: false,
        diagnostics: [],
        runs: [],
        ...changes,
      };
      return readResults(JSON.stringify(head), 'head.json');
    };
    const run = {
      id: 'a seed 1',
      scenario: 'a',
      file: 'a.spec',
      line: 1,
      seed: 1,
      status: 'passed',
      claims: [],
      complaints: [],
    };
    const error = (line: number): unknown => ({
      severity: 'error',
      code: 'E0213',
      message: 'no such thing',
      labels: [{ file: 'a.spec', line }],
    });
    const base = read({ runs: [run] });
    const broken = compareResults(base, read({ runs: [run], diagnostics: [error(3)] }));
    expect([broken.new_errors, comparisonExit(broken, 'new'), comparisonExit(broken, 'none')]).toEqual([
      [{ where: 'a.spec:3', code: 'E0213', message: 'no such thing' }],
      1,
      0,
    ]);
    expect(comparisonText(broken, pc.createColors(false))).toContain(
      'new errors in specs (1)\n  a.spec:3  E0213  no such thing',
    );
    expect(comparisonMarkdown(broken)).toContain('E0213');
    const before = read({ runs: [run], diagnostics: [error(3)] });
    expect(
      comparisonExit(compareResults(before, read({ runs: [run], diagnostics: [error(9)] })), 'new'),
    ).toBe(0);
    for (const [changes, why] of [
      [{ bailed: true, runs: [{ ...run, id: 'b seed 1', scenario: 'b' }] }, 'bailed'],
      [{ interrupted: true }, 'interrupted'],
      [{}, 'nothing ran'],
    ] as const) {
      const cut = compareResults(base, read(changes));
      expect([cut.cut, comparisonExit(cut, 'new')]).toEqual([why, 1]);
      expect(comparisonText(cut, pc.createColors(false))).toContain(`not run in the head (${why}) (1)`);
    }
    const other = compareResults(base, read({ runs: [run], target: 'qemu' }));
    expect([comparisonExit(other, 'new'), comparisonExit(other, 'any-change')]).toEqual([0, 1]);
    expect(comparisonText(other, pc.createColors(false))).toContain('the base ran on sim, the head on qemu');
  });

  it('lets no control character or markup through', async () => {
    const nasty = '<img src=x> \u001b[31m \u202e @all | `x`';
    const scenario = scenarioNamed(nasty);
    const found = await compared([], [{ scenario, outcome: { ...failedOutcome(scenario), reason: nasty } }]);
    // oxlint-disable-next-line no-control-regex
    expect(comparisonText(found, pc.createColors(false))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(comparisonMarkdown(found)).not.toMatch(/<img|@all|\u202e/);
  });
});

describe('a results.json that is none', () => {
  it('is refused with the place of the mistake', async () => {
    const good = JSON.parse(readFileSync(await resultsFile([one('a', 'passed')]), 'utf8')) as Record<
      string,
      unknown
    >;
    const refused = (text: string): string => {
      try {
        readResults(text, 'x.json');
      } catch (error) {
        expect(error).toBeInstanceOf(ResultsError);
        return (error as Error).message;
      }
      return 'taken';
    };
    expect(refused('')).toMatch(/^x\.json: it is not JSON/);
    expect(refused('[]')).toMatch(/the file is not an object/);
    expect(refused('{}')).toMatch(/no format/);
    expect(refused(JSON.stringify({ ...good, version: 4 }))).toMatch(
      /version 4, and this Siren reads versions 1 to 3/,
    );
    expect(refused(JSON.stringify({ ...good, runs: [{}] }))).toMatch(/runs\[0\]\.status is not a string/);
    const [run] = good['runs'] as [Record<string, unknown>];
    expect(refused(JSON.stringify({ ...good, runs: [run, run] }))).toMatch(/runs\[1\]\.id is there twice/);
    expect(refused('{"__proto__": {"format": "siren-results"}}')).toMatch(/no format/);
    expect(refused('[['.repeat(100_000))).toMatch(/not JSON/);
    expect(refused(JSON.stringify(good))).toBe('taken');
  });

  it('never brings anything but a ResultsError, however it is damaged', async () => {
    const good = readFileSync(await resultsFile([one('a', 'passed'), one('b', 'failed')]), 'utf8');
    const json = JSON.parse(good) as unknown;
    const paths: (readonly (string | number)[])[] = [];
    const visit = (value: unknown, path: readonly (string | number)[]): void => {
      paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value))
        visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    visit(json, []);
    const odd = fc.constantFrom<unknown>(null, 1, 'x', [], {}, [null], { __proto__: null }, -1, true);
    fc.assert(
      fc.property(fc.constantFrom(...paths.slice(1)), odd, (path, value) => {
        const copy = structuredClone(json) as Record<string | number, unknown>;
        let at = copy;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
        at[path.at(-1) as string | number] = value;
        try {
          compareResults(readResults(JSON.stringify(copy), 'x'), readResults(good, 'y'));
        } catch (error) {
          expect(error).toBeInstanceOf(ResultsError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('siren compare', () => {
  async function run(base: string, head: string, options: Record<string, unknown> = {}) {
    const printed = { out: '', error: '' };
    const code = await compareCommand(base, head, options, {
      cwd: folder,
      colors: pc.createColors(false),
      out: (text) => void (printed.out += text),
      error: (text) => void (printed.error += text),
    });
    return { code, ...printed };
  }

  it('prints what changed, writes it as Markdown, and fails only when told to', async () => {
    const base = await resultsFile([one('a', 'passed')]);
    const head = await resultsFile([one('a', 'failed')]);
    expect(await run(base, head)).toMatchObject({ code: 0, error: '' });
    const failed = await run(base, head, { failOn: 'new', markdown: 'out/diff.md' });
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('newly failing (1)');
    expect(failed.out).toMatch(/\n1 newly failing\n$/);
    expect(readFileSync(join(folder, 'out/diff.md'), 'utf8')).toContain('### newly failing (1)');
  });

  it('answers 3 for files that are none, 3 for an unknown policy, 4 when it cannot write', async () => {
    const good = await resultsFile([one('a', 'passed')]);
    mkdirSync(join(folder, 'dir.json'));
    writeFileSync(join(folder, 'bin.json'), Buffer.from([0, 255, 254, 1]));
    expect(await run('nowhere.json', good)).toMatchObject({ code: 3, out: '' });
    expect((await run('nowhere.json', good)).error).toBe(
      'siren compare: nowhere.json: there is no such file; `siren run` writes reports/results.json\n',
    );
    expect((await run(good, 'dir.json')).code).toBe(3);
    expect((await run(good, 'bin.json')).error).toContain('bin.json: it is not JSON');
    expect((await run(good, good, { failOn: 'never' })).code).toBe(3);
    const unwritable = await run(good, good, { markdown: 'bin.json/x.md' });
    expect(unwritable.code).toBe(4);
    expect(unwritable.error).toContain('x.md');
  });
});
