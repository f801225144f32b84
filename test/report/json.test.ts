import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import type { Results } from '../../src/report/results.ts';
import { jsonReporter } from '../../src/report/json.ts';
import { failedOutcome, oneOfEach, outcome, record, report, service } from '../support/outcomes.ts';
import { feed, streamOf } from '../support/run-stream.ts';
import { diagnosticAt, scenarioNamed } from '../support/spec-fixture.ts';

const fresh = temporaryFolders('json');

const schema = JSON.parse(
  readFileSync(new URL('../../src/report/results.schema.json', import.meta.url), 'utf8'),
) as object;
const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);

async function written(...args: Parameters<typeof streamOf>): Promise<string> {
  const folder = fresh();
  const path = join(folder, 'results.json');
  await feed(jsonReporter({ path, version: '0.1.0' }), streamOf(...args));
  expect(readdirSync(folder)).toEqual(['results.json']);
  return readFileSync(path, 'utf8');
}

describe('results.json', () => {
  it('meets its published schema for every status', async () => {
    const warning = diagnosticAt('E0400', 'odd', ['run 400 ms', 'here']);
    const results = JSON.parse(await written(oneOfEach(), { diagnostics: [warning] })) as Results;
    expect(valid(results) ? [] : valid.errors).toEqual([]);
    expect(results.summary).toMatchObject({ runs: 8, scenarios: 7, failed: 1, passed: 2, inconclusive: 1 });
    expect(results.diagnostics[0]?.labels[0]).toMatchObject({ line: 11, column: 3 });
  });

  it('is refused by its schema when a property is unknown or an address is a number', async () => {
    const results = JSON.parse(await written(oneOfEach())) as { runs: Record<string, unknown>[] };
    const [run] = results.runs as [Record<string, unknown>];
    expect(valid({ ...results, extra: 1 })).toBe(false);
    expect(valid({ ...results, runs: [{ ...run, wall_ms: 3 }] })).toBe(false);
    const broken = JSON.stringify(results).replaceAll('"ffff88800412c2f8"', '18446612682069000000');
    expect(valid(JSON.parse(broken))).toBe(false);
  });

  it('says how a service ended and what its journal holds, and which occurrence of `on each` a run is', async () => {
    const scenario = scenarioNamed('serviced');
    const serviced = outcome(scenario, 'passed', {
      record: record({ services: [service()] }),
      occurrence: 3,
    });
    const results = JSON.parse(await written([{ scenario, outcome: serviced }])) as Results;
    expect(valid(results) ? [] : valid.errors).toEqual([]);
    const [run] = results.runs;
    expect(run?.occurrence).toBe(3);
    expect(run?.record?.services).toMatchObject([
      {
        ambulance: 'rescue',
        patient: 'web',
        state: 'rolled_back',
        by: 'verify',
        code: 'LIST_NEXT_POISON',
        writes_left_out: 0,
        writes: [
          {
            address: 'ffffffff82a05080',
            physical: '0000000002a05080',
            before: 'ff',
            after: '00',
            undone: true,
          },
        ],
      },
    ]);
  });

  it('has what a rescue noted, cut where it is long, and says how much is left out', async () => {
    const scenario = scenarioNamed('noted');
    const notes = Array.from({ length: 15 }, (_, index) => `${index} ${'x'.repeat(1000)}`);
    const noted = outcome(scenario, 'passed', { record: record({ reports: [{ ...report(), notes }] }) });
    const results = JSON.parse(await written([{ scenario, outcome: noted }])) as Results;
    expect(valid(results) ? [] : valid.errors).toEqual([]);
    const rescue = results.runs[0]?.record?.rescues[0];
    expect(rescue?.notes).toHaveLength(12);
    expect(rescue?.notes?.[0]).toMatch(/^0 x{100,200}/);
    expect(rescue?.notes_left_out).toBe(3);
  });

  it('says what a comparison with a twin let pass', async () => {
    const leeway = { slack_ns: 10_000_000, except: ['web'] };
    const twins = [{ claim: 'contained', partition: 'db', leeway, identical: true, difference: '' }] as const;
    const scenario = scenarioNamed('slack');
    const run = { scenario, outcome: outcome(scenario, 'passed', { record: record({ twins }) }) };
    const results = JSON.parse(await written([run])) as Results;
    expect(valid(results) ? [] : valid.errors).toEqual([]);
    expect(results.runs[0]?.record?.twins).toEqual(twins);
  });

  it('differs between machines under `environment` alone', async () => {
    const here = await written(oneOfEach());
    const there = await written(oneOfEach(), {
      environment: {
        date: '2030-01-01T00:00:00Z',
        node: 'v26.0.0',
        platform: 'darwin arm64',
        workers: 4,
        wall_ms: 9,
      },
      wall_ms: 77,
    });
    expect(there).not.toBe(here);
    const mark = '\n "environment":';
    expect(there.split(mark)[0]).toBe(here.split(mark)[0]);
  });

  it('writes addresses as sixteen hex digits and leaves out what there is not', async () => {
    const results = JSON.parse(await written(oneOfEach())) as Results;
    const [smash, reap] = results.runs[0]?.record?.receipts ?? [];
    expect(smash).toMatchObject({
      address: 'ffff88800412c2f8',
      physical: '000000000412c2f8',
      fired_ns: 40_000_000,
    });
    expect(smash?.before).not.toBe(smash?.after);
    expect(reap).not.toHaveProperty('before');
    expect(reap).not.toHaveProperty('activated_ns');
    const oops = results.runs[0]?.record?.events.find((event) => event.kind === 'oops');
    expect(oops?.detail['address']).toBe('ffff88888412c2f8');
  });

  it('keeps a passed run within about 5 KB and a failed one whole', async () => {
    const text = await written([
      { scenario: scenarioNamed('fine'), outcome: outcome(scenarioNamed('fine'), 'passed') },
      { scenario: scenarioNamed('not fine'), outcome: failedOutcome(scenarioNamed('not fine')) },
    ]);
    const lines = text.split('\n').filter((line) => line.startsWith('{"id"'));
    expect(lines[0]?.length).toBeLessThan(6000);
    const results = JSON.parse(text) as Results;
    expect(results.runs[0]?.record?.rescues[0]?.findings[0]).not.toHaveProperty('context');
    expect(results.runs[1]?.record?.rescues[0]?.findings[0]?.context?.fields).toHaveLength(7);
  });

  it('stays bounded however much a run left behind', async () => {
    const flood = Array.from({ length: 50_000 }, (_, index) => ({
      time_ns: index,
      subject: 'web',
      kind: 'refused',
      detail: { code: 'x'.repeat(1000) },
    }));
    const scenario = scenarioNamed('a flood');
    const text = await written([
      { scenario, outcome: outcome(scenario, 'failed', { record: record({ events: flood }) }) },
    ]);
    expect(text.length).toBeLessThan(250_000);
    const results = JSON.parse(text) as Results;
    expect(results.runs[0]?.record?.events).toHaveLength(300);
    expect(results.runs[0]?.record?.events_left_out).toBe(49_700 + 1204);
  });

  it('is whole and valid when nothing ran', async () => {
    const results = JSON.parse(await written([], { exit_code: 5 })) as Results;
    expect(valid(results)).toBe(true);
    expect(results.exit_code).toBe(5);
  });
});
