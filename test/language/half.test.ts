import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import type { Compiled } from '../../src/language/compile.ts';
import { memoryHost } from '../support/memory-host.ts';

const SOUND = `struct order {
  link:  list_head
  id:    u64
  qty:   u32
  state: enum u8 { open = 0, filled = 1 }
}
locator books: list of order via link from symbols["order_book"] space tasks["keeper"].mm id id
validator books {
  each o in books {
    require o.qty in 1..1000       else BOOK_RANGE "order {o.id}"
    require o.state in order.state else BOOK_STATE "order {o.id}"
  }
  repair BOOK_RANGE: set o.qty to 1
}
fault harm(book) { set book.qty to 0 }
topology shop {
  machine { cpus 0..1; memory 256 MiB }
  lpar web {
    owns cpus 0
    owns memory 96 MiB
    metadata { describes tasks, books }
    app keeper { books 30 { id counter from 1; qty 1..1000; state [open, filled] } }
  }
  ambulance rescue { owns cpus 1; owns memory 32 MiB; attends web }
}
`;
const scenario = (name: string): string => `scenario "${name}" {
  uses shop
  at 40 ms: set web.books[4].qty to 0
  at 41 ms: harm web.books[5]
  at 60 ms: summon rescue to web
  expect {
    verdict   web.books is corrupt with BOOK_RANGE at web.books[4].qty, web.books[5].qty
    check     count(web.books) == 30
  }
}
`;

/** `b.spec` takes the machine of `a.spec`, and its structure. */
function compiled(broken: string): Compiled {
  const texts: Record<string, string> = {
    'a.spec': broken + scenario('a'),
    'b.spec': `import { shop, books, harm } from "./a.spec"\n${scenario('b')}`,
    'c.spec': `import { shop } from "./a.spec"\nscenario "c" { uses shop; expect { guest web is healthy } }\n`,
  };
  return compile(['a.spec', 'b.spec', 'c.spec'], memoryHost(texts));
}

describe('a declaration that is wrong', () => {
  it('is not there when nothing is wrong', () => {
    const { value, diagnostics } = compiled(SOUND);
    expect(diagnostics).toEqual([]);
    expect(value.flatMap(({ scenarios }) => scenarios.map(({ name }) => name))).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a struct with a type that is none', 'qty:   u32', 'qty:   u3', 'E1002'],
    ['a struct whose size disagrees', 'struct order {', 'struct order size 3 {', 'E1003'],
    ['a struct without its brace', 'struct order {', 'struct order', 'E1009'],
    ['a struct without a colon', 'qty:   u32', 'qty   u32', 'E0203'],
    ['a locator of a shape that is none', 'list of', 'lst of', 'E1011'],
    ['a locator of a type that is none', 'list of order', 'list of ordr', 'E1002'],
    ['a locator through a member that is none', 'via link', 'via lnk', 'E1022'],
    ['a locator that cannot be read', 'id id\n', 'id id)\n', 'E0203'],
    ['a validator of a member that is none', 'require o.state', 'require o.sate', 'E1022'],
    ['a validator that cannot be read', 'else BOOK_STATE', 'els BOOK_STATE', 'E0203'],
    ['a validator without its brace', 'validator books {', 'validator books', 'E0203'],
    ['an application with a member that is none', 'qty 1..1000', 'qt 1..1000', 'E1022'],
    ['a repair of nothing', 'repair BOOK_RANGE', 'repair BOOK_RANG', 'E1042'],
  ])('is told once, and nothing runs with the rest: %s', (_what, from, to, code) => {
    expect(SOUND).toContain(from);
    const { value, diagnostics } = compiled(SOUND.replace(from, to));
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
    expect(value.flatMap(({ scenarios }) => scenarios)).toEqual([]);
  });
});
