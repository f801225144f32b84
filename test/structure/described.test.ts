import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/formats/locator-code/assemble.ts';
import { compileLocator } from '../../src/formats/locator-code/compile.ts';
import type { LocatorEntry } from '../../src/formats/locator-code/entry.ts';
import type { LibraryModel, LocatorModel } from '../../src/model/structure.ts';
import { describedLocators } from '../../src/structure/described.ts';
import { withDescribed } from '../../src/structure/spoken-for.ts';
import { link } from '../../src/structure/link.ts';
import type { Result } from '../../src/structure/findings.ts';
import type { Session } from '../../src/structure/session.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  binary,
  cast,
  collection,
  element,
  index,
  int,
  member,
  name,
  range,
  symbol,
} from '../support/formulas.ts';
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

const ORDER = struct('order', { link: 'list_head', id: 'u64', qty: 'u32', state: 'u8' }, KERNEL_STRUCTS);
const BOOK = struct('book', { lock: 'u32', orders: 'list_head', count: 'u32' }, [...KERNEL_STRUCTS]);
const NODE = struct('node', { count: 'u64', child: '*node[4]' }, []);
const book = member(cast(symbol('the_book'), typeOf('book')), 'orders');
const LIBRARY: LibraryModel = library(
  [ORDER, BOOK, NODE],
  [
    locator('orders', 'list', 'order', book, { via: ['link'], guard: member(element, 'lock') }),
    locator('tree', 'graph', 'node', symbol('root'), {
      step: [index(member(element, 'child'), range(int(0), member(element, 'count')))],
    }),
  ],
  [
    validator('orders', [
      each(
        'o',
        collection('orders'),
        require_(binary('in', member(name('o'), 'qty'), range(int(1), int(1000))), 'RANGE'),
      ),
    ]),
    validator('tree', [
      each('n', collection('tree'), require_(binary('<=', member(name('n'), 'count'), int(3)), 'FILL')),
    ]),
  ],
);
const SYMBOLS = { the_book: 0x4000, root: 0x5000, elsewhere: 0x6000 };
const [HEAD, FIRST] = [0x4008, 0x1_0000];

/** Three orders in a book, and a tree of two nodes. */
function memory(): FlatSpace {
  const made = new FlatSpace();
  const nodes = [HEAD, FIRST, FIRST + 0x40, FIRST + 0x80];
  nodes.forEach((at, number) => {
    made.put(at, nodes[(number + 1) % 4] as number);
    made.put(at + 8, nodes[(number + 3) % 4] as number);
    if (number > 0) made.put(at + 24, 5);
  });
  made.put(0x5000, 0x2_0000);
  made.put(0x2_0000, 0);
  made.put(0x2_0008, 0x2_1000);
  return made;
}

/** What the guest says of itself: the same as the library, but for what a test replaces. */
function entriesOf(forged: Readonly<Record<string, string>> = {}, of = LIBRARY): Map<string, LocatorEntry> {
  const linked = link(of, undefined);
  const types = {
    named: (type: string) => linked.typeNamed(type),
    variable: () => undefined,
    perCpu: () => false,
  };
  return new Map(
    of.locators.map((model: LocatorModel) => {
      const compiled = compileLocator(model, types);
      if (!compiled.ok) throw new Error(compiled.message);
      const code = forged[model.name];
      const assembled = code === undefined ? undefined : assemble(code, compiled.entry.texts);
      if (assembled?.ok === false) throw new Error(assembled.message);
      const { entry } = compiled;
      return [
        model.name,
        assembled
          ? { ...entry, texts: assembled.texts, blocks: new Map([...entry.blocks, ...assembled.blocks]) }
          : entry,
      ];
    }),
  );
}

function sessionWith(
  entries: ReadonlyMap<string, LocatorEntry>,
  on: FlatSpace,
  symbols: Readonly<Record<string, number>> = SYMBOLS,
): Session {
  const with_guest = withDescribed(LIBRARY, entries, 'orders');
  const linked = link(with_guest, undefined);
  let steps = 0;
  const around = {
    kernel: on.space,
    process: () => on.space,
    symbol: (of: string) => symbols[of],
    perCpuBase: () => NaN,
    cpu_count: 2,
    budget: { step: () => ++steps < 1_000_000 },
  };
  const session: Session = sessionOn(with_guest, on, symbols, {
    described: describedLocators(entries, {
      around,
      types: { named: (type) => linked.typeNamed(type) },
      nameOf: (of, base) => session.nameOf(of, base),
    }),
  });
  return session;
}

