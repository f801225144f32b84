import { statSync, truncateSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolders } from '../../support/folders.ts';
import type { Attended } from '../../../src/ambulance/attend.ts';
import { attend } from '../../../src/ambulance/attend.ts';
import { damagedMachine } from '../../../src/execute/damaged.ts';
import { TwinLines } from '../../../src/execute/twin-line.ts';
import { writeDump } from '../../../src/runner/export.ts';
import type { Patient } from '../../../src/patient/patient.ts';
import { openMachine } from '../../../src/targets/core/open.ts';
import { SHIPPED } from '../../support/library.ts';
import { scenarioOf } from '../../support/spec-text.ts';

const folder = temporaryFolders('partial')();
const whole = join(folder, 'whole');
const MIB = 1_048_576;

beforeAll(() => {
  const scenario = scenarioOf(
    'scenario "a" {\n uses two_partitions\n run 50 ms\n expect { guest web is healthy }\n}',
  );
  const { run, release } = damagedMachine(scenario, 1, new TwinLines(), 40_000_000);
  const web = run.machine.target.partitions.find(({ name }) => name === 'web');
  // As from elsewhere: nothing of Siren's own in the notes.
  if (web) writeDump(whole, web, []);
  release();
});

function look(path: string, more: (patient: Patient) => Patient = (patient) => patient): Attended {
  const opened = openMachine(path, 'dump');
  if (typeof opened === 'string') throw new Error(opened);
  const seen = attend(more(opened.patient), { ambulance: 'rescue', library: SHIPPED });
  opened.close();
  return seen;
}

describe('a dump of a healthy machine', () => {
  it('is healthy when it is whole', () => {
    const { report } = look(whole);
    expect([report.findings, report.diagnosis, report.via]).toEqual([[], [], 'boot_copy']);
    expect(report.verdicts.filter(({ verdict }) => verdict === 'intact').length).toBeGreaterThan(8);
  });

  it('gives no finding and no cause when it is cut short, wherever that is', () => {
    const cut = join(folder, 'cut');
    const lost = new Set<string>();
    for (const mib of [1, 4, 8, 9, 10, 11, 12, 14, 20, 64, 120]) {
      copyFileSync(whole, cut);
      truncateSync(cut, Math.min(mib * MIB, statSync(whole).size));
      const { report } = look(cut);
      expect([mib, report.findings.map(({ code }) => code), report.diagnosis]).toEqual([mib, [], []]);
      for (const { verdict, code = '' } of report.verdicts) if (verdict === 'unreachable') lost.add(code);
    }
    expect([...lost]).toContain('NOT_IN_FILE');
  });

  it('without its symbols still tells where its CPUs were', () => {
    const cut = join(folder, 'cut');
    copyFileSync(whole, cut);
    truncateSync(cut, 1 * MIB);
    const { cpus, closed } = look(cut);
    expect(closed).toBeDefined();
    expect(cpus.length).toBeGreaterThan(0);
    expect(cpus.every(({ rip }) => rip !== 0)).toBe(true);
  });

  it('is not judged when it says that its page tables have five levels, and no such kernel is laid out like it', () => {
    const { report } = look(whole, (patient) => ({
      ...patient,
      boot_copy: Buffer.from(
        Buffer.from(patient.boot_copy ?? [])
          .toString('latin1')
          .replace('pgtable_l5_enabled)=0', 'pgtable_l5_enabled)=1'),
        'latin1',
      ),
    }));
    expect(report.findings).toEqual([]);
    const codes = new Set(
      report.verdicts.filter(({ verdict }) => verdict === 'unreachable').map(({ code }) => code),
    );
    expect([...codes]).toEqual(['FIVE_LEVELS']);
  });
});
