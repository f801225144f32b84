import { afterAll, describe, expect, it } from 'vitest';
import { attend } from '../../../src/ambulance/attend.ts';
import { service } from '../../../src/ambulance/service/service.ts';
import type { Patient } from '../../../src/patient/patient.ts';
import type { RepairWrite } from '../../../src/patient/repair.ts';
import type { Bench, Order, ServiceEnd } from '../../../src/patient/servicing.ts';
import { action, trigger } from '../../support/scenarios.ts';
import { SHIPPED } from '../../support/library.ts';
import { AttendedGuest, MS } from '../../support/attended-guest.ts';
import { word } from '../../support/expressions.ts';

const guest = new AttendedGuest();
const LEAK = [trigger(20 * MS, action('leak', 'web.locks["tasklist_lock"]', { mode: [word('write')] }))];
const ADVICE: Order = { kind: 'advice' };
const RELEASE: Order = {
  kind: 'steps',
  steps: [
    {
      kind: 'repair',
      verb: 'release',
      place: 'web.locks["tasklist_lock"]',
      physical: -1,
      unless_loss: false,
    },
  ],
};
const runs: { release(): void }[] = [];
afterAll(() => {
  for (const run of runs) run.release();
});

interface Told {
  readonly end: ServiceEnd | undefined;
  /** What it said and did, in order. */
  readonly story: readonly string[];
  readonly byte: number;
}

/** Services web, leaked lock or not; the ambulance dies as it says or begins the `dies`-th thing, from 0. */
function serviced(
  order: Order,
  options: { leak?: boolean; dies?: number; watch?: 'beats' | 'silent' } = {},
): Told {
  const { leak = true, dies = Infinity, watch = 'beats' } = options;
  const { patient, run } = guest.patientAt(40 * MS, leak ? LEAK : []);
  runs.push(run.machine);
  const seen = attend(patient, { ambulance: 'rescue', library: SHIPPED });
  const story: string[] = [];
  let steps = 0;
  const alive = (): boolean => steps++ < dies;
  const bench: Bench = {
    pass: () => alive(),
    tell(step, { place }): boolean {
      story.push(place === undefined ? step : `${step} ${place}`);
      return alive();
    },
    watch: () => (alive() ? watch : 'gone'),
  };
  const { servicing } = patient;
  if (servicing === undefined) throw new Error('a live patient can be serviced');
  const did = <T>(what: string, value: T): T => (story.push(`  ${what}`), value);
  const watched: Patient = Object.create(patient, {
    servicing: {
      value: {
        park: () => did('parked', servicing.park()),
        write: (write: RepairWrite) => did('written', servicing.write(write)),
        rollBack: () => did('rolled back', servicing.rollBack()),
        resume: () => did('resumed', servicing.resume()),
      },
    },
  }) as Patient;
  const end = service(watched, order, seen, bench, { ambulance: 'rescue', library: SHIPPED });
  const into = new Uint8Array(1);
  const lock = seen.report.findings.find(({ code }) => code === 'LOCK_NO_HOLDER');
  if (lock) patient.read(lock.physical, into);
  return { end, story, byte: into[0] as number };
}

const WHOLE = [
  'park',
  '  parked',
  'write web.locks["tasklist_lock"]',
  '  written',
  'verify',
  'resume',
  '  resumed',
];

