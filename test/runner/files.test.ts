import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { fileHost } from '../../src/runner/files.ts';

let folder = '';
let root = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'siren-files-')));
  root = join(folder, 'project');
  mkdirSync(join(root, 'lib'), { recursive: true });
  writeFileSync(join(folder, 'secret.spec'), 'tag secret ""');
  writeFileSync(join(root, 'a.spec'), 'tag a ""');
  symlinkSync(join(folder, 'secret.spec'), join(root, 'out.spec'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync(join(root, 'a.spec'), join(root, 'in.spec'));
  symlinkSync(join(root, 'loop.spec'), join(root, 'loop.spec'));
  writeFileSync(join(root, 'huge.spec'), '');
  truncateSync(join(root, 'huge.spec'), 10_000_000);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const reasonOf = (file: string): string => {
  const result = fileHost(root).read(file);
  return result.ok ? new TextDecoder().decode(result.bytes) : result.reason;
};

describe('the project as the compiler may read it', () => {
  it('a file is read, and so is a link that stays inside', () => {
    expect(reasonOf('a.spec')).toBe('tag a ""');
    expect(reasonOf('in.spec')).toBe('tag a ""');
  });

  it('nothing outside of the root is read, by dots, as an absolute path or through a link', () => {
    expect(reasonOf('../secret.spec')).toBe('outside_root');
    expect(reasonOf('lib/../../secret.spec')).toBe('outside_root');
    expect(reasonOf(join(folder, 'secret.spec'))).toBe('outside_root');
    expect(reasonOf('out.spec')).toBe('link_outside');
    expect(reasonOf('up/secret.spec')).toBe('link_outside');
  });

  it.skipIf(process.platform === 'win32')('a pipe is not waited for', () => {
    execFileSync('mkfifo', [join(root, 'pipe.spec')]);
    expect(reasonOf('pipe.spec')).toBe('unreadable');
  });

  it('what cannot be read is a reason, never an exception', () => {
    expect(reasonOf('none.spec')).toBe('missing');
    expect(reasonOf('a.spec/b.spec')).toBe('missing');
    expect(reasonOf(`${'x'.repeat(5000)}.spec`)).toBe('missing');
    expect(reasonOf('a\0.spec')).toBe('missing');
    expect(reasonOf('lib')).toBe('directory');
    expect(reasonOf('loop.spec')).toBe('unreadable');
    expect(reasonOf('huge.spec')).toBe('too_large');
  });

  it('an import that climbs out is refused before anything is opened', () => {
    writeFileSync(join(root, 'climber.spec'), 'import { secret } from "../secret.spec"\ntag b ""');
    writeFileSync(join(root, 'linker.spec'), 'import { secret } from "./up/secret.spec"\ntag b ""');
    const codes = (file: string): string[] =>
      compile([file], fileHost(root)).diagnostics.map((one) => one.code);
    expect(codes('climber.spec')).toEqual(['E0104']);
    expect(codes('linker.spec')).toEqual(['E0105']);
  });
});
