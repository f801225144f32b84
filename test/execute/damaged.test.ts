import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import { attend } from '../../src/ambulance/attend.ts';
import { damagedMachine, firstAttach } from '../../src/execute/damaged.ts';
import { runScenario } from '../../src/execute/scenario.ts';
import { TwinLines } from '../../src/execute/twin-line.ts';
import { exportPartition, struckPartitions } from '../../src/runner/export.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { openMachine } from '../../src/targets/core/open.ts';
import { SHIPPED } from '../support/library.ts';
import { scenarioOf } from '../support/spec-text.ts';

const folder = temporaryFolders('export')();
const lines = new TwinLines();

const what = ({ verdicts, findings, diagnosis }: AmbulanceReport): unknown => ({
  verdicts: verdicts.map(({ structure, verdict, code, elements }) => [structure, verdict, code, elements]),
  findings: findings.map(({ code, place, address, physical }) => [code, place, address, physical]),
  causes: diagnosis.map(({ cause, place }) => [cause, place]),
});

describe('an exported machine', () => {
  it.each([
    ['a smashed link', 'at 40 ms: set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100', '40100 us'],
    // In a dump a lock counts as leaked when somebody waits for it.
    ['a leaked lock', 'at 40 ms: leak web.locks["tasklist_lock"]', '60 ms'],
    ['an order of the shop', 'at 40 ms: set web.orders[5].qty to 5000', '40100 us'],
  ])(
    'is diagnosed from its file as it was by the ambulance that came: %s',
    (name, fault, summoned) => {
      const scenario = scenarioOf(
        `scenario "${name}" {\n uses two_partitions\n run 100 ms\n ${fault}\n at ${summoned}: summon rescue to web for inspection\n expect { verdict web.* is any }\n}`,
      );
      const live = runScenario(scenario, 1, lines).record.reports.find(({ patient }) => patient === 'web');
      const damaged = damagedMachine(scenario, 1, lines, firstAttach(scenario, 1, lines));
      expect(struckPartitions(damaged)).toEqual(['web']);
      const { dump, truth } = exportPartition(
        damaged,
        { scenario, seed: 1, siren: '0.0.0' },
        'web',
        folder,
        name,
      );
      damaged.release();
      const opened = openMachine(dump, 'web');
      if (typeof opened === 'string') throw new Error(opened);
      const { report } = attend(opened.patient, { ambulance: 'rescue', library: SHIPPED });
      opened.close();
      expect(what(report)).toEqual(what(live as AmbulanceReport));
      expect(report.findings.length).toBeGreaterThan(0);
      const said = JSON.parse(readFileSync(truth, 'utf8')) as {
        faults: { address: string; verb: string }[];
        time_ns: number;
      };
      expect(said.faults).toHaveLength(1);
      expect(report.findings.map(({ address }) => address)).toContain(said.faults[0]?.address);
    },
    20_000,
  );
});
