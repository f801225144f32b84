import { describe, expect, it } from 'vitest';
import { link } from '../../src/structure/link.ts';
import { KERNEL_STRUCTS, library, struct } from '../support/structures.ts';

describe('the fields of an object', () => {
  const INNER = struct('inner', { a: 'u8', b: 'u16' });
  const OUTER = struct('outer', { chain: 'hlist_node', token: 'u64', inner: 'inner', name: 'char[4]' }, [
    ...KERNEL_STRUCTS,
    INNER,
  ]);
  const linked = link(library([INNER, OUTER], [], []), undefined);
  const names = (from: number, bytes: number): string[] =>
    linked.fieldsOf('outer', from, bytes).map((one) => `${one.name} ${one.offset} ${one.bytes}`);

  it('are told with those of the structs in it', () => {
    expect(names(0, 64)).toEqual([
      'chain.next 0 8',
      'chain.pprev 8 8',
      'token 16 8',
      'inner.a 24 1',
      'inner.b 26 2',
      'name 28 4',
    ]);
  });

  it('are those that lie wholly in what is shown', () => {
    expect(names(16, 12)).toEqual(['token 0 8', 'inner.a 8 1', 'inner.b 10 2']);
    expect(names(20, 8)).toEqual(['inner.a 4 1', 'inner.b 6 2']);
  });

  it('of an unknown type are none', () => {
    expect(linked.fieldsOf('nobody', 0, 64)).toEqual([]);
  });
});
