import type { LanguageCode } from './doc.ts';

const HEAD = `struct order {
  link: list_head
  id: u64
  qty: u32
  state: enum u8 { open = 0, filled = 1 }
  price: u32[4]
  name: char[16]
}
locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm
`;
const each = (sentences: string, more = ''): string =>
  `${HEAD}${more}validator orders {\n  each o in orders {\n    ${sentences}\n  }\n}\n`;
const requires = (condition: string): string => each(`require ${condition} else RANGE "order {o.id}"`);
const SOUND = 'require o.qty in 1..1000 else RANGE "order {o.id}"';

/** What stands in declarations: names, types, `def`s. */
export const FORMULA_CODES: readonly LanguageCode[] = [
  {
    code: 'E1021',
    title: 'no such name',
    doc: 'A formula names what `each`, `walk` and `let` bind, locators, the `let`s of the file, `symbols["…"]`, `cpus`, and beside something of an enumeration its values.',
    frame: 'file',
    bad: requires('ordr.qty > 0'),
    mended: requires('o.qty > 0'),
  },
  {
    code: 'E1022',
    title: 'no such member',
    doc: 'A struct has the members that it is declared with, those of unnamed structs and unions in it included. Pointers are followed by themselves.',
    frame: 'file',
    bad: requires('o.quantity > 0'),
    mended: requires('o.qty > 0'),
  },
  {
    code: 'E1023',
    title: 'no such function',
    doc: '`siren explain` lists the functions of formulas; a `def` gives one a name.',
    frame: 'file',
    bad: requires('cont(orders) > 0'),
    mended: requires('count(orders) > 0'),
  },
  {
    code: 'E1024',
    title: 'too many values, or too few',
    doc: 'A function or a `def` is given as many values as it takes.',
    frame: 'file',
    bad: requires('count() > 0'),
    mended: requires('count(orders) > 0'),
  },
  {
    code: 'E1025',
    title: 'types that do not go together',
    doc: 'What is compared is alike: numbers with numbers and pointers, texts with texts, times with times and with numbers of 64 bits. An array of `char` is a text.',
    frame: 'file',
    bad: requires('o.link.next == "none"'),
    mended: requires('o.name == "none"'),
  },
  {
    code: 'E1026',
    title: 'no number',
    doc: 'Only numbers and pointers are calculated with and put in order, in 64 bits and wrapping; nothing is divided by 0.',
    frame: 'file',
    bad: requires('o.name + 1 > 9'),
    mended: requires('o.qty + 1 > 9'),
  },
  {
    code: 'E1027',
    title: 'no place in memory',
    doc: 'What is blamed, repaired or has its address taken lies in memory: a member, an entry, a symbol; a bit-field has no address, and a sum lies nowhere.',
    frame: 'file',
    bad: each('require o.qty < 1000 at o.qty + 1 else RANGE "order {o.id}"'),
    mended: each('require o.qty < 1000 at o.qty else RANGE "order {o.id}"'),
  },
  {
    code: 'E1028',
    title: 'nothing to go through',
    doc: '`each` and `in` go through the elements of a locator, the entries of an array, `cpus`, a range, a set, or what `[*]` gives.',
    frame: 'file',
    bad: each('each p in o.qty { require p > 0 else PRICE "order {o.id}" }'),
    mended: each('each p in o.price { require p > 0 else PRICE "order {o.id}" }'),
  },
  {
    code: 'E1029',
    title: 'outside of its array',
    doc: 'An index that is written down lies inside its array, from 0. One that is read is checked in the run: outside, the structure is unreachable, with the place.',
    frame: 'file',
    bad: requires('o.price[4] > 0'),
    mended: requires('o.price[3] > 0'),
  },
  {
    code: 'E1030',
    title: 'of which element?',
    doc: 'A leading dot is the element at hand: in a locator, and in the second value of `any all sum min max count depth`. Elsewhere a name says which one is meant.',
    frame: 'file',
    bad: requires('.qty > 0'),
    mended: requires('o.qty > 0'),
  },
  {
    code: 'E1031',
    title: 'a `def` that leads back to itself',
    doc: 'A `def` is written out in its place, so that it cannot use itself. What repeats is a `walk`, bounded by its `limit`.',
    frame: 'file',
    bad: `${HEAD}def more(x) = less(x) + 1\ndef less(x) = more(x) - 1\nvalidator orders { each o in orders { require more(o.qty) > 0 else RANGE "order {o.id}" } }`,
    mended: `${HEAD}def more(x) = less(x) + 1\ndef less(x) = x - 1\nvalidator orders { each o in orders { require more(o.qty) > 0 else RANGE "order {o.id}" } }`,
  },
  {
    code: 'E1032',
    title: 'a formula that grows too large',
    doc: 'With every `def` in it written out, a formula has at most 4096 parts. `let` gives a part of it a name, and it is calculated once.',
    frame: 'file',
    bad: `${HEAD}def two(x) = x + x\ndef eight(x) = two(two(two(x)))\nvalidator orders { each o in orders { require eight(eight(eight(eight(eight(o.qty))))) > 0 else RANGE "order {o.id}" } }`,
    mended: `${HEAD}def two(x) = x + x\ndef eight(x) = two(two(two(x)))\nvalidator orders { each o in orders { require eight(o.qty) > 0 else RANGE "order {o.id}" } }`,
  },
  {
    code: 'E1033',
    title: 'a name bound twice',
    doc: 'Inside a loop the names around it stay what they are: a loop, a walk or a `let` takes a new one. So does each parameter of a `def` or a `fault`.',
    frame: 'file',
    bad: each(`each o in 0..3 { ${SOUND} }`),
    mended: each('each i in 0..3 { require o.price[i] > 0 else PRICE "order {o.id}" }'),
  },
  {
    code: 'E1034',
    title: 'an unused `let` of a validator',
    doc: 'A name that nothing mentions is most often a slip. Begin it with `_` if it is meant. A warning.',
    frame: 'file',
    bad: each(`let most = 1000\n    ${SOUND}`),
    mended: each('let most = 1000\n    require o.qty in 1..most else RANGE "order {o.id}"'),
  },
];
