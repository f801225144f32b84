import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import type { CompileOptions, Compiled } from '../../src/language/compile.ts';
import type { Formula, LibraryModel, StructModel } from '../../src/model/structure.ts';
import { memoryHost } from '../support/memory-host.ts';
import type { MemoryFiles } from '../support/memory-host.ts';

const LEDGER = readFileSync('test/language/lib/ledger.spec', 'utf8');
const MACHINES = readFileSync('test/language/lib/machines.spec', 'utf8');
const ORDERS = `struct order { link: list_head; id: u64; qty: u32 }
locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm guard symbols["book_lock"]
validator orders { each o in orders { require o.qty in 1..1000 else RANGE "order {o.id}" } }
`;

const read = (text: string, more: MemoryFiles = {}, options: CompileOptions = {}): Compiled =>
  compile(
    ['x.spec'],
    memoryHost({
      'ledger.spec': LEDGER,
      'machines.spec': MACHINES,
      'orders.spec': ORDERS,
      ...more,
      'x.spec': text,
    }),
    options,
  );
const errors = (result: Compiled): string[] =>
  result.diagnostics.filter((one) => one.severity === 'error').map((one) => `${one.code} ${one.message}`);
function library(text: string, options: CompileOptions = {}): LibraryModel {
  const result = read(text, {}, options);
  expect(errors(result)).toEqual([]);
  return (result.value[0] as { library: LibraryModel }).library;
}
const names = (model: LibraryModel): string[][] => [
  model.structs.map(({ name }) => name),
  model.locators.map(({ name }) => name),
  model.validators.map(({ name }) => name),
];
const shipped = library(ORDERS, { ships: true });
const scenario = (body: string, head = ''): string =>
  `import { two_partitions } from "./machines.spec"\n${head}scenario "x" {\n  uses two_partitions\n${body}\n}\n`;

describe('a struct that is written out', () => {
  const layout = ({ bytes, members }: StructModel): string =>
    `${bytes}: ${members.map(({ name, offset, bits }) => `${name}@${offset}${bits ? `:${bits.from}+${bits.width}` : ''}`).join(' ')}`;

  it.each([
    // As gcc lays them out on x86-64.
    ['a: u8; b: u64; c: u16', '24: a@0 b@8 c@16'],
    ['a: u16; b: be32; c: char[3]; d: u8[2][3]', '20: a@0 b@4 c@8 d@11'],
    ['k: enum u8 { x, y }; n: u32 bits 3; w: u32 bits 30', '8: k@0 n@0:8+3 w@4:0+30'],
    ['a: u8 bits 4; b: u8 bits 4; c: u8 bits 1', '2: a@0:0+4 b@0:4+4 c@1:0+1'],
    ['a: u8; : union { w: u32; b: u8[5] }; c: u8', '16: a@0 @4 c@12'],
    ['i: struct { l: spinlock_t; h: list_head; f: bool }; z: u8', '40: i@0 z@32'],
    ['p: *order; q: *order[2]', '24: p@0 q@8'],
    ['a: u8; p: packet', '24: a@0 p@8'],
  ])('%s lies as a C compiler puts it', (members, wanted) => {
    const { structs } = library(`struct order { ${members} }\nstruct packet { x: u64; y: u8 }`);
    expect(layout(structs.find(({ name }) => name === 'order') as StructModel)).toBe(wanted);
  });

  it('may be larger than its members, and never smaller', () => {
    expect(library('struct order size 32 { id: u64 }').structs[0]?.bytes).toBe(32);
    expect(errors(read('struct order size 4 { id: u64 }'))).toEqual([
      'E1003 `order` takes 8 bytes, and its `size` is 4',
    ]);
    expect(errors(read('struct order size 12 { id: u64 }'))[0]).toMatch(/^E1003 .* aligned to 8 bytes/);
  });
});

describe('an import', () => {
  it('brings the struct, the locator and the validator of a name, and what they need', () => {
    const model = library('import { accounts } from "./ledger.spec"\ntag x ""');
    expect(names(model)).toEqual([['node'], ['accounts'], ['accounts']]);
  });

  it('of a struct alone brings no locator', () => {
    expect(names(library('import { node } from "./ledger.spec"\ntag x ""'))).toEqual([['node'], [], []]);
  });

  it('of a `def` uses what is around that `def`, not what is around its use', () => {
    const other = 'let unit = 3\ndef base(x) = x + unit\ndef scaled(x) = 2 * base(x)\n';
    const text = `import { scaled } from "./other.spec"\nlet unit = 100\ndef base(x) = 0\n${ORDERS.replace('1..1000', 'scaled(1)..base(1) + unit')}`;
    const result = read(text, { 'other.spec': other });
    expect(errors(result)).toEqual([]);
    const [loop] = result.value[0]?.library.validators[0]?.body ?? [];
    const [rule] = loop?.kind === 'each' ? loop.body : [];
    const range =
      rule?.kind === 'require' && rule.condition.kind === 'binary' ? rule.condition.right : undefined;
    expect(range).toMatchObject({ kind: 'range', low: { kind: 'int', value: 8n }, high: { value: 100n } });
  });

  it('that needs another struct of a name which is taken is refused', () => {
    const text = 'import { accounts } from "./ledger.spec"\nstruct node { id: u64 }';
    expect(errors(read(text))).toEqual([
      expect.stringMatching(/^E1001 what is imported needs another struct `node`/),
    ]);
  });

  it("that needs a struct of the guest's goes with the same struct of the guest's here", () => {
    const other =
      'struct task_struct from guest\nlocator sons: list of task_struct via sibling from symbols["x"] id pid\n';
    const judged = 'validator sons { each s in sons { require s.pid > 1 else INIT "{s.pid}" } }';
    const at = (own: string): string[] =>
      errors(read(`import { sons } from "./other.spec"\n${own}\n${judged}`, { 'other.spec': other }));
    expect(at('')).toEqual([]);
    expect(at('struct task_struct from guest')).toEqual([]);
    expect(at('struct task_struct { pid: u32 }')).toEqual([
      expect.stringMatching(/^E1001 what is imported needs another struct `task_struct`/),
    ]);
  });
});

