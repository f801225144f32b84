import { describe, expect, it } from 'vitest';
import { runScenario } from '../../src/execute/scenario.ts';
import { TwinLines } from '../../src/execute/twin-line.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { scenarioOf } from '../support/spec-text.ts';

const lines = new TwinLines();

function recordOf(body: string, run = '80 ms', among: TwinLines = lines): RunRecord {
  const finished = runScenario(
    scenarioOf(`scenario "x" {\n  uses two_partitions\n  run ${run}\n${body}\n}`),
    1,
    among,
  );
  finished.release();
  return finished.record;
}

const BOTH = 'expect { bystander db is contained; bystander db is undisturbed }';
const LEAK = 'at 20 ms: leak web.locks["tasklist_lock"] mode write';
const STRAY = `change machine { iommu off }
  let victim = db.tasks["postgres"].comm
  at 20 ms: dma web.disk0 to machine_address(victim) bytes 16 fill 0xa5`;

/** `contained` and `undisturbed` of a partition: '' or the first difference. */
function differences(record: RunRecord, partition = 'db'): Record<string, string> {
  return Object.fromEntries(
    record.twins.filter((twin) => twin.partition === partition).map((twin) => [twin.claim, twin.difference]),
  );
}

describe('the comparison with the twins', () => {
  it('finds a neighbour alike, bit for bit, whose neighbour died and was rescued', () => {
    const record = recordOf(`${LEAK}\n${BOTH}`);
    expect(record.reports).toHaveLength(1);
    expect(differences(record)).toEqual({ contained: '', undisturbed: '' });
    expect(record.twins.every((twin) => twin.identical)).toBe(true);
  });

  it('tells damage that crossed over, which is no doing of the rescue', () => {
    const record = recordOf(`${STRAY}\nat 30 ms: summon rescue to web for inspection\n${BOTH}`);
    expect(differences(record)['contained']).toMatch(/^memory at guest-physical 0x[0-9a-f]+: /);
    expect(differences(record)['undisturbed']).toBe('');
  });

  it('tells what the rescue itself did to its patient, which is no doing of the fault', () => {
    const record = recordOf(
      `${LEAK}\nevery 1700 us from 30 ms to 60 ms: summon rescue to db for inspection\n${BOTH}`,
    );
    expect(differences(record)['contained']).toBe('');
    expect(differences(record)['undisturbed']).not.toBe('');
  });

  it('says of itself that it says nothing of a fault which the rescue called forth', () => {
    const chained = `${STRAY.replace('at 20 ms', 'on rescue.attach')}\nat 30 ms: summon rescue to web for inspection\n${BOTH}`;
    const [contained, undisturbed] = recordOf(chained).twins;
    expect(contained?.blind).toContain('only because of the rescue');
    expect(undisturbed?.identical).toBe(false);
    expect(recordOf(`${LEAK}\n${BOTH}`).twins.every((twin) => twin.blind === undefined)).toBe(true);
  });

  it('is made both ways for every partition that is claimed, whether anybody came or not', () => {
    const record = recordOf(`at 20 ms: zero web.tasks["nginx"].comm\nexpect { bystander db is contained }`);
    expect(record.twins.map((twin) => `${twin.partition} ${twin.claim}`)).toEqual([
      'db contained',
      'db undisturbed',
    ]);
  });

  it('is not made for who is not claimed', () => {
    expect(recordOf(`${LEAK}\nexpect { guest db is healthy }`).twins).toEqual([]);
  });
});

