import type { LanguageCode } from './doc.ts';

const HEAD = `struct order {
  link: list_head
  id: u64
  qty: u32
  child: *order
}
locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm
`;
const validator = (sentences: string): string => `${HEAD}validator orders {\n  ${sentences}\n}\n`;
const RANGE = 'each o in orders { require o.qty in 1..1000 else RANGE "order {o.id}" }';
const message = (text: string): string =>
  validator(`each o in orders { require o.qty in 1..1000 else RANGE "${text}" }`);
const repair = (text: string): string => validator(`${RANGE}\n  ${text}`);

/** What must hold, and what is done when it does not. */
export const VALIDATOR_CODES: readonly LanguageCode[] = [
  {
    code: 'E1035',
    title: 'a requirement that is always the same',
    doc: 'What is true or false whatever lies in memory is no requirement, and no condition: a `u32` is at most 0xffffffff, a field of 3 bits at most 7, a quarter of a `u32` at most 0x3fffffff, a count never below 0, and nothing is in `5..1`.',
    frame: 'file',
    bad: validator('require 1000 > 1 else RANGE "never"'),
    mended: validator('require count(orders) > 1 else RANGE "too few"'),
  },
  {
    code: 'E1036',
    title: 'a walk without an end',
    doc: 'A walk says where it begins, what follows, and after how many elements it is no structure but damage: `walk o from … step … limit …`. It ends well at 0, or where `until` holds; `cycle` and `over` give its codes other names than WALK_CYCLE and WALK_LIMIT.',
    frame: 'file',
    bad: validator(
      'each o in orders { walk c from o.child step c.child { require c.qty > 0 else RANGE "order {o.id}" } }',
    ),
    mended: validator(
      'each o in orders { walk c from o.child step c.child limit 100 { require c.qty > 0 else RANGE "order {o.id}" } }',
    ),
  },
  {
    code: 'E1037',
    title: 'a message that cannot be filled in',
    doc: 'Between braces stands one value that is known where the requirement stands, not the elements of a structure or a range, and after a colon how it is written: `{o.id}`, `{o.link.next:address}`, `{o.qty:hex}`.',
    frame: 'file',
    bad: message('order {o.id:octal}'),
    mended: message('order {o.id:hex}'),
  },
  {
    code: 'E1038',
    title: 'a quote between the braces of a message',
    doc: 'A quote ends the message, wherever it stands. Give the value a name with `let` first.',
    frame: 'file',
    bad: message('the book says {symbols["order_count"] as u64}'),
    mended: validator(
      'let said = symbols["order_count"] as u64\n  require count(orders) == said else COUNT "the book says {said}"',
    ),
  },
  {
    code: 'E1040',
    title: 'no such cause',
    doc: '`means` names a diagnosis of the catalogue: `siren explain` lists them.',
    frame: 'file',
    bad: validator('each o in orders { require o.qty > 0 means bad_valu else RANGE "order {o.id}" }'),
    mended: validator('each o in orders { require o.qty > 0 means bad_value else RANGE "order {o.id}" }'),
  },
  {
    code: 'E1041',
    title: 'a code that is none',
    doc: 'Codes are what claims and reports name findings by: capitals, digits and `_`.',
    frame: 'file',
    bad: validator('each o in orders { require o.qty > 0 else orderRange "order {o.id}" }'),
    mended: validator('each o in orders { require o.qty > 0 else ORDER_RANGE "order {o.id}" }'),
  },
  {
    code: 'E1042',
    title: 'a repair of nothing',
    doc: 'A repair is for a code that a requirement or a walk of its validator gives. The codes of a shape are repaired by `relink`, `unlink` or `abandon`.',
    frame: 'file',
    bad: repair('repair RANG: set o.qty to 1'),
    mended: repair('repair RANGE: set o.qty to 1'),
  },
  {
    code: 'E1043',
    title: 'no such repair',
    doc: 'Repairs are `set`, `relink`, `recount`, `release`, `unlink`, `rearm`, `quarantine` and `abandon`.',
    frame: 'file',
    bad: repair('repair RANGE: write o.qty to 1'),
    mended: repair('repair RANGE: set o.qty to 1'),
  },
  {
    code: 'E1044',
    title: 'a repair that cannot satisfy its requirement',
    doc: 'Whatever is written, what the requirement looks at must hold afterwards. A value outside the range that it demands, what lies there already, one more than what it must equal, or a write to a place that it does not look at (another entry, a member where elements are counted) mends nothing.',
    frame: 'file',
    bad: repair('repair RANGE: set o.qty to 0'),
    mended: repair('repair RANGE: set o.qty to 1'),
  },
  {
    code: 'E1045',
    title: 'a repair that lacks something',
    doc: '`set` says which place and `to` what; `release`, `unlink` and the others may say on what, else it is the place that was blamed.',
    frame: 'file',
    bad: repair('repair RANGE: set o.qty'),
    mended: repair('repair RANGE: set o.qty to 1'),
  },
  {
    code: 'E1046',
    title: 'two repairs for one code',
    doc: 'A finding is repaired in one way.',
    frame: 'file',
    bad: repair('repair RANGE: set o.qty to 1\n  repair RANGE: unlink o'),
    mended: repair('repair RANGE: set o.qty to 1'),
  },
  {
    code: 'E1047',
    title: 'a validator that requires nothing',
    doc: 'A validator that finds nothing tests nothing.',
    frame: 'file',
    bad: validator('each o in orders { let _qty = o.qty }'),
    mended: validator(RANGE),
  },
  {
    code: 'E1048',
    title: 'a validator named nearly like what it judges',
    doc: 'A verdict is on the structure that has its name: `validator orders` gives `verdict web.orders`. One with a name of its own judges a structure of its own, which may be meant, and is most often a slip where it is nearly the name of a locator that nothing judges.',
    frame: 'file',
    bad: validator(RANGE).replace('validator orders', 'validator orderz'),
    mended: validator(RANGE),
  },
];
