// What `siren export --target qemu` writes is opened by programs that know nothing of Siren: gdb, and readelf of
// binutils.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoreFile } from '../../src/formats/core-file.ts';
import { openElfCore } from '../../src/formats/elf-core.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
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

function ask(program: string, words: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, [...words], { encoding: 'utf8', timeout: 120_000 });
  return stdout + stderr;
}

/** Eight bytes, the lowest first, as the number that a debugger prints. */
const wordOf = (hex: string): string => `0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`;

describe.skipIf(noGuest !== undefined).each([4, 5])('of a kernel with %i levels of page tables', (levels) => {
  let folder: string;
  let dump: string;
  let truth: Truth;
  let core: CoreFile;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siren-export-'));
    const words = ['export', 'specs/real/lists.spec', '--target', 'qemu', '--levels', String(levels)];
    const { code, stderr } = await startSiren(
      [...words, '--name', SCENARIO, '--at', '1 s', '--out', folder],
      REPOSITORY,
      {},
      // It may be the first who wants this kernel with so many levels.
      200_000,
    ).ended;
    expect(code, stderr).toBe(0);
    const named = (end: string): string =>
      join(folder, readdirSync(folder).find((one) => one.endsWith(end)) ?? end);
    dump = named('.vmcore');
    truth = JSON.parse(readFileSync(named('.json'), 'utf8')) as Truth;
    const file = openFile(dump);
    if (typeof file === 'string') throw new Error(file);
    const opened = openElfCore(file);
    file.close();
    if (!opened.ok) throw new Error(opened.message);
    core = opened.value;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('the dump says what the processors say: levels, paging, 64 bits', () => {
    expect(core.cpus).toHaveLength(2);
    for (const cpu of core.cpus) {
      // CR4.LA57 and CR4.PAE, CR0.PG and CR0.PE (SDM 3A, 2.5).
      expect((cpu['cr4'] ?? 0n) & 0x1020n).toBe(levels === 5 ? 0x1020n : 0x20n);
      expect((cpu['cr0'] ?? 0n) & 0x8000_0001n).toBe(0x8000_0001n);
    }
    const half = BigInt(`0x${truth.faults[0]?.address}`) >> 47n;
    expect(half === 0x1_ffffn).toBe(levels === 4);
  });

  it('diagnose finds in it what struck, where the ground truth says that it is', async () => {
    const { code, stdout } = await startSiren(['diagnose', dump], REPOSITORY).ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ +tasks +corrupt/m);
    // By its number where a fork of it bore its name at that instant.
    const places = [...stdout.matchAll(/at dump\.tasks\[(?:"nginx"|\d+)\]\.tasks\.next \(0x(\w+)\)/g)];
    expect(places.map(([, address]) => address)).toEqual([truth.faults[0]?.address]);
  });

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
      expect(gdb(`x/gx 0x${fault?.address}`)).toContain(
        `0x${fault?.address}:\t${wordOf(fault?.after ?? '')}`,
      );
    });

    it('reads what a symbol names: the kernel’s release, of init_uts_ns', () => {
      const text = Buffer.from(core.vmcoreinfo ?? []).toString('latin1');
      const { symbols, osrelease } = parseVmcoreInfo(text);
      const names = BigInt.asUintN(64, BigInt(symbols.get('init_uts_ns') ?? 0));
      // struct new_utsname (include/uapi/linux/utsname.h): sysname and nodename of 65 bytes each.
      expect(gdb(`x/s ${names + 130n}`)).toContain(`"${osrelease}"`);
    });

    it('shows every processor where it stood', () => {
      const said = gdb('thread apply all info registers rip rsp ss');
      for (const { rip, rsp, ss } of core.cpus) {
        expect(said).toMatch(new RegExp(`^rip +0x${rip?.toString(16)} `, 'm'));
        expect(said).toMatch(new RegExp(`^rsp +0x${rsp?.toString(16)} `, 'm'));
        expect(said).toMatch(new RegExp(`^ss +0x${ss?.toString(16)} `, 'm'));
        expect([0x18n, 0x2bn, 0n]).toContain(ss);
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
      expect(said.match(/^ +LOAD /gm)).toHaveLength(2);
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
});
