// What `siren export --target qemu` writes is opened by programs that know nothing of Siren: gdb, and readelf of
// binutils.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openElfCore } from '../../src/formats/elf-core.ts';
import { openFile } from '../../src/targets/core/file.ts';
import { REPOSITORY, startSiren } from '../support/built.ts';
import { whyNoGuest } from '../support/real-guest.ts';

const noGuest = whyNoGuest();
/** Why a test that asks this program is left out. */
function without(program: string, package_: string): string | undefined {
  if (noGuest !== undefined) return noGuest;
  const ran = spawnSync(program, ['--version']);
  return ran.status === 0 ? undefined : `there is no ${program}: apt-get install ${package_}`;
}
const noGdb = without('gdb', 'gdb');
const noReadelf = without('readelf', 'binutils');
for (const why of new Set([noGdb, noReadelf])) if (why !== undefined) console.log(`left out: ${why}`);

interface Truth {
  readonly faults: readonly {
    readonly address: string;
    readonly physical: number;
    readonly before: string;
    readonly after: string;
  }[];
}

const SCENARIO = 'nginx.tasks.next off by 0x100 is found before the kernel notices, and relinked';
const folder = mkdtempSync(join(tmpdir(), 'siren-export-'));
let dump: string;
let truth: Truth;

beforeAll(async () => {
  if (noGuest !== undefined) return;
  const words = ['export', 'specs/real/lists.spec', '--target', 'qemu', '--name', SCENARIO, '--out', folder];
  const { code, stderr } = await startSiren(words, REPOSITORY).ended;
  expect(code, stderr).toBe(0);
  const named = (end: string): string =>
    join(folder, readdirSync(folder).find((one) => one.endsWith(end)) ?? end);
  dump = named('.vmcore');
  truth = JSON.parse(readFileSync(named('.json'), 'utf8')) as Truth;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(program: string, words: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, [...words], { encoding: 'utf8', timeout: 60_000 });
  return stdout + stderr;
}

/** Eight bytes, the lowest first, as the number that a debugger prints. */
const wordOf = (hex: string): string => `0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`;

describe.skipIf(noGdb !== undefined)('gdb', () => {
  const gdb = (...commands: string[]): string =>
    ask('gdb', [
      '-nx',
      '-batch',
      '-ex',
      'set architecture i386:x86-64',
      '-core',
      dump,
      ...commands.flatMap((one) => ['-ex', one]),
    ]);

  it('finds the damage in the kernel’s own memory where the ground truth says that it is', () => {
    const [fault] = truth.faults;
    expect(fault?.after).not.toBe(fault?.before);
    expect(gdb(`x/gx 0x${fault?.address}`)).toContain(`0x${fault?.address}:\t${wordOf(fault?.after ?? '')}`);
  });

  it('shows every processor where it stood', () => {
    const file = openFile(dump);
    if (typeof file === 'string') throw new Error(file);
    const core = openElfCore(file);
    file.close();
    const cpus = core.ok ? core.value.cpus : [];
    const said = gdb('thread apply all info registers rip rsp');
    expect(cpus).toHaveLength(2);
    for (const { rip, rsp } of cpus) {
      expect(said).toMatch(new RegExp(`^rip +0x${rip?.toString(16)} `, 'm'));
      expect(said).toMatch(new RegExp(`^rsp +0x${rsp?.toString(16)} `, 'm'));
    }
  });
});

describe.skipIf(noReadelf !== undefined)('readelf', () => {
  it('lists all of the memory, at its physical addresses and where the kernel has it mapped', () => {
    const said = ask('readelf', ['-W', '-h', '-l', dump]);
    expect(said).toMatch(/Type: +CORE \(Core file\)/);
    expect(said).toMatch(/Machine: +Advanced Micro Devices X86-64/);
    const load = /^ +LOAD +0x[0-9a-f]+ 0x([0-9a-f]{16}) 0x0{16} 0x10000000 0x10000000 /m.exec(said);
    const [fault] = truth.faults;
    expect(BigInt(`0x${load?.[1]}`) + BigInt(fault?.physical ?? 0)).toBe(BigInt(`0x${fault?.address}`));
    expect(said).not.toMatch(/warning|error/i);
  });

  it('reads the notes: registers of each processor, what QEMU adds, what the kernel published', () => {
    const said = ask('readelf', ['-W', '-n', dump]);
    const owners = [...said.matchAll(/^ {2}([A-Z-]+) +0x[0-9a-f]{8}\t/gm)].map(([, owner]) => owner);
    expect(owners.filter((one) => one === 'CORE')).toHaveLength(2);
    expect(owners.filter((one) => one === 'QEMU')).toHaveLength(2);
    expect(owners.filter((one) => one === 'VMCOREINFO')).toHaveLength(1);
    expect(said).toContain('NT_PRSTATUS');
    expect(said).not.toMatch(/warning|error|corrupt/i);
  });
});
