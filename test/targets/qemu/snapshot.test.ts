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
import { pidNamespace } from '../../../src/targets/qemu/process/folders.ts';
import { QemuProcess } from '../../../src/targets/qemu/process/qemu.ts';
import { problemOf, QemuProblem } from '../../../src/targets/qemu/problem.ts';
import { copyRam, discardSnapshot, snapshotNamed } from '../../../src/targets/qemu/snapshot.ts';
import { checkSnapshots } from '../../../src/targets/qemu/snapshot-check.ts';
import type { SnapshotFacts } from '../../../src/targets/qemu/snapshot-facts.ts';
import { fakePrograms } from '../../support/fake-programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siren-snapshot-'));
  said = [];
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
/** What was said aside, in the order of the boots. */
let said: string[];
const snapshotOf = (
  id: string,
  how: (into: string) => SnapshotFacts = make,
  cache: string = folder,
): ReturnType<typeof snapshotNamed> =>
  snapshotNamed(cache, id, {
    make: how,
    aside: (damage, work) => (
      said.push(damage === undefined ? 'none' : `${damage.code}: ${damage.message}`),
      work()
    ),
  });
const DEAD = spawnSync('/bin/true').pid;

describe('a snapshot', () => {
  it('is made once, and found again', () => {
    const made = snapshotOf('abc');
    expect(made).toMatchObject(FACTS);
    expect(readFileSync(made.ram, 'utf8')).toBe('ram');
    expect(snapshotOf('abc', never)).toEqual(made);
    expect(readdirSync(join(folder, 'snapshots'))).toEqual(['abc']);
  });

  it('that cannot be made leaves nothing behind, neither half of it nor a lock', () => {
    const refuse = (into: string): never => {
      writeFileSync(join(into, 'ram'), 'half');
      throw new QemuProblem('NO_BOOT', 'x', 'y');
    };
    expect(problemOf(() => snapshotOf('abc', refuse))).toMatchObject({ code: 'NO_BOOT' });
    expect(readdirSync(join(folder, 'snapshots'))).toEqual([]);
    expect(snapshotOf('abc')).toMatchObject(FACTS);
  });

  it('half of one, left by whoever was killed, is none; a dead holder’s lock holds nobody up', () => {
    mkdirSync(join(folder, 'snapshots/abc'), { recursive: true });
    writeFileSync(join(folder, 'snapshots/abc/ram'), 'half');
    writeFileSync(join(folder, 'snapshots/abc.lock'), `${DEAD} ${pidNamespace()}`);
    expect(snapshotOf('abc')).toMatchObject(FACTS);
    expect(readdirSync(join(folder, 'snapshots'))).toEqual(['abc']);
  });

  it('cannot be kept where nothing can be written: that is said', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(problemOf(() => snapshotOf('abc', make, join(folder, 'file')))).toMatchObject({
      code: 'FILES',
    });
  });

  it('the longest unused is given up when there are many', () => {
    for (let index = 0; index < 24; index++) snapshotOf(`a${index.toString(16)}`);
    const long_ago = new Date(1e12);
    for (const name of ['a3', 'a5'])
      utimesSync(join(folder, 'snapshots', name, 'facts.json'), long_ago, long_ago);
    snapshotOf('a3', never);
    snapshotOf('b');
    const kept = readdirSync(join(folder, 'snapshots'));
    expect(kept).toHaveLength(24);
    expect(kept.includes('a3') && kept.includes('b') && !kept.includes('a5')).toBe(true);
  });

  it('that another process may be about to copy stays, however many there are', () => {
    for (let index = 0; index < 26; index++) snapshotOf(`a${index.toString(16)}`);
    expect(readdirSync(join(folder, 'snapshots'))).toHaveLength(26);
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

/** A snapshot to damage: its files by name. */
const fileOf = (name: string): string => join(folder, 'snapshots/abc', name);
const factsWith = (change: Record<string, unknown>): string =>
  JSON.stringify({ ...(JSON.parse(readFileSync(fileOf('facts.json'), 'utf8')) as object), ...change });

describe('a damaged snapshot is thrown away and made anew, and what was wrong is said', () => {
  it.each<[string, string, () => void]>([
    ['FACTS: facts.json: there is no such file', 'facts gone', () => rmSync(fileOf('facts.json'))],
    ['FACTS: facts.json is no JSON', 'cut short', () => writeFileSync(fileOf('facts.json'), '{"boot_ns":')],
    ['FACTS: facts.json holds no object', 'null', () => writeFileSync(fileOf('facts.json'), 'null')],
    ['VERSION: it was made by another version', 'empty', () => writeFileSync(fileOf('facts.json'), '{}')],
    ['RAM: its ram is missing', 'ram gone', () => rmSync(fileOf('ram'))],
    ['RAM: its ram has 1 bytes, not 3', 'ram cut', () => writeFileSync(fileOf('ram'), 'r')],
    ['RAM: its ram was written to', 'ram written', () => utimesSync(fileOf('ram'), 1e9, 1e9)],
    ['STATE: its state is missing', 'state gone', () => rmSync(fileOf('state'))],
    ['STATE: its state is not what it was', 'state bent', () => writeFileSync(fileOf('state'), 'stale')],
    [
      'FACTS: facts.json: it is a folder',
      'a folder',
      () => (rmSync(fileOf('facts.json')), mkdirSync(fileOf('facts.json'))),
    ],
  ])('%s (%s)', (what, _name, damage) => {
    snapshotOf('abc');
    damage();
    expect(checkSnapshots(folder)).toEqual({ count: 1, damaged: [`abc: ${what.replace(/^\w+: /, '')}`] });
    expect(snapshotOf('abc')).toMatchObject(FACTS);
    expect(said).toEqual(['none', what]);
    expect(checkSnapshots(folder)).toEqual({ count: 1, damaged: [] });
    snapshotOf('abc', never);
  });

  it.each<[string, unknown[]]>([
    ['boot_ns', ['x', 0, -1, null, 1e300]],
    [
      'region',
      [5, null, {}, { physical: 'x', bytes: 1 }, { physical: 1, bytes: 0 }, { physical: -4096, bytes: 8 }],
    ],
    ['vmcoreinfo', [7, null, '']],
    ['console', [null, ['x']]],
    ['progress', [null, {}, [1], [{ interrupts: 1 }], Array.from({ length: 5000 }, () => ({}))]],
    ['seal', [null, {}, { ram_bytes: 3, ram_written_s: 1, state_sha256: 'x' }]],
  ])('facts.json: every %s that is none is found', (field, values) => {
    snapshotOf('abc');
    for (const value of values) {
      writeFileSync(fileOf('facts.json'), factsWith({ [field]: value }));
      snapshotOf('abc');
      expect(said.pop()).toBe(`FACTS: facts.json: '${field}' is not what it can be`);
    }
  });

  it('one that QEMU does not load can be thrown away, also twice', () => {
    snapshotOf('abc');
    discardSnapshot(folder, 'abc');
    discardSnapshot(folder, 'abc');
    expect(readdirSync(join(folder, 'snapshots'))).toEqual([]);
  });
});

describe('what a killed process left among the snapshots', () => {
  const left = (): string[] => readdirSync(join(folder, 'snapshots')).sort();
  const leave = (name: string, age_s: number, text?: string): void => {
    const path = join(folder, 'snapshots', name);
    mkdirSync(join(folder, 'snapshots'), { recursive: true });
    if (text === undefined) mkdirSync(path);
    else writeFileSync(path, text);
    utimesSync(path, Date.now() / 1000 - age_s, Date.now() / 1000 - age_s);
  };

  it('is removed by the next start, whatever that asks for', () => {
    snapshotOf('abc');
    leave(`ab.${pidNamespace()}.${DEAD}.new`, 1);
    leave('ab.lock', 1, `${DEAD} ${pidNamespace()}`);
    leave('ac.1.1.new', 4000);
    leave('ad.1.new', 4000);
    leave('ae.lock', 4000, `${process.pid} 1`);
    snapshotOf('abc', never);
    expect(left()).toEqual(['abc']);
  });

  it('but nothing of one that lives, nor of another container’s that is not old', () => {
    leave(`ab.${pidNamespace()}.${process.pid}.new`, 1);
    leave('ab.lock', 1, `${process.pid} ${pidNamespace()}`);
    leave(`ac.1.${DEAD}.new`, 1000);
    leave('ac.lock', 1000, `${DEAD} 1`);
    const before = left();
    snapshotOf('abc');
    expect(left()).toEqual([...before, 'abc'].sort());
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