describe('a service', () => {
  it.each([
    ['by advice', ADVICE],
    ['by steps', RELEASE],
  ])(
    '%s says what it is about to do, parks before it writes, and looks again before it lets go',
    (_, order) => {
      const { end, story, byte } = serviced(order);
      expect(story).toEqual(WHOLE);
      expect(end).toMatchObject({
        state: 'done',
        repaired: [{ code: 'LOCK_NO_HOLDER', place: 'web.locks["tasklist_lock"]' }],
      });
      expect(byte).toBe(0);
    },
  );

  it('does nothing more once it is dead, wherever that is', () => {
    const stories = new Set<string>();
    for (let dies = 0; dies < 8; dies++) {
      const { end, story } = serviced(ADVICE, { dies });
      expect(end).toBeUndefined();
      // What it has done is the beginning of the whole story, and nothing undone: that is the hypervisor's.
      expect(WHOLE.slice(0, story.length)).toEqual(story);
      stories.add(story.join('\n'));
    }
    expect(stories.size).toBeGreaterThanOrEqual(5);
    expect(serviced(ADVICE, { dies: 2 })).toMatchObject({ byte: 0xff, story: WHOLE.slice(0, 3) });
    expect(serviced(ADVICE, { dies: 3 })).toMatchObject({ byte: 0, story: WHOLE.slice(0, 4) });
  });

  it('that the guest does not answer to has failed', () => {
    expect(serviced(ADVICE, { watch: 'silent' }).end).toMatchObject({
      state: 'failed',
      code: 'NO_HEARTBEAT',
      by: 'heartbeat',
    });
  });

  it('of a healthy patient writes nothing and asks for nothing', () => {
    expect(serviced(ADVICE, { leak: false })).toMatchObject({
      end: { state: 'declined', code: 'NOTHING_FOUND' },
      story: [],
    });
    expect(serviced(RELEASE, { leak: false })).toMatchObject({
      end: { state: 'declined', code: 'NOT_ORPHAN' },
      story: [],
    });
  });

  it('is undone where something is wrong after it that was not, or was and is no consequence', () => {
    const wrong: Order = {
      kind: 'steps',
      steps: [
        ...(RELEASE.kind === 'steps' ? RELEASE.steps : []),
        {
          kind: 'write',
          place: 'web.x',
          writes: () => [
            { place: 'web.x', address: '', physical: pidOf(), bytes: Uint8Array.of(0, 0, 0, 0) },
          ],
        },
      ],
    };
    const { end, story, byte } = serviced(wrong);
    expect(end).toMatchObject({ state: 'rolled_back', by: 'verify', code: 'TASK_PID', repaired: [] });
    expect(story.slice(-2)).toEqual(['verify', '  rolled back']);
    expect(byte).toBe(0xff);
  });

  it('writes the bits that a repair is about, and leaves the others as the one before it has left them', () => {
    const lock = guest.attendAt(40 * MS, LEAK).report.findings.find(({ code }) => code === 'LOCK_NO_HOLDER');
    const [physical, place] = [lock?.physical ?? NaN, 'web.locks["tasklist_lock"].raw_lock'];
    // As it was read: held. Worked out before the first byte was written, and about the second.
    const neighbour: RepairWrite = {
      place,
      address: '',
      physical,
      bytes: Uint8Array.of(0xff, 0),
      mask: Uint8Array.of(0, 0xff),
    };
    const both: Order = {
      kind: 'steps',
      steps: [
        ...(RELEASE.kind === 'steps' ? RELEASE.steps : []),
        { kind: 'write', place, writes: () => [neighbour] },
      ],
    };
    const { end, story, byte } = serviced(both);
    expect(end).toMatchObject({ state: 'done' });
    expect(story).toContain(`write ${place}`);
    expect(byte).toBe(0);
  });

  it('whose place cannot be worked out, or may not be written, is undone', () => {
    const with_writes = (writes: () => readonly RepairWrite[] | string): Order => ({
      kind: 'steps',
      steps: [...(RELEASE.kind === 'steps' ? RELEASE.steps : []), { kind: 'write', place: 'web.x', writes }],
    });
    expect(serviced(with_writes(() => 'no such task'))).toMatchObject({
      end: { state: 'rolled_back', code: 'NO_PLACE', message: 'no such task' },
      byte: 0xff,
    });
    const outside: RepairWrite = { place: 'web.x', address: '', physical: 2 ** 40, bytes: Uint8Array.of(1) };
    expect(serviced(with_writes(() => [outside]))).toMatchObject({
      end: { state: 'rolled_back', code: 'NOT_GRANTED', by: 'grant' },
      byte: 0xff,
    });
  });

  it('needs a patient that can be written to', () => {
    const { patient, run } = guest.patientAt(40 * MS, LEAK);
    runs.push(run.machine);
    const seen = attend(patient, { ambulance: 'rescue', library: SHIPPED });
    const bench: Bench = { pass: () => true, tell: () => true, watch: () => 'beats' };
    const dump: Patient = Object.create(patient, { servicing: { value: undefined } }) as Patient;
    expect(service(dump, ADVICE, seen, bench, { ambulance: 'rescue', library: SHIPPED })).toMatchObject({
      state: 'failed',
      code: 'NO_SERVICE',
    });
  });
});

/** Guest-physical address of nginx's pid, from a finding about it. */
function pidOf(): number {
  const { report } = guest.attendAt(40 * MS, [trigger(20 * MS, action('zero', 'web.tasks["nginx"].pid'))]);
  const found = report.findings.find(({ code }) => code === 'TASK_PID');
  if (!found) throw new Error('no finding');
  return found.physical;
}
