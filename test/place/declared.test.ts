import { describe, expect, it } from 'vitest';
import { evaluate, resolve, scalar } from '../../src/place/evaluate.ts';
import { formatValue } from '../../src/place/value.ts';
import { worldOf } from '../../src/place/world.ts';
import { createGuest } from '../../src/targets/sim/guest/kernel.ts';
import { powerOn } from '../../src/targets/sim/sim-target.ts';
import { ledger, store } from '../support/apps.ts';
import { bareTopology } from '../support/bare-kernel.ts';
import { place } from '../support/expressions.ts';

const MIB = 1_048_576;
const bare = bareTopology(['web']);
const topology = {
  ...bare,
  lpars: bare.lpars.map((lpar) => ({ ...lpar, memory_bytes: 64 * MIB, apps: [ledger(400), store()] })),
};
const target = powerOn(topology, 1, createGuest);
target.bootAll();
const world = worldOf({ topology, lets: [] }, target, 1);

const value = (text: string): string => {
  const read = scalar(world, evaluate(world, place(text)));
  return read.ok ? formatValue(read.value) : `${read.code}: ${read.message}`;
};
const count = (text: string): string => {
  const read = evaluate(world, {
    kind: 'call',
    name: 'count',
    args: [place(text)],
    span: { file: '', start: 0, end: 0 },
  });
  return read.ok ? formatValue(read.value) : `${read.code}: ${read.message}`;
};
const textOf = (text: string): string => {
  const found = resolve(world, place(text));
  return found.ok ? found.value.text : `${found.code}: ${found.message}`;
};

describe('places of a structure that a spec declares', () => {
  it('are as many as the app was told to fill', () => {
    expect(count('web.accounts')).toBe('400');
    expect(count('web.orders')).toBe('40');
    expect(count('web.index')).toBe('37');
  });

  it('have the members and entries of the declared type', () => {
    expect(value('web.accounts[0].leaf')).toBe('0');
    expect(Number(value('web.accounts[399].count'))).toBeGreaterThanOrEqual(7);
    expect(value('web.accounts[399].leaf')).toBe('1');
    const [first, second] = [value('web.accounts[0].key[0]'), value('web.accounts[0].key[1]')].map(Number);
    expect(first).toBeLessThan(second as number);
  });

  it('follow their pointers in the memory of the process', () => {
    const keys = [
      value('web.accounts[0].child[0].key[0]'),
      value('web.accounts[0].key[0]'),
      value('web.accounts[0].child[1].key[0]'),
    ].map(Number);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(value('web.orders[100].link.next.prev')).not.toContain('UNMAPPED');
  });

  it('are chosen by the seed, by their id or by their position, and named so that the name can be pasted', () => {
    const any = textOf('web.accounts[any].key[3]');
    expect(any).toMatch(/^web\.accounts\[\d+\]\.key\[3\]$/);
    expect(textOf('web.accounts[any].key[3]')).toBe(any);
    expect(value(any)).toMatch(/^\d+$/);
    expect(value('web.orders[5].id')).toBe('105');
  });

  it('outside of an array, without a member, or beyond the last are refused with the reason', () => {
    expect(textOf('web.accounts[0].key[15]')).toBe('INDEX: 15 is outside its 15 elements');
    expect(textOf('web.accounts[0].kee')).toContain('NO_MEMBER');
    expect(textOf('web.accounts[0].count.x')).toContain('NOT_A_PLACE');
    expect(textOf('web.accounts[400]')).toContain('NOT_FOUND');
  });

  it("an app's words are read in its own memory", () => {
    const sum = Array.from({ length: 400 }, (_, node) => Number(value(`web.accounts[${node}].count`)));
    expect(Number(value('web.symbols["ledger_size"]'))).toBe(sum.reduce((total, one) => total + one, 0));
    expect(value('web.symbols["s_count"]')).toBe('40');
    expect(value('web.symbols["ledger_lock"]')).toBe('0');
  });

  it('an index of a ring is of the type that its `as` says, and in the memory of the process', () => {
    const first = resolve(world, place('web.symbols["s_first"]'));
    expect(first.ok && first.value.kind === 'bytes' && first.value.bytes).toBe(4);
    const used = Number(value('web.symbols["s_last"]')) - Number(value('web.symbols["s_first"]'));
    expect(used).toBe(10);
  });

  it('where a structure begins there is a head, an array or a pointer, as its shape says', () => {
    expect(value('web.symbols["s_list"].next.prev')).toBe(value('web.symbols["s_list"].next.next.prev.prev'));
    expect(value('web.symbols["s_list"].prev')).not.toContain('UNMAPPED');
    expect(value('web.symbols["s_array"][3].id')).toBe('103');
    expect(value('web.symbols["s_ring"][9].id')).toBe('109');
    expect(value('web.symbols["s_chain"].id')).toBe('100');
    expect(value('web.symbols["s_stack"].first')).not.toContain('NO_TYPE');
    expect(Number(value('web.symbols["s_map"][0]'))).toBeGreaterThan(0);
    expect(textOf('web.symbols["s_map"][4]')).toBe('INDEX: 4 is outside its 4 elements');
  });

  it('lie in bytes that can be written, across pages', () => {
    const node = resolve(world, place('web.accounts[7]'));
    expect(node.ok && node.value.kind === 'bytes' ? node.value.bytes : 0).toBe(256);
  });
});
