import { beforeAll, describe, expect, it } from 'vitest';
import { attach } from '../../src/ambulance/attach.ts';
import { attend } from '../../src/ambulance/attend.ts';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { read } from '../../src/ambulance/reading.ts';
import { openSubject } from '../../src/ambulance/subject.ts';
import type { Subject } from '../../src/ambulance/subject.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import type { Patient } from '../../src/patient/patient.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { withFlips } from '../support/damaged-patient.ts';
import { SHIPPED } from '../support/library.ts';

const BITS = [0, 3, 12, 13, 33, 47, 63];

let patient: Patient;
let subject: Subject;
let leaders: readonly number[];
let threads: readonly number[];
const member = (path: string): number => subject.offset('task_struct', path);
beforeAll(() => {
  patient = new AttendedGuest({ layout_seed: 7 }).patientAt(40 * MS).patient;
  const meter = new Meter(DEFAULT_LIMITS);
  const memory = new PhysicalCache(patient, meter);
  const attachment = attach(patient, memory);
  const opened = openSubject(patient, memory, attachment, SHIPPED);
  if (!opened.ok) throw new Error(opened.message);
  subject = opened.value;
  const { session } = read(subject, attachment, SHIPPED, meter);
  [leaders, threads] = ['tasks', 'threads'].map((name) => session.elements(name).all().bases) as [
    number[],
    number[],
  ];
});

/**
 * What is found with one bit of a field inverted: structures that are not intact, and whether that field is blamed,
 * alone.
 */
function flipped(address: number, bit: number): { wrong: string[]; blamed: boolean; roots: number } {
  const physical = subject.space.physical(address) + (bit >> 3);
  // What no lock guards must be seen again.
  const damaged = { ...withFlips(patient, new Map([[physical, 1 << (bit & 7)]])), letRun: () => true };
  const { report } = attend(damaged, { ambulance: 'rescue', library: SHIPPED });
  const wrong = report.verdicts
    .filter(({ verdict }) => verdict !== 'intact' && verdict !== 'unchecked')
    .map(({ structure }) => structure);
  const roots = report.findings.filter((finding) => finding.consequence_of === undefined);
  const blamed = roots.some((one) => physical >= one.physical && physical < one.physical + one.bytes);
  return { wrong, blamed, roots: roots.length };
}

function sweep(structure: string, fields: readonly number[], bytes = 8): void {
  const seen = fields.flatMap((field) =>
    BITS.filter((bit) => bit < bytes * 8).map((bit) => ({ bit, ...flipped(field, bit) })),
  );
  for (const one of seen) expect(one).toMatchObject({ wrong: [structure], blamed: true, roots: 1 });
  expect(seen.length).toBeGreaterThan(0);
}

describe('any one bit of a field is found, and that field blamed, and nothing else', () => {
  it('links of the ring of tasks', () => {
    sweep(
      'tasks',
      leaders.flatMap((address) => [0, 8].map((link) => address + member('tasks') + link)),
    );
  });

  it('end magics of stacks', () => {
    sweep(
      'stacks',
      threads.map((address) => subject.space.u64(address + member('stack'))),
    );
  });

  it('pointers to stacks', () => {
    sweep(
      'stacks',
      threads.map((address) => address + member('stack')),
    );
  });

  it('pointers and counts of run queues', () => {
    for (const cpu of [0, 1]) {
      const at = (path: string): number => subject.perCpu('runqueues', cpu) + subject.offset('rq', path);
      sweep('run_queues', ['curr', 'idle', 'cfs.tasks_timeline.rb_leftmost'].map(at));
      sweep('run_queues', ['nr_running', 'cfs.h_nr_running'].map(at), 4);
    }
  });

  it('the count of threads, and the fields that the log hangs on', () => {
    sweep('tasks', [subject.symbol('nr_threads') as number], 4);
    const ring = subject.space.u64(subject.symbol('prb') as number);
    const members = ['desc_ring.descs', 'desc_ring.infos', 'text_data_ring.data'];
    sweep(
      'log',
      members.map((path) => ring + subject.offset('printk_ringbuffer', path)),
    );
    sweep('log', [ring + subject.offset('printk_ringbuffer', 'desc_ring.count_bits')], 4);
  });
});
