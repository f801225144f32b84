// An element that hangs in two structures is taken off the one that it was found in, whichever was gone through first.
import { describe, expect, it } from 'vitest';
import type { LocatorModel, Statement } from '../../../src/model/structure.ts';
import { link } from '../../../src/structure/link.ts';
import { propose } from '../../../src/structure/repair/propose.ts';
import { FlatSpace } from '../../support/flat-space.ts';
import { binary, call, cast, collection, int, member, name, span, symbol } from '../../support/formulas.ts';
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
} from '../../support/structures.ts';

const ITEM = struct(
  'item',
  { rb: 'rb_node', lh: 'list_head', hn: 'hlist_node', other: '*item', value: 'u64' },
  [...KERNEL_STRUCTS, struct('item', {})],
);
const [TREE, LIST, HASH, LOOSE] = [0x4000, 0x4100, 0x4200, 0x4300];
const at = (index: number): number => 0x1_0000 + index * 0x80;
const [LH, HN, OTHER, VALUE] = [24, 40, 56, 64];
const LOCATORS: Readonly<Record<string, LocatorModel>> = {
  tree: locator('tree', 'tree', 'item', cast(symbol('tree'), typeOf('rb_root')), {
    via: ['rb'],
    key: ['value'],
  }),
  list: locator('list', 'list', 'item', symbol('list'), { via: ['lh'] }),
  hash: locator('hash', 'hash', 'item', symbol('hash'), { via: ['hn'], length: int(1) }),
  loose: locator('loose', 'list', 'item', symbol('loose'), { via: ['lh'] }),
};

/** Three items in a tree, a list and a bucket; the middle one is the tree's root. */
function memory(): FlatSpace {
  const made = new FlatSpace();
  made.put(TREE, at(1));
  made.put(at(1) + 16, at(0));
  made.put(at(1) + 8, at(2));
  made.put(at(1), 1);
  made.put(at(0), at(1));
  made.put(at(2), at(1));
  const ring = [LIST, at(0) + LH, at(1) + LH, at(2) + LH];
  ring.forEach((node, index) => {
    made.put(node, ring[(index + 1) % 4] as number);
    made.put(node + 8, ring[(index + 3) % 4] as number);
  });
  const chain = [HASH, at(0) + HN, at(1) + HN, at(2) + HN];
  chain.slice(0, 3).forEach((field, index) => {
    made.put(field, chain[index + 1] as number);
    made.put((chain[index + 1] as number) + 8, field);
  });
  for (const one of [0, 1, 2]) made.put(at(one) + VALUE, one + 1);
  for (const one of [0, 1, 2]) made.put(at(one) + OTHER, at(2));
  made.put(LOOSE, LOOSE);
  made.put(LOOSE + 8, LOOSE);
  return made;
}

/** Which members of its neighbours are written when `subject` of a finding at the second item is unlinked. */
function unlinked(judged: string, body: Statement, of: readonly string[], subject = name('e')): string {
  const flat = memory();
  const repairs = [{ code: 'BAD', verb: 'unlink', subject, unless_loss: false, span }] as const;
  const known = library(
    [ITEM],
    of.map((one) => LOCATORS[one] as LocatorModel),
    [validator(judged, [body], repairs)],
  );
  const session = sessionOn(known, flat, { tree: TREE, list: LIST, hash: HASH, loose: LOOSE });
  // As another validator would have, before.
  for (const one of of) session.elements(one).all();
  const drafts = session.validate(judged)!.drafts.filter(({ code }) => code === 'BAD');
  expect(drafts).toHaveLength(1);
  const made = propose(session, link(known, undefined), drafts[0]!, drafts)!;
  if (made.declined) return made.declined.code;
  for (const { address, after } of made.writes)
    flat.put(
      address,
      after.reduceRight((sum, byte) => sum * 256 + byte, 0),
    );
  const again = sessionOn(known, flat, { tree: TREE, list: LIST, hash: HASH, loose: LOOSE });
  return of.filter((one) => again.elements(one).all().length === 2).join();
}

const bad = (of: string, bound = 'e'): Statement =>
  each(bound, collection(of), require_(binary('!=', member(name(bound), 'value'), int(2)), 'BAD'));

describe('an element is taken', () => {
  it.each([
    ['tree', 'list'],
    ['list', 'tree'],
    ['hash', 'list'],
    ['list', 'hash'],
    ['hash', 'tree'],
    ['tree', 'hash'],
  ])('off the %s that was judged, and left in the %s', (judged, other) => {
    expect(unlinked(judged, bad(judged), [judged, other])).toBe(judged);
    expect(unlinked(judged, bad(judged), [other, judged])).toBe(judged);
  });

  it('off what it was found in where that is not what the validator is called after', () => {
    expect(unlinked('tree', bad('list'), ['tree', 'list'])).toBe('list');
    const inner = each(
      'e',
      collection('list'),
      each(
        'f',
        collection('hash'),
        require_(
          binary('!=', binary('+', member(name('e'), 'value'), member(name('f'), 'value')), int(2)),
          'BAD',
        ),
      ),
    );
    expect(unlinked('tree', inner, ['tree', 'hash', 'list'])).toBe('list');
    expect(unlinked('tree', inner, ['tree', 'hash', 'list'], name('f'))).toBe('hash');
  });

  it('off the only one that has it, what a pointer leads to too; of two that are not judged, off neither', () => {
    const counted = require_(binary('==', call('count', collection('loose')), int(1)), 'BAD', [], {
      at: symbol('loose'),
    });
    const led = each(
      'e',
      collection('tree'),
      require_(binary('!=', member(name('e'), 'value'), int(2)), 'BAD'),
    );
    expect(unlinked('loose', led, ['tree', 'loose'], member(name('e'), 'other'))).toBe('tree');
    expect(unlinked('tree', led, ['list', 'tree'], member(name('e'), 'other'))).toBe('tree');
    expect(unlinked('loose', led, ['list', 'tree', 'loose'], member(name('e'), 'other'))).toBe('NO_WAY');
    expect(unlinked('loose', counted, ['list', 'loose'], symbol('loose'))).toBe('NO_WAY');
  });
});
