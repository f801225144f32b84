// Runs of a small project: what is selected, what the shell is told, what is written.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { type Ran, siren, startSiren } from '../support/built.ts';
import { sirenHere } from '../support/in-process.ts';
import { makeProject, scenarioText, SOLO } from '../support/project.ts';

// A hung process is killed after a minute and then says so; a busy machine is no hang.
vi.setConfig({ testTimeout: 90_000 });

let root: string;
const IMPORT = 'import { solo } from "./lib/solo.spec"\n';

beforeAll(() => {
  root = makeProject({
    'siren.yaml': 'paths: [specs]\nworkers: 1\ntags:\n  quick: seconds\n',
    'specs/lib/solo.spec': SOLO,
    'specs/a.spec':
      `${IMPORT}tag slow "minutes"\n` +
      scenarioText('sound', 'pass', 'tags quick') +
      scenarioText('seeded', 'pass', 'seeds 1..3\n  tags quick, slow'),
    'specs/b.spec': `${IMPORT}
scenario "row {n}" for n in [1, 2] {
  uses solo
  run n * 10 ms
  expect { guest web is healthy }
}
`,
    'failing/lib/solo.spec': SOLO,
    'failing/c.spec':
      `${IMPORT}\n` +
      scenarioText('one', 'fail') +
      scenarioText('two', 'pass') +
      scenarioText('three', 'fail') +
      scenarioText('left out', 'fail', 'skip "not today"') +
      scenarioText('excused', 'fail', 'xfail "known, #1" until 2027-01-31') +
      scenarioText('mended', 'pass', 'xfail "known, #2"'),
    'broken/lib/solo.spec': SOLO,
    'broken/good.spec': `${IMPORT}${scenarioText('good', 'pass')}`,
    'broken/bad.spec': `${IMPORT}${scenarioText('bad', 'pass', 'tags nobody')}`,
    'endless/lib/solo.spec': SOLO,
    'endless/e.spec': `${IMPORT}${scenarioText('short', 'pass')}${scenarioText('endless', 'pass', '', '3600 s')}${scenarioText('last', 'pass')}`,
  });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function results(reports: string): Results {
  return JSON.parse(readFileSync(join(root, reports, 'results.json'), 'utf8')) as Results;
}

async function run(reports: string, ...words: string[]) {
  return outcomesOf(
    reports,
    await sirenHere(['run', '--workers', '0', ...words, '--reports', reports], root),
  );
}

async function process(reports: string, ...words: string[]) {
  return outcomesOf(reports, await siren(['run', ...words, '--reports', reports], root));
}

function outcomesOf(reports: string, ran: Ran) {
  const runs = existsSync(join(root, reports, 'results.json')) ? results(reports).runs : [];
  return { ...ran, runs: runs.map((one) => `${one.scenario} ${one.seed} ${one.status}`) };
}

describe('siren list', () => {
  it('gives what a run would run, as lines and as JSON', async () => {
    const text = await sirenHere(['list'], root);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('specs/a.spec:4  sound  (quick)\n');
    expect(text.stdout).toContain('specs/b.spec:3  row 2\n');
    expect(text.stdout).toContain('4 scenarios, 6 runs');
    expect(await sirenHere(['run', '--list'], root)).toMatchObject({ code: 0, stdout: text.stdout });
    for (const words of [
      ['list', '--json'],
      ['run', '--list', '--json'],
    ]) {
      const listed = JSON.parse(
        (await sirenHere([...words, '--filter', 'seeded|row'], root)).stdout,
      ) as unknown[];
      expect(listed).toMatchObject([
        { name: 'seeded', file: 'specs/a.spec', tags: ['quick', 'slow'], seeds: [1, 2, 3] },
        { name: 'row 1', line: 3 },
        { name: 'row 2', line: 3 },
      ]);
    }
  });

  it('tells occurrences of an event from seeds', async () => {
    const beats = `scenario "beats" {
  uses solo
  run 60 ms
  seeds 1..2
  on each web.heartbeat: fill web.tasks["init"].comm with 0xff
  expect { guest web is oopsed if elapsed > 0 ns }
}
`;
    mkdirSync(join(root, 'each/lib'), { recursive: true });
    writeFileSync(join(root, 'each/lib/solo.spec'), SOLO);
    writeFileSync(join(root, 'each/e.spec'), `${IMPORT}${beats}`);
    const ran = await run('each', 'each');
    expect(ran.runs.length).toBeGreaterThan(4);
    const words = ['each', '--last-failed', '--reports', 'each'];
    const text = await sirenHere(['run', '--list', ...words], root);
    expect(text.stdout).toContain(`beats  (2 seeds, ${ran.runs.length} occurrences)\n`);
    const listed = await sirenHere(['run', '--list', '--json', ...words], root);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { seeds: [1, 2], occurrences: expect.arrayContaining([{ seed: 2, occurrence: 1 }]) as unknown },
    ]);
  });

  it('takes tags of siren.yaml and of specs', async () => {
    const names = async (tags: string) =>
      (
        JSON.parse((await sirenHere(['list', '--json', '--tags', tags], root)).stdout) as { name: string }[]
      ).map(({ name }) => name);
    expect(await names('quick and not slow')).toEqual(['sound']);
    expect(await names('not quick')).toEqual(['row 1', 'row 2']);
  });
});

