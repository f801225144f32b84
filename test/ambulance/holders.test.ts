import { beforeAll, describe, expect, it } from 'vitest';
import { verdicts } from '../support/attended-guest.ts';
import { Faults, frozen, HARM_NS, look } from '../support/fixtures.ts';

const LEAK = 'leak web.locks["tasklist_lock"]';
/** Before a fork of the guest is over: its CPU is where a holder of the lock could be, and has not taken it yet. */
const INSIDE_NS = 2_000;

/** A link that could be half done, under a lock that nobody has. */
const UNDER_IT = 'leak web.locks["sb_lock"]; flip web.symbols["super_blocks"].prev bit 6';

let faults: Faults;
let inside_ns: number;
beforeAll(() => {
  faults = new Faults([LEAK, UNDER_IT]);
  const { run } = faults.guest.patientAt(60e6);
  const fork = run.events.find(
    ({ kind, subject, time_ns }) => kind === 'fork' && subject === 'web' && time_ns > HARM_NS,
  );
  inside_ns = (fork?.time_ns ?? 0) - INSIDE_NS;
});

describe('a held lock, and a CPU that is where its holder could be', () => {
  it('is looked at again: who goes on without letting it go did not have it', () => {
    const { patient, release } = faults.patient(LEAK, inside_ns, 100);
    const report = look(patient);
    release();
    expect(verdicts(report)['locks']).toBe('corrupt');
    expect(report.findings.map(({ code }) => code)).toContain('LOCK_NO_HOLDER');
  });

  it('is left at one look where nobody can go on', () => {
    const { patient, release } = faults.patient(LEAK, inside_ns, 100);
    const report = look(frozen(patient));
    release();
    expect(verdicts(report)['locks']).toBe('intact');
  });

  it('guards nothing once it is known that nobody holds it, though a CPU in the kernel never moves', () => {
    const { patient, release } = faults.patient(UNDER_IT, inside_ns, 100);
    const report = look({ ...frozen(patient), letRun: () => true });
    release();
    expect(verdicts(report)).toMatchObject({ locks: 'corrupt', super_blocks: 'corrupt' });
  });
});
