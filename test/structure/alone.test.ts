// Which requirements are about one word alone: at the first sight of it, that is damage. Two words may be caught
// between two stores.
import { describe, expect, it } from 'vitest';
import type { Formula } from '../../src/model/structure.ts';
import {
  address,
  binary,
  call,
  collection,
  index,
  int,
  member,
  name,
  range,
  symbol,
  cast,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  KERNEL_STRUCTS,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const ITEM = struct(
  'item',
  { state: 'u32', count: 'u32', other: '*item', link: 'list_head', table: 'u32[4]' },
  KERNEL_STRUCTS,
);
const ITEMS = locator('items', 'list', 'item', cast(symbol('head'), typeOf('list_head')), { via: ['link'] });
const x = name('x');

/** Whether a requirement that does not hold is about one word alone. */
function alone(condition: Formula): boolean | undefined {
  const memory = new FlatSpace();
  const [head, item] = [0x4000, 0x5100];
  memory.put(head, item + 16);
  memory.put(head + 8, item + 16);
  memory.put(item + 16, head);
  memory.put(item + 24, head);
  memory.put(item, 7 + 9 * 2 ** 32);
  memory.put(item + 8, item);
  const of = library(
    [ITEM],
    [ITEMS],
    [validator('v', [each('x', collection('items'), require_(condition, 'WRONG'))])],
  );
  const drafts = sessionOn(of, memory, { head }).validate('v')?.drafts ?? [];
  expect(drafts).toHaveLength(1);
  return drafts[0]?.alone;
}

describe('a requirement is about one word alone', () => {
  it.each([
    ['its range', binary('in', member(x, 'state'), range(int(0), int(3)))],
    [
      'the same word twice',
      binary('and', binary('<', member(x, 'state'), int(3)), binary('!=', member(x, 'state'), int(9))),
    ],
    ['where it leads, as a number', call('is_function', member(x, 'other'))],
    ['an entry of an array of its own', binary('==', index(member(x, 'table'), int(2)), int(5))],
    ['bytes at an address that nothing chose', binary('==', call('u32_at', symbol('head')), int(1))],
  ])('%s', (_what, condition) => {
    expect(alone(condition)).toBe(true);
  });
});

describe('a requirement is about more than a word', () => {
  it.each([
    ['two members', binary('<', member(x, 'count'), member(x, 'state'))],
    ['what a pointer of its own leads to', binary('==', member(member(x, 'other'), 'state'), int(1))],
    [
      'an entry that another word chooses',
      binary('==', index(member(x, 'table'), binary('&', member(x, 'state'), int(3))), int(5)),
    ],
    ['the place where its element is filed', binary('==', member(x, 'state'), member(x, 'index'))],
    ['where its element lies', binary('==', member(x, 'state'), address(x))],
    ['how many there are', binary('==', call('count', collection('items')), int(8))],
    ['whether it is among others', binary('in', cast(int(8), typeOf('*item')), collection('items'))],
  ])('%s', (_what, condition) => {
    expect(alone(condition)).toBe(false);
  });
});
