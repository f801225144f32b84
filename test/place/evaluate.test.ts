import { describe, expect, it } from 'vitest';
import type { BinaryOperator, Expression } from '../../src/model/expression.ts';
import { evaluate, scalar } from '../../src/place/evaluate.ts';
import { explain } from '../../src/place/outcome.ts';
import type { Value } from '../../src/place/value.ts';
import { formatValue } from '../../src/place/value.ts';
import { worldOf } from '../../src/place/world.ts';
import { BareKernel, bareTarget, bareTopology } from '../support/bare-kernel.ts';
import { int, place, word } from '../support/expressions.ts';

const span = { file: 'a.spec', start: 0, end: 0 };
const kernel = new BareKernel();
const figures = new Map<string, Value>([
  ['web.cpu_time', { kind: 'time', value: 30_000_000 }],
  ['elapsed.', { kind: 'time', value: 100_000_000 }],
  ['web.disk0.iommu_faults', { kind: 'int', value: 1n }],
  ['rescue.refusals', { kind: 'int', value: 0n }],
]);
const victim = { name: 'victim', value: place('web.tasks["nginx"]'), span };
const world = worldOf({ topology: bareTopology(), lets: [victim] }, bareTarget([kernel]), 1, {
  measure: (subject, name) => figures.get(`${subject}.${name}`),
});

function binary(left: Expression, operator: BinaryOperator, right: Expression): Expression {
  return { kind: 'binary', operator, left, right, span };
}

function call(name: string, ...args: Expression[]): Expression {
  return { kind: 'call', name, args, span };
}

function value(expression: Expression): string {
  const result = scalar(world, evaluate(world, expression));
  return result.ok ? formatValue(result.value) : `${result.code}: ${explain(result)}`;
}

const text = (content: string): Expression => ({ kind: 'string', value: content, span });
const percent = (ratio: number): Expression => ({ kind: 'percent', value: ratio, span });

