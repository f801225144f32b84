// A CPU that did not answer when the machine went down has no registers in the dump: it is there all the same, and may
// be anywhere.
import { beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import type { RegisterName } from '../../src/model/registers.ts';
import type { Patient } from '../../src/patient/patient.ts';
import { Faults, frozen, HARM_NS, look } from '../support/fixtures.ts';
import { SHIPPED } from '../support/library.ts';

const NOTHING = 'set web.symbols["panic_on_oops"] to 0';
const LEAK = 'leak web.locks["tasklist_lock"]';
const BROKEN = 'set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100';

let faults: Faults;
beforeAll(() => {
  faults = new Faults([NOTHING, LEAK, BROKEN]);
});

/** What is left of a machine of two CPUs when the registers of some are not written down. */
function without(text: string, missing: readonly number[]): { patient: Patient; release: () => void } {
  const { patient, release } = faults.patient(text, HARM_NS, 50_000);
  const cpus = patient.cpus
    .filter(({ index }) => !missing.includes(index))
    .map((cpu, index) => ({
      index,
      register: (name: RegisterName) => cpu.register(name),
      steps: 0,
      running: true,
      ticks: 0,
    }));
  return { patient: { ...frozen(patient), cpus, cpus_may_lack: true }, release };
}

describe('a dump without the registers of a CPU', () => {
  it.each([[[0]], [[1]], [[0, 1]]])('of a healthy machine has no finding: %s', (missing) => {
    const { patient, release } = without(NOTHING, missing);
    const { findings, diagnosis, verdicts, notes } = look(patient);
    release();
    expect([findings, diagnosis]).toEqual([[], []]);
    expect(verdicts.find(({ structure }) => structure === 'run_queues')).toMatchObject({ verdict: 'intact' });
    expect(notes.join()).toMatch(/registers of .*CPU [01].* not in the file/);
  });

  it.each([0, 1])('tells which of them is there: not CPU %i', (missing) => {
    const { patient, release } = without(NOTHING, [missing]);
    const { cpus, processors } = attend(patient, { ambulance: 'rescue', library: SHIPPED });
    release();
    expect(cpus.map(({ index, mode }) => [index, mode === 'unknown'])).toEqual([
      [0, missing === 0],
      [1, missing === 1],
    ]);
    expect(processors[missing]).toBeUndefined();
    expect(processors[1 - missing]).toBeDefined();
  });

  it('does not know who holds a lock, and says so', () => {
    const { patient, release } = without(LEAK, [1]);
    const { verdicts, diagnosis } = look(patient);
    release();
    const locks = verdicts.find(({ structure }) => structure === 'locks');
    expect(locks).toMatchObject({ verdict: 'unsettled', code: 'LOCK_NO_HOLDER' });
    expect(locks?.message).toMatch(/a CPU whose registers are not in the file may hold it/);
    expect(diagnosis).toEqual([]);
  });

  it('still shows what is broken whatever a CPU does', () => {
    const { patient, release } = without(BROKEN, [1]);
    const { findings } = look(patient);
    release();
    expect(findings.map(({ structure, code }) => `${structure} ${code}`)).toContain('tasks LIST_NEXT_POISON');
  });

  it('where the hypervisor shows all of them, the number in its memory makes none', () => {
    const { patient, release } = without(NOTHING, [1]);
    const { cpus } = attend({ ...patient, cpus_may_lack: false }, { ambulance: 'rescue', library: SHIPPED });
    release();
    expect(cpus).toHaveLength(1);
  });
});
