import { describe, expect, it } from 'vitest';
import { inFrame } from '../../src/language/codes/doc.ts';
import { compile } from '../../src/language/compile.ts';
import { exampleHost } from '../support/example-host.ts';

const told = (text: string): string[] =>
  compile(['example.spec'], exampleHost(text)).diagnostics.map((one) => `${one.code} ${one.message}`);
const inScenario = (text: string): string[] => told(inFrame('scenario', text));
const codes = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, 5));

describe('a place that cannot be meant', () => {
  it.each([
    ['dma web.disk0 to web', 'E0510'],
    ['dma web.disk0 to web.eth0', 'E0510'],
    ['dma web.disk0 to web.cpus[0]', 'E0510'],
    ['dma web.disk0 to web.cpus[0].rip', 'E0510'],
    ['dma web.disk0 to web.cpu_time', 'E0308'],
    ['dma web.disk0 to db.orders[3].qty bytes 128 KiB', 'E0309'],
    ['dma web.disk0 to machine_address(web.kernel.heartbeat)', 'E0723'],
    ['dma web.disk0 to machine_address(web.cpus[0].rip)', 'E0723'],
    ['set web.metadata to 0', 'E0518'],
    ['set web.stacks["nginx"] to 0', 'E0518'],
    ['fill web.cpus[0].rip with 0 bytes 4096', 'E0309'],
    ['zero web.cpus[0].rip bytes 9', 'E0309'],
  ])('%s', (action, code) => {
    expect(codes(inScenario(`at 40 ms: ${action}`))).toEqual([code]);
  });

  it.each([
    'dma web.disk0 to db.orders[3].qty bytes 64 KiB',
    'dma web.disk0 to web.memory[0x1000]',
    'dma web.disk0 to web.page_table[web.run_queues[0]]',
    'dma web.disk0 to machine_address(web.stacks["nginx"])',
    'dma web.disk0 to machine_address(victim)',
    'set web.metadata.bytes[3] to 0',
    'fill web.cpus[0].rip with 0 bytes 8',
    'fill web.metadata with 0 bytes 4096',
  ])('is not: %s', (action) => {
    expect(inScenario(`let victim = db.orders[any]\nat 40 ms: ${action}\nat 41 ms: zero victim`)).toEqual([]);
  });
});

describe('a claim with a slip in it', () => {
  const claimed = (text: string): string[] => told(inFrame('expect', text));

  it('is told of that one: unknown clauses in a row are one mistake, and none is taken for another word', () => {
    expect(claimed('verdict web.tasks is intact within 5 ms of harm')).toEqual([
      'E0508 `verdict` takes no `within`',
    ]);
  });

  it('is not switched off by a condition of figures alone', () => {
    expect(claimed('guest web is panicked if 1 == 2')).toEqual(['E0722 this is false whatever happens']);
    expect(claimed('guest web is healthy if web.cpu_time > 1 ms')).toEqual([]);
  });
});

describe('what was written and refused', () => {
  const topology = (text: string): string[] => told(inFrame('topology', text));

  it('is not missed a second time', () => {
    const lpar = 'lpar web { owns cpus 0; owns memory 32 MiB }';
    expect(codes(topology(`machine { cpus 0..70; memory 64 MiB }\n${lpar}`))).toEqual(['E0309']);
    expect(codes(topology(`machine { cpus 0..3; memory 10 ms }\n${lpar}`))).toEqual(['E0308']);
    const machine = 'machine { cpus 0..3; memory 64 MiB }';
    for (const wrong of [
      'shares cpus 0 weight 1000; owns memory 32 MiB',
      'owns cpus 0; owns memory 10 KiB',
    ]) {
      expect(codes(topology(`${machine}\nlpar a { ${wrong} }`))).toEqual(['E0309']);
    }
  });

  it('is missed when it was never there', () => {
    expect(codes(topology('machine { cpus 0..3; memory 64 MiB }\nlpar a { owns cpus 0 }'))).toEqual([
      'E0311',
    ]);
  });

  it('is shown to its last digit', () => {
    const seed = 'change web { kernel { layout_seed 18446744073709551615 } }';
    expect(inScenario(seed)).toEqual([expect.stringContaining('`layout_seed` is 18446744073709551615:')]);
    expect(inScenario('at 40 ms: stop web.cpus[18446744073709551615]')).toEqual([
      expect.stringContaining('no CPU 18446744073709551615'),
    ]);
  });
});

describe('a fault that calls faults', () => {
  const calls = (depth: number): string =>
    `import { pair } from "./machines.spec"\nfault f0(place) { zero place }\n${Array.from(
      { length: depth },
      (_, at) => `fault f${at + 1}(place) { f${at} place }\n`,
    ).join(
      '',
    )}scenario "s" {\n  uses pair\n  at 1 ms: f${depth} web.cpus[0].rip\n  expect { guest web is healthy }\n}\n`;

  it('too deep is not said to call itself', () => {
    expect(codes(told(calls(15)))).toEqual([]);
    expect(codes(told(calls(24)))).toEqual(['E0523']);
  });
});

describe('a summons', () => {
  it('is refused from the moment on at which no ambulance could be there in time', () => {
    expect(codes(inScenario('run 100 ms\nat 99_980 us: summon rescue to web'))).toEqual([]);
    expect(codes(inScenario('run 100 ms\nat 99_981 us: summon rescue to web'))).toEqual(['E0524']);
    expect(codes(inScenario('run 100 ms\nevery 10 ms from 99_990 us: summon rescue to web'))).toEqual([
      'E0524',
    ]);
    expect(codes(inScenario('run 100 ms\nat 99_999 us: panic web'))).toEqual([]);
  });
});

describe('a name of a scenario', () => {
  const named = (name: string): string[] =>
    codes(told(inFrame('file', inFrame('scenario', '').replace('scenario "example"', `scenario "${name}"`))));

  it('holds something that can be seen', () => {
    for (const blank of ['', ' ', '\\t', '\u00a0', '\u200b']) expect(named(blank)).toEqual(['E0421']);
    expect(named('é')).toEqual([]);
  });
});
