// `--target qemu` where there is none: what is left out is said, counted as left out, and costs nobody else anything.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sirenHere } from '../support/in-process.ts';
import { makeProject, scenarioText, SOLO } from '../support/project.ts';

const SPEC = `${SOLO}
${scenarioText('on both', 'pass', 'targets sim, qemu')}
${scenarioText('on the simulation alone', 'pass')}
${scenarioText('at boot', 'pass', 'targets sim, qemu\n  on web.boot_complete: flip web.tasks["nginx"].flags bit 3')}
`;

describe('a machine without QEMU', () => {
  let root = '';
  const run = (...words: string[]): ReturnType<typeof sirenHere> =>
    sirenHere(['run', 'a.spec', '--target', 'qemu', '--workers', '0', ...words], root);
  const results = (): { target: string; runs: { scenario: string; status: string; reason: string }[] } =>
    JSON.parse(readFileSync(join(root, 'reports/results.json'), 'utf8')) as ReturnType<typeof results>;

  beforeAll(() => {
    root = makeProject({ 'a.spec': SPEC });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('skips what needs one, says what to do about it, and passes nothing', async () => {
    const ran = await run();
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('1 inconclusive, 2 skipped');
    expect(ran.stdout).not.toContain('passed');
    const { target, runs } = results();
    expect(target).toBe('qemu');
    expect(runs.map(({ scenario, status }) => `${scenario}: ${status}`)).toEqual([
      'on both: skipped',
      'on the simulation alone: skipped',
      'at boot: inconclusive',
    ]);
    expect(runs.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('siren guest prepare'),
      'its target is sim: run it with --target sim',
      'a real guest is booted once and kept: `web.boot_complete` is over when the run begins',
    ]);
  });

  it('says of how many levels the page tables are to be, also to whoever replays a run', async () => {
    const replay = (): string[] =>
      (results().runs as unknown as { replay: string }[]).map((one) => one.replay);
    expect((await run('--levels', '5')).code).toBe(0);
    expect(replay()[0]).toContain('npx siren run --target qemu --levels 5 ');
    await run('--levels', '4');
    expect(replay()[0]).toContain('npx siren run --target qemu a.spec');
    const wrong = await run('--levels', '3');
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('a whole number in 4..5')]);
  });

  it('shows them as skipped to readers of JUnit, and leaves nothing behind', async () => {
    await run();
    const xml = readFileSync(join(root, 'reports/junit.xml'), 'utf8');
    expect(xml.match(/<skipped message="skipped: /g)).toHaveLength(2);
    expect(xml).toContain('<skipped message="inconclusive: ');
    expect(existsSync(join(root, '.siren-cache'))).toBe(false);
  });
});