describe('expressions of a run', () => {
  it('what a place holds is compared by its type', () => {
    expect(value(binary(place('web.run_queues[1].nr_running'), '==', int(2)))).toBe('true');
    expect(value(place('web.tasks["nginx"].comm'))).toBe('"nginx"');
    expect(value(binary(place('web.tasks["nginx"].comm'), '==', text('nginx')))).toBe('true');
    expect(value(binary(place('web.orders[4].state'), '==', word('filled')))).toBe('true');
    expect(value(binary(place('web.orders[4].state'), '==', word('open')))).toBe('false');
    expect(value(place('web.cpus[0].rip'))).toBe('0xffffffff81000010');
  });

  it('a negative number equals the bits that memory holds', () => {
    const address = place('web.tasks["nginx"].stack');
    const stack = kernel.stacks.get('nginx') as number;
    expect(value(binary(address, '==', int(stack)))).toBe('true');
  });

  it('figures of the harness are divided, and shares compared', () => {
    const elapsed = place('elapsed');
    expect(value(binary(place('web.cpu_time'), '/', elapsed))).toBe('30%');
    expect(value(binary(binary(place('web.cpu_time'), '/', elapsed), '>=', percent(0.3)))).toBe('true');
    expect(value(binary(place('web.cpu_time'), '>', int(0)))).toBe('true');
    expect(value(binary(place('web.disk0.iommu_faults'), '==', int(1)))).toBe('true');
  });

  it('collections, measures and lists are counted', () => {
    expect(value(call('count', place('web.tasks')))).toBe('6');
    expect(value(call('count', place('web.orders')))).toBe('6');
    expect(value(call('count', place('rescue.refusals')))).toBe('0');
    expect(value(call('count', { kind: 'list', items: [int(1), int(2)], span }))).toBe('2');
  });

  it('words that stand for values do', () => {
    expect(value(word('elapsed'))).toBe('100 ms');
    expect(value(binary(word('yes'), '==', { kind: 'bool', value: true, span }))).toBe('true');
    expect(value(binary(word('strict'), '==', word('strict')))).toBe('true');
  });

  it('a place can be given by its address where there is one kernel', () => {
    const task = kernel.tasks.get('init') as number;
    const at = evaluate(world, call('address', int(BigInt.asUintN(64, BigInt(task)))));
    expect(at).toMatchObject({ ok: true, value: { value: { address: task, bytes: 8 } } });
    expect(value(binary(call('machine_address', place('web.memory[0x5000]')), '==', int(0x1000_5000)))).toBe(
      'true',
    );
  });

  it('the log is a text', () => {
    expect(value(binary(place('web.log'), 'contains', text('list_del corruption')))).toBe('true');
    expect(value(binary(place('web.log'), 'contains', text('BUG')))).toBe('false');
  });

  it('a let is looked up where it is first used and stays', () => {
    expect(value(place('victim.pid'))).toBe('3');
    const pid = (kernel.tasks.get('nginx') as number) + kernel.offset('task_struct', 'comm');
    kernel.bytes[kernel.physical(pid)] = 'x'.charCodeAt(0);
    expect(value(place('victim.pid'))).toBe('3');
    kernel.bytes[kernel.physical(pid)] = 'n'.charCodeAt(0);
  });

  it('a machine address is where DMA must go', () => {
    const result = evaluate(world, call('machine_address', place('web.orders[3].qty')));
    const physical = kernel.physical((kernel.orders[3] as number) + kernel.offset('order', 'qty'));
    expect(result).toMatchObject({
      ok: true,
      value: { value: { kind: 'machine', address: physical + 0x1000_0000, bytes: 4 } },
    });
  });

  it('ranges, lists, conditions and remainders are computed', () => {
    const range: Expression = { kind: 'range', low: int(47), high: int(63), span };
    expect(value(binary(int(50), 'in', range))).toBe('true');
    expect(value(binary(int(64), 'in', range))).toBe('false');
    expect(value(binary(int(7), 'mod', int(4)))).toBe('3');
    const chosen: Expression = {
      kind: 'conditional',
      condition: binary(int(1), '<', int(2)),
      // oxlint-disable-next-line unicorn/no-thenable -- the model's own name
      then: int(10),
      otherwise: int(20),
      span,
    };
    expect(value(chosen)).toBe('10');
    expect(value({ kind: 'unary', operator: 'not', operand: binary(int(1), '==', int(1)), span })).toBe(
      'false',
    );
  });

  it('`and` does not look at its right side when the left is false', () => {
    const lost = binary(place('web.tasks["nobody"].pid'), '==', int(1));
    expect(value(binary(binary(int(1), '==', int(2)), 'and', lost))).toBe('false');
    expect(value(binary(binary(int(1), '==', int(1)), 'and', lost))).toMatch(/^NOT_FOUND/);
  });

  it('what has no value is a typed error', () => {
    expect(value(binary(int(1), '/', int(0)))).toMatch(/^ARITHMETIC/);
    expect(value(binary(int(1), '<<', int(64)))).toMatch(/^ARITHMETIC/);
    expect(value(binary(int(1), '+', text('x')))).toMatch(/^TYPE/);
    expect(value(place('web.tasks["nginx"]'))).toMatch(/^TYPE/);
    expect(value(place('db.cpu_time'))).toMatch(/^NO_PARTITION/);
    expect(value(call('before', place('web.tasks')))).toMatch(/^NO_EVENT/);
  });

  it('an expression that is too deep is an error', () => {
    let deep: Expression = int(1);
    for (let depth = 0; depth < 500; depth++) deep = { kind: 'unary', operator: '-', operand: deep, span };
    expect(value(deep)).toMatch(/^LIMIT/);
  });

  it('a number cannot grow without end', () => {
    let big: Expression = int(2);
    for (let power = 0; power < 20; power++) big = binary(big, '*', big);
    expect(value(big)).toMatch(/^ARITHMETIC/);
  });
});
