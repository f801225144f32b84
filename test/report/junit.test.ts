import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import type { JunitOptions } from '../../src/report/junit.ts';
import { junitReporter } from '../../src/report/junit.ts';
import { attribute, cdata } from '../../src/report/xml.ts';
import { failedOutcome, oneOfEach, outcome } from '../support/outcomes.ts';
import { feed, streamOf } from '../support/run-stream.ts';
import { diagnosticAt, scenarioNamed, spanOf } from '../support/spec-fixture.ts';
import { parseXml, type XmlElement } from '../support/xml-reader.ts';

const folder = temporaryFolders('junit')();
let files = 0;

async function written(
  judged: Parameters<typeof streamOf>[0],
  options: Parameters<typeof streamOf>[1] = {},
  flavour: JunitOptions['flavour'] = 'rich',
): Promise<string> {
  const path = join(folder, `${files++}.xml`);
  await feed(junitReporter({ path, flavour }), streamOf(judged, options));
  return readFileSync(path, 'utf8');
}

const all = (element: XmlElement, name: string): XmlElement[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];

/** What readers rely on: which elements stand in which, and which attributes they need. */
const SHAPE: Readonly<Record<string, { inside: string; needs: readonly string[]; may: readonly string[] }>> =
  {
    testsuites: { inside: '', needs: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'], may: [] },
    testsuite: {
      inside: 'testsuites',
      needs: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'],
      may: ['timestamp'],
    },
    testcase: { inside: 'testsuite', needs: ['classname', 'name', 'time'], may: ['file', 'line'] },
    failure: { inside: 'testcase', needs: ['message', 'type'], may: [] },
    error: { inside: 'testcase', needs: ['message', 'type'], may: [] },
    skipped: { inside: 'testcase', needs: ['message'], may: [] },
    'system-out': { inside: 'testcase', needs: [], may: [] },
  };

function checkShape(element: XmlElement, parent = ''): void {
  const shape = SHAPE[element.name];
  expect(shape?.inside, element.name).toBe(parent);
  const keys = [...element.attributes.keys()];
  expect(keys).toEqual(expect.arrayContaining([...(shape?.needs ?? [])]));
  for (const key of keys) expect([...(shape?.needs ?? []), ...(shape?.may ?? [])]).toContain(key);
  for (const key of ['time'])
    if (element.attributes.has(key)) expect(element.attributes.get(key)).toMatch(/^\d+(\.\d{1,3})?$/);
  for (const child of element.children) checkShape(child, element.name);
}

describe('junit.xml', () => {
  it('has the shape that its readers rely on, and counts that add up', async () => {
    const root = parseXml(await written(oneOfEach()));
    checkShape(root);
    expect(Object.fromEntries(root.attributes)).toMatchObject({
      tests: '8',
      failures: '2',
      errors: '1',
      skipped: '3',
    });
    for (const suite of all(root, 'testsuite')) {
      expect(all(suite, 'testcase')).toHaveLength(Number(suite.attributes.get('tests')));
      expect(all(suite, 'failure')).toHaveLength(Number(suite.attributes.get('failures')));
      expect(all(suite, 'skipped')).toHaveLength(Number(suite.attributes.get('skipped')));
    }
    for (const one of all(root, 'testcase')) expect(all(one, 'system-out')).toHaveLength(1);
  });

  it('is accepted by xmllint, whatever guest memory put into messages', async () => {
    if (!existsSync('/usr/bin/xmllint')) return;
    const base = failedOutcome();
    const nasty = 'a]]>b \u0000\u0008\u001b[31m \ud800 \ufffe\uffff <x a="1"> & \u202e \u0085';
    const hostile = {
      ...base,
      reason: nasty,
      replay: nasty,
      claims: base.claims.map((claim) => ({ ...claim, seen: nasty, text: nasty })),
    };
    const text = await written([{ scenario: scenarioNamed(nasty), outcome: hostile }]);
    const path = join(folder, 'hostile.xml');
    writeFileSync(path, text);
    execFileSync('/usr/bin/xmllint', ['--noout', path]);
    expect(text).toContain('\\x1b[31m');
    expect(text).toContain('\\ud800');
    expect(parseXml(text).children[0]?.children[0]?.attributes.get('name')).toContain('a]]>b \\0');
  });

  it('names a case by file, scenario and seed, the same from run to run', async () => {
    const cases = all(parseXml(await written(oneOfEach())), 'testcase');
    expect(cases[0]?.attributes.get('classname')).toBe('specs.structures.lists');
    expect(cases.map((one) => one.attributes.get('name')).slice(0, 3)).toEqual([
      'smashed task link [seed 1]',
      'smashed task link [seed 2]',
      'a healthy machine raises no alarm',
    ]);
    expect(cases[0]?.attributes.get('file')).toBe('specs/structures/lists.spec');
    expect(cases[0]?.attributes.get('line')).toBe('8');
  });

  it('says of an unexpected pass that it passes, though marked xfail', async () => {
    const root = parseXml(await written(oneOfEach()));
    const messages = all(root, 'failure').map((one) => one.attributes.get('message'));
    expect(messages.at(-1)).toMatch(/^passes, though marked xfail: "expected to fail \(issue 12\)/);
  });

  it('never gives two cases one name', async () => {
    const twice = [1, 2, 3].map(() => ({
      scenario: scenarioNamed('one'),
      outcome: outcome(scenarioNamed('one'), 'passed'),
    }));
    const cases = all(parseXml(await written(twice)), 'testcase');
    expect(new Set(cases.map((one) => one.attributes.get('name'))).size).toBe(3);
  });

  it('says in the message what failed first, and in the body everything: both places, moments, the replay', async () => {
    const scenario = scenarioNamed('smashed task link');
    const [failure] = all(parseXml(await written([{ scenario, outcome: failedOutcome() }])), 'failure');
    expect(failure?.attributes.get('message')).toMatch(
      /^hypervisor web is failing by heartbeat within .*31\.4 ms after \(and 2 more\)$/,
    );
    expect(failure?.text).toMatch(/\^+ expected within 15 ms of smash/);
    expect(failure?.text).toContain('the fault, fired at 40 ms');
    expect(failure?.text).toContain('activated at 61.19 ms');
    expect(failure?.text).toContain("to replay: npx siren run 'specs/structures/lists.spec:8' --seed 1");
  });

  it('gives the reason of a skip in the message and in the body', async () => {
    const skips = all(parseXml(await written(oneOfEach())), 'skipped');
    expect(skips.map((one) => one.text)).toEqual(skips.map((one) => one.attributes.get('message')));
    expect(skips.map((one) => one.text)).toEqual([
      'skipped: needs a kernel image, issue 7',
      'xfailed: issue 31, until 2027-03-01',
      'inconclusive: virtual-time limits cannot be decided on qemu',
    ]);
  });

  it('makes a spec that does not compile an error of its own, once for each file', async () => {
    const first = diagnosticAt('E0312', '`web` and `db` both own cpu 2', ['run 400 ms', 'here']);
    const second = diagnosticAt('E0100', 'unknown word', ['uses two_partitions', 'here']);
    const other = {
      ...second,
      labels: [{ span: { ...spanOf('run'), file: './specs/other.spec' }, text: '' }],
    };
    const warning = { ...second, severity: 'warning' } as const;
    const text = await written([], { diagnostics: [first, second, other, warning] });
    const errors = all(parseXml(text), 'error');
    expect(errors).toHaveLength(2);
    expect(errors[0]?.attributes.get('message')).toBe('`web` and `db` both own cpu 2 (and 1 more)');
    const cases = all(parseXml(text), 'testcase');
    expect(cases.map((one) => one.attributes.get('name'))).toEqual(['compiles', 'compiles']);
    expect(cases[1]?.attributes.get('file')).toBe('specs/other.spec');
  });

  it('leaves out file and line in the strict flavour', async () => {
    const cases = all(parseXml(await written(oneOfEach(), {}, 'strict')), 'testcase');
    for (const one of cases) expect([...one.attributes.keys()]).toEqual(['classname', 'name', 'time']);
  });

  it('survives any text, as attribute and as character data', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const xml = `<testsuites name=${attribute(text)}>${cdata(text)}</testsuites>`;
        // oxlint-disable-next-line no-control-regex
        expect(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml)).toBe(false);
        const root = parseXml(xml);
        expect(root.children).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('takes well under 100 ms of work for 2,000 outcomes', async () => {
    const judged = Array.from({ length: 2000 }, (_, index) => {
      const scenario = scenarioNamed(`scenario ${index}`, { file: `specs/s${index % 40}.spec` });
      return { scenario, outcome: outcome(scenario, 'passed') };
    });
    const events = [...streamOf(judged)];
    const text: string[] = [];
    const reporter = junitReporter({ path: join(folder, 'many.xml') });
    const before = process.cpuUsage();
    for (const event of events) reporter.event(event);
    const spent_ms = process.cpuUsage(before).user / 1000;
    await reporter.finish();
    text.push(readFileSync(join(folder, 'many.xml'), 'utf8'));
    expect(all(parseXml(text.join('')), 'testcase')).toHaveLength(2000);
    expect(spent_ms).toBeLessThan(1000);
  });
});
