import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import { placesByName } from '../../src/cli/adopt-places.ts';
import { worldOf } from '../../src/place/world.ts';
import { coreTarget } from '../../src/targets/core/core-target.ts';
import { openMachine } from '../../src/targets/core/open.ts';
import { factsOf } from '../../src/verdict/facts.ts';
import { siren } from '../support/built.ts';
import { sirenHere } from '../support/in-process.ts';
import { bareTopology } from '../support/bare-kernel.ts';
import { place } from '../support/expressions.ts';
import { SHIPPED } from '../support/library.ts';

const SPEC = `scenario "smashed" {
  machine { cpus 0..1; memory 256 MiB }
  lpar web { owns cpus 0; owns memory 128 MiB; kernel linux { workload web_server } }
  ambulance rescue { owns cpus 1; owns memory 32 MiB; attends web }
  run 60 ms
  at 40 ms: set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100
  expect { verdict web.* is any }
}
`;

describe('a damaged machine goes out as a core file and comes back as a scenario', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siren-cores-'));
  const dump = 'smash-smashed-1-web.vmcore';
  const path = join(folder, dump);
  beforeAll(async () => {
    writeFileSync(join(folder, 'siren.yaml'), '');
    writeFileSync(join(folder, 'smash.spec'), SPEC);
    const { code, stdout, stderr } = await siren(
      ['export', 'smash.spec', '--at', '45 ms', '--out', '.'],
      folder,
    );
    expect([code, stdout.trim(), stderr]).toEqual([
      0,
      dump,
      '1 dump of 1 run, each with its ground truth beside it\n',
    ]);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('the ground truth says what was broken, where and when', () => {
    const truth = JSON.parse(readFileSync(join(folder, 'smash-smashed-1-web.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(truth).toMatchObject({
      format: 'siren-ground-truth',
      partition: 'web',
      dump,
      time_ns: 45_000_000,
    });
    expect(truth['faults']).toMatchObject([
      { place: 'web.tasks["nginx"].tasks.next', fired_ns: 40_000_000, after: '000100000000adde' },
    ]);
  });

  it.skipIf(spawnSync('readelf', ['--version']).error !== undefined)('readelf accepts the dump', () => {
    const out = execFileSync('readelf', ['-a', path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(out).toMatch(/CORE \(Core file\)/);
    expect(out).toMatch(/NT_PRSTATUS/);
    expect(out).toMatch(/VMCOREINFO/);
    expect(out).not.toMatch(/[Ww]arning|[Ee]rror/);
  });

  it('diagnose finds the damage in it, for people and for programs', async () => {
    const { code, stdout } = await sirenHere(['diagnose', dump], folder);
    expect(code).toBe(1);
    expect(stdout).toMatch(/tasks +corrupt .*LIST_/);
    expect(stdout).toMatch(/at dump\.tasks\["nginx"\]\.tasks\.next/);
    const { stdout: json } = await siren(['diagnose', dump, '--json'], folder);
    const said = JSON.parse(json) as { format: string; report: { health: string }; cpus: unknown[] };
    expect([said.format, said.report.health, said.cpus.length]).toEqual(['siren-diagnosis', 'failing', 1]);
  });

  it('adopt freezes what was found, and the spec passes', async () => {
    const adopted = await siren(['adopt', dump], folder);
    expect([adopted.code, adopted.stdout]).toEqual([
      0,
      expect.stringMatching(
        /: \d+ verdicts, 1 corrupt, \d+ findings?\nto run it: npx siren run smash-smashed-1-web\.spec --target core\n$/,
      ),
    ]);
    expect(readFileSync(join(folder, 'smash-smashed-1-web.spec'), 'utf8')).toMatch(
      /verdict +dump\.tasks is corrupt with LIST_\w+ at address\(0x/,
    );
    const ran = await sirenHere(
      ['run', 'smash-smashed-1-web.spec', '--target', 'core', '--workers', '0'],
      folder,
    );
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(/1 passed/)]);
    const again = await sirenHere(['adopt', dump], folder);
    expect([again.code, again.stderr]).toEqual([3, expect.stringMatching(/--force/)]);
  });

  it('adopt names a place where its name leads to what was found, and gives its address elsewhere', () => {
    const machine = openMachine(join(folder, dump), 'dump');
    if (typeof machine === 'string') throw new Error(machine);
    const { report } = attend(machine.patient, { ambulance: 'rescue', library: SHIPPED });
    const there = 'dump.run_queues[0].nr_running';
    const led = factsOf(worldOf({ topology: bareTopology(), lets: [] }, coreTarget([machine]), 1)).place(
      place(there),
    );
    const [first] = report.findings;
    if (!first || !led.ok || led.value.kind !== 'bytes') throw new Error('nothing was found');
    const found = { ...first, place: there, physical: led.value.runs[0]?.physical ?? -1 };
    const named = (...findings: (typeof found)[]): string[] => [
      ...placesByName(machine, { ...report, findings, diagnosis: [] }, SHIPPED),
    ];
    expect(named(found)).toEqual([there]);
    const unknown = { ...found, place: 'dump.tasks["nobody"].tasks.next' };
    const own = { ...found, place: 'dump.address(0xffff888000a00428)' };
    expect(named({ ...found, physical: found.physical + 8 }, unknown, own)).toEqual([]);
    expect(named(unknown, found)).toEqual([there]);
    // The ring is broken there, so that no name leads any further.
    expect(named(...report.findings)).toEqual([]);
    machine.close();
  });

  it('adopt writes into no other folder than a project', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'siren-elsewhere-'));
    copyFileSync(join(folder, 'smash.spec'), join(elsewhere, 'own.spec'));
    const outside = await sirenHere(['adopt', path], elsewhere);
    expect([outside.code, outside.stderr]).toEqual([3, expect.stringMatching(/--force/)]);
    const away = await sirenHere(['adopt', path, '--out', 'here.spec'], elsewhere);
    expect([away.code, away.stderr]).toEqual([3, expect.stringMatching(/outside of the project/)]);
    const none = await sirenHere(['adopt', join(elsewhere, 'own.spec')], folder);
    expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/is in no project/)]);
    const absent = await sirenHere(['adopt', join(elsewhere, 'absent.vmcore')], folder);
    expect([absent.code, absent.stderr]).toEqual([3, expect.stringMatching(/there is no such file/)]);
    const run = await sirenHere(
      ['run', join(elsewhere, 'own.spec'), '--workers', '0', '--name', 'x'],
      folder,
    );
    expect(run.stderr).toContain(`the project is ${elsewhere}, and its reports go there`);
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('what cannot be written is told, and leaves nothing behind', async () => {
    const adopted = await sirenHere(['adopt', dump, '--out', 'smash.spec/x.spec'], folder);
    expect([adopted.code, adopted.stderr]).toEqual([
      4,
      expect.stringMatching(/^cannot write .*x\.spec: E\w+/),
    ]);
    const exported = await sirenHere(['export', 'smash.spec', '--out', 'siren.yaml'], folder);
    expect([exported.code, exported.stderr]).toEqual([
      4,
      expect.stringMatching(/^cannot write smash-.* into siren\.yaml: E/),
    ]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('only what has a machine is exported', async () => {
    const { code, stderr } = await sirenHere(['export', 'smash.spec', '--target', 'core'], folder);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/E0831/)]);
  });

  it('a scenario is judged by what is in its dump, and a claim that is not met says so', async () => {
    writeFileSync(
      join(folder, 'own.spec'),
      `scenario "own" {
  core web file "${dump}"
  expect {
    hypervisor web is unobserved
    guest      web is healthy
    bystander  web is undisturbed
    verdict    web.tasks is intact
    check      web.log contains "Linux version"
    verdict    others is any
  }
}
`,
    );
    const { code, stdout } = await sirenHere(
      ['run', 'own.spec', '--target', 'core', '--workers', '0'],
      folder,
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/E0903/);
    const results = JSON.parse(readFileSync(join(folder, 'reports/results.json'), 'utf8')) as {
      runs: { claims: { status: string }[] }[];
    };
    expect(results.runs[0]?.claims.map(({ status }) => status)).toEqual([
      'met',
      'inconclusive',
      'inconclusive',
      'unmet',
      'met',
      'met',
    ]);
  });

  it.each([
    ['another file', 'sha256 "0123456789"', 'E0919', /SHA-256/],
    ['another kernel', 'kernel "5.10"', 'E0919', /not `5.10`/],
  ])('%s than the one that is meant is an error, with both', async (_, clause, code, message) => {
    writeFileSync(
      join(folder, 'other.spec'),
      `scenario "other" {\n  core web file "${dump}" ${clause}\n  expect { verdict web.* is any }\n}\n`,
    );
    const ran = await sirenHere(['run', 'other.spec', '--target', 'core', '--workers', '0'], folder);
    expect(ran.code).toBe(4);
    expect(ran.stdout).toContain(code);
    expect(ran.stdout).toMatch(message);
  });

  it('looking longer than the budget allows fails the scenario', async () => {
    writeFileSync(
      join(folder, 'slow.spec'),
      `scenario "slow" {\n  core web file "${dump}"\n  budget 1 ms memory 1 GiB\n  expect { verdict web.* is any }\n}\n`,
    );
    const ran = await sirenHere(['run', 'slow.spec', '--target', 'core', '--workers', '0'], folder);
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringMatching(/E0920.*looking at it took/)]);
  });

  it('an earlier dump of the same boot may stand beside it, and nothing else', async () => {
    const same = await siren(['diagnose', dump, '--booted', dump], folder);
    expect([same.code, same.stderr]).toEqual([1, '']);
    expect(same.stdout).toContain('LIST_NEXT_POISON');
    const missing = await siren(['diagnose', dump, '--booted', 'nothing.vmcore'], folder);
    expect([missing.code, missing.stderr]).toEqual([3, 'siren: nothing.vmcore: there is no such file\n']);
    const bytes = readFileSync(path);
    for (
      let at = bytes.indexOf('OSRELEASE=6');
      at >= 0 && at < 1_048_576;
      at = bytes.indexOf('OSRELEASE=6', at)
    )
      bytes[at + 10] = 0x35;
    writeFileSync(join(folder, 'other.vmcore'), bytes);
    const other = await siren(['diagnose', dump, '--booted', 'other.vmcore'], folder);
    expect([other.code, other.stdout]).toEqual([3, '']);
    expect(other.stderr).toMatch(/^siren: other\.vmcore: it is of another boot/);
    rmSync(join(folder, 'other.vmcore'));
  });

  it('a scenario may name an earlier dump of the same boot, with which is compared what was', async () => {
    const early = await siren(['export', 'smash.spec', '--at', '30 ms', '--out', 'early'], folder);
    expect(early.code).toBe(0);
    const bytes = readFileSync(path);
    for (
      let at = bytes.indexOf('OSRELEASE=6');
      at >= 0 && at < 1_048_576;
      at = bytes.indexOf('OSRELEASE=6', at)
    )
      bytes[at + 10] = 0x35;
    writeFileSync(join(folder, 'other.vmcore'), bytes);
    writeFileSync(
      join(folder, 'compared.spec'),
      `validator tasks {
  each t in tasks {
    require u64_at(&t.tasks.next) != 0xdead_0000_0000_0100 or booted(&t.tasks.next) != u8_at(&t.tasks.next) else LINK_KEPT "it was so before"
    require booted(&t.comm) == t.comm[0] else NAME_CHANGED "{t.comm}"
  }
}
scenario "kept" {
  core web file "${dump}" booted "early/${dump}"
  expect { verdict web.tasks is not unchecked; verdict web.*, others is any }
}
scenario "whole" {
  core web file "early/${dump}" booted "./early/${dump}"
  expect { verdict web.tasks is intact; verdict others is any }
}
scenario "not kept" {
  core web file "early/${dump}"
  expect { verdict web.tasks is unchecked with NO_REFERENCE; verdict others is any }
}
scenario "of another boot" {
  core web file "early/${dump}" booted "other.vmcore"
  expect { verdict web.* is any }
}
scenario "no dump" {
  core web file "early/${dump}" booted "smash.spec"
  expect { verdict web.* is any }
}
`,
    );
    const ran = await sirenHere(['run', 'compared.spec', '--target', 'core', '--workers', '0'], folder);
    expect(ran.code).toBe(4);
    expect(ran.stdout).toMatch(/3 passed/);
    expect(ran.stdout).toMatch(/E0919\]: other\.vmcore: it is of another boot/);
    expect(ran.stdout).toMatch(/E0918\]: smash\.spec: /);
    rmSync(join(folder, 'other.vmcore'));
  });

  it('a dump that is cut short is diagnosed as far as it goes, and one that is none is refused', async () => {
    copyFileSync(path, join(folder, 'cut.vmcore'));
    truncateSync(join(folder, 'cut.vmcore'), 100 * 1_048_576);
    const cut = await sirenHere(['diagnose', 'cut.vmcore'], folder);
    expect(cut.stdout).toMatch(/cut short: 78.* % of its memory is there/);
    expect(cut.stdout).toMatch(/tasks +corrupt/);
    truncateSync(join(folder, 'cut.vmcore'), 40);
    const stub = await sirenHere(['diagnose', 'cut.vmcore'], folder);
    expect([stub.code, stub.stderr]).toEqual([3, expect.stringMatching(/shorter than an ELF header/)]);
    const none = await sirenHere(['diagnose', 'siren.yaml'], folder);
    expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/empty/)]);
    const missing = await sirenHere(['diagnose', 'nothing.vmcore'], folder);
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringMatching(/no such file/)]);
  });
});
