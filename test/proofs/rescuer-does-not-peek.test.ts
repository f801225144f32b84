import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import { runScenario } from '../../src/execute/scenario.ts';
import { TwinLines } from '../../src/execute/twin-line.ts';
import type { Trigger } from '../../src/model/scenario.ts';
import { dumpPatient } from '../../src/patient/dump.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { layoutOf } from '../../src/targets/sim/guest/layout.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { builtFolder, REPOSITORY } from '../support/built.ts';
import { int, word } from '../support/expressions.ts';
import { action, trigger } from '../support/scenarios.ts';
import { scenarioOf } from '../support/spec-text.ts';
import { SHIPPED } from '../support/library.ts';

const fault = (...one: Parameters<typeof action>): readonly Trigger[] => [trigger(40 * MS, action(...one))];

describe('the rescuer run in another process on memory, registers and region alone gives the same findings', () => {
  const guest = new AttendedGuest();

  it.each([
    ['a poisoned link', fault('set', 'web.tasks["nginx"].tasks.next', { to: [int(0xdead_0000_0000_0100n)] })],
    ['a leaked lock', fault('leak', 'web.locks["tasklist_lock"]', { mode: [word('write')] })],
    ['a smashed stack', fault('smash', 'web.stacks["nginx"]')],
    ['a CPU that stopped', fault('stop', 'web.cpus[1]')],
    ['a rotten region', fault('flip', 'web.metadata.bytes[0x120]', { bit: [int(3n)] })],
  ])('%s', async (_what, triggers) => {
    const { patient, run } = guest.patientAt(80 * MS, triggers);
    const folder = mkdtempSync(join(tmpdir(), 'siren-proof-'));
    try {
      const file = join(folder, 'web.patient');
      writeFileSync(file, dumpPatient(patient));
      const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
      const script = join(REPOSITORY, 'scripts/attend-dump.mjs');
      const { stdout } = await promisify(execFile)(process.execPath, [script, file, builtFolder()]);
      expect(report.findings.length + report.diagnosis.length).toBeGreaterThan(0);
      expect(withoutTimes(JSON.parse(stdout) as AmbulanceReport)).toEqual(withoutTimes(report));
    } finally {
      run.machine.release();
      rmSync(folder, { recursive: true });
    }
  });
});

/** All that is concluded. A patient in a file is not let run between two looks, so nothing is looked at again. */
function withoutTimes(report: AmbulanceReport): unknown {
  const { findings, diagnosis, health, reason, via, log_tail } = report;
  const verdicts = report.verdicts.map((verdict) => ({ ...verdict, rereads: 0 }));
  return { findings, diagnosis, health, reason, via, log_tail, verdicts };
}

describe('with members permuted by another layout seed, the same verdicts', () => {
  const lines = new TwinLines();

  it.each([
    ['set web.tasks["nginx"].tasks.prev to 0', 'LIST_NULL'],
    ['leak web.locks["tasklist_lock"] mode write', 'LOCK_NO_HOLDER'],
    ['flip web.orders[3].link.next bit 20', 'LIST_BACKLINK'],
    ['smash web.stacks["nginx"]', 'STACK_END'],
  ])('%s', (harm, code) => {
    const reports = [0, 7, 4711].map((layout_seed) => {
      const scenario = scenarioOf(`scenario "x" {
  uses two_partitions
  run 70 ms
  change web { kernel { layout_seed ${layout_seed} } }
  at 40 ms called harm: ${harm}
  at 45 ms: summon rescue to web for inspection
  expect { verdict web.* is intact }
}`);
      const finished = runScenario(scenario, 1, lines);
      const [report] = finished.record.reports;
      finished.release();
      return {
        verdicts: report?.verdicts.map(({ structure, verdict, via }) => ({ structure, verdict, via })),
        findings: report?.findings.map(({ structure, code, place }) => ({ structure, code, place })),
        diagnosis: report?.diagnosis.map(({ cause, place }) => ({ cause, place })),
      };
    });
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
    expect(reports[0]?.findings?.map((finding) => finding.code)).toContain(code);
  });

  it('the members of each do lie elsewhere', () => {
    for (const member of ['tasks', 'comm', 'stack']) {
      const offsets = [0, 7, 4711].map((seed) => layoutOf(seed).offset('task_struct', member));
      expect(new Set(offsets).size).toBeGreaterThan(1);
    }
  });
});
