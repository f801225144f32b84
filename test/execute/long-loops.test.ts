import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstSteps } from '../../src/ambulance/limits.ts';
import { TwinLines } from '../../src/execute/twin-line.ts';
import { runScenario } from '../../src/execute/scenario.ts';
import { compile } from '../../src/language/compile.ts';
import { mergedLibrary } from '../../src/runner/library-merge.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { REPOSITORY } from '../support/built.ts';
import { SHIPPED } from '../support/library.ts';
import { memoryHost } from '../support/memory-host.ts';

const PATH = 'specs/structures/long-loops.spec';
const text = readFileSync(join(REPOSITORY, PATH), 'utf8');
const lines = new TwinLines();

/** The reports of a scenario of the shipped spec in which so many rows are said to be there, and what was told. */
function told(rows: number): { reports: readonly AmbulanceReport[]; diagnosed_ns: readonly number[] } {
  const of_rows = text.replaceAll(
    /set web\.symbols\["rows"\] to [\d_]+/g,
    `set web.symbols["rows"] to ${rows}`,
  );
  const { value, diagnostics } = compile([PATH], memoryHost({ [PATH]: of_rows }), { library: SHIPPED });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const scenario = value[0]?.scenarios.find(({ name }) => name.startsWith('nor does it'));
  if (scenario === undefined) throw new Error('there is no such scenario');
  const library = mergedLibrary(SHIPPED, scenario.library);
  const { reports, events } = runScenario({ ...scenario, library }, 1, lines).record;
  return {
    reports,
    diagnosed_ns: events.filter(({ kind }) => kind === 'diagnosed').map(({ time_ns }) => time_ns),
  };
}

const verdictsOf = ({ verdicts }: AmbulanceReport, except: string): readonly object[] =>
  verdicts.filter(({ structure }) => structure !== except);

describe('a structure that takes long', () => {
  it('has steps at first in proportion to the memory', () => {
    expect(firstSteps(16 * 1_048_576)).toBe(65_536);
    expect(firstSteps(512 * 1_048_576)).toBe(512 * 1024);
  });

  it('costs the others a millisecond at most, and none of their verdicts', () => {
    const [short, long] = [told(20), told(1_000_000_000)];
    const [plain, late] = [short.reports[0], long.reports[0]];
    if (!plain || !late) throw new Error('nobody came');
    expect([short.reports.length, long.reports.length]).toEqual([1, 1]);
    expect(verdictsOf(late, 'tickets')).toEqual(verdictsOf(plain, 'tickets'));
    expect(late.verdicts.find(({ structure }) => structure === 'tickets')?.code).toBe('BUDGET');
    expect(late.diagnosed_ns - plain.diagnosed_ns).toBeLessThan(1_100_000);
    expect(long.diagnosed_ns).toEqual([late.diagnosed_ns]);
    expect(late.diagnosis).toEqual(plain.diagnosis);
  });

  it('is judged in a second report in place of the first, where it ends', () => {
    const { reports, diagnosed_ns } = told(1_000_000);
    expect(reports).toHaveLength(1);
    expect(reports[0]?.verdicts.find(({ structure }) => structure === 'tickets')?.verdict).toBe('intact');
    expect(diagnosed_ns).toHaveLength(2);
    expect(reports[0]?.diagnosed_ns).toBe(diagnosed_ns[1]);
    // 15 ns a row.
    expect((diagnosed_ns[1] ?? 0) - (diagnosed_ns[0] ?? 0)).toBeGreaterThan(14_000_000);
  });
});
