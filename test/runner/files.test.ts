import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileHost } from '../../src/runner/files.ts';
import type { SourceHost } from '../../src/language/host.ts';

let root: string;
let host: SourceHost;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'siren-files-')));
  mkdirSync(join(root, 'project/folder'), { recursive: true });
  writeFileSync(join(root, 'outside.spec'), 'secret');
  writeFileSync(join(root, 'project/a.spec'), 'tag a "b"');
  writeFileSync(join(root, 'project/large.spec'), '');
  truncateSync(join(root, 'project/large.spec'), 5_000_000);
  symlinkSync('../outside.spec', join(root, 'project/link.spec'));
  symlinkSync('..', join(root, 'project/up'));
  symlinkSync('a.spec', join(root, 'project/inner.spec'));
  symlinkSync('round.spec', join(root, 'project/round.spec'));
  // A folder whose name begins as the root's does is not inside of it.
  mkdirSync(join(root, 'project-two'));
  writeFileSync(join(root, 'project-two/b.spec'), 'secret');
  host = fileHost(join(root, 'project'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

it.each(['a.spec', './folder/../a.spec', 'inner.spec'])('%s is read', (file) => {
  const read = host.read(file);
  expect(read.ok && new TextDecoder().decode(read.bytes)).toBe('tag a "b"');
});

it.each([
  ['nope.spec', 'missing'],
  ['a.spec/b.spec', 'missing'],
  ['x'.repeat(5000), 'missing'],
  ['folder', 'directory'],
  ['large.spec', 'too_large'],
  ['../outside.spec', 'outside_root'],
  ['../project-two/b.spec', 'outside_root'],
  ['link.spec', 'link_outside'],
  ['up/outside.spec', 'link_outside'],
  ['round.spec', 'unreadable'],
  ['a\0.spec', 'missing'],
] as const)('%j is %s', (file, reason) => {
  expect(host.read(file)).toEqual({ ok: false, reason });
});
