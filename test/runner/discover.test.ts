import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../../src/runner/command-line.ts';
import { discover } from '../../src/runner/discover.ts';
import { openProject } from '../../src/runner/project.ts';

let root: string;
let outside: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'siren-discover-')));
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'siren-outside-')));
  for (const file of [
    'specs/b.spec',
    'specs/a.spec',
    'specs/deep/c.spec',
    'specs/notes.txt',
    'empty/x',
    'odd:7.spec',
    'specs/node_modules/m/z.spec',
    '__proto__/constructor.spec',
  ]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  writeFileSync(join(outside, 'secret.spec'), '');
  symlinkSync(outside, join(root, 'specs/way-out'));
  symlinkSync(join(outside, 'secret.spec'), join(root, 'linked.spec'));
  symlinkSync('.', join(root, 'specs/loop'));
});

afterAll(() => {
  for (const folder of [root, outside]) rmSync(folder, { recursive: true, force: true });
});

async function found(...paths: string[]) {
  const named = paths.map((text) => ({ text, span: { file: 'command line', start: 0, end: text.length } }));
  const { value, diagnostics } = await discover(root, root, named);
  const lines = [...value.lines].map(([file, wanted]) => `${file}:${wanted.map((one) => one.line).join()}`);
  return { files: value.files, lines, codes: diagnostics.map(({ code }) => code), diagnostics };
}

describe('paths', () => {
  it('take the specs of a folder in the order of their names, and no link out of it or into itself', async () => {
    expect(await found('specs')).toMatchObject({
      files: ['specs/a.spec', 'specs/b.spec', 'specs/deep/c.spec'],
      codes: [],
    });
  });

  it('take files in the order given, each once', async () => {
    expect((await found('specs/b.spec', 'specs', './specs/b.spec')).files).toEqual([
      'specs/b.spec',
      'specs/a.spec',
      'specs/deep/c.spec',
    ]);
  });

  it('may name a line; the whole file wins over its lines', async () => {
    expect((await found('specs/a.spec:3', 'specs/a.spec:9')).lines).toEqual(['specs/a.spec:3,9']);
    expect((await found('specs/a.spec:3', 'specs')).lines).toEqual([]);
    expect((await found('odd:7.spec')).files).toEqual(['odd:7.spec']);
  });

  it('may be called as the members of every object are', async () => {
    expect((await found('__proto__')).files).toEqual(['__proto__/constructor.spec']);
  });

  it('find nothing in a folder without specs, which is no mistake of the path', async () => {
    expect(await found('empty')).toMatchObject({ files: [], codes: [] });
  });

  it.each([
    ['nope', 'E0810'],
    ['specs/a.spec/inside', 'E0810'],
    ['x'.repeat(5000), 'E0810'],
    ['a\0b', 'E0810'],
    ['specs/notes.txt', 'E0811'],
    ['/dev/null', 'E0813'],
    ['specs:3', 'E0812'],
    ['linked.spec', 'E0813'],
    ['..', 'E0813'],
  ])('%s is a mistake', async (path, code) => {
    expect((await found(path)).codes).toEqual([code]);
  });

  it('that are missing get the nearest name', async () => {
    expect((await found('specs/aa.spec')).diagnostics[0]!.help).toBe('did you mean `specs/a.spec`?');
  });
});

describe('the project', () => {
  const open = (cwd: string, paths: string[], folder?: string) =>
    openProject(cwd, paths, folder, new CommandLine(['run', ...paths]));

  it('is the nearest folder above the paths with a siren.yaml, wherever one stands', async () => {
    writeFileSync(join(root, 'siren.yaml'), 'reports: out\n');
    const project = await open('/', [join(root, 'specs/deep/c.spec'), join(root, 'specs/a.spec')]);
    expect([project.root, project.config.reports]).toEqual([root, 'out']);
    rmSync(join(root, 'siren.yaml'));
  });

  it('without one is the current folder, or the one that holds the paths', async () => {
    expect((await open(root, ['specs/a.spec'])).root).toBe(root);
    expect((await open(outside, [join(root, 'specs/a.spec')])).root).toBe(join(root, 'specs'));
    expect((await open(outside, [join(root, 'specs/a.spec')], root)).root).toBe(root);
  });

  it('given as a folder that is not there is a mistake', async () => {
    expect((await open(root, [], 'nope')).diagnostics).toMatchObject([{ code: 'E0810' }]);
  });

  it.each([
    ['too large', Buffer.alloc(300_000, 0x23), 'E0801'],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]), 'E0801'],
    ['not UTF-8', Buffer.from([0x61, 0xff, 0xfe]), 'E0801'],
  ])('whose siren.yaml is %s is a mistake', async (_, bytes, code) => {
    writeFileSync(join(outside, 'siren.yaml'), bytes);
    expect((await open(outside, [])).diagnostics).toMatchObject([{ code }]);
    rmSync(join(outside, 'siren.yaml'));
  });
});
