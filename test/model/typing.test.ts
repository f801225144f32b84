import { describe, expect, it } from 'vitest';
import { describeType } from '../../src/model/formula-types.ts';
import { kernelPerCpu, kernelType } from '../../src/model/kernel-source.ts';
import type { Formula, TypeModel } from '../../src/model/structure.ts';
import type { TypeSource } from '../../src/model/type-source.ts';
import { scopeOf, withElement, withName } from '../../src/model/type-source.ts';
import { typeOf } from '../../src/model/typing.ts';
import {
  cast,
  collection,
  index,
  int,
  int_type,
  every,
  member,
  name,
  binary,
  call,
  element,
  symbol,
  text,
  address,
  named,
  pointer_to,
  span,
} from '../support/formulas.ts';

const ORDER: TypeModel = {
  kind: 'aggregate',
  union: false,
  bytes: 48,
  members: [
    { name: 'link', type: named('list_head'), offset: 0, span },
    { name: 'qty', type: int_type('u32'), offset: 16, span },
    { name: 'delta', type: int_type('s32'), offset: 20, span },
    {
      name: '',
      type: {
        kind: 'aggregate',
        union: true,
        bytes: 8,
        members: [{ name: 'inside', type: int_type('u64'), offset: 0, span }],
      },
      offset: 24,
      span,
    },
    { name: 'name', type: { kind: 'array', of: { kind: 'char' }, count: 16 }, offset: 32, span },
    {
      name: 'kind',
      type: { kind: 'enum', bytes: 8, values: [{ name: 'one', value: 1n }] },
      offset: 40,
      span,
    },
    { name: 'flag', type: int_type('u32'), offset: 20, bits: { from: 3, width: 2 }, span },
  ],
};

const SOURCE: TypeSource = {
  named: (wanted) => (wanted === 'order' ? ORDER : wanted === 'mystery' ? 'opaque' : kernelType(wanted)),
  perCpu: kernelPerCpu,
  locator: (wanted) => (wanted === 'orders' ? { of: named('order'), shape: 'list' } : undefined),
};
const orders = collection('orders');
const scope = withName(scopeOf(SOURCE), 'o', {
  kind: 'place',
  type: named('order'),
  locator: 'orders',
  counted: true,
});
const o = name('o');
const typed = (formula: Formula): string => {
  const type = typeOf(formula, scope);
  return type.kind === 'wrong' ? `${type.problem}: ${type.message}` : describeType(type);
};

