import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import { substream } from '../../src/base/random.ts';
import type { Trigger } from '../../src/model/scenario.ts';
import { dumpPatient, openDump } from '../../src/patient/dump.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { builtFolder, REPOSITORY } from '../support/built.ts';
import { int } from '../support/expressions.ts';
import { action, trigger } from '../support/scenarios.ts';
import { SHIPPED } from '../support/library.ts';

let guest: AttendedGuest;
beforeAll(() => {
  guest = new AttendedGuest();
});

const FAULTS: readonly (readonly [string, readonly Trigger[]])[] = [
  ['a smashed link', [trigger(40 * MS, action('set', 'web.tasks["nginx"].tasks.next', { to: [int(0n)] }))]],
  ['a leaked lock', [trigger(40 * MS, action('leak', 'web.locks["tasklist_lock"]'))]],
  ['a rotten region', [trigger(40 * MS, action('flip', 'web.metadata.bytes[0x120]', { bit: [int(3n)] }))]],
];

function opened(bytes: Uint8Array): Patient {
  const patient = openDump(bytes);
  if (typeof patient === 'string') throw new Error(patient);
  return patient;
}

describe('a patient as a file', () => {
  it('reads as the live one did: memory, registers, region, copy', () => {
    const { patient } = guest.patientAt(40 * MS);
    const dumped = opened(dumpPatient(patient));
    const [ours, theirs] = [new Uint8Array(9_000), new Uint8Array(9_000)];
    for (let at = 0; at < patient.memory_bytes; at += 100_003) {
      expect(dumped.read(at, theirs)).toBe(patient.read(at, ours));
      expect(Buffer.compare(ours, theirs)).toBe(0);
    }
    expect(dumped.read(patient.memory_bytes - 10, theirs)).toBe(false);
    expect(dumped.read(-1, theirs)).toBe(false);
    for (const cpu of patient.cpus) expect(dumped.cpus[cpu.index]?.register('rip')).toBe(cpu.register('rip'));
    expect(dumped.region).toEqual(patient.region);
    expect(Buffer.compare(dumped.boot_copy as Uint8Array, patient.boot_copy as Uint8Array)).toBe(0);
    expect(dumped.letRun(1)).toBe(false);
  });

  it.each(FAULTS)('%s: another process, given the file alone, finds the same', (_what, triggers) => {
    const { patient } = guest.patientAt(80 * MS, triggers);
    const dump = dumpPatient(patient);
    const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
    const folder = mkdtempSync(join(tmpdir(), 'siren-dump-'));
    try {
      const file = join(folder, 'web.patient');
      writeFileSync(file, dump);
      const printed = execFileSync(
        process.execPath,
        [join(REPOSITORY, 'scripts/attend-dump.mjs'), file, builtFolder()],
        { encoding: 'utf8' },
      );
      const theirs = JSON.parse(printed) as AmbulanceReport;
      const keys = ({ code, place, address, physical }: AmbulanceReport['findings'][number]): unknown => ({
        code,
        place,
        address,
        physical,
      });
      expect(theirs.findings.map(keys)).toEqual(report.findings.map(keys));
      expect(theirs.verdicts.map(({ structure, verdict }) => [structure, verdict])).toEqual(
        report.verdicts.map(({ structure, verdict }) => [structure, verdict]),
      );
      expect(theirs.diagnosis.map(({ cause, place }) => [cause, place])).toEqual(
        report.diagnosis.map(({ cause, place }) => [cause, place]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a file that is cut short or changed is refused in words, or read; it never throws', () => {
    const dump = dumpPatient(guest.patientAt(40 * MS).patient);
    for (const length of [0, 7, 15, 16, 500, dump.length - 1]) {
      expect(openDump(dump.subarray(0, length))).toEqual(expect.any(String));
    }
    const random = substream(3, 'dump');
    const header_bytes = new DataView(dump.buffer).getUint32(8, true);
    for (let turn = 0; turn < 200; turn++) {
      const damaged = dump.slice();
      const at = random.below(16 + header_bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
      const patient = openDump(damaged);
      if (typeof patient !== 'string') patient.read(4096, new Uint8Array(16));
    }
  });
});
