import { expect, test } from 'vitest';
import { toBigint } from '../../../src/base/address.ts';
import { substream } from '../../../src/base/random.ts';
import { assemble } from '../../../src/formats/locator-code/assemble.ts';
import { LOCATOR_BUDGET } from '../../../src/formats/locator-code/host.ts';
import { LocatorInterpreter } from '../../../src/formats/locator-code/interpreter.ts';
import type { LocatorFailure } from '../../../src/formats/locator-code/host.ts';
import { naiveRun, randomCode, smallHost, TEXTS } from './support.ts';

function run(
  text: string,
  element = NaN,
): { failure: LocatorFailure | undefined; machine: LocatorInterpreter } {
  const assembled = assemble(text);
  if (!assembled.ok) throw new Error(assembled.message);
  const machine = new LocatorInterpreter(smallHost());
  return {
    failure: machine.run(assembled.blocks.get('roots') as Uint8Array, assembled.texts, element),
    machine,
  };
}

test.each([
  ['const 2; const 3; add', 5],
  ['const 2; const 3; sub', -1],
  ['const 0x100000001; const 0x100000001; mul', 0x2_0000_0001],
  ['const 0xffffffffffffffff; const 0xffffffffffffffff; mul', 1],
  ['const 0x123456789; const 0xabcdef; mul', Number(BigInt.asIntN(64, 0x123456789n * 0xabcdefn))],
  ['const 1; const 63; shl; const 63; shr', 1],
  ['const 1; const 64; shl', 0],
  ['const 0xff00000000; const 36; shr', 15],
  ['const 3; const 3; eq', 1],
  ['const 0xffffffffffffffff; const 1; lt', 0],
  ['const 7; below 8', 7],
  ['const 5; const 6; swap; sub', 1],
  ['const 5; const 6; pick 1', 5],
  ['symbol init_task; member task_struct.tasks', -176],
  ['symbol runqueues; const 1; percpu; add', -64],
  ['size rq', 96],
  ['cpus', 2],
  ['const 0; branch over; const 9; over: ; const 4', 4],
  ['const 1; branch over; const 9; over:', 9],
  ['const 1; load8', 37],
])('%s leaves %i', (text, expected) => {
  const { failure, machine } = run(text);
  expect(failure).toBeUndefined();
  expect(machine.value).toBe(expected);
});

test.each([
  ['loop 0', 'LOCATOR_BUDGET', 0],
  ['const 1; again: ; const 1; loop again', 'LOCATOR_STACK', 2],
  ['again: ; const 1; load8; load8; drop; loop again', 'LOCATOR_BUDGET', 2],
  ['const 1; dup; const 0x100000000; const 8; roots', 'LOCATOR_BUDGET', 11],
  ['const 1; add', 'LOCATOR_STACK', 2],
  ['drop', 'LOCATOR_STACK', 0],
  ['pick 0', 'LOCATOR_STACK', 0],
  ['byte 0x77', 'LOCATOR_MALFORMED', 0],
  ['cpus; byte 0x01 0x80', 'LOCATOR_MALFORMED', 1],
  ['byte 0x01 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x02', 'LOCATOR_MALFORMED', 0],
  ['byte 0x01 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x00', 'LOCATOR_MALFORMED', 0],
  ['element', 'LOCATOR_MALFORMED', 0],
  ['const 1; branch 99', 'LOCATOR_MALFORMED', 2],
  ['const 1; drop; loop 7', 'LOCATOR_MALFORMED', 3],
  ['byte 0x02 0x09', 'LOCATOR_MALFORMED', 0],
  ['symbol nobody', 'NO_SYMBOL', 0],
  ['const 0; member rq.nothing', 'NO_TYPE', 2],
  ['const 0x4000; load64', 'UNMAPPED', 4],
  ['const 0x8000000000000000; load8', 'UNMAPPED', 11],
  ['const 2; percpu', 'INDEX', 2],
  ['const 16; below 16', 'INDEX', 2],
])('%s fails with %s at byte %i', (text, code, offset) => {
  expect(run(text).failure).toMatchObject({ code, offset });
});

test('what cannot be read is named by its address', () => {
  expect(run('const 0x4000; load32').failure?.address).toBe(0x4000);
});

test('roots come with their objects, in order', () => {
  const { machine } = run('const 16; dup; const 8; add; root; const 64; const 72; const 3; const 4; roots');
  expect(machine.objects).toEqual([16, 64, 64, 64]);
  expect(machine.heads).toEqual([24, 72, 76, 80]);
});

test('a later run has what the earlier ones left, until the budget is filled up again', () => {
  const machine = new LocatorInterpreter(smallHost(), { steps: 5, loads: 9, roots: 9 });
  const code = Uint8Array.from([4, 4, 4]);
  expect(machine.run(code, [])).toBeUndefined();
  expect(machine.run(code, [])?.code).toBe('LOCATOR_BUDGET');
  machine.refill();
  expect(machine.run(code, [])).toBeUndefined();
});

test('any code comes to what a simple interpreter of the same machine says', () => {
  const budget = { steps: 300, loads: 20, roots: 40 };
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 20_000; seed++) {
    const random = substream(seed, 'locator code');
    const code = randomCode(random, 1 + random.below(24));
    if (random.below(3) === 0 && code.length > 0) code[random.below(code.length)] = random.below(256);
    const element = random.below(4) === 0 ? NaN : 32;
    const host = smallHost(1 + (seed & 3));
    const machine = new LocatorInterpreter(host, budget);
    const failure = machine.run(code, TEXTS, element);
    const naive = naiveRun(code, TEXTS, host, element, budget);
    const said = failure ? `${failure.code} ${failure.offset}` : '';
    expect([seed, said]).toEqual([seed, naive.failure]);
    if (!failure && naive.value !== undefined)
      expect([seed, machine.value]).toEqual([seed, Number(BigInt.asIntN(64, naive.value))]);
    if (!failure) expect(machine.heads).toEqual(naive.heads.map((head) => Number(BigInt.asIntN(64, head))));
    seen.set(failure?.code ?? 'done', (seen.get(failure?.code ?? 'done') ?? 0) + 1);
  }
  // Each outcome was tried.
  expect([...seen.keys()].toSorted()).toEqual([
    'INDEX',
    'LOCATOR_BUDGET',
    'LOCATOR_MALFORMED',
    'LOCATOR_STACK',
    'NO_SYMBOL',
    'NO_TYPE',
    'UNMAPPED',
    'done',
  ]);
});

test('random bytes end within the budget, with an outcome', () => {
  for (let seed = 0; seed < 5_000; seed++) {
    const random = substream(seed, 'random bytes');
    const code = Uint8Array.from(
      { length: random.below(64) },
      () => random.below(256) & random.pick([0xff, 0x3f]),
    );
    const machine = new LocatorInterpreter(smallHost(), { ...LOCATOR_BUDGET, steps: 1_000 });
    machine.run(code, TEXTS, 8);
    expect(machine.steps).toBeLessThanOrEqual(1_001);
    expect(machine.heads.length).toBeLessThanOrEqual(LOCATOR_BUDGET.roots);
  }
});

test('an address beyond 2^53 is refused with all its bits looked at', () => {
  const { machine } = run('const 0x7fffffffffffffff; const 1; add');
  expect(toBigint(machine.value)).toBe(1n << 63n);
});
