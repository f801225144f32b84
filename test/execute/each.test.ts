import { describe, expect, it } from 'vitest';
import { runScenario } from '../../src/execute/scenario.ts';
import { TwinLines } from '../../src/execute/twin-line.ts';
import { eachOf, OCCURRENCE_LIMIT, ofOccurrence } from '../../src/model/each.ts';
import type { RunOutcome } from '../../src/record/outcome.ts';
import { executeJob } from '../../src/runner/execute.ts';
import { occurrencesIn, replayCommand, runId } from '../../src/runner/identity.ts';
import { runName } from '../../src/report/failure-text.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { scenarioOf } from '../support/spec-text.ts';

const context = { today: '2026-11-22', replay: 'npx siren run', target: 'sim' } as const;
const EACH = scenarioOf(`scenario "each" {
  uses two_partitions
  run 100 ms
  ambulance spare { owns cpus 4; owns memory 64 MiB; attends web; standby yes }
  at 40 ms: set web.orders[40].qty to 9999
  at 41 ms: set web.orders[41].qty to 8888
  at 45 ms: service web {
    park web.cpus
    set web.orders[40].qty to 7
    set web.orders[41].qty to 8
    verify web
    resume web
  }
  on each rescue.write called death: kill rescue
  expect {
    verdict web.orders is corrupt
    service web is rolled_back by lease from rescue
    check before(rescue.write, web.memory) == before(rescue.diagnosed, web.memory) if elapsed > 0 ms
  }
}`);
const job = (scenario: Scenario, occurrence?: number) => ({
  index: 0,
  scenario,
  seed: 1,
  ...(occurrence && { occurrence }),
});

describe('on each', () => {
  const whole = executeJob(job(EACH), context);

  it('is one run for each occurrence, each with its own before()', () => {
    expect(whole.occurrences?.map(({ occurrence, id, status }) => [occurrence, id, status])).toEqual([
      [1, 'specs/a.spec :: each seed 1 occurrence 1', 'passed'],
      // Before the second write the first has been made.
      [2, 'specs/a.spec :: each seed 1 occurrence 2', 'failed'],
    ]);
    const writes = whole.occurrences?.map((one) =>
      one.record?.services[0]?.writes.map(({ undone }) => undone),
    );
    expect(writes).toEqual([[], [true]]);
    expect(whole.status).toBe('failed');
    expect(whole.record).toBeUndefined();
  });

  it('can be run again for one of them, with the same result', () => {
    const [, second] = whole.occurrences ?? [];
    expect(second?.replay).toBe('npx siren run specs/a.spec:2 --seed 1 --occurrence 2');
    const again = executeJob(job(EACH, 2), context);
    expect(again.record).toEqual(second?.record);
    expect(again.id).toBe(second?.id);
  });

  it('names each run by what the occurrence is called', () => {
    expect(runName(job(EACH, 2))).toBe('each [death 2]');
    expect(
      runName({
        ...job(EACH, 2),
        scenario: {
          ...EACH,
          seeds: [1, 2],
          triggers: EACH.triggers.map(({ when, actions, span }) => ({ when, actions, span })),
        },
      }),
    ).toBe('each [seed 1, rescue.write 2]');
    expect(replayCommand(job(EACH), 'siren run')).toBe('siren run specs/a.spec:2 --seed 1');
  });

  it('finds the occurrences that failed among what is to be run again', () => {
    const ids = new Set([
      runId(job(EACH, 2)),
      runId(job(EACH, 1)),
      'specs/b.spec :: each seed 1 occurrence 3',
    ]);
    expect(occurrencesIn(ids, job(EACH)).map(({ occurrence }) => occurrence)).toEqual([1, 2]);
  });

  const told = (outcome: RunOutcome): string[] => outcome.complaints.map(({ code }) => code);

  it('that has no occurrence fails: a fault that never fired', () => {
    const none = scenarioOf(`scenario "none" {
      uses two_partitions
      run 30 ms
      on each rescue.write called death: kill rescue
      expect { guest web is healthy }
    }`);
    const outcome = executeJob(job(none), context);
    expect(outcome.occurrences).toBeUndefined();
    expect([outcome.status, told(outcome)]).toEqual(['failed', ['E0911']]);
  });

  it('that has too many fails and says how many', () => {
    const many = scenarioOf(`scenario "many" {
      uses two_partitions
      run 400 ms
      on each web.run: fill web.tasks["nginx"].comm with 0xff
      expect { guest web is healthy }
    }`);
    const outcome = executeJob(job(many), context);
    expect([outcome.status, told(outcome)]).toEqual(['failed', ['E0917']]);
    expect(Number(/occurs (\d+) times/.exec(outcome.complaints[0]?.message ?? '')?.[1])).toBeGreaterThan(
      OCCURRENCE_LIMIT,
    );
  });

  it('with `nth` is one run for every so many, under the number that each occurrence has', () => {
    const every = (nth: number): Scenario =>
      scenarioOf(`scenario "every" {
      uses two_partitions
      run 60 ms
      on each web.heartbeat nth ${nth}: zero web.tasks["nginx"].comm
      expect { guest web is healthy }
    }`);
    const of = (nth: number) => executeJob(job(every(nth)), context);
    const all = of(1).occurrences ?? [];
    expect(all.length).toBeGreaterThan(6);
    const third = of(3).occurrences ?? [];
    expect(third.map(({ occurrence }) => occurrence)).toEqual(
      all.map(({ occurrence }) => occurrence).filter((one) => Number(one) % 3 === 0),
    );
    const firing = (one: RunOutcome | undefined) => one?.record?.receipts[0]?.fired_ns;
    expect(firing(third[1])).toBe(firing(all[5]));
    expect(executeJob(job(every(3), 6), context).record).toEqual(third[1]?.record);
    expect(told(of(1000))).toEqual(['E0911']);
  });

  it('counts without firing', () => {
    const finished = runScenario(ofOccurrence(EACH, Infinity), 1, new TwinLines());
    expect(finished.occurrences(eachOf(EACH)?.trigger ?? -1)).toBe(2);
    expect(finished.record.services.map(({ state }) => state)).toEqual(['done']);
    expect(finished.record.receipts.find(({ verb }) => verb === 'kill')?.fired_ns).toBeUndefined();
    finished.release();
  });
});