describe('a record', () => {
  it('is the same whatever ran before on the same lines', () => {
    const text = `${LEAK}\n${BOTH}`;
    const fresh = recordOf(text, '80 ms', new TwinLines());
    const warm = new TwinLines();
    recordOf(`at 33 ms: panic db\nexpect { guest db is panicked }`, '60 ms', warm);
    expect(recordOf(text, '80 ms', warm)).toEqual(fresh);
    expect(recordOf(text, '80 ms', warm)).toEqual(fresh);
  });

  it('keeps a bounded number of events, the rare ones first', () => {
    const record = recordOf(
      'at 900 ms: summon rescue to web for inspection\nexpect { guest db is healthy }',
      '1 s',
    );
    expect(record.events_dropped).toBeGreaterThan(0);
    expect(record.events.length).toBeLessThanOrEqual(1_000);
    const kinds = new Set(record.events.map((event) => event.kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['registered', 'boot_complete', 'attach', 'diagnosed']),
    );
    expect(kinds).not.toContain('heartbeat');
    expect(record.partitions[0]?.heartbeats).toBeGreaterThan(150);
  });

  it('says which triggers were due and did nothing, for their condition never held', () => {
    const fill = 'fill web.tasks["nginx"].comm with 0xff';
    const record = recordOf(
      `at 10 ms if web.orders[4].qty == 9999: ${fill}
       every 10 ms from 20 ms to 40 ms called often if web.orders[4].qty < 0: ${fill}
       every 10 ms from 20 ms to 40 ms called later if elapsed > 35 ms: ${fill}
       expect { guest web is healthy }`,
    );
    expect(record.notes).toEqual([
      '`fill` did nothing: `web.orders[4].qty == 9999` never held when it was due',
      '`often` did nothing: `web.orders[4].qty < 0` never held when it was due',
    ]);
    expect(record.receipts.map(({ name }) => name)).toEqual(['later']);
  });

  it('has the console by lines', () => {
    const { console } = recordOf('expect { guest web is healthy }')
      .partitions[0] as RunRecord['partitions'][0];
    expect(console[0]).toMatch(/^Linux version 6\.1\.0-siren .*PREEMPT_DYNAMIC$/);
    expect(console).toContain('smp: Brought up 1 node, 2 CPUs');
  });

  it('of a fault at boot has the same t = 0 as every other', () => {
    const free = recordOf('expect { guest web is healthy }');
    const lied = recordOf(
      'on web.register called lie: misregister web.metadata how NEVER\nexpect { guest web is booted }',
    );
    const booted = (record: RunRecord): unknown => record.partitions.map((one) => one.boot_complete_ns);
    expect(booted(lied)).toEqual(booted(free));
    expect(Math.max(...free.partitions.map((one) => one.boot_complete_ns))).toBe(0);
    expect(lied.receipts[0]?.fired_ns).toBeLessThan(0);
  });
});

describe('observing', () => {
  it('changes nothing: a trigger that waits for task switches activates no damage', () => {
    const harm = 'at 5 ms called ren: fill web.tasks["nginx"].comm with 0x41';
    const expectation = 'expect { guest web is healthy }';
    const quiet = recordOf(`${harm}\n${expectation}`);
    const watching = recordOf(
      `${harm}\n on web.tasks["kthreadd"].run nth 99: set web.orders[40].qty to 5\n${expectation}`,
    );
    const activated = (record: RunRecord): (number | undefined)[] =>
      record.receipts.filter((receipt) => receipt.name === 'ren').map((receipt) => receipt.activated_ns);
    expect(activated(quiet)).toEqual([undefined]);
    expect(activated(watching)).toEqual([undefined]);
    expect(watching.trace_hash).toBe(quiet.trace_hash);
  });
});

it('a guest that is seldom scheduled is not silent, neither for the watchdog nor for the judge', () => {
  const text = `topology seldom {
    machine { cpus 0..1; memory 512 MiB; slice 1 ms }
    lpar web { shares cpus 0 vcpus 1 weight 60; owns memory 96 MiB; kernel linux { heartbeat 20 ms } }
    lpar db { shares cpus 0 vcpus 1 weight 1; owns memory 96 MiB; kernel linux { heartbeat 5 ms } }
    ambulance rescue { owns cpus 1; owns memory 64 MiB; attends web, db }
  }
  scenario "x" { uses seldom
    run 300 ms
    expect { guest db is healthy } }`;
  const finished = runScenario(scenarioOf(text), 1, lines);
  finished.release();
  const { partitions, events } = finished.record;
  const { heartbeat } = partitions.find((one) => one.name === 'db') ?? {};
  expect(events.filter((event) => event.kind === 'failing')).toEqual([]);
  expect(heartbeat?.longest_ns).toBeGreaterThan(3 * 5_000_000);
  expect(heartbeat?.overdue_ns).toBeUndefined();
  expect(heartbeat?.lost).toBeUndefined();
});
