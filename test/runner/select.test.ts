import { describe, expect, it } from 'vitest';
import { runId } from '../../src/runner/identity.ts';
import { type Selection, selectJobs } from '../../src/runner/select.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { claim } from '../support/scenarios.ts';
import { scenarioNamed } from '../support/spec-fixture.ts';

const TEXT = 'scenario "one" {\n  run 1 ms\n}\n\nscenario "two {n}" for n in [1, 2] {\n  run 1 ms\n}\n';
const FILE = 'specs/a.spec';

function at(name: string, line: number, start: string, changes: Partial<Scenario> = {}): Scenario {
  const from = TEXT.indexOf(start);
  const span = { file: FILE, start: from, end: TEXT.indexOf('\n}', from) + 2 };
  return scenarioNamed(name, { file: FILE, line, span, tags: [], ...changes });
}

const SCENARIOS = [
  at('one', 1, 'scenario "one"', { tags: ['smoke'], seeds: [1, 2, 3] }),
  at('two 1', 5, 'scenario "two', { tags: ['slow'] }),
  at('two 2', 5, 'scenario "two', { tags: ['slow', 'smoke'] }),
];

const option = (text: string) => ({ text, span: { file: 'command line', start: 0, end: text.length } });

async function select(selection: Selection = {}, lines: Record<string, number[]> = {}, broken = false) {
  const compiled = {
    scenarios: SCENARIOS,
    sources: new Map([[FILE, TEXT]]),
    declared_tags: new Set(['smoke', 'slow', 'unused']),
    broken,
  };
  const wanted = new Map(
    Object.entries(lines).map(([file, numbers]) => [
      file,
      numbers.map((line) => ({ line, argument: option(`${file}:${line}`) })),
    ]),
  );
  const { value, diagnostics } = await selectJobs(compiled, wanted, selection);
  return {
    runs: value.map(({ scenario, seed }) => `${scenario.name} ${seed}`),
    jobs: value,
    codes: diagnostics.map(({ code }) => code),
    diagnostics,
  };
}

const ALL = ['one 1', 'one 2', 'one 3', 'two 1 1', 'two 2 1'];

describe('selecting', () => {
  it('nothing narrowed down gives every scenario under each of its seeds, numbered from 0', async () => {
    const { runs, jobs } = await select();
    expect(runs).toEqual(ALL);
    expect(jobs.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('simulates the first scenario of a file that has a bystander whole, whatever else is selected', async () => {
    const bystander = claim('bystander', 'db', 'contained');
    const claiming = SCENARIOS.map((one, index) => ({ ...one, claims: index === 0 ? [] : [bystander] }));
    const before = SCENARIOS.splice(0, 3, ...claiming);
    const [all, second] = [await select(), await select({ name: option('two 2') })];
    SCENARIOS.splice(0, 3, ...before);
    expect(all.jobs.map(({ whole }) => whole === true)).toEqual([false, false, false, true, false]);
    expect(second.jobs.map(({ whole }) => whole === true)).toEqual([false]);
  });

  it('marks the rows of a table, whose line alone does not name them', async () => {
    expect((await select()).jobs.map(({ row }) => row === true)).toEqual([false, false, false, true, true]);
  });

  it('--seed replaces the seeds of every scenario', async () => {
    expect((await select({ seed: 9 })).runs).toEqual(['one 9', 'two 1 9', 'two 2 9']);
  });

  it('--tags, --filter and --name must all hold', async () => {
    expect((await select({ tags: option('smoke and not slow') })).runs).toEqual(['one 1', 'one 2', 'one 3']);
    expect((await select({ filter: option('two \\d$') })).runs).toEqual(['two 1 1', 'two 2 1']);
    expect((await select({ filter: option('two'), tags: option('smoke') })).runs).toEqual(['two 2 1']);
    expect((await select({ name: option('two 1') })).runs).toEqual(['two 1 1']);
    expect((await select({ filter: option('^specs/a.spec :: one$') })).runs).toHaveLength(3);
  });

  it('a tag that is declared and that nothing has selects nothing; one that nobody declared is an error', async () => {
    expect(await select({ tags: option('unused') })).toMatchObject({ runs: [], codes: [] });
    expect(await select({ tags: option('smok') })).toMatchObject({ runs: [], codes: ['E0821'] });
  });

  it('a line selects the scenario from its head to its closing brace, all rows of a table', async () => {
    for (const line of [1, 2, 3]) expect((await select({}, { [FILE]: [line] })).runs).toHaveLength(3);
    expect((await select({}, { [FILE]: [6] })).runs).toEqual(['two 1 1', 'two 2 1']);
    expect((await select({}, { [FILE]: [2, 7] })).runs).toEqual(ALL);
  });

  it('a line without a scenario is an error that names the nearest', async () => {
    const { codes, diagnostics } = await select({}, { [FILE]: [2, 4] });
    expect(codes).toEqual(['E0812']);
    expect(diagnostics[0]!.help).toBe('the nearest is "two 1" at line 5');
    // It may be the line of a scenario that did not compile, and that was said already.
    expect((await select({}, { [FILE]: [4] }, true)).codes).toEqual([]);
  });

  it('shards share the runs out: each in one, none in two', async () => {
    const parts = await Promise.all([1, 2, 3].map((index) => select({ shard: { index, of: 3 } })));
    expect(parts.flatMap(({ runs }) => runs).toSorted()).toEqual(ALL.toSorted());
    expect(parts.map(({ runs }) => runs.length)).toEqual([2, 2, 1]);
    expect(parts[1]!.jobs.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('--last-failed takes single seeds', async () => {
    const { jobs } = await select();
    expect((await select({ only: new Set([runId(jobs[1]!)]) })).runs).toEqual(['one 2']);
  });
});
