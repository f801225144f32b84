import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../../src/targets/qemu/doctor.ts';
import { checkGuest, guestId, openGuest } from '../../../src/targets/qemu/guest/guest.ts';
import { problemOf } from '../../../src/targets/qemu/problem.ts';
import { PACKAGES } from '../../../src/targets/qemu/programs.ts';
import { fakeKernelImage, fakePrograms } from '../../support/fake-programs.ts';
import { sirenHere } from '../../support/in-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siren-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ALL = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, 'exit 0']));
const ask = (programs: Readonly<Record<string, string>>, node = '22.1.0'): ReturnType<typeof examine> =>
  examine({ search_path: fakePrograms(join(folder, 'bin'), programs), cache: join(folder, 'cache'), node });

describe('siren doctor', () => {
  it('says of every lack what it costs and what to install, and answers 4', async () => {
    const search_path = fakePrograms(join(folder, 'bin'), {});
    const ran = await sirenHere(['doctor'], folder, { search_path });
    expect(ran.code).toBe(4);
    for (const [program, name] of Object.entries(PACKAGES)) {
      expect(ran.stdout).toContain(`${program} is not installed`);
      expect(ran.stdout).toContain(`apt-get install ${name}`);
    }
    // zstd is for kernels of one's own alone: a note.
    expect(ran.stdout.match(/^(?:lacks |note   zstd)/gm)?.length).toBe(
      ran.stdout.match(/without it:/g)?.length,
    );
    expect(ran.stdout).toContain('what to do: siren guest prepare');
  });

  it('takes a QEMU that is too old, or does not run, for none', () => {
    const version = (text: string): ReturnType<typeof examine>[0] | undefined =>
      ask({ ...ALL, 'qemu-system-x86_64': text }).find(({ what }) => /qemu/i.test(what));
    expect(version('echo "QEMU emulator version 7.2.22 (Debian)"')).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('QEMU 7.2.22') as string,
    });
    expect(version('echo "QEMU emulator version 5.2.0"')).toMatchObject({ state: 'lacks' });
    expect(version('echo "cannot execute" >&2; exit 126')).toMatchObject({
      state: 'lacks',
      what: expect.stringContaining('cannot execute') as string,
    });
  });

  it('takes no Node before 20.19', () => {
    const state = (node: string): string | undefined => ask(ALL, node)[0]?.state;
    expect(['20.19.0', '22.0.0', '20.18.3', '18.20.1'].map(state)).toEqual(['ok', 'ok', 'lacks', 'lacks']);
  });

  it('KVM that is not there is no lack', () => {
    expect(ask(ALL).find(({ what }) => what.startsWith('KVM'))?.state).toBe('note');
  });

  describe('looks at what a run needs of the cache', () => {
    const cached = (name: string): string => join(folder, 'cache', name);
    const about = (word: string): ReturnType<typeof examine>[0] | undefined =>
      ask({ ...ALL, mkfifo: 'exit 1' }).find(({ what }) => what.includes(word));
    beforeEach(() => {
      const [kernel, initramfs] = [fakeKernelImage('6.1.0-9'), Buffer.from('an archive')];
      mkdirSync(cached('guest'), { recursive: true });
      writeFileSync(cached('guest/vmlinuz'), kernel);
      writeFileSync(cached('guest/initramfs.cpio'), initramfs);
      const id = guestId(kernel, initramfs);
      writeFileSync(cached('guest/guest.json'), JSON.stringify({ format: 1, release: '6.1.0-9', id }));
    });
    const lack = (what: string): unknown => ({
      state: 'lacks',
      what: expect.stringContaining(what) as string,
      cost: expect.stringContaining('--target qemu') as string,
      mend: 'siren guest prepare',
    });

    it('a guest whose files are what was prepared is there', () => {
      expect(about('guest with Linux 6.1.0-9')?.state).toBe('ok');
    });

    it.each(['vmlinuz', 'initramfs.cpio'])('without its %s, or with another, it is none', (name) => {
      writeFileSync(cached(`guest/${name}`), 'another');
      expect(about('not what was prepared')).toEqual(lack('not what was prepared'));
      expect(problemOf(() => checkGuest(openGuest(cached(''))))).toMatchObject({ code: 'NO_GUEST' });
      rmSync(cached(`guest/${name}`));
      expect(about(name)).toEqual(lack(`lacks its ${name}`));
      expect(problemOf(() => openGuest(cached('')))).toMatchObject({ code: 'NO_GUEST' });
    });

    it('snapshots that are damaged are named; that costs a boot and no more', () => {
      expect(about('snapshots')).toEqual({ state: 'ok', what: '0 snapshots of booted guests' });
      for (const id of ['a', 'b', 'c', 'd']) mkdirSync(cached(`snapshots/${id}`), { recursive: true });
      expect(about('snapshots')).toEqual({
        state: 'note',
        what: expect.stringMatching(
          /^4 of 4 snapshots are damaged .*: a: facts.json: there is no such file; b: .*; c: .*; and 1 more$/,
        ) as string,
      });
    });
  });
});
