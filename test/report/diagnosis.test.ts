import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { StructureVerdict } from '../../src/patient/report.ts';
import { diagnosisText } from '../../src/report/diagnosis.ts';
import { report } from '../support/outcomes.ts';

const verdict = (structure: string, word: StructureVerdict['verdict'], code?: string): StructureVerdict => ({
  structure,
  verdict: word,
  ...(code === undefined ? {} : { code }),
  via: 'live_region',
  elements: 7,
  rereads: 0,
});

test('numbers have a heading, what nothing leads to is one line, and the counts add up', () => {
  const verdicts = [
    verdict('tasks', 'intact'),
    verdict('pids', 'unchecked', 'NO_LOCATOR'),
    verdict('locks', 'corrupt', 'LOCK_NO_HOLDER'),
    verdict('mounts', 'unchecked', 'NO_LOCATOR'),
    verdict('text', 'unchecked', 'NO_TWIN'),
  ];
  const text = diagnosisText(
    {
      file: 'a.elf',
      format: 'ELF core',
      release: '',
      memory_bytes: 4096,
      cpu_count: 1,
      shortcomings: [],
      cpus: [],
      report: { ...report(), health: 'failing', verdicts },
    },
    pc.createColors(false),
  );
  expect(text).toMatch(
    /\n {2}structure +verdict +elements\n {2}tasks +intact +7\n {2}locks +corrupt +7 {2}LOCK_NO_HOLDER\n {2}text +unchecked +7 {2}NO_TWIN\n {2}2 unchecked, .*\(NO_LOCATOR\): pids, mounts\n/,
  );
  expect(text).toContain('1 of 2 structures corrupt, 3 not judged');
});
