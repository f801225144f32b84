import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../../src/targets/qemu/doctor.ts';
import { PACKAGES } from '../../../src/targets/qemu/programs.ts';
import { fakePrograms } from '../../support/fake-programs.ts';
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
    expect(ran.stdout.match(/^lacks/gm)?.length).toBe(ran.stdout.match(/without it:/g)?.length);
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
});
