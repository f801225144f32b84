// Whether a finding is about an address: what its field's type says, not how long it is.
import { describe, expect, it } from 'vitest';
import type { Formula, Statement } from '../../src/model/structure.ts';
import {
  binary,
  call,
  cast,
  collection,
  int,
  member,
  name,
  span,
  symbol,
  text,
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
  { count: 'u64', other: '*item', link: 'list_head', word: 'char[8]' },
  KERNEL_STRUCTS,
);
const ITEMS = locator('items', 'list', 'item', cast(symbol('head'), typeOf('list_head')), { via: ['link'] });
const [HEAD, AT] = [0x4000, 0x5100];
const x = name('x');

function memory(): FlatSpace {
  const made = new FlatSpace();
  made.put(HEAD, AT + 16);
  made.put(HEAD + 8, AT + 16);
  made.put(AT + 16, HEAD);
  made.put(AT + 24, HEAD);
  made.put(AT, 0x5300);
  made.put(AT + 8, 0x5300);
  return made;
}

function pointer(...body: Statement[]): boolean | undefined {
  const of = library([ITEM], [ITEMS], [validator('v', [each('x', collection('items'), ...body)])]);
  const drafts = sessionOn(of, memory(), { head: HEAD }).validate('v')?.drafts ?? [];
  expect(drafts).toHaveLength(1);
  return drafts[0]?.pointer;
}

const walk = (from: Formula, ...body: Statement[]): Statement => ({
  kind: 'walk',
  name: 'o',
  from,
  step: call('u64_at', name('o')),
  limit: int(0),
  cycle: 'CYCLE',
  over_limit: 'OVER',
  body,
  span,
});

describe('a finding is about an address', () => {
  it.each<[string, Statement]>([
    ['of a pointer', require_(binary('==', member(x, 'other'), int(0)), 'WRONG')],
    [
      'of a number that is said to be one',
      require_(binary('==', cast(member(x, 'count'), typeOf('*item')), int(0)), 'WRONG'),
    ],
    [
      'of a symbol of which nobody knows more',
      require_(binary('==', call('u64_at', symbol('head')), int(0)), 'WRONG', [], { at: symbol('head') }),
    ],
    ['of a walk that began at a pointer', walk(member(x, 'other'))],
  ])('%s', (_what, statement) => {
    expect(pointer(statement)).toBe(true);
  });
});

describe('a finding is about no address', () => {
  it.each<[string, Statement]>([
    ['of a number of eight bytes', require_(binary('==', member(x, 'count'), int(0)), 'WRONG')],
    ['of eight bytes of text', require_(binary('==', member(x, 'word'), text('fine')), 'WRONG')],
    [
      'of a pointer that is read as a number',
      require_(binary('==', cast(member(x, 'other'), typeOf('u64')), int(0)), 'WRONG'),
    ],
    ['of a walk that began at a number', walk(member(x, 'count'))],
    ['of no field at all', require_(binary('==', call('count', collection('items')), int(0)), 'WRONG')],
  ])('%s', (_what, statement) => {
    expect(pointer(statement)).toBe(false);
  });
});

it('a link is an address, and how far a ring goes is none', () => {
  const ring = locator('ring', 'ring', 'item', cast(symbol('base'), typeOf('item[8]')), {
    first: int(10),
    last: cast(symbol('last'), typeOf('u64')),
  });
  const of = library([ITEM], [ITEMS, ring], [validator('items', []), validator('ring', [])]);
  const made = memory();
  made.put(AT + 24, 0x5300);
  made.put(0x4100, 19);
  const session = sessionOn(of, made, { head: HEAD, base: 0x6000, last: 0x4100 });
  const said = (structure: string) =>
    session.validate(structure)?.drafts.map(({ code, pointer: is }) => [code, is]);
  expect(said('items')).toEqual([['LIST_BACKLINK', true]]);
  expect(said('ring')).toEqual([['RING_BOUNDS', false]]);
});
