import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pidNamespace, QemuProcess } from '../../../src/targets/qemu/process/qemu.ts';
import { problemOf, QemuProblem } from '../../../src/targets/qemu/problem.ts';
import { copyRam, snapshotNamed } from '../../../src/targets/qemu/snapshot.ts';
import type { SnapshotFacts } from '../../../src/targets/qemu/snapshot.ts';
import { fakePrograms } from '../../support/fake-programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siren-snapshot-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FACTS: SnapshotFacts = {
  boot_ns: 1,
  region: { physical: 4096, bytes: 10 },
  vmcoreinfo: 'X=1\n',
  console: '',
};
const make = (into: string): SnapshotFacts => {
  writeFileSync(join(into, 'ram'), 'ram');
  writeFileSync(join(into, 'state'), 'state');
  return FACTS;
};
const never = (): never => {
  throw new Error('made again');
};
const DEAD = spawnSync('/bin/true').pid;

describe('a snapshot', () => {
  it('is made once, and found again', () => {
    const made = snapshotNamed(folder, 'abc', make);
    expect(made).toMatchObject(FACTS);
    expect(readFileSync(made.ram, 'utf8')).toBe('ram');
    expect(snapshotNamed(folder, 'abc', never)).toEqual(made);
    expect(readdirSync(join(folder, 'snapshots'))).toEqual(['abc']);
  });

  it('that cannot be made leaves nothing behind, neither half of it nor a lock', () => {
    const refuse = (into: string): never => {
      writeFileSync(join(into, 'ram'), 'half');
      throw new QemuProblem('NO_BOOT', 'x', 'y');
    };
    expect(problemOf(() => snapshotNamed(folder, 'abc', refuse))).toMatchObject({ code: 'NO_BOOT' });
    expect(readdirSync(join(folder, 'snapshots'))).toEqual([]);
    expect(snapshotNamed(folder, 'abc', make)).toMatchObject(FACTS);
  });

  it('half of one, left by whoever was killed, is none; a dead holder’s lock holds nobody up', () => {
    mkdirSync(join(folder, 'snapshots/abc'), { recursive: true });
    writeFileSync(join(folder, 'snapshots/abc/ram'), 'half');
    writeFileSync(join(folder, 'snapshots/abc.lock'), `${DEAD} ${pidNamespace()}`);
    expect(snapshotNamed(folder, 'abc', make)).toMatchObject(FACTS);
    expect(readdirSync(join(folder, 'snapshots'))).toEqual(['abc']);
  });

  it('cannot be kept where nothing can be written: that is said', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(problemOf(() => snapshotNamed(join(folder, 'file'), 'abc', make))).toMatchObject({
      code: 'FILES',
    });
  });

  it('the longest unused is given up when there are many', () => {
    for (let index = 0; index < 24; index++) snapshotNamed(folder, `a${index.toString(16)}`, make);
    const long_ago = new Date(1e12);
    for (const name of ['a3', 'a5'])
      utimesSync(join(folder, 'snapshots', name, 'facts.json'), long_ago, long_ago);
    snapshotNamed(folder, 'a3', never);
    snapshotNamed(folder, 'b', make);
    const kept = readdirSync(join(folder, 'snapshots'));
    expect(kept).toHaveLength(24);
    expect(kept.includes('a3') && kept.includes('b') && !kept.includes('a5')).toBe(true);
  });

  it('RAM is copied with its holes', () => {
    writeFileSync(join(folder, 'ram'), 'x');
    copyRam(join(folder, 'ram'), join(folder, 'copy'), process.env['PATH'] ?? '');
    expect(readFileSync(join(folder, 'copy'), 'utf8')).toBe('x');
    expect(
      problemOf(() => copyRam(join(folder, 'none'), join(folder, 'copy'), process.env['PATH'] ?? '')),
    ).toMatchObject({ code: 'FILES' });
  });
});

describe('a QEMU that does not come up', () => {
  const left = (): string[] =>
    readdirSync(tmpdir()).filter(
      (name) => name.startsWith('siren-qemu-') && name.includes(`-${process.pid}-`),
    );
  const start = (programs: Readonly<Record<string, string>>): unknown => {
    const search_path = `${fakePrograms(join(folder, 'bin'), programs)}:/usr/bin:/bin`;
    return problemOf(() => new QemuProcess({ search_path, pipes: ['line'], words: () => ['-nodefaults'] }));
  };

  it('is told of in its own last words, and leaves no folder', () => {
    expect(
      start({ 'qemu-system-x86_64': 'echo "warming up" >&2; echo "qemu: no such machine" >&2; exit 1' }),
    ).toMatchObject({
      code: 'QEMU_DIED',
      message: 'QEMU ended: qemu: no such machine',
    });
    expect(left()).toEqual([]);
  });

  it('may be none at all: it speaks no protocol', () => {
    expect(
      start({ 'qemu-system-x86_64': 'echo hello > "${2#pipe,id=qmp,path=}.out"; sleep 5' }),
    ).toMatchObject({ code: 'NO_ANSWER' });
    expect(left()).toEqual([]);
  });

  it('or is not installed', () => {
    const search_path = fakePrograms(join(folder, 'empty'), {});
    const problem = problemOf(() => new QemuProcess({ search_path, pipes: [], words: () => [] }));
    expect(problem).toMatchObject({
      code: 'MISSING_PROGRAM',
      message: 'qemu-system-x86_64, setpriv, mkfifo are not installed',
      mend: 'apt-get install qemu-system-x86 util-linux coreutils',
    });
  });

  it('folders that a killed process left are removed by the next', () => {
    const namespace = pidNamespace();
    const stale = mkdtempSync(join(tmpdir(), `siren-qemu-${namespace}-${DEAD}-`));
    start({ 'qemu-system-x86_64': 'exit 1' });
    expect(existsSync(stale)).toBe(false);
  });
});
