import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { substream } from '../../src/base/random.ts';
import { Run } from '../../src/execute/run.ts';
import { Simulation } from '../../src/execute/simulation.ts';
import { TwinLine } from '../../src/execute/twin-line.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { stateHash } from '../../src/targets/sim/compare.ts';
import { builtFolder, REPOSITORY } from '../support/built.ts';
import { breakOnly, scenarioOf } from '../support/spec-text.ts';

const MS = 1_000_000;
const FAULT_NS = 20 * MS;
const END_NS = 60 * MS;

const scenarioWith = (topology: string, fault: string): Scenario =>
  scenarioOf(`scenario "x" {
  uses ${topology}
  run 60 ms
  ${fault}
  expect { guest web is healthy }
}`);

const plain = scenarioWith('two_partitions', '');
const owned = new TwinLine(plain.topology, 1);

/** All that happens from the fault on, without the injector's own words (it has none). */
const since = (run: Run): unknown[] => run.events.filter((event) => event.time_ns >= FAULT_NS);

describe('the same bytes poked through a raw memory write give the same trace as the fault verb', () => {
  it.each([
    ['set', 'set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100'],
    ['flip', 'flip web.tasks["nginx"].stack bit 45'],
    ['leak', 'leak web.locks["tasklist_lock"] mode write'],
    ['smash', 'smash web.stacks["nginx"]'],
    ['zero', 'zero web.page_table[web.run_queues[1]]'],
  ])('%s', (_verb, fault) => {
    const { run, injector } = breakOnly(scenarioWith('two_partitions', `at 20 ms: ${fault}`), owned, END_NS);
    const [receipt] = injector.receipts();
    expect(receipt?.fired_ns).toBe(FAULT_NS);
    expect(receipt?.after).not.toBe(receipt?.before);

    const poked = new Run(owned.at(FAULT_NS), END_NS, []);
    const { memory } = poked.machine.target.partitionNamed('web');
    const was = new Uint8Array((receipt?.before.length ?? 0) / 2);
    expect(memory.read(receipt?.physical ?? -1, was)).toBe(true);
    expect(Buffer.from(was).toString('hex')).toBe(receipt?.before);
    memory.write(receipt?.physical ?? -1, Buffer.from(receipt?.after ?? '', 'hex'));
    poked.advance(END_NS);

    const free = owned.at(END_NS);
    expect(stateHash(poked.machine.target)).toBe(stateHash(run.machine.target));
    expect(stateHash(poked.machine.target)).not.toBe(stateHash(free.target));
    expect(since(poked)).toEqual(since(run));
    for (const one of [run.machine, poked.machine, free]) one.release();
  });
});

/** What `resume.mjs` says of one machine. */
function summary(simulation: Simulation, resumed_ns: number): unknown {
  const { target, hypervisor } = simulation;
  const names = hypervisor.topology.lpars.map((lpar) => lpar.name);
  return {
    resumed_ns,
    trace: target.traceHash(),
    state: stateHash(target),
    signs: names.map((name) => hypervisor.healthOf(name).signs.join(' ')),
    beats: names.map((name) => hypervisor.heartbeats(name)),
  };
}

describe('stopped at 20 random instants, written to a file, resumed in a fresh process: the same trace hash', () => {
  it.each([
    ['guests that own their CPUs', 5, 'two_partitions', ''],
    ['guests that share their CPUs in slots', 5, 'three_sharing', ''],
    ['while they boot', 5, 'three_sharing', ''],
    ['after a fault', 5, 'two_partitions', 'at 20 ms: leak web.locks["tasklist_lock"] mode write'],
  ])('%s', async (what, count, topology, fault) => {
    const scenario = scenarioWith(topology, fault);
    const line = topology === 'two_partitions' ? owned : new TwinLine(scenario.topology, 1);
    const boots = what === 'while they boot';
    const [from, to] = boots ? [-line.origin, 0] : [fault === '' ? 0 : FAULT_NS, END_NS];
    const random = substream(20, what);
    const instants = Array.from({ length: count }, () => from + 1 + random.below(to - from - 1));
    instants.sort((a, b) => a - b);
    const folder = mkdtempSync(join(tmpdir(), 'siren-resume-'));
    try {
      const run = boots
        ? new Run(Simulation.powerOn(scenario.topology, 1, line.origin), END_NS, [])
        : breakOnly(scenario, line, 0).run;
      const files = instants.map((instant, index) => {
        run.advance(instant);
        const file = join(folder, `${index}.sim`);
        writeFileSync(file, run.machine.target.save());
        return file;
      });
      run.advance(END_NS);
      const script = join(REPOSITORY, 'test/support/resume.mjs');
      const { stdout } = await promisify(execFile)(process.execPath, [
        script,
        builtFolder(),
        String(END_NS),
        ...files,
      ]);
      const resumed = stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as unknown);
      expect(resumed).toEqual(instants.map((instant) => summary(run.machine, instant)));
      if (fault !== '') expect(run.machine.hypervisor.healthOf('web').signs).not.toEqual([]);
      run.machine.release();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