describe('what ships', () => {
  it('needs no import, and is no part of what a file brings', () => {
    const text = 'validator counted { require count(orders) < 9 else MANY "many" }';
    expect(names(library(text, { library: shipped }))).toEqual([[], [], ['counted']]);
    expect(errors(read(text))).toEqual(['E1021 there is no name `orders` here']);
  });

  it('gives way to what a file declares by the same name', () => {
    const own = ORDERS.replace('qty: u32', 'qty: u64').replace('RANGE', 'OWN');
    const model = library(own, { library: shipped });
    expect(model.validators.map(({ codes, shipped: ships }) => [codes[0]?.code, ships])).toEqual([
      ['OWN', false],
    ]);
    expect(shipped.validators[0]?.shipped).toBe(true);
    expect(errors(read(own.replace('o.qty', 'o.quantity'), {}, { library: shipped }))).toHaveLength(1);
  });

  it('is what a partition describes when its file says no more', () => {
    const text = scenario(
      'change web { metadata { describes orders } }\n expect { verdict web.orders is intact }',
    );
    const { value } = read(text, {}, { library: shipped });
    const [web] = value[0]?.scenarios[0]?.topology.lpars ?? [];
    expect(web?.metadata.locators?.map(({ name }) => name)).toEqual(['orders']);
    expect(web?.metadata.structs?.map(({ name }) => name)).toEqual(['order']);
    expect(value[0]?.scenarios[0]?.library).toBeUndefined();
  });
});

describe('what a partition describes', () => {
  it('includes what the validator of that name goes through, parents first', () => {
    const text = `${LEDGER}
locator leaves in accounts: array of *node from .child
validator book { each n in accounts { each l in n.leaves { require l.count > 0 else EMPTY "{n:address}" } } }
topology t {
  machine { cpus 0; memory 64 MiB }
  lpar web { owns cpus 0; owns memory 32 MiB; metadata { describes book } }
}
${scenario('expect { guest web is healthy }').replace('import { two_partitions } from "./machines.spec"\n', '').replace('two_partitions', 't')}`;
    const result = read(text);
    expect(errors(result)).toEqual([]);
    const [web] = result.value[0]?.scenarios[0]?.topology.lpars ?? [];
    expect(web?.metadata.describes).toEqual(['book']);
    expect(web?.metadata.locators?.map(({ name }) => name)).toEqual(['accounts', 'leaves']);
  });
});

describe('an application', () => {
  it('knows the locks of what it fills, and its task is one of the partition', () => {
    const text = scenario(
      'change web { app ledger { accounts 4 } }\n at 1 ms: exit web.tasks["ledger"]\n expect { verdict web.accounts is intact }',
      'import { accounts } from "./ledger.spec"\n',
    );
    const result = read(text);
    expect(errors(result)).toEqual([]);
    const [app] = result.value[0]?.scenarios[0]?.topology.lpars[0]?.apps ?? [];
    expect(app?.locks).toEqual(['ledger_lock']);
    expect(app?.structs.map(({ name }) => name)).toEqual(['node']);
    expect(app?.fills[0]).toMatchObject({
      count: 4,
      locator: { name: 'accounts', space: { comm: 'ledger' } },
    });
  });
});

