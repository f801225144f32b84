import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, siren } from '../support/built.ts';
import { sirenHere } from '../support/in-process.ts';
import { makeProject } from '../support/project.ts';

describe.concurrent('siren', () => {
  it('--version says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      version: string;
    };
    for (const word of ['--version', '-V']) {
      expect(await siren([word], REPOSITORY)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    }
  });

  it('without a command says which there are', async () => {
    const ran = await siren([], REPOSITORY);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('check [options] [paths...]');
    const help = await siren(['--help'], REPOSITORY);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Exit codes');
  });

  it('a command that is not there gets the nearest', async () => {
    const ran = await sirenHere(['chekc'], REPOSITORY);
    expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('check')]);
  });

  it.each([
    ['E0804', 'unknown key in siren.yaml'],
    ['LIST_NEXT_POISON', 'LIST_POISON1'],
    ['wild_pointer', 'leads nowhere'],
    ['outside', 'not wholly inside'],
    ['misregister', 'how: OUTSIDE'],
    ['run_queues', 'red-black'],
    ['frozen', 'web.disk0.frozen'],
    ['nth', 'first occurrence'],
    ['describes', 'how to find'],
    ['boot_copy', 'moment of registration'],
    ['web_server', 'nginx'],
    ['on each', 'each occurrence'],
    ['hlist_node', 'pprev: **hlist_node'],
    ['list_head', 'next: *list_head; prev: *list_head'],
    ['types', 'u64                  A whole number of 64 bits, unsigned\n'],
    ['types', 'task_struct'],
  ])('explains %s', async (word, says) => {
    const ran = await sirenHere(['explain', word], REPOSITORY);
    expect([ran.code, ran.stderr, ran.stdout]).toEqual([0, '', expect.stringContaining(says)]);
  });

  it('explains a word with several meanings in all of them', async () => {
    const { stdout } = await sirenHere(['explain', 'oops'], REPOSITORY);
    expect(stdout.match(/^oops /gm)).toHaveLength(4);
  });

  it('takes several words, as one thing or one by one, and without any lists all by kind', async () => {
    const ran = (...words: string[]): ReturnType<typeof sirenHere> =>
      sirenHere(['explain', ...words], REPOSITORY);
    expect(await ran('on', 'each')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^on each /) as string,
    });
    const two = await ran('nth', 'heartbeatt', 'rank');
    expect([two.code, two.stdout.match(/^(?:nth|rank) /gm)?.length]).toEqual([3, 2]);
    expect(two.stderr).toContain('did you mean `heartbeat`?');
    expect((await ran()).stdout).toMatch(/\nverbs\n(?: {2}.*\n)+\nevents\n {2}power_on /);
  });

  it('lists a whole sentence of each word: a colon ends none, nor does a stop in its example', async () => {
    const lines = (await sirenHere(['explain'], REPOSITORY)).stdout.split('\n');
    const line = (word: string): string | undefined => lines.find((one) => one.startsWith(`  ${word} `));
    expect(line('targets')).toMatch(/may run on: `targets sim`$/);
    expect(line('locator')).toMatch(/space tasks\["shop"\]\.mm`$/);
  });

  it('suggests what was meant by an unknown code', async () => {
    const ran = await sirenHere(['explain', 'LIST_NEXT_POISN'], REPOSITORY);
    expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('did you mean `LIST_NEXT_POISON`?')]);
  });

  it.each([
    [['parent'], "A member of the kernel's `task_struct` (`*task_struct`)"],
    [['shared', 'memory'], 'shares memory mailbox'],
    [['web'], 'give to a partition'],
  ])('explains %j, which is no word of the language', async (words, says) => {
    const ran = await sirenHere(['explain', ...words], REPOSITORY);
    expect([ran.code, ran.stderr, ran.stdout.replaceAll(/\s+/g, ' ')]).toEqual([
      0,
      '',
      expect.stringContaining(says),
    ]);
  });

  it("explains a code of the project's own specs by what is written above it", async () => {
    const root = makeProject({
      'siren.yaml': 'paths: [.]\n',
      'own.spec': `struct job { prio: u32 }
locator jobz in tasks: one of mm_struct from .mm
validator jobz {
  each j in jobz {
    ## No such priority.
    require j.map_count < 8 else JOB_PRIO "{j.map_count}"
  }
}
`,
    });
    const ran = await sirenHere(['explain', 'JOB_PRIO'], root);
    rmSync(root, { recursive: true });
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(
      /^JOB_PRIO .*\n\n {2}No such priority\.\n {2}Leads to the verdict corrupt on jobz: own\.spec\./,
    );
  });

  it('colours when it is told to, and not otherwise', async () => {
    const escape = '\u001b[';
    const run = (env: Record<string, string>) => siren(['explain', 'E0804'], REPOSITORY, env);
    expect((await run({})).stdout).not.toContain(escape);
    expect((await run({ FORCE_COLOR: '1' })).stdout).toContain(escape);
    expect((await run({ FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).toContain(escape);
    expect((await run({ GITHUB_ACTIONS: 'true', NO_COLOR: '1' })).stdout).not.toContain(escape);
  });
});
