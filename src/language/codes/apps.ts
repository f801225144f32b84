import type { LanguageCode } from './doc.ts';

const HEAD = `struct order {
  link: list_head
  id: u64
  qty: u32
  state: enum u8 { open = 0, filled = 1 }
}
locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm
validator orders { each o in orders { require o.qty in 1..1000 else RANGE "order {o.id}" } }
`;
const SECOND = `struct entry { by_key: hlist_node; by_use: list_head; key: u64 }
locator entries: hash of entry via by_key from symbols["cache"] length 8 key key id key space tasks["proxy"].mm
locator recents: list of entry via by_use from symbols["recent"] id key space tasks["proxy"].mm
validator entries { each e in entries { require e.key > 0 else KEY "{e.key}" } }
validator recents { require count(recents) == count(entries) else COUNT "{count(recents)}" }
`;
const second = (body: string): string => `${SECOND}topology example {
  machine { cpus 0..1; memory 64 MiB }
  lpar web { owns cpus 0; owns memory 32 MiB; app proxy { entries 50 { key counter from 1 }; ${body} } }
}
`;
const app = (body: string, name = 'shop'): string => `${HEAD}topology example {
  machine { cpus 0..1; memory 64 MiB }
  lpar web { owns cpus 0; owns memory 32 MiB; app ${name} { ${body} } }
}
`;

const pages = (body: string, nodes = ''): string => `${nodes}struct page_of { number: u64; dirty: bool }
locator pages: xarray of page_of from symbols["page_tree"] key number id number space tasks["pager"].mm
validator pages { each p in pages { require p.number == p.index else NUMBER "{p.number}" } }
topology example {
  machine { cpus 0..1; memory 64 MiB }
  lpar web { owns cpus 0; owns memory 32 MiB; app pager { ${body} } }
}
`;

/** What an application fills. */
export const APP_CODES: readonly LanguageCode[] = [
  {
    code: 'E1051',
    title: 'an application that fills nothing known',
    doc: '`app shop { orders 200 { … } }` fills what a locator finds: one of the file, imported, or shipped, and says how many elements it has.',
    frame: 'file',
    bad: app('ordrs 200'),
    mended: app('orders 200'),
  },
  {
    code: 'E1052',
    title: 'a fill that is none',
    doc: 'A member is filled with a number, a text, a range or a list that the seed draws from, `counter from 1`, or in a graph `childless ? 1 : 0`.',
    frame: 'file',
    bad: app('orders 200 { id count from 1 }'),
    mended: app('orders 200 { id counter from 1 }'),
  },
  {
    code: 'E1053',
    title: 'a value that does not fit',
    doc: 'What a member is filled with is of its type and no wider.',
    frame: 'file',
    bad: app('orders 200 { state 256 }'),
    mended: app('orders 200 { state [open, filled] }'),
  },
  {
    code: 'E1054',
    title: "in another process's memory",
    doc: 'A locator that says `space tasks["shop"].mm` is filled by `app shop`, and by nobody else.',
    frame: 'file',
    bad: app('orders 200', 'ledger'),
    mended: app('orders 200'),
  },
  {
    code: 'E1055',
    title: 'elements of another structure that it cannot hold',
    doc: '`recents 50 of entries` links elements that are there already a second time: of one type, no more than there are, and filled where they are made.',
    frame: 'file',
    bad: second('recents 60 of entries'),
    mended: second('recents 50 of entries'),
  },
  {
    code: 'E1056',
    title: 'a node that lacks what it is made of',
    doc: "Between the root of an `xarray` or a `maple` and its elements stand nodes. They are the kernel's own, as `list_head` is, and a spec need not write them out. One that does says all of what the shape goes by: `struct xarray` with `xa_head` and `struct xa_node` with `shift`, `offset`, `count`, `parent` and `slots`; `struct maple_tree` with `ma_root` and `struct maple_range_64` with `parent`, `pivot` and `slot`.",
    frame: 'file',
    bad: pages('pages 100 { number counter from 1 }', 'struct xa_node { shift: u8; count: u8 }\n'),
    mended: pages('pages 100 { number counter from 1 }'),
  },
  {
    code: 'E1057',
    title: 'elements that are filed under what is drawn',
    doc: 'An `xarray` and a `maple` hold one element at an index. What their `key` is filled with is a `counter`, so that no two are the same.',
    frame: 'file',
    bad: pages('pages 100 { number 1..500 }'),
    mended: pages('pages 100 { number counter from 1 step 5 }'),
  },
  {
    code: 'E1058',
    title: 'a variable of the kernel, or of another application',
    doc: "A guest has one table of symbols. Where an application's structures begin, and what guards and counts them, has names of its own: with one of the kernel's, everything that looks for that would find the application.",
    frame: 'file',
    bad: app('orders 200; set symbols["nr_threads"] to count(orders)'),
    mended: app('orders 200; set symbols["order_count"] to count(orders)'),
  },
];
