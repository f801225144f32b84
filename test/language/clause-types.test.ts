import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { exampleHost } from '../support/example-host.ts';

const TYPES = `struct item { link: list_head; chain: hlist_node; k: u32; next: *item; row: item_row; bare: *void; lock: u32 }
struct item_row { entries: u64[4]; heads: hlist_head[4]; first: list_head }
`;

/** What is said of a locator; of a warning that nothing looks at it, nothing. */
const said = (locator: string): string[] =>
  compile(['example.spec'], exampleHost(`${TYPES}${locator}\n`))
    .diagnostics.filter(({ code }) => code !== 'E1018')
    .map(({ code, message }) => `${code} ${message}`);

describe('a clause of a locator', () => {
  for (const sound of [
    'locator a: array of u64 from (symbols["a"] as item).row.entries',
    'locator a: array of item from symbols["a"] length symbols["n"] as u16 guard symbols["lock"]',
    'locator a: array of item from (symbols["a"] as item).next length 4 guard .lock',
    'locator a: ring of item from symbols["a"] length 8 first symbols["f"] as u32 last symbols["l"] as u64',
    'locator a: graph of item from symbols["a"] step next, (k == 0 ? 0 : next)',
    'locator a: graph of item from symbols["a"] step bare, (next & ~7) as *item',
    'locator a: hash of item via chain from (symbols["a"] as item).row.heads length 4',
    'locator a: list of item via link from (symbols["a"] as item).row.first guard symbols["init_task"] as spinlock_t',
    'locator a: one of item from (symbols["a"] as item).next',
  ])
    it(`may be \`${sound}\``, () => {
      expect(said(sound)).toEqual([]);
    });

  it('names what it takes and what it was given', () => {
    expect(said('locator a: graph of item from symbols["a"] step k')).toEqual([
      'E1019 `step` leads on by a `*item`, not by `u32`',
    ]);
    expect(said('locator a: list of item via link from (symbols["a"] as item).k')).toEqual([
      'E1019 a `list` begins at `list_head`, and this is `u32`',
    ]);
    expect(
      said('locator a: list of item via link from symbols["a"] guard (symbols["b"] as item).next'),
    ).toEqual(['E1019 `guard` takes the place of a lock, a struct or an unsigned word, not `*item`']);
  });

  it('holds no time where a number of entries is meant', () => {
    expect(said('locator a: array of item from symbols["a"] length 3 ms')).toEqual([
      'E1019 `length` takes a number, not a time',
    ]);
  });

  it('says no more entries than an array has by its type', () => {
    const row = 'locator a: array of u64 from (symbols["a"] as item).row.entries';
    expect(said(`${row} length 4`)).toEqual([]);
    expect(said(`${row} length 5`)).toEqual(['E1019 `length` is 5, and `from` begins at `u64[4]`']);
  });

  it('is missed where an array would have no length', () => {
    expect(
      said('locator a: array of item from (symbols["a"] as item).next').map((one) => one.slice(0, 5)),
    ).toEqual(['E1012']);
  });
});
