// Faults and their mending in a stock Linux whose page tables have five levels.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapted, runReal } from '../../src/execute/real.ts';
import type { RunOutcome } from '../../src/record/outcome.ts';
import { restoreMachine } from '../../src/targets/qemu/machine.ts';
import { QemuProblem } from '../../src/targets/qemu/problem.ts';
import { judge } from '../../src/verdict/judge.ts';
import { REPOSITORY } from '../support/built.ts';
import { FILES, whyNoGuest } from '../support/real-guest.ts';
import { scenarioOf } from '../support/spec-text.ts';

const missing = whyNoGuest();
if (missing !== undefined) console.log(`left out, for want of a real guest: ${missing}`);

const MACHINES = readFileSync(join(REPOSITORY, 'specs/real/machines.spec'), 'utf8');

function run(body: string): RunOutcome {
  const fit = adapted(scenarioOf(`${MACHINES}\nscenario "x" { uses served\n ${body} }`));
  const machine = restoreMachine(fit.scenario.topology, { ...FILES, levels: 5 });
  if (machine instanceof QemuProblem) throw machine;
  const finished = runReal(fit, 1, machine);
  try {
    expect(machine.partitions[0]?.vmcoreinfo()).toContain('NUMBER(pgtable_l5_enabled)=1');
    const { record, facts } = finished;
    return judge({
      id: 'x',
      scenario: fit.scenario,
      record,
      facts,
      target: 'qemu',
      replay: '',
      today: '2026-01-01',
    });
  } finally {
    finished.release();
  }
}

const wrong = ({ claims, complaints }: RunOutcome): unknown[] => [
  ...claims.filter(({ status }) => status !== 'met'),
  ...complaints,
];

describe.skipIf(missing !== undefined)('with page tables of five levels', () => {
  it('nothing is found wrong with a healthy guest, and all is looked at', () => {
    const outcome = run(
      'run 900 ms\n at 600 ms: summon rescue to web for inspection\n expect { guest web is healthy }',
    );
    expect(wrong(outcome)).toEqual([]);
    const [rescue] = outcome.record?.reports ?? [];
    expect(rescue?.findings).toEqual([]);
    const verdicts = rescue?.verdicts ?? [];
    expect(verdicts.filter(({ verdict }) => verdict === 'intact').length).toBeGreaterThan(24);
    expect(verdicts.filter(({ verdict }) => verdict === 'corrupt' || verdict === 'unreachable')).toEqual([]);
  });

  it('a bent link is found where it was bent, told by its 57 bits, relinked, and used', () => {
    const outcome = run(`run 2500 ms
      at 500 ms called harm: flip web.tasks["nginx"].tasks.next bit 8
      at 550 ms: summon rescue to web for service
      on rescue.release: exit web.tasks["nginx"].successor
      expect {
        verdict web.tasks is corrupt at web.tasks["nginx"].tasks.next
        diagnosis web is bit_flip at web.tasks["nginx"].tasks.next
        guest web is not oopsed
        service web is done
        guest web is healthy
      }`);
    expect(wrong(outcome)).toEqual([]);
    const [receipt] = outcome.record?.receipts ?? [];
    const [finding] = outcome.record?.reports[0]?.findings ?? [];
    expect(receipt?.address).toMatch(/^ff[0-9a-e]/);
    expect([finding?.address, finding?.physical]).toEqual([receipt?.address, receipt?.physical]);
    // What was written is what had stood there.
    expect(outcome.record?.services[0]?.writes.map(({ address, after }) => [address, after])).toEqual([
      [receipt?.address, receipt?.before],
    ]);
  });

  it('a leaked lock is released, and the heart beats again', () => {
    const outcome = run(`run 4 s
      at 700 ms called leak: leak web.locks["tasklist_lock"]
      on rescue.diagnosed: service web by advice
      expect {
        hypervisor web is failing by heartbeat or progress
        verdict web.locks is corrupt with LOCK_NO_HOLDER at web.locks["tasklist_lock"]
        service web is done
        hypervisor web is recovered
        guest web is not oopsed or panicked
      }`);
    expect(wrong(outcome)).toEqual([]);
  });
});
