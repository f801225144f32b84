import { beforeAll, describe, expect, it } from 'vitest';
import { substream } from '../../src/base/random.ts';
import { MS, verdicts } from '../support/attended-guest.ts';
import { Faults, frozen, HARM_NS, look, restless, signsIn } from '../support/fixtures.ts';
import { SHIPPED } from '../support/library.ts';
import { CODES_ELSEWHERE, CORRUPT, ELSEWHERE, MORE, RETIRED, TORN } from './fixtures.ts';

/** Before a fork of the guest is over: tasklist_lock is held, and a CPU is where the holder of any lock could be. */
const INSIDE_NS = 300;
const SIGNS: ReadonlySet<string> = new Set(['late_clocks', 'disk_waits']);

let faults: Faults;
let forks: readonly number[];
beforeAll(() => {
  faults = new Faults([
    RETIRED,
    ...[...CORRUPT, ...MORE].map((one) => one.faults),
    ...TORN.flatMap((one) => one.moments),
  ]);
  const { run } = faults.guest.patientAt(60 * MS);
  forks = run.events
    .filter(({ kind, subject, time_ns }) => kind === 'fork' && subject === 'web' && time_ns > HARM_NS)
    .map(({ time_ns }) => time_ns);
});

const here = SHIPPED.validators.filter(({ name }) => !ELSEWHERE.has(name));
const checked = here.map(({ name }) => name).filter((name) => !SIGNS.has(name));

describe('every finding code of the library', () => {
  it('has a fixture, and none has two', () => {
    const codes = here
      .flatMap(({ name, codes: all }) => all.map(({ code }) => `${name} ${code}`))
      .filter((one) => !CODES_ELSEWHERE.has(one));
    const fixtures = CORRUPT.map(({ validator, code }) => `${validator} ${code}`);
    expect(fixtures.toSorted()).toEqual(codes.toSorted());
  });

  it('says in its document what is wrong', () => {
    const silent = SHIPPED.validators.flatMap(({ name, codes }) =>
      codes.filter(({ doc }) => !/\w \w/.test(doc)).map(({ code }) => `${name} ${code}`),
    );
    expect(silent).toEqual([]);
  });

  it.each([...CORRUPT, ...MORE])(
    '$validator finds $code: $faults',
    ({ validator, code, faults: text, after_ns }) => {
      const { patient, release } = faults.patient(text, HARM_NS, after_ns);
      const codes = SIGNS.has(validator)
        ? signsIn(patient).filter((one) => one.structure === validator)
        : look(patient).findings.filter((one) => one.structure === validator);
      release();
      expect(codes.map((one) => one.code)).toContain(code);
    },
  );
});

describe('what is in order passes', () => {
  it.each([
    ['a guest at rest', 40 * MS],
    ['a guest that is busy', 40 * MS + 200_000],
    ['a guest later on', 60 * MS],
  ])('%s', (_what, time_ns) => {
    const { patient, run } = faults.guest.patientAt(time_ns);
    const said = verdicts(look(patient));
    const signs = signsIn(patient);
    run.machine.release();
    for (const name of checked) expect(`${name} ${said[name]}`).toBe(`${name} intact`);
    expect(signs).toEqual([]);
  });

  it('a slab on the list of its node', () => {
    const { patient, release } = faults.patient(RETIRED, HARM_NS, 1_000);
    const report = look(patient);
    release();
    expect(report.findings).toEqual([]);
  });
});

describe('what is half done is no damage', () => {
  it('for every validator there is an update that is', () => {
    expect(TORN.map(({ validator }) => validator).toSorted()).toEqual(checked.toSorted());
  });

  it.each(TORN)('$validator is unsettled', ({ validator, moments }) => {
    const harm_ns = (forks[0] as number) - INSIDE_NS;
    const taken = moments.map((text) => faults.patient(text, harm_ns, 100));
    const patients = taken.map(({ patient }) => patient);
    const said = verdicts(look(patients.length > 1 ? restless(patients) : frozen(patients[0] as never)));
    for (const { release } of taken) release();
    expect(`${validator} ${said[validator]}`).toBe(`${validator} unsettled`);
  });

  it('whenever a guest in the middle of a fork or behind it is stopped, and cannot be let run', () => {
    const random = substream(3, 'stopped');
    const wrong: string[] = [];
    let unsettled = 0;
    for (let time = 0; time < 120; time++) {
      const { patient, run } = faults.guest.patientAt(random.pick(forks) - 10_000 + random.below(24_000));
      const report = look(frozen(patient));
      run.machine.release();
      for (const one of report.findings) wrong.push(`${one.code} ${one.message}`);
      unsettled += report.verdicts.filter(({ verdict }) => verdict === 'unsettled').length;
    }
    expect(wrong).toEqual([]);
    expect(unsettled).toBeGreaterThan(2);
  });
});