describe('the type of a formula', () => {
  it('follows pointers by itself, and searches anonymous members', () => {
    expect(typed(member(member(member(o, 'link'), 'next'), 'prev'))).toBe('`*list_head`');
    expect(typed(member(o, 'inside'))).toBe('`u64`');
  });

  it('of a per-CPU variable is reached by a CPU or by all', () => {
    expect(typed(member(index(symbol('runqueues'), int(0)), 'nr_running'))).toBe('`u32`');
    expect(typed(member(every(symbol('runqueues')), 'nr_running'))).toBe('several of `u32`');
    const vectors = member(every(every(symbol('timer_bases'))), 'vectors');
    expect(typed(every(vectors))).toBe('several of `hlist_head`');
    expect(typed(member(symbol('runqueues'), 'nr_running'))).toMatch(/^no_member: the place `symbols/);
  });

  it('of a place without one is that of its cast', () => {
    expect(typed(member(cast(symbol('init_task'), named('task_struct')), 'pid'))).toBe('`pid_t`');
    expect(typed(cast(symbol('x'), named('nothing')))).toBe('no_type: there is no type `nothing`');
  });

  it("is a text for a char array, a number for `index`, nobody's business for a guest's own", () => {
    expect(typed(binary('==', member(o, 'name'), text('a')))).toBe('a truth');
    expect(typed(member(o, 'index'))).toBe('a number');
    expect(typed(member(cast(symbol('x'), named('mystery')), 'whatever'))).toBe('something of the guest');
  });

  it('is signed when both sides are, a constant being either', () => {
    const signed = (formula: Formula): unknown => (typeOf(formula, scope) as { signed?: boolean }).signed;
    const [delta, qty] = [member(o, 'delta'), member(o, 'qty')];
    expect(signed(binary('+', delta, delta))).toBe(true);
    expect(signed(binary('+', delta, int(1)))).toBe(true);
    expect(signed(binary('+', delta, qty))).toBe(false);
    expect(signed(binary('-', int(1), int(2)))).toBeUndefined();
    expect(signed(binary('>>', delta, qty))).toBe(true);
  });

  it('of a function over elements looks at each of them', () => {
    expect(typed(call('any', orders, binary('<', member(element, 'qty'), int(3))))).toBe('a truth');
    expect(typed(call('any', orders, member(element, 'qty')))).toBe(
      'mismatch: `any` takes a condition here, not a number',
    );
    expect(typed(call('root', orders))).toBe('`*order`');
    expect(typed(call('depth', o))).toBe('a number');
    expect(typed(call('count', o))).toMatch(/^mismatch: `count` takes the elements/);
    expect(typed(element)).toMatch(/^no_element/);
    expect(
      describeType(typeOf(member(element, 'qty'), withElement(scope, { kind: 'place', type: ORDER }))),
    ).toBe('`u32`');
  });
});

describe('a time', () => {
  const ms = (value: number): Formula => ({
    kind: 'int',
    value: BigInt(value) * 1_000_000n,
    quantity: 'time',
    span,
  });
  const kib: Formula = { kind: 'int', value: 1024n, quantity: 'size', span };
  const [qty, inside] = [member(o, 'qty'), member(o, 'inside')];

  it('goes with what has 64 bits, and with nothing narrower', () => {
    expect(typed(binary('<', inside, ms(3)))).toBe('a truth');
    expect(typed(binary('<', qty, ms(3)))).toBe('mismatch: `u32` and a time: they do not go together');
    expect(typed(binary('<', binary('+', qty, int(1)), ms(3)))).toMatch(/^mismatch/);
    expect(typed(binary('<', binary('*', qty, int(1_000_000)), ms(3)))).toBe('a truth');
    expect(typed(binary('<', inside, binary('+', ms(3), int(5))))).toMatch(/^mismatch: a time and a number/);
    expect(typed(binary('!=', ms(3), int(0)))).toBe('a truth');
  });

  it('is no count, no enumerator and no place, however many bits they have', () => {
    const apart = /^mismatch: .* they do not go together/;
    expect(typed(binary('<', call('count', orders), ms(3)))).toMatch(apart);
    expect(typed(binary('<', ms(3), call('crc32c', address(o), int(8))))).toMatch(apart);
    expect(typed(binary('<', member(o, 'kind'), ms(3)))).toMatch(apart);
    expect(typed(binary('<', address(o), ms(3)))).toMatch(apart);
    expect(typed(binary('<', call('sum', orders, member(element, 'inside')), ms(3)))).toBe('a truth');
    expect(typed(binary('<', call('swab64', inside), ms(3)))).toBe('a truth');
    expect(typed(binary('<', call('count', orders), kib))).toBe('a truth');
  });

  it('is no size, and a size goes with any number', () => {
    expect(typed(binary('+', ms(3), kib))).toBe('mismatch: a time and a size: they do not go together');
    expect(typed(binary('<', qty, kib))).toBe('a truth');
    expect(typed(binary('==', binary('/', qty, kib), int(3)))).toBe('a truth');
    expect(typed(binary('-', inside, ms(3)))).toBe('a time');
    expect(typed(binary('/', binary('-', inside, ms(3)), ms(1)))).toBe('a number');
  });
});

describe('a mistake in a formula', () => {
  it('names both types', () => {
    expect(typed(binary('==', member(o, 'name'), member(o, 'qty')))).toBe(
      'mismatch: `char[16]` and `u32`: they cannot be compared',
    );
    expect(typed(binary('in', member(o, 'qty'), { kind: 'set', items: [text('a')], span }))).toMatch(
      /`u32` and a text/,
    );
    expect(typed(binary('+', member(o, 'name'), int(1)))).toMatch(/^not_a_number: .* this is a text$/);
    expect(typed(binary('and', member(o, 'qty'), { kind: 'bool', value: true, span }))).toMatch(
      /^mismatch: a condition .* a number: compare it/,
    );
  });

  it('is a member, name, function or locator that is not there', () => {
    expect(typed(member(o, 'quantity'))).toBe('no_member: `order` has no member `quantity`');
    expect(typed(name('p'))).toMatch(/^no_name/);
    expect(typed(call('launch', o))).toMatch(/^no_function/);
    expect(typed(call('count'))).toBe('arguments: `count` takes 1 or 2 arguments, not 0');
    expect(typed(collection('nobody'))).toMatch(/^no_locator/);
  });

  it('is an entry behind the end of an array, and the address of what has none', () => {
    expect(typed(index(member(o, 'name'), int(16)))).toBe('out_of_bounds: entry 16 of `char[16]`');
    expect(typed(index(member(o, 'name'), int(15)))).toBe('`char`');
    expect(typed(address(member(o, 'flag')))).toBe('not_a_place: a bit-field has no address');
    expect(typed(address(binary('+', int(1), int(2))))).toMatch(/^not_a_place/);
    expect(typed(cast(member(o, 'qty'), pointer_to(named('order'))))).toBe('`*order`');
  });
});
