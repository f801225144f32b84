import { expect, test } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { FINDINGS } from '../../src/model/findings.ts';
import type { AmbulanceReport, StructureVerdict } from '../../src/patient/report.ts';
import { adoptedSpec } from '../../src/report/adopted.ts';
import { SHIPPED } from '../support/library.ts';
import { memoryHost } from '../support/memory-host.ts';

const verdict = (structure: string, word: StructureVerdict['verdict'], code?: string): StructureVerdict => ({
  structure,
  verdict: word,
  ...(code === undefined ? {} : { code }),
  via: 'boot_copy',
  elements: 1,
  rereads: 0,
});

/** As a stock kernel's dump gives them, and worse ones. */
const REPORT: AmbulanceReport = {
  ambulance: 'rescue',
  patient: 'dump',
  reason: 'inspection',
  attached_ns: 0,
  diagnosed_ns: 0,
  via: 'boot_copy',
  health: 'failing',
  verdicts: [
    verdict('metadata', 'intact'),
    verdict('tasks', 'unsettled', 'TASK_COUNT'),
    verdict('orders', 'unchecked', 'NO_TYPE'),
    verdict('slabs', 'unreachable', 'NOT_IN_FILE'),
    verdict('pids', 'unreachable', 'FIVE_LEVELS'),
    verdict('modules', 'unchecked', 'NO_SYMBOL'),
    verdict('timers', 'unreachable', 'UNMAPPED'),
    verdict('locks', 'corrupt', 'LOCK_NO_HOLDER'),
  ],
  findings: [
    {
      index: 0,
      structure: 'locks',
      code: 'LOCK_NO_HOLDER',
      place: 'dump.locks["tasklist_lock"]',
      address: 'ffffffff9aa06080',
      physical: 1,
      bytes: 4,
      message: 'held',
    },
  ],
  diagnosis: [
    {
      cause: 'lock_leak',
      rank: 1,
      place: 'dump.locks["tasklist_lock"]',
      address: 'ffffffff9aa06080',
      physical: 1,
      evidence: [],
      explains: [0],
    },
  ],
  bytes_read: 0,
  log_tail: [
    'a "quoted" {line} that no spec could hold',
    'BUG: soft lockup - CPU#0 stuck for 22s!',
    'the last line',
  ],
  notes: [],
};

test('what is adopted compiles, whatever the verdicts and codes', () => {
  const text = adoptedSpec({
    file: 'a.vmcore',
    sha256: '0'.repeat(64),
    release: '6.1.0-56-cloud-amd64',
    siren: '0.0.0',
    report: REPORT,
    name: 'a.vmcore',
    leads_to: (code) => FINDINGS.get(code)?.leads_to,
  });
  const host = memoryHost({ 'a.spec': text, 'a.vmcore': '' });
  const { value, diagnostics } = compile(['a.spec'], host, { library: SHIPPED });
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  const claims = value[0]?.scenarios[0]?.claims.map((claim) => claim.text);
  expect(claims).toContain(
    'verdict dump.locks is corrupt with LOCK_NO_HOLDER at address(0xffffffff9aa06080)',
  );
  expect(claims).toContain('verdict dump.slabs is unreachable with NOT_IN_FILE');
  expect(claims).toContain('verdict dump.orders is unchecked');
  expect(claims).toContain('check dump.log contains "BUG: soft lockup - CPU#0 stuck for 22s!"');
  expect(claims).toContain('diagnosis dump is lock_leak at address(0xffffffff9aa06080)');
  const [place = ''] = REPORT.findings.map((one) => one.place);
  const named = adoptedSpec({
    file: 'a.vmcore',
    sha256: '0'.repeat(64),
    release: '',
    siren: '0.0.0',
    report: REPORT,
    name: 'a',
    leads_to: (code) => FINDINGS.get(code)?.leads_to,
    named: new Set([place]),
  });
  expect(named).toContain('verdict dump.locks is corrupt with LOCK_NO_HOLDER at dump.locks["tasklist_lock"]');
  expect(named).toContain('diagnosis dump is lock_leak at dump.locks["tasklist_lock"]');
  expect(named).not.toContain('address(');
});

test('lines of it are read by people, and no last word of a log stands for a finding', () => {
  const many = Array.from({ length: 14 }, (_, index) => verdict(`s${index}`, 'intact'));
  const report = {
    ...REPORT,
    verdicts: many,
    findings: [],
    diagnosis: [],
    log_tail: ['a line that says nothing'],
  };
  const text = adoptedSpec({
    file: 'a.vmcore',
    sha256: '0'.repeat(64),
    release: '',
    siren: '0.0.0',
    report,
    name: 'a',
    leads_to: () => undefined,
  });
  expect(text.match(/is intact/g)).toHaveLength(3);
  expect(text).not.toContain('check ');
});