describe('a formula', () => {
  const condition = (text: string): Formula => {
    const { validators } = library(ORDERS.replace('o.qty in 1..1000', text));
    const [loop] = validators[0]?.body ?? [];
    const [rule] = loop?.kind === 'each' ? loop.body : [];
    return (rule as { condition: Formula }).condition;
  };

  it.each([
    ['o.id == 0 - 1', 0xffff_ffff_ffff_ffffn],
    ['o.id == ~0 >> 60', 15n],
    ['o.id == 1 << 64', 0n],
    ['o.id == 7 mod 4 * 10 / 3', 10n],
    ['o.id == 64 KiB', 65_536n],
    ['o.id == 2 us', 2000n],
  ])('%s is calculated in 64 unsigned bits, and wraps', (text, value) => {
    expect(condition(text)).toMatchObject({ right: { kind: 'int', value } });
  });

  it('in a message is told of where it stands in the file', () => {
    const text = ORDERS.replace('{o.id}', '{o.number}');
    const [one] = read(text).diagnostics;
    const { start, end } = (one as { labels: readonly { span: { start: number; end: number } }[] }).labels[0]
      ?.span ?? { start: 0, end: 0 };
    expect(text.slice(start, end)).toBe('number');
  });

  it('that a `def` makes of an element is not read against another', () => {
    const text = `def same(x) = any(orders, .id == x)\n${ORDERS.replace('o.qty in 1..1000', 'all(orders, same(.id))')}`;
    expect(errors(read(text))).toEqual([
      expect.stringMatching(/^E1030 `x` stands for a part of one element/),
    ]);
    expect(errors(read(text.replace('all(orders, same(.id))', 'same(o.id)')))).toEqual([]);
  });
});

describe('a claim', () => {
  const claimed = (text: string): string[] =>
    errors(read(scenario(`expect { ${text} }`, 'import { accounts } from "./ledger.spec"\n')));

  it.each([
    'verdict web.accounts is corrupt with BTREE_COUNT',
    'verdict web.accounts is corrupt with GRAPH_CYCLE',
    'verdict web.accounts is unreachable with UNMAPPED or INDEX',
    'verdict web.* is corrupt with BTREE_ORDER at web.accounts[3].key[4]',
    'check count(web.accounts) == 400 and sum(web.accounts, .count) < 6000',
    'check sum(web.tasks, .pid) > 3',
  ])('may say: %s', (text) => expect(claimed(text)).toEqual([]));

  it.each([
    ['check sum(web.accounts[3], .count) == 4', 'E0723'],
    ['check sum(web.accounts, .key) == 4', 'E0723'],
    ['verdict web.accounts is corrupt with BTREE_CONT', 'E0704'],
    ['verdict web.accounts is corrupt with LIST_CYCLE', 'E0714'],
    ['verdict web.tasks is corrupt with BTREE_ORDER', 'E0714'],
    ['verdict web.accounts is intact with BTREE_ORDER', 'E0715'],
    ['verdict web.acounts is intact', 'E0602'],
    ['verdict web.accounts is corrupt at web.accounts[3].key[15]', 'E0618'],
    ['verdict web.accounts is corrupt at web.accounts[3].keys', 'E0604'],
    ['verdict web.accounts is corrupt at web.accounts["x"].key', 'E0603'],
  ])('may not say: %s', (text, code) => expect(claimed(text).map((one) => one.slice(0, 5))).toEqual([code]));
});

describe('a repair', () => {
  it('of a code of a shape is for what is gone through, nested or not', () => {
    const shelves =
      'struct shelf { items: list_head; id: u64 }\nstruct item { link: list_head; id: u64 }\nlocator shelves: array of shelf from symbols["x"] length 4 id id\n';
    const items = 'locator goods in shelves: list of item via link from .items id id\n';
    const judged =
      'validator shelves {\n each s in shelves { each i in s.goods { require i.id > 0 else ID "{i.id}" } }\n repair LIST_NULL, ID: relink }';
    expect(errors(read(`${shelves}${items}${judged}`))).toEqual([]);
    const bare = judged.replace(
      'each i in s.goods { require i.id > 0 else ID "{i.id}" }',
      'require s.id > 0 else ID "{s.id}"',
    );
    expect(errors(read(`${shelves}${bare}`)).map((one) => one.slice(0, 5))).toEqual(['E1042', 'E1059']);
  });

  const repaired = (condition: string, repair: string): string[] =>
    errors(
      read(
        `${ORDERS.split('\n').slice(0, 2).join('\n')}\nvalidator orders {\n  let said = symbols["order_count"] as u32\n  each o in orders { require ${condition} else RANGE "order {o.id}: {said}" }\n  repair RANGE: ${repair}\n}`,
      ),
    ).map((one) => one.slice(0, 5));

  it.each([
    ['o.qty in 1..1000', 'set o.qty to 1'],
    ['o.qty in 1..1000', 'set o.qty to o.id'],
    ['o.link.next.prev == &o.link', 'set o.link.next.prev to &o.link'],
    ['o.qty == said', 'set symbols["order_count"] to o.qty'],
    ['o.qty < 5 or o.id > 3', 'set o.qty to 900'],
    ['o.qty in [1, 3]', 'set o.qty to 3'],
    ['crc32c(&o, 8) == 1', 'set o.qty to 3'],
  ])('of `require %s` may be: %s', (condition, repair) => expect(repaired(condition, repair)).toEqual([]));

  it.each([
    ['o.qty in 1..1000', 'set o.qty to 1001'],
    ['o.qty in [1, 3]', 'set o.qty to 2'],
    ['o.qty == said', 'set o.id to 3'],
    ['o.qty < 5 and o.id > 3', 'set o.qty to 900'],
    ['not (o.qty == 0)', 'set o.qty to 0'],
  ])('of `require %s` cannot be: %s', (condition, repair) =>
    expect(repaired(condition, repair)).toEqual(['E1044']),
  );
});
