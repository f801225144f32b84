// Whatever the command line is given: a diagnostic and an exit code; never a stack trace, never a hang.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtFolder, type Ran, siren } from '../support/built.ts';
import { sirenHere } from '../support/in-process.ts';

// A hung process is killed after a minute and then says so; a busy machine is no hang.
vi.setConfig({ testTimeout: 90_000 });

let root: string;

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'empty/readme.txt': '',
  'empty.spec': '',
  'comments.spec': '# nothing here\n\n',
  'tags.spec': 'tag smoke "every commit"\n',
  'binary.spec': new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0xff, 0xfe, 0x80]),
  'latin1.spec': new Uint8Array([...new TextEncoder().encode('# caf'), 0xe9, 0x0a]),
  'braces.spec': '{'.repeat(10_000),
  'nested.spec': `scenario "x" ${'{ lpar a '.repeat(10_000)}`,
  'parens.spec': `let a = ${'('.repeat(10_000)}1`,
  'cycle-a.spec': 'import { b } from "./cycle-b.spec"\n',
  'cycle-b.spec': 'import { a } from "./cycle-a.spec"\n',
  'self.spec': 'import { a } from "./self.spec"\n',
  'outside.spec': 'import { a } from "../../../../../../etc/passwd"\n',
  'absolute.spec': 'import { a } from "/etc/passwd"\n',
  'through-link.spec': 'import { a } from "./link/secret.spec"\n',
  'folder-import.spec': 'import { a } from "./empty"\n',
  'proto.spec':
    'tag __proto__ "x"\nlet constructor = 1\ntopology __proto__ { machine { cpus 0..1\n memory 64 MiB } }\n' +
    'scenario "__proto__" {\n uses __proto__\n tags __proto__, toString\n hasOwnProperty 3\n expect { guest constructor is valueOf }\n}\n',
  'big.spec': `# ${'x'.repeat(10 * 1_048_576)}\n`,
  'one-line.spec': `let a = ${'1 + '.repeat(500_000)}1\n`,
  'tokens.spec': 'x '.repeat(1_000_000),
  'yaml/siren.yaml': 'paths: [specs]\nworker: 2\n',
  'yaml/a.spec': '',
  'twice.spec/inner.spec': 'tag smoke "every commit"\n',
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'siren-bad-'));
  for (const [file, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  symlinkSync(tmpdir(), join(root, 'link'));
  symlinkSync('/etc/passwd', join(root, 'passwd.spec'));
  symlinkSync('nowhere', join(root, 'dangling.spec'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What must hold of every answer. */
function expectCivil({ code, signal, stdout, stderr, ms }: Ran): void {
  expect(signal).toBeNull();
  expect(code).not.toBeNull();
  const all = stdout + stderr;
  expect(all).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(all).not.toMatch(/\bundefined\b|\[object Object\]|siren itself failed|\bNaN\b/);
  expect(all.length).toBeLessThan(100_000);
  // The dearest takes two seconds on an idle machine; a hang is killed after sixty.
  expect(ms).toBeLessThan(50_000);
}

describe.concurrent('a process that is given', () => {
  it.each([
    ['ten thousand braces', ['braces.spec'], 2, 'braces.spec'],
    ['a file of 10 MB', ['big.spec'], 2, 'big.spec'],
    ['a binary file', ['binary.spec'], 2, 'binary.spec'],
    ['an import cycle', ['cycle-a.spec'], 2, 'cycle'],
    ['names that every object has', ['proto.spec'], 2, 'proto.spec'],
    ['a missing file', ['nope.spec'], 3, 'E0810'],
  ] as const)('%s', async (_, words, code, says) => {
    const ran = await siren(['run', ...words, '--reports', `process ${words.join(' ')}`], root);
    expectCivil(ran);
    expect([ran.code, ran.stderr + ran.stdout]).toEqual([code, expect.stringContaining(says)]);
  });
});

describe('a run of', () => {
  it.each([
    ['a missing file', ['nope.spec'], 3, 'E0810'],
    ['a folder without specs', ['empty'], 5, 'nothing was selected'],
    ['an empty file', ['empty.spec'], 2, 'empty.spec'],
    ['comments alone', ['comments.spec'], 2, 'comments.spec'],
    ['a file without scenarios', ['tags.spec'], 5, 'nothing was selected'],
    ['a binary file', ['binary.spec'], 2, 'binary.spec'],
    ['a file that is not UTF-8', ['latin1.spec'], 2, 'latin1.spec'],
    ['a file of 10 MB', ['big.spec'], 2, 'big.spec'],
    ['ten thousand braces', ['braces.spec'], 2, 'braces.spec'],
    ['ten thousand bodies in each other', ['nested.spec'], 2, 'nested.spec'],
    ['ten thousand parentheses', ['parens.spec'], 2, 'parens.spec'],
    ['half a million operators', ['one-line.spec'], 2, 'one-line.spec'],
    ['a million words', ['tokens.spec'], 2, 'tokens.spec'],
    ['an import cycle', ['cycle-a.spec'], 2, 'cycle'],
    ['a file that imports itself', ['self.spec'], 2, 'self.spec'],
    ['an import from outside of the root', ['outside.spec'], 2, 'outside'],
    ['an import of an absolute path', ['absolute.spec'], 2, 'absolute.spec'],
    ['an import through a link out of the root', ['through-link.spec'], 2, 'through-link.spec'],
    ['an import of a folder', ['folder-import.spec'], 2, 'folder'],
    ['a link out of the root', ['passwd.spec'], 3, 'E0813'],
    ['a link to nowhere', ['dangling.spec'], 3, 'E0810'],
    ['names that every object has', ['proto.spec'], 2, 'proto.spec'],
    ['a file that is no spec', ['empty/readme.txt'], 3, 'E0811'],
    ['a device', ['/dev/null'], 3, 'E0811'],
    ['a folder called like a spec', ['twice.spec'], 5, 'nothing was selected'],
    ['an option that is not there', ['--wrokers', '2'], 3, '--workers'],
    ['a wrong number of workers', ['tags.spec', '--workers', 'many'], 3, 'E0830'],
    ['an undeclared tag', ['tags.spec', '--tags', 'smok'], 3, 'E0821'],
    ['a broken tag expression', ['tags.spec', '--tags', 'a and'], 3, 'E0820'],
    ['a filter that is none', ['tags.spec', '--filter', '('], 3, 'E0822'],
    ['a timeout of no time', ['tags.spec', '--timeout', '0.01'], 3, 'E0830'],
    ['a timeout with a unit', ['tags.spec', '--timeout', '5s'], 3, 'E0830'],
    ['a fraction of a second', ['tags.spec', '--timeout', '0.5'], 5, 'nothing was selected'],
    ['a shard beyond the last', ['tags.spec', '--shard', '3/2'], 3, 'E0830'],
    ['a target that is not there', ['tags.spec', '--target', 'qemo'], 3, 'E0831'],
    ['a date that is none', ['tags.spec', '--today', '2026-13-01'], 3, 'E0830'],
    ['a date that no month has', ['tags.spec', '--today', '2026-02-30'], 3, 'E0830'],
    ['what failed last, without a last run', ['tags.spec', '--last-failed'], 3, 'E0824'],
    ['a root that is not there', ['--root', 'nope'], 3, 'E0810'],
    ['a line of a file without scenarios', ['tags.spec:1'], 3, 'E0812'],
  ] as const)('%s', async (_, words, code, says) => {
    const reports = `reports of ${words.join(' ').replaceAll('/', ' ')}`;
    const ran = await sirenHere(['run', '--workers', '0', ...words, '--reports', reports], root);
    expectCivil(ran);
    expect([ran.code, ran.stderr + ran.stdout]).toEqual([code, expect.stringContaining(says)]);
  });

  it.skipIf(process.platform === 'win32')(
    'a pipe, wherever a file belongs, is refused and not waited for',
    async () => {
      const folder = join(root, 'pipes');
      mkdirSync(join(folder, 'reports'), { recursive: true });
      const pipe = (name: string): void => void execFileSync('mkfifo', [join(folder, name)]);
      writeFileSync(join(folder, 'importer.spec'), 'import { a } from "./pipe.spec"\ntag b "c"\n');
      writeFileSync(join(folder, 'good.json'), '{}');
      for (const name of ['pipe.spec', 'head.json', 'reports/results.json']) pipe(name);
      const cases: readonly [readonly string[], number, string][] = [
        [['check', 'importer.spec'], 2, 'E0106'],
        [['check', '.'], 2, 'E0106'],
        [['check', 'pipe.spec'], 3, 'E0811'],
        [['compare', 'head.json', 'good.json'], 3, 'it is not a file'],
        [['run', 'importer.spec', '--last-failed', '--reports', 'reports'], 3, 'E0824'],
      ];
      for (const [words, code, says] of cases) {
        const ran = await sirenHere(words, folder);
        expectCivil(ran);
        expect([words, ran.code, ran.stderr + ran.stdout]).toEqual([
          words,
          code,
          expect.stringContaining(says),
        ]);
      }
      pipe('siren.yaml');
      const ran = await sirenHere(['check', 'importer.spec'], folder);
      expectCivil(ran);
      expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('no regular file')]);
    },
  );

  it('a project whose reports would leave it shows the line', async () => {
    const folder = join(root, 'leaving');
    mkdirSync(folder);
    for (const reports of ['/etc/siren', '../..', 'a/../../b', 'C:\\x']) {
      writeFileSync(join(folder, 'siren.yaml'), `paths: [.]\nreports: ${reports}\n`);
      const ran = await sirenHere(['list'], folder);
      expectCivil(ran);
      expect([reports, ran.code, ran.stderr]).toEqual([reports, 3, expect.stringContaining('E0813')]);
      expect(ran.stderr).toContain('siren.yaml:2:10');
    }
    writeFileSync(join(folder, 'siren.yaml'), 'paths: [.]\nreports: a/../b\n');
    expect((await sirenHere(['list'], folder)).code).toBe(5);
  });

  it('a project whose siren.yaml is wrong shows the line', async () => {
    const ran = await sirenHere(['run'], join(root, 'yaml'));
    expectCivil(ran);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('siren.yaml:2:1');
    expect(ran.stderr).toContain('did you mean `workers`?');
  });

  it('no paths, where there is no folder of specs, says what to name', async () => {
    const ran = await sirenHere(['run'], join(root, 'empty'));
    expectCivil(ran);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('name specs or folders');
  });

  it('files of which some are not understood counts those apart', async () => {
    const said = async (...files: string[]): Promise<string | undefined> =>
      (await sirenHere(['format', '--check', ...files], root)).stderr.trim().split('\n').at(-1);
    expect(await said('tags.spec')).toBe('1 file: all in form');
    expect(await said('parens.spec')).toBe('1 file: 1 not understood');
    expect(await said('tags.spec', 'parens.spec')).toBe('2 files: 1 not understood, the others in form');
  });

  it('a comparison does not write over what it compares', async () => {
    const folder = join(root, 'compared');
    mkdirSync(folder);
    for (const name of ['a.json', 'b.json']) writeFileSync(join(folder, name), '{}');
    for (const into of ['a.json', './b.json', join(folder, 'b.json')]) {
      const ran = await sirenHere(['compare', 'a.json', 'b.json', '--markdown', into], folder);
      expectCivil(ran);
      expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('would overwrite')]);
    }
  });

  it('no name of a reports folder, and no word to explain, are told', async () => {
    for (const name of ['', ' ']) {
      const ran = await sirenHere(['run', 'empty', '--allow-empty', '--reports', name], root);
      expectCivil(ran);
      expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('--reports takes a folder')]);
    }
    expect((await sirenHere(['explain', ''], root)).code).toBe(3);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk behind `>` fails, and the reports are written', () => {
    const words = ['run', 'empty', '--allow-empty', '--reports', 'full'];
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
    const main = join(builtFolder(), 'cli/main.js');
    const ran = spawnSync(process.execPath, [main, ...words], { cwd: root, stdio: [...stdio] });
    expect(ran.stderr.toString()).toContain('error: cannot write the output: ENOSPC');
    expect(ran.stderr.toString()).not.toContain('siren itself failed');
    expect(ran.status).toBe(4);
    expect(readdirSync(join(root, 'full')).sort()).toEqual(['junit.xml', 'report.html', 'results.json']);
  });

  it('nothing is no error with --allow-empty', async () => {
    expect((await sirenHere(['run', 'empty', '--allow-empty', '--reports', 'reports'], root)).code).toBe(0);
  });

  it('a reports folder that cannot be made fails and names the file', async () => {
    const words = ['run', 'empty', '--allow-empty', '--reports', 'empty.spec/reports'];
    const ran = await sirenHere(words, root);
    expectCivil(ran);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(join('empty.spec', 'reports', 'results.json'));
    expect(ran.stderr).toContain(join('empty.spec', 'reports', 'junit.xml'));
  });
});