describe('siren check', () => {
  it('says that all is well, or what is not', async () => {
    expect(await sirenHere(['check'], root)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '3 files, 4 scenarios: 0 errors\n',
    });
    const bad = await sirenHere(['check', 'broken'], root);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/^error\[E\d{4}\]: .*nobody.*\n +--> broken\/bad\.spec:6:8$/m);
    const { stdout } = await sirenHere(['check', 'broken', '--json'], root);
    expect(JSON.parse(stdout)).toMatchObject([
      { severity: 'error', labels: [{ file: 'broken/bad.spec', line: 6, column: 8 }] },
    ]);
  });
});

describe.concurrent('siren run', () => {
  it('without paths runs those of siren.yaml and writes three reports', async () => {
    const ran = await run('all');
    expect(ran.runs).toEqual([
      'sound 1 passed',
      'seeded 1 passed',
      'seeded 2 passed',
      'seeded 3 passed',
      'row 1 1 passed',
      'row 2 1 passed',
    ]);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(readdirSync(join(root, 'all')).toSorted()).toEqual(['junit.xml', 'report.html', 'results.json']);
    expect(ran.stdout).toContain('reports: all/report.html  all/results.json  all/junit.xml\n');
  });

  it('gives every kind of outcome its status, and the worst its code', async () => {
    const ran = await run('kinds', 'failing', '--today', '2027-01-31');
    expect(ran.runs).toEqual([
      'one 1 failed',
      'two 1 passed',
      'three 1 failed',
      'left out 1 skipped',
      'excused 1 xfailed',
      'mended 1 xpassed',
    ]);
    expect(ran.code).toBe(1);
  });

  it('an xfail excuses until its day, and no longer', async () => {
    const ran = await run('later', 'failing', '--name', 'excused', '--today', '2027-02-01');
    expect([ran.code, ran.runs]).toEqual([1, ['excused 1 failed']]);
  });

  it('--bail ends the run and says so', async () => {
    const ran = await run('bail', 'failing', '--bail');
    expect([ran.code, ran.runs]).toEqual([1, ['one 1 failed']]);
    expect(ran.stdout).toContain('stopped early');
  });

  it('--last-failed takes what needed attention', async () => {
    await run('last', 'failing', '--today', '2027-01-31');
    const again = await run('last', 'failing', '--last-failed');
    expect(again.runs).toEqual(['one 1 failed', 'three 1 failed', 'mended 1 xpassed']);
  });

  it('--last-failed tells the errors of specs that were not selected in one line', async () => {
    writeFileSync(join(root, 'broken/worse.spec'), `${IMPORT}${scenarioText('worse', 'fail')}`);
    await run('elsewhere', 'broken/worse.spec');
    const again = await run('elsewhere', 'broken', '--last-failed');
    expect(again.runs).toEqual(['worse 1 failed']);
    expect(again.stderr).toBe('1 error in 1 spec that was not selected: `siren check` tells them\n');
    expect(again.stdout).not.toContain('bad.spec');
    expect(again.code).toBe(1);
    // What keeps the wanted run from being found is told.
    writeFileSync(join(root, 'broken/worse.spec'), 'scenario');
    const gone = await run('elsewhere', 'broken', '--last-failed');
    expect(gone.stdout).toContain('broken/worse.spec:1');
    rmSync(join(root, 'broken/worse.spec'));
  });

  it('what is narrowed down to nothing leaves the last report as it was', async () => {
    await run('kept', 'failing', '--name', 'one');
    const nothing = await run('kept', 'failing', '--name', 'zzz');
    expect([nothing.code, nothing.runs]).toEqual([5, ['one 1 failed']]);
    expect(nothing.stdout).not.toContain('reports:');
    expect((await run('kept', 'failing', '--last-failed')).runs).toEqual(['one 1 failed']);
  });

  it('says why runs were skipped, and that nothing ran where all were', async () => {
    const ran = await run('skipped', 'failing', '--name', 'left out');
    expect([ran.code, ran.stdout]).toEqual([5, expect.stringContaining('\n1 skipped  not today\n')]);
    expect((await run('skipped', 'failing', '--name', 'left out', '--allow-empty')).code).toBe(0);
    const other = await run('skipped', 'specs/a.spec', '--target', 'core');
    expect([other.code, other.stdout]).toEqual([
      5,
      expect.stringContaining('4 skipped  its target is sim: run it with --target sim\n'),
    ]);
  });

  it('a terminal is told that specs are compiled', async () => {
    const { stdout } = await sirenHere(['run', 'specs', '--workers', '0', '--reports', 'tty'], root, {
      tty: true,
    });
    expect(stdout.startsWith('compiling 3 specs …\r\u001b[2K')).toBe(true);
  });

  it('a failure prints the command that replays it, and that command does', async () => {
    const ran = await run('replay', 'failing', '--name', 'three');
    const command = /npx siren (run failing\/c\.spec:\d+ --seed 1)/.exec(ran.stdout)?.[1];
    const again = await sirenHere(
      [...(command ?? '').split(' '), '--workers', '0', '--reports', 'replayed'],
      root,
    );
    expect(again.code).toBe(1);
    expect(results('replayed').runs.map(({ scenario }) => scenario)).toEqual(['three']);
  });

  it('--seed replaces the seeds; --seed random says which it drew', async () => {
    expect((await run('seed', '--name', 'seeded', '--seed', '9')).runs).toEqual(['seeded 9 passed']);
    const drawn = await run('random', '--name', 'seeded', '--seed', 'random');
    const seed = /^seed (\d+), drawn at random$/m.exec(drawn.stderr)?.[1];
    expect(drawn.runs).toEqual([`seeded ${seed} passed`]);
  });

  it('a line runs the scenario that holds it', async () => {
    expect((await run('line', 'specs/a.spec:6')).runs).toEqual(['sound 1 passed']);
    expect((await run('row', 'specs/b.spec:4', '--name', 'row 2')).runs).toEqual(['row 2 1 passed']);
  });

  it('a spec that does not compile gives 2, and the others are run', async () => {
    const ran = await run('broken-out', 'broken');
    expect([ran.code, ran.runs]).toEqual([2, ['good 1 passed']]);
    expect(ran.stdout).toContain('broken/bad.spec:6:8');
  });

  it('annotates the lines of a pull request and adds to the job summary, under GitHub Actions', async () => {
    const summary_path = join(root, 'summary.md');
    const words = ['run', 'broken/bad.spec', '--reports', 'github', '--quiet'];
    const ran = await sirenHere(words, root, { github: true, summary_path });
    expect(ran.stdout).toMatch(/^::error file=broken\/bad\.spec,line=6,/m);
    expect(readFileSync(summary_path, 'utf8')).toContain('broken/bad.spec');
    expect((await sirenHere([...words, '--verbose'], root)).stdout).not.toContain('::error');
  });

  it('workers change nothing but the environment', async () => {
    const all = ['specs', 'failing', '--today', '2027-01-31'];
    const outputs = await Promise.all(
      ['0', '1', '3'].map(async (workers) => {
        await process(`workers-${workers}`, ...all, '--workers', workers);
        const { environment, ...rest } = results(`workers-${workers}`);
        expect(environment.workers).toBe(Number(workers));
        return JSON.stringify(rest);
      }),
    );
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[2]).toBe(outputs[0]);
  });

  it('--quiet says nothing when all is as expected, and everything when not', async () => {
    expect(await run('quiet', '--quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect((await run('loud', 'failing', '--quiet')).stdout).toContain('three');
  });

  it('--timeout ends a runaway as errored, and the rest go on', async () => {
    const ran = await process('late', 'endless', '--timeout', '4');
    expect([ran.code, ran.runs]).toEqual([4, ['short 1 passed', 'endless 1 errored', 'last 1 passed']]);
    expect(results('late').runs[1]!.reason).toContain('within 4 s');
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s stops it: what had ended is reported as that of a run that was interrupted, and the shell is told',
    async (signal, code) => {
      const reports = `stopped-${signal}`;
      const running = startSiren(['run', 'endless', '--verbose', '--reports', reports], root);
      await running.said('short');
      await pause(300);
      running.kill(signal);
      const ran = await running.ended;
      expect([ran.code, ran.signal]).toEqual([code, null]);
      expect(ran.stdout).toContain('interrupted: 1 of 3 runs had ended');
      expect(readdirSync(join(root, reports)).toSorted()).toEqual([
        'junit.xml',
        'report.html',
        'results.json',
      ]);
      const { interrupted, bailed, runs } = results(reports);
      expect([interrupted, bailed, runs.map(({ scenario, status }) => `${scenario} ${status}`)]).toEqual([
        true,
        false,
        ['short passed'],
      ]);
      expect(readFileSync(join(root, reports, 'report.html'), 'utf8')).toContain(
        'interrupted, 1 of 3 runs had ended',
      );
    },
  );
});
