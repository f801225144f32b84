import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY, siren } from '../support/built.ts';

const SPEC = 'specs/real/stacks-and-queues.spec';
const folder = mkdtempSync(join(tmpdir(), 'siren-fidelity-'));
const [sim, real] = [join(folder, 'results.json'), join(folder, 'real.json')];
const fidelity = (...words: string[]): ReturnType<typeof siren> =>
  siren(['fidelity', SPEC, '--reports', folder, ...words], REPOSITORY);

beforeAll(async () => {
  expect(await siren(['run', SPEC, '--target', 'sim', '--reports', folder], REPOSITORY)).toMatchObject({
    code: 0,
  });
  const text = readFileSync(sim, 'utf8').replace('"target": "sim"', '"target": "qemu"');
  // What no kernel says of a smashed stack, so that it can only come from here.
  writeFileSync(real, text.replace('"cause":"stack_smash"', '"cause":"bad_count"'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('siren fidelity', () => {
  it('compares what results.json tells of both targets, and runs nothing', async () => {
    const { code, stdout, stderr } = await fidelity(
      '--from',
      sim,
      real,
      '--scenarios',
      '5',
      '--at-least',
      '90',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('diagnosis: sim stack_smash | qemu bad_count');
    expect(stdout).toContain('qemu web panic stack_end at 502.');
    expect(stdout).toContain('4 of 5 scenarios alike, 0 could not be compared');
    const [, alike, seen, part, all] =
      /named by a claim: (\d+) of (\d+) \(([\d.]+)%\); of all that was compared: \d+ of (\d+) /.exec(
        stdout,
      ) ?? [];
    expect([Number(alike), Number(all) > Number(seen)]).toEqual([Number(seen) - 1, true]);
    expect(part).toBe(((100 * Number(alike)) / Number(seen)).toFixed(1));
  });

  it('ends with 1 where less was compared, or less is alike, than is asked for', async () => {
    const few = await fidelity('--from', sim, real, '--scenarios', '6');
    expect([few.code, few.stderr]).toEqual([1, 'that is fewer than 6 scenarios\n']);
    const apart = await fidelity('--from', sim, real, '--at-least', '100');
    expect([apart.code, apart.stderr]).toEqual([1, 'that is less than 100%\n']);
    // Of everything more is alike: what is well on both sides does not count here.
    const of_all = /of all that was compared: (\d+) of (\d+)/.exec(apart.stdout) ?? [];
    const between = Math.floor((100 * Number(of_all[1])) / Number(of_all[2]));
    expect((await fidelity('--from', sim, real, '--at-least', `${between}`)).code).toBe(1);
  });

  it('ends with 3 for a file that is no results.json', async () => {
    const gone = await fidelity('--from', join(folder, 'none.json'));
    expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining('there is no such file')]);
  });
});
