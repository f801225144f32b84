import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WORKLOAD_TASKS } from '../../../src/model/collections.ts';
import { writeCpio } from '../../../src/targets/qemu/guest/cpio.ts';
import { cacheFolder, openGuest } from '../../../src/targets/qemu/guest/guest.ts';
import { guestScripts } from '../../../src/targets/qemu/guest/init.ts';
import { moduleName, readModule } from '../../../src/targets/qemu/guest/module-file.ts';
import { releaseOfImage } from '../../../src/targets/qemu/guest/kernel-image.ts';
import { prepareGuest } from '../../../src/targets/qemu/guest/prepare.ts';
import { problemOf } from '../../../src/targets/qemu/problem.ts';
import { fakeKernelImage, fakeProgramImage, fakePrograms } from '../../support/fake-programs.ts';
import { sirenHere } from '../../support/in-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siren-prepare-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RELEASE = '6.1.0-99-cloud-amd64';
/** As far as it is looked at. */
const MODULE = Buffer.from('\x7fELF, and what a module is made of');
const PACKAGE = `linux-image-${RELEASE}`;

/** A search path with apt, dpkg and a static busybox; `dpkg -x` unpacks the kernel that was put aside. */
function surroundings(): { readonly search_path: string; readonly cache: string; readonly calls: string } {
  const calls = join(folder, 'calls');
  const tree = join(folder, 'tree');
  const drivers = join(tree, 'lib/modules', RELEASE, 'kernel/drivers/firmware');
  mkdirSync(join(tree, 'boot'), { recursive: true });
  mkdirSync(drivers, { recursive: true });
  writeFileSync(join(tree, 'boot', `vmlinuz-${RELEASE}`), fakeKernelImage(RELEASE));
  writeFileSync(join(drivers, 'qemu_fw_cfg.ko'), MODULE);
  const search_path = fakePrograms(join(folder, 'bin'), {
    'apt-cache': `echo "apt-cache $@" >> ${calls}\necho linux-image-cloud-amd64\necho "  Depends: ${PACKAGE}"`,
    'apt-get': `echo "apt-get $@" >> ${calls}\n: > "$2_1_amd64.deb"`,
    dpkg: `echo "dpkg $1" >> ${calls}\n/bin/mkdir -p "$3" && /bin/cp -r ${tree}/. "$3"`,
  });
  writeFileSync(join(search_path, 'busybox'), fakeProgramImage(false));
  chmodSync(join(search_path, 'busybox'), 0o755);
  return { search_path, cache: join(folder, 'cache'), calls };
}

