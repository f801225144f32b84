import { beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import { substream } from '../../src/base/random.ts';
import { COLLECTIONS } from '../../src/model/collections.ts';
import { DIAGNOSES } from '../../src/model/diagnoses.ts';
import { FINDINGS } from '../../src/model/findings.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { delegate, randomFlips, withFlips } from '../support/damaged-patient.ts';
import { int } from '../support/expressions.ts';
import { SHIPPED } from '../support/library.ts';
import { action, trigger } from '../support/scenarios.ts';

let patient: Patient;
beforeAll(() => {
  patient = new AttendedGuest().patientAt(40 * MS).patient;
});

/** Looking for a note at every byte of 64 MiB is the dearest there is. */
const COST_LIMIT_NS = 100 * MS;

/** A verdict on the region, on what Linux has, and on what else the library checks; signs are none. */
const STRUCTURES =
  1 +
  new Set([
    ...COLLECTIONS.filter(({ describable }) => describable).map(({ name }) => name),
    ...SHIPPED.validators
      .filter(({ codes }) => !codes.every(({ means }) => DIAGNOSES.get(means ?? '')?.outside_memory === true))
      .map(({ name }) => name),
  ]).size;

const KNOWN = new Set([
  ...FINDINGS.keys(),
  ...SHIPPED.validators.flatMap(({ codes }) => codes.map(({ code }) => code)),
]);

function bounded(report: AmbulanceReport, cost_ns: number): void {
  expect(cost_ns).toBeGreaterThan(0);
  expect(cost_ns).toBeLessThan(COST_LIMIT_NS);
  expect(report.verdicts).toHaveLength(STRUCTURES);
  for (const { code } of report.findings) expect(KNOWN.has(code), code).toBe(true);
  for (const { code } of report.verdicts) if (code !== undefined) expect(KNOWN.has(code), code).toBe(true);
  for (const { cause } of report.diagnosis) expect(DIAGNOSES.has(cause), cause).toBe(true);
  report.findings.forEach((finding, index) => {
    expect(finding.index).toBe(index);
    expect(finding.context?.hex.length ?? 0).toBeLessThanOrEqual(1024);
    expect(finding.consequence_of).not.toBe(index);
  });
}

describe('whatever the memory holds, the ambulance comes back with a report', () => {
  it.each([1, 50, 2_000, 100_000])('%i random bits flipped', (count) => {
    for (let seed = 0; seed < (count > 10_000 ? 1 : 8); seed++) {
      const damaged = withFlips(patient, randomFlips(patient, seed, count));
      const { report, cost_ns } = attend(damaged, { ambulance: 'rescue', library: SHIPPED });
      bounded(report, cost_ns);
    }
  });

  it('memory of nothing but random bytes, under a sound copy of the region', () => {
    const random = substream(7, 'noise');
    const noise = delegate(patient, (_physical, into) => {
      for (let index = 0; index < into.length; index++) into[index] = random.u32();
      return true;
    });
    const { report, cost_ns } = attend(noise, { ambulance: 'rescue', library: SHIPPED });
    bounded(report, cost_ns);
    expect(report.via).toBe('boot_copy');
  });

  it('memory that cannot be read at all', () => {
    const { report, cost_ns } = attend(
      delegate(patient, () => false),
      { ambulance: 'rescue', library: SHIPPED },
    );
    bounded(report, cost_ns);
    expect(report.verdicts.every(({ verdict }) => verdict === 'unreachable' || verdict === 'unchecked')).toBe(
      true,
    );
  });

  it('a patient that registered nothing and holds nothing', () => {
    const {
      region: _region,
      boot_copy: _copy,
      ...bare
    } = delegate(patient, (_physical, into) => {
      into.fill(0);
      return true;
    });
    const { report, cost_ns } = attend(bare, { ambulance: 'rescue', library: SHIPPED });
    bounded(report, cost_ns);
    expect(report.via).toBe('none');
    expect(report.verdicts.map(({ code }) => code)).toEqual(
      Array.from({ length: STRUCTURES }, () => 'NO_REGION'),
    );
  });

  it('keeps so many findings of a structure, and counts the others', () => {
    const harm = [3, 5, 7, 9, 11].map((order) =>
      trigger(40 * MS, action('set', `web.orders[${order}].qty`, { to: [int(5000)] })),
    );
    const hurt = new AttendedGuest().patientAt(60 * MS, harm).patient;
    const of = (findings: number): AmbulanceReport =>
      attend(hurt, { ambulance: 'rescue', library: SHIPPED, limits: { findings } }).report;
    const orders = (report: AmbulanceReport) =>
      report.verdicts.find(({ structure }) => structure.endsWith('orders'));
    expect(of(3).findings.filter(({ code }) => code === 'ORDER_RANGE')).toHaveLength(3);
    expect(orders(of(3))).toMatchObject({
      verdict: 'corrupt',
      elements: orders(of(9))?.elements,
      findings_left_out: 2,
    });
    expect(orders(of(9))?.findings_left_out).toBeUndefined();
  });

  it('limits of its own end a walk with BUDGET, which is no finding', () => {
    const { report } = attend(patient, { ambulance: 'rescue', library: SHIPPED, limits: { steps: 5 } });
    expect(report.findings).toEqual([]);
    expect(report.verdicts.find(({ structure }) => structure === 'tasks')).toMatchObject({
      verdict: 'unreachable',
      code: 'BUDGET',
    });
    const starved = attend(patient, {
      ambulance: 'rescue',
      library: SHIPPED,
      limits: { bytes: 200_000 },
    }).report;
    expect(starved.bytes_read).toBeLessThan(210_000);
    expect(starved.findings).toEqual([]);
  });
});