describe('before()', () => {
  const ran = (expect_: string, more = ''): RunOutcome =>
    executeJob(
      job(
        scenarioOf(
          `scenario "before" { uses two_partitions\n run 60 ms\n at 30 ms: set web.orders[40].qty to 9999\n at 31 ms: summon rescue to web\n ${more}\n expect { verdict web.orders is any\n ${expect_} } }`,
        ),
      ),
      context,
    );
  const second = (outcome: RunOutcome): string | undefined => outcome.claims[1]?.status;

  it('is the value just before the first of its events', () => {
    expect(second(ran('check before(rescue.summoned, elapsed) == 31 ms'))).toBe('met');
    expect(second(ran('check before(web.fork, elapsed) < 10 ms'))).toBe('met');
    expect(second(ran('check before(web.fork, elapsed) > 10 ms'))).toBe('unmet');
  });

  it('is asked for where something is judged by it, and has none where the event never came', () => {
    const never = ran('check before(rescue.write, elapsed) > 0 ms');
    expect([second(never), never.claims[1]?.diagnostic?.code]).toEqual(['unmet', 'E0908']);
    expect(second(ran('check not before(rescue.write, elapsed) > 0 ms'))).toBe('unmet');
  });

  it('tells two memories apart by a bit', () => {
    expect(
      second(ran('check before(rescue.attach, web.memory) == before(rescue.diagnosed, web.memory)')),
    ).toBe('met');
    const flipped = 'on rescue.diagnosed: flip web.orders[41].qty bit 0';
    expect(
      second(ran('check before(rescue.attach, web.memory) != before(rescue.release, web.memory)', flipped)),
    ).toBe('met');
  });
});
