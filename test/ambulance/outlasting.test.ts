import { beforeAll, describe, expect, it } from 'vitest';
import type { Patient } from '../../src/patient/patient.ts';
import { verdicts } from '../support/attended-guest.ts';
import { delegate } from '../support/damaged-patient.ts';
import { Faults, HARM_NS, look } from '../support/fixtures.ts';

const HALF_DONE = 'fill web.locks["tasklist_lock"] with 1 bytes 1 B; set web.symbols["nr_threads"] to 9';
/** Before a fork of the guest is over: a CPU is where a holder of the lock could be. */
const INSIDE_NS = 300;

let patient: Patient;
beforeAll(() => {
  const faults = new Faults([HALF_DONE]);
  const { run } = faults.guest.patientAt(60e6);
  const fork = run.events.find(
    ({ kind, subject, time_ns }) => kind === 'fork' && subject === 'web' && time_ns > HARM_NS,
  );
  patient = faults.patient(HALF_DONE, (fork?.time_ns ?? 0) - INSIDE_NS, 100).patient;
});

/** A guest whose memory stays as it is, and whose CPUs go on or stand. */
function living(goes_on: boolean): Patient {
  let rounds = 0;
  return {
    ...delegate(patient, (physical, into) => patient.read(physical, into)),
    cpus: patient.cpus.map((cpu) => ({
      ...cpu,
      register: (name) => cpu.register(name) + (goes_on && name === 'rsp' ? BigInt(8 * rounds) : 0n),
    })),
    letRun: () => ++rounds > 0,
  };
}

describe('what is under a held lock, and is so at every look', () => {
  it('is damage when all CPUs went on meanwhile: whoever had the lock has left it', () => {
    expect(verdicts(look(living(true)))['tasks']).toBe('corrupt');
  });

  it('may be an update still, when a CPU in the kernel has not moved', () => {
    expect(verdicts(look(living(false)))['tasks']).toBe('unsettled');
  });
});