const check = (
  structure: string,
  forged: Readonly<Record<string, string>> = {},
  on = memory(),
): Result | undefined => sessionWith(entriesOf(forged), on).validate(structure);

describe('what the guest says of its structures', () => {
  it('finds them, with the names that the library would give', () => {
    const session = sessionWith(entriesOf(), memory());
    const [root] = session.elements('orders').all().roots;
    expect(session.elements('orders').bases).toEqual([FIRST, FIRST + 0x40, FIRST + 0x80]);
    expect(root).toMatchObject({
      head: HEAD,
      place: 'symbols["the_book"].orders',
      object: { type: 'book', base: 0x4000 },
    });
    expect(root?.guard).toMatchObject({ address: 0x4000, type: 'u32', place: 'symbols["the_book"].lock' });
    expect(check('orders')).toMatchObject({ drafts: [], elements: 3 });
  });

  it('is believed where the library cannot begin: roots elsewhere are gone to', () => {
    const other = memory();
    other.put(0x6000, 0x6000);
    other.put(0x6008, 0x6000);
    const without = { root: SYMBOLS.root, elsewhere: SYMBOLS.elsewhere };
    const session = sessionWith(entriesOf({ orders: 'symbol elsewhere; dup; root' }), other, without);
    expect(session.validate('orders')).toMatchObject({ elements: 0, failure: undefined });
  });

  it.each([
    ['elsewhere', 'symbol elsewhere; dup; root', '0x0000000000006000'],
    ['nowhere', 'const 0; dup; root', '0x0000000000000000'],
    ['at no place at all', 'const 1; drop', '0x0000000000004008'],
    [
      'there and elsewhere',
      'symbol the_book; dup; const 8; add; root; symbol elsewhere; dup; root',
      '0x0000000000006000',
    ],
  ])('that a structure begins %s is not believed against the symbols of the kernel', (_, code, at) => {
    const { failure } = check('orders', { orders: code }) ?? {};
    expect(failure).toMatchObject({ code: 'LOCATOR_ROOTS' });
    expect(failure?.message).toContain(at);
    expect(check('tree', { orders: code })).toMatchObject({ drafts: [], elements: 2, failure: undefined });
  });

  it('that gives no place at all is unreachable where the library cannot begin either', () => {
    const session = sessionWith(entriesOf({ orders: 'const 1; drop' }), memory(), { root: SYMBOLS.root });
    expect(session.validate('orders')).toMatchObject({ drafts: [], failure: { code: 'LOCATOR_ROOTS' } });
  });

  it.each([
    ['loops', 'loop 0', 'LOCATOR_BUDGET', 'roots at byte 0'],
    ['is cut short', 'symbol the_book; byte 0x01', 'LOCATOR_MALFORMED', 'roots at byte 2'],
    ['finds nothing on its stack', 'symbol the_book; root', 'LOCATOR_STACK', 'roots at byte 2'],
    ['names no symbol', 'symbol nobody; dup; root', 'NO_SYMBOL', 'roots at byte 0'],
    [
      'reads outside of the partition',
      'const 0x7fff00000000; load64; dup; root',
      'UNMAPPED',
      'roots at byte 8',
    ],
    ['asks for a CPU too many', 'cpus; percpu; dup; root', 'INDEX', 'there is no CPU 2'],
    ['gives no guard', '.guard', 'LOCATOR_STACK', 'guard at byte 0'],
  ])('that %s costs its own structure only, and the byte is named', (_, code, why, where) => {
    const result = check('orders', { orders: code });
    expect(result?.failure?.code).toBe(why);
    expect(result?.failure?.message).toContain(where);
    expect(check('tree', { orders: code })).toMatchObject({ drafts: [], elements: 2, failure: undefined });
  });

  it('steps that go beyond an array leave the rest judged', () => {
    const on = memory();
    on.put(0x2_1000, 4000);
    const result = check('tree', {}, on);
    expect(result?.failure).toMatchObject({ code: 'INDEX', place: 'tree[1].count' });
    expect(result?.failure?.message).toContain('tree: step at byte');
    expect(result?.drafts[0]).toMatchObject({ code: 'FILL' });
  });

  it('of another type makes the checks be made on that', () => {
    const entries = entriesOf();
    const orders = entries.get('orders') as LocatorEntry;
    entries.set('orders', { ...orders, names: { ...orders.names, type: 'node' } });
    expect(sessionWith(entries, memory()).validate('orders')?.failure?.code).toBe('NO_TYPE');
  });

  it('changes nothing of a library that says the same', () => {
    const entries = entriesOf();
    expect(withDescribed(LIBRARY, entries, 'orders')).toBe(LIBRARY);
    // What was compiled when Siren was built carries other places of its text.
    const placed = LIBRARY.locators.map((one) => ({
      ...one,
      of: { ...one.of, span: { file: 'a.spec', start: 1, end: 2 } },
    }));
    const built: LibraryModel = { ...LIBRARY, locators: placed };
    expect(withDescribed(built, entries, 'orders')).toBe(built);
    const orders = entries.get('orders') as LocatorEntry;
    const other = new Map([['orders', { ...orders, limit: 7 }]]);
    expect(withDescribed(LIBRARY, other, 'orders')).not.toBe(LIBRARY);
    expect(withDescribed(LIBRARY, new Map(other), 'orders')).toBe(withDescribed(LIBRARY, other, 'orders'));
    expect(withDescribed(LIBRARY, other, 'tree')).toBe(LIBRARY);
    expect(withDescribed(LIBRARY, other, 'orders').locators[0]?.limit).toBe(7);
  });

  it('is asked again where its code reads memory, and takes as many steps when it is not', () => {
    for (const [code, elements] of [
      ['symbol elsewhere; load64; dup; root', [0, 3]],
      [`const ${HEAD}; dup; root`, [3, 3]],
    ] as const) {
      const entries = entriesOf({ orders: code });
      const on = memory();
      on.put(0x6008, 0x6008);
      on.put(0x6010, 0x6008);
      on.put(0x6000, 0x6008);
      const first = sessionWith(entries, on).validate('orders');
      on.put(0x6000, HEAD);
      expect([first, sessionWith(entries, on).validate('orders')].map((one) => one?.elements)).toEqual(
        elements,
      );
    }
    const entries = entriesOf({ orders: `const ${HEAD}; dup; root${'; const 1; drop'.repeat(200)}` });
    const spent = [0, 1].map(() => {
      let steps = 0;
      const around = {
        kernel: memory().space,
        process: () => ({ code: 'UNMAPPED', message: '' }),
        symbol: () => 0,
        perCpuBase: () => NaN,
        cpu_count: 1,
        budget: { step: () => ++steps < 99 },
      };
      const [orders] = describedLocators(entries, {
        around,
        types: { named: () => undefined },
        nameOf: () => '',
      }).values();
      orders?.roots(undefined);
      return steps;
    });
    expect(spent).toEqual([8, 8]);
  });

  it('leaves out buckets in which nothing hangs, and asks for the guard all the same', () => {
    const on = memory();
    on.put(0x7000, 0);
    on.put(0x7008, 0x9000);
    const around = {
      kernel: on.space,
      process: () => ({ code: 'UNMAPPED', message: '' }),
      symbol: () => 0,
      perCpuBase: () => NaN,
      cpu_count: 1,
      budget: { step: () => true },
    };
    const rootsOf = (code: string, at: readonly number[]): unknown => {
      const entries = entriesOf({
        orders: `${at.map((head) => `const 0x7000; const ${head}; root`).join('; ')}; .guard; ${code}`,
      });
      const orders = describedLocators(entries, {
        around,
        types: { named: () => undefined },
        nameOf: () => '',
      }).get('orders');
      return orders?.roots(undefined, (space, head) => space.u64(head) !== 0);
    };
    expect(rootsOf('const 1', [0x7000, 0x7008, 0x7ff0_0000])).toMatchObject([
      { head: 0x7008 },
      { head: 0x7ff0_0000 },
    ]);
    expect(rootsOf('loop 0', [0x7000])).toMatchObject({ code: 'LOCATOR_BUDGET' });
  });
});
