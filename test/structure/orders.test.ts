// The list of the language's tour, laid out by hand.
import { describe, expect, it } from 'vitest';
import {
  address,
  binary,
  call,
  cast,
  collection,
  int,
  member,
  name,
  range,
  symbol,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  KERNEL_STRUCTS,
  let_,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const ORDER = struct('order', { link: 'list_head', id: 'u64', qty: 'u32', state: 'u8' }, KERNEL_STRUCTS);
const o = name('o');
const orders = collection('orders');
const LIBRARY = library(
  [ORDER],
  [locator('orders', 'list', 'order', symbol('order_book'), { via: ['link'] })],
  [
    validator('orders', [
      each(
        'o',
        orders,
        require_(binary('==', member(o, 'link', 'next', 'prev'), address(member(o, 'link'))), 'BACK'),
        require_(binary('in', member(o, 'qty'), range(int(1), int(1000))), 'RANGE', [
          'order ',
          { value: member(o, 'id'), format: 'plain' },
          ': quantity ',
          { value: member(o, 'qty'), format: 'hex' },
        ]),
      ),
      let_('said', cast(symbol('order_count'), typeOf('u64'))),
      require_(
        binary('==', call('count', orders), name('said')),
        'COUNT',
        ['the book says ', { value: name('said'), format: 'plain' }],
        { expected: call('count', orders) },
      ),
    ]),
  ],
);
const [HEAD, COUNT, FIRST] = [0x4000, 0x4100, 0x1_0000];

function book(many: number): FlatSpace {
  const memory = new FlatSpace();
  const nodes = [HEAD, ...Array.from({ length: many }, (_, index) => FIRST + index * 0x40)];
  nodes.forEach((node, index) => {
    memory.put(node, nodes[(index + 1) % nodes.length] as number);
    memory.put(node + 8, nodes[(index + nodes.length - 1) % nodes.length] as number);
    if (index > 0) memory.put(node + 16, 100 + index);
    if (index > 0) memory.put(node + 24, index);
  });
  memory.put(COUNT, many);
  return memory;
}

const check = (memory: FlatSpace) =>
  sessionOn(LIBRARY, memory, { order_book: HEAD, order_count: COUNT }).validate('orders');

describe('a validator of a list', () => {
  it('passes a sound one, and counts its elements', () => {
    expect(check(book(5))).toEqual({ drafts: [], left_out: 0, elements: 5, failure: undefined });
    expect(check(book(700))?.elements).toBe(700);
    expect(check(book(0))).toEqual({ drafts: [], left_out: 0, elements: 0, failure: undefined });
  });

  it('names the field, the values and what was expected', () => {
    const memory = book(5);
    memory.put(FIRST + 0x80 + 24, 4242);
    memory.put(COUNT, 6);
    expect(check(memory)?.drafts).toMatchObject([
      {
        code: 'RANGE',
        place: 'orders[2].qty',
        address: FIRST + 0x80 + 24,
        bytes: 4,
        message: 'order 103: quantity 0x1092',
        object: { type: 'order', base: FIRST + 0x80 },
        of_shape: false,
      },
      {
        code: 'COUNT',
        place: 'symbols["order_count"]',
        message: 'the book says 6',
        expected: 5,
        expected_bits: 5n,
      },
    ]);
  });

  it("gives the shape's own finding at the wrong link, and goes on behind it", () => {
    const memory = book(5);
    memory.put(FIRST + 0x80, 0xdead_0000_0000_0100n);
    const result = check(memory);
    expect(result?.elements).toBe(5);
    expect(result?.drafts[0]).toMatchObject({
      code: 'LIST_NEXT_POISON',
      place: 'orders[2].link.next',
      expected: FIRST + 0xc0,
      of_shape: true,
    });
  });

  it('says UNMAPPED with the pointer that led there, and judges the rest', () => {
    const memory = book(3);
    const lost = sessionOn(LIBRARY, memory, { order_book: HEAD, order_count: 0x7000_0000 }).validate(
      'orders',
    );
    expect(lost?.failure).toMatchObject({ code: 'UNMAPPED', place: 'symbols["order_count"]' });
    const none = sessionOn(LIBRARY, memory, { order_book: HEAD }).validate('orders');
    expect(none?.failure).toMatchObject({ code: 'NO_SYMBOL', message: 'there is no symbol order_count' });
  });
});