describe('siren guest prepare', () => {
  it('takes the one package that linux-image-cloud-amd64 depends on, and installs nothing', () => {
    const { calls, ...where } = surroundings();
    const guest = prepareGuest(where);
    expect(guest.release).toBe(RELEASE);
    expect(readFileSync(calls, 'utf8')).toBe(
      `apt-cache depends linux-image-cloud-amd64\napt-get download ${PACKAGE} -o Acquire::Retries=3\ndpkg -x\n`,
    );
    const archive = readFileSync(guest.initramfs, 'latin1');
    for (const path of ['init', 'bin/busybox', 'tasks/heartbeat', 'modules/qemu_fw_cfg.ko'])
      expect(archive).toContain(`${path}\0`);
    expect(openGuest(where.cache)).toEqual(guest);
    expect(readdirSync(where.cache).sort()).toEqual(['guest', 'kernels']);
  });

  it('downloads a package once, and makes the same guest again', () => {
    const { calls, ...where } = surroundings();
    const first = prepareGuest(where);
    const second = prepareGuest({ ...where, package: PACKAGE });
    expect(second).toEqual(first);
    expect(readFileSync(calls, 'utf8').match(/download/g)).toHaveLength(1);
  });

  it('takes a kernel of the user’s own, modules from where Debian has them', () => {
    const { calls, ...where } = surroundings();
    const guest = prepareGuest({ ...where, kernel: join(folder, 'tree/boot', `vmlinuz-${RELEASE}`) });
    expect(guest.release).toBe(RELEASE);
    expect(existsSync(calls)).toBe(false);
    expect(readFileSync(guest.initramfs, 'latin1')).toContain('modules/qemu_fw_cfg.ko\0');
  });

  it.each([
    ['gz', { busybox: `[ "$1" = zcat ] && /bin/cat "$2.plain"` }],
    ['xz', { busybox: `[ "$1" = xzcat ] && /bin/cat "$2.plain"` }],
    ['zst', { zstd: `[ "$1" = -dcq ] && /bin/cat "$2.plain"` }],
  ])('unpacks modules that are kept as .ko.%s', (end, programs) => {
    const { search_path } = surroundings();
    const file = join(folder, `qemu_fw_cfg.ko.${end}`);
    writeFileSync(file, 'packed');
    writeFileSync(`${file}.plain`, MODULE);
    fakePrograms(search_path, programs);
    expect(Buffer.from(readModule(file, search_path)).equals(MODULE)).toBe(true);
    expect(moduleName(file)).toBe('qemu_fw_cfg.ko');
    writeFileSync(file, 'damaged');
    writeFileSync(`${file}.plain`, 'damaged');
    expect(problemOf(() => readModule(file, search_path))).toMatchObject({
      code: 'NO_KERNEL',
      message: expect.stringContaining(`the module ${file} cannot be read`),
    });
  });

  it('finds modules that are packed, and names the package of a program that it takes to unpack them', () => {
    const { calls: _, ...where } = surroundings();
    const kernel = join(folder, 'tree/boot', `vmlinuz-${RELEASE}`);
    const module = join(folder, 'tree/lib/modules', RELEASE, 'kernel/drivers/firmware/qemu_fw_cfg.ko');
    renameSync(module, `${module}.zst`);
    expect(problemOf(() => prepareGuest({ ...where, kernel }))).toMatchObject({
      mend: 'apt-get install zstd',
    });
    fakePrograms(where.search_path, { zstd: `/bin/cat "$2"` });
    const archive = readFileSync(prepareGuest({ ...where, kernel }).initramfs, 'latin1');
    expect(archive).toContain('modules/qemu_fw_cfg.ko\0');
    expect(archive).toContain(MODULE.toString('latin1'));
  });

  it.each([
    ['busybox', 'apt-get install busybox-static'],
    ['dpkg', 'apt-get install dpkg'],
    ['apt-get', 'apt-get install apt'],
  ])('names the package to install when %s is missing', async (program, mend) => {
    const { search_path, cache } = surroundings();
    rmSync(join(search_path, program));
    const ran = await sirenHere(['guest', 'prepare'], folder, { search_path, cache });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toBe(`siren guest prepare: ${program} is not installed\n  what to do: ${mend}\n`);
  });

  it('refuses a busybox that needs shared libraries', () => {
    const { calls: _, ...where } = surroundings();
    writeFileSync(join(where.search_path, 'busybox'), fakeProgramImage(true));
    expect(problemOf(() => prepareGuest(where))).toMatchObject({
      code: 'MISSING_PROGRAM',
      mend: 'apt-get install busybox-static',
    });
  });

  it('says what apt said when a package cannot be had, and never asks for a pattern', () => {
    const { calls: _, ...where } = surroundings();
    fakePrograms(where.search_path, { 'apt-get': 'echo "E: Unable to locate package" >&2; exit 100' });
    expect(problemOf(() => prepareGuest(where))).toMatchObject({
      code: 'NO_KERNEL',
      message: `the package ${PACKAGE} cannot be downloaded: E: Unable to locate package`,
    });
    for (const name of ['linux-image-*', '-o=x', 'a b'])
      expect(problemOf(() => prepareGuest({ ...where, package: name }))).toMatchObject({
        message: `'${name}' is no name of a package`,
      });
  });

  it('refuses a file that is no kernel, and a kernel and a package at once', async () => {
    const { search_path, cache } = surroundings();
    writeFileSync(join(folder, 'text'), 'x'.repeat(5000));
    const wrong = await sirenHere(['guest', 'prepare', '--kernel', 'text'], folder, { search_path, cache });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toContain('is no bzImage of x86');
    const half = fakeKernelImage(RELEASE);
    half[0x1f1] = 7;
    half.set([1, 1], 0x1f4);
    writeFileSync(join(folder, 'half'), half);
    const cut = await sirenHere(['guest', 'prepare', '--kernel', 'half'], folder, { search_path, cache });
    expect(cut.code).toBe(4);
    expect(cut.stderr).toContain('half is cut short: it has 8192 bytes, its head says at least 8208');
    const both = await sirenHere(['guest', 'prepare', '--kernel', 'text', '--package', 'x'], folder, {
      search_path,
      cache,
    });
    expect(both.code).toBe(3);
  });

  it('takes no pipe, folder or device for a kernel, and waits for none; nor a file without end', async () => {
    const { search_path, cache } = surroundings();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'huge'), '');
    truncateSync(join(folder, 'huge'), 2 ** 28 + 1);
    const refused = [
      ['pipe', 'it is no regular file'],
      ['/dev/zero', 'it is no regular file'],
      ['.', 'it is a folder'],
      ['huge', 'it has 268435457 bytes, 268435456 are the most'],
      ['none', 'there is no such file'],
    ];
    for (const [kernel = '', why] of refused) {
      const ran = await sirenHere(['guest', 'prepare', '--kernel', kernel], folder, { search_path, cache });
      expect([ran.code, ran.stderr]).toEqual([4, expect.stringContaining(`: ${why}\n`)]);
    }
  });

  it('a guest that another version made is none', () => {
    const { calls: _, ...where } = surroundings();
    prepareGuest(where);
    writeFileSync(join(where.cache, 'guest/guest.json'), '{"format": 0, "release": "6.1", "id": "1"}');
    expect(problemOf(() => openGuest(where.cache))).toMatchObject({
      code: 'NO_GUEST',
      mend: 'siren guest prepare',
    });
  });
});

