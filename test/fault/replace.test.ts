import { beforeAll, describe, expect, it } from 'vitest';
import { Simulation } from '../../src/execute/simulation.ts';
import { Run } from '../../src/execute/run.ts';
import { Injector } from '../../src/fault/injector.ts';
import { disassemble } from '../../src/formats/locator-code/assemble.ts';
import { readContents } from '../../src/formats/region-notes.ts';
import type { RegionContents } from '../../src/formats/region-notes.ts';
import { readRegion } from '../../src/formats/region.ts';
import type { Trigger } from '../../src/model/scenario.ts';
import type { Receipt } from '../../src/record/record.ts';
import { attendedTopology } from '../support/attended-guest.ts';
import { cast, member, named, symbol } from '../support/formulas.ts';
import { locator } from '../support/locators.ts';
import { action, on, scenario, trigger } from '../support/scenarios.ts';
import { span } from '../support/formulas.ts';

const MS = 1_000_000;
const TASKS = locator({
  name: 'tasks',
  shape: 'list',
  of: named('task_struct'),
  via: ['tasks'],
  label: ['comm'],
  id: ['pid'],
  including_head: true,
  from: [member(cast(symbol('init_task'), named('task_struct')), 'tasks')],
  guard: symbol('tasklist_lock'),
});

function topology(seal: 'crc32c' | 'none' = 'crc32c'): ReturnType<typeof attendedTopology> {
  const plain = attendedTopology({ describes: ['locks'] });
  return {
    ...plain,
    lpars: plain.lpars.map((lpar) => ({ ...lpar, metadata: { ...lpar.metadata, seal, locators: [TASKS] } })),
  };
}

const text = (value: string): { kind: 'string'; value: string; span: typeof span } => ({
  kind: 'string',
  value,
  span,
});
const replace = (code: string, place = 'web.metadata.locators["tasks"]'): ReturnType<typeof action> =>
  action('replace', place, { with: [text(code)] });

interface Driven {
  readonly receipt: Receipt;
  readonly sealed: boolean;
  readonly contents: RegionContents;
  readonly registered: boolean;
}

function drive(one: Trigger, seal?: 'none'): Driven {
  const model = topology(seal);
  const simulation = Simulation.powerOn(model, 1);
  const run = new Run(simulation, 20 * MS, []);
  const { target, hypervisor } = simulation;
  const injector = new Injector({
    scenario: scenario({ triggers: [one], topology: model }),
    seed: 1,
    target,
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  run.drive(injector);
  expect(target.bootAll()).toBe(true);
  run.advance(20 * MS);
  const place = target.partitionNamed('web').region();
  const bytes = new Uint8Array(place?.bytes ?? 0);
  if (place) target.partitionNamed('web').memory.read(place.physical, bytes);
  const region = readRegion(bytes);
  if (!region.ok) throw new Error(region.message);
  const registered = run.events.some((event) => event.kind === 'registered' && event.subject === 'web');
  const [receipt] = injector.receipts();
  return {
    receipt: receipt!,
    sealed: region.value.seal_holds,
    contents: readContents(bytes, region.value),
    registered: registered || hypervisor.healthOf('web').health === 'healthy',
  };
}

describe('replacing the code of a locator', () => {
  let forged: Driven;
  beforeAll(() => {
    forged = drive(trigger(on('web.register'), replace('loop 0'), 'forge'));
  });

  it('is done at the registration, under a seal that fits, and the registry takes it', () => {
    expect(forged).toMatchObject({ sealed: true, registered: true });
    expect(forged.receipt).toMatchObject({
      verb: 'replace',
      place: 'web.metadata.locators["tasks"]',
      note: 'sealed anew',
    });
    expect(forged.receipt.fired_ns).toBeDefined();
  });

  it('changes the code that gives the roots, and nothing else of the entry', () => {
    const entry = forged.contents.described.get('tasks')!;
    expect(disassemble(entry.blocks.get('roots')!, entry.texts)).toBe('loop 0');
    expect(disassemble(entry.blocks.get('guard')!, entry.texts)).toBe('symbol tasklist_lock');
    expect(entry.names).toMatchObject({ name: 'tasks', type: 'task_struct', via: 'tasks' });
    expect(forged.contents.malformed).toEqual([]);
  });

  it('can name other symbols, and other blocks', () => {
    const { contents } = drive(
      trigger(on('web.register'), replace('symbol jiffies; dup; root\n.guard\nsymbol sb_lock'), 'forge'),
    );
    const entry = contents.described.get('tasks')!;
    expect(disassemble(entry.blocks.get('roots')!, entry.texts)).toBe('symbol jiffies\ndup\nroot');
    expect(disassemble(entry.blocks.get('guard')!, entry.texts)).toBe('symbol sb_lock');
  });

  it('later, too, and without a seal where there was none', () => {
    expect(drive(trigger(10 * MS, replace('loop 0'), 'forge'))).toMatchObject({
      sealed: true,
      receipt: { fired_ns: 10 * MS },
    });
    expect(drive(trigger(10 * MS, replace('loop 0'), 'forge'), 'none').receipt.note).toBe('');
  });

  it.each([
    ['what is too long for the entry', replace('const 0x1234567890; drop; '.repeat(40)), 'do not fit'],
    ['a text that is no code', replace('lop 0'), 'no instruction lop'],
    ['an entry that is not there', replace('loop 0', 'web.metadata.locators["orders"]'), 'no such structure'],
    ['a place that is no entry', replace('loop 0', 'web.metadata'), 'no locator'],
  ])('%s is refused with the reason', (_, one, why) => {
    const { receipt, contents } = drive(trigger(on('web.register'), one, 'forge'));
    expect(receipt.fired_ns).toBeUndefined();
    expect(receipt.note).toContain(why);
    expect([...contents.described.keys()]).toEqual(['tasks']);
  });
});