describe('the guest', () => {
  it('has a script for every task of every workload, under the simulation’s names', () => {
    const scripts = guestScripts();
    const names = new Set([...Object.values(WORKLOAD_TASKS).flat(), 'heartbeat']);
    expect([...names].filter((name) => !scripts.has(`tasks/${name}`))).toEqual([]);
  });

  it('is written in what a shell can read', () => {
    for (const [path, text] of guestScripts()) {
      const file = join(folder, path.replace('/', '-'));
      writeFileSync(file, text);
      execFileSync('/bin/sh', ['-n', file]);
      expect(text.startsWith('#!/bin/busybox sh\n')).toBe(true);
    }
  });

  it('an archive is what the kernel unpacks: fields, padding, trailer', () => {
    const archive = Buffer.from(
      writeCpio([
        { kind: 'folder', path: 'a' },
        { kind: 'file', path: 'a/b', bytes: Buffer.from('hello'), executable: true },
        { kind: 'link', path: 'c', to: 'a/b' },
      ]),
    );
    expect(archive.length % 4).toBe(0);
    const seen: string[] = [];
    for (let at = 0; at < archive.length;) {
      expect(archive.toString('latin1', at, at + 6)).toBe('070701');
      const field = (index: number): number =>
        parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
      const start = at + 110 + field(11) + ((4 - ((110 + field(11)) % 4)) % 4);
      const content = archive.toString('latin1', start, start + field(6));
      seen.push(
        `${field(1).toString(8)} ${archive.toString('latin1', at + 110, at + 109 + field(11))} ${content}`,
      );
      at = start + field(6) + ((4 - (field(6) % 4)) % 4);
    }
    expect(seen).toEqual(['40755 a ', '100755 a/b hello', '120777 c a/b', '0 TRAILER!!! ']);
  });

  it('a kernel’s release is read from its image', () => {
    expect(releaseOfImage(fakeKernelImage('6.1.0-7'))).toBe('6.1.0-7');
    expect(releaseOfImage(Buffer.alloc(8192))).toBeUndefined();
    expect(releaseOfImage(Buffer.from('HdrS'))).toBeUndefined();
  });

  it('the cache lies where the user says, else where caches lie', () => {
    expect(cacheFolder({ SIREN_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/b/siren');
    expect(cacheFolder({ XDG_CACHE_HOME: '', HOME: '/c' })).toBe('/c/.cache/siren');
  });
});
