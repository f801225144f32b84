import type { LanguageCode } from './doc.ts';

const ORDER = `struct order {
  link: list_head
  id: u64
  qty: u32
  state: enum u8 { open = 0, filled = 1 }
  name: char[16]
}
`;
const ORDERS = `${ORDER}locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm
`;
const struct = (members: string, more = ''): string => `struct order${more} { ${members} }\n`;

/** Types, and where structures are. */
export const STRUCTURE_CODES: readonly LanguageCode[] = [
  {
    code: 'E1001',
    title: 'two structures of one name',
    doc: 'In one file a name stands for one `struct`, one `locator` and one `validator`; what is imported brings what it needs along. A struct, a locator and a validator may share a name.',
    frame: 'file',
    bad: 'struct order { id: u64 }\nstruct order { qty: u32 }',
    mended: 'struct order { id: u64 }\nstruct fill { qty: u32 }',
  },
  {
    code: 'E1002',
    title: 'no such type',
    doc: "Types are `u8` … `u64`, `s8` … `s64`, `be16` … `be64`, `char`, `bool`, `void`, `enum u8 { … }`, `struct`s of the file, what ships, and the kernel's own. C's `int` says not how wide it is.",
    frame: 'file',
    bad: struct('id: u46'),
    mended: struct('id: u64'),
  },
  {
    code: 'E1003',
    title: 'a size that disagrees with the members',
    doc: '`size` says how far one struct is from the next: at least what its members take, and a multiple of what the widest is aligned to.',
    frame: 'file',
    bad: struct('key: u64[15]; count: u16', ' size 64'),
    mended: struct('key: u64[15]; count: u16', ' size 128'),
  },
  {
    code: 'E1004',
    title: 'an array without a length',
    doc: 'Members lie where those before them end, so that every array has a length. What has none is a pointer.',
    frame: 'file',
    bad: struct('key: u64[]'),
    mended: struct('key: u64[15]'),
  },
  {
    code: 'E1005',
    title: 'a bit-field wider than its type',
    doc: '`flags: u32 bits 3` takes three bits of a 32-bit word. Only numbers of the machine and enumerations have single bits.',
    frame: 'file',
    bad: struct('flags: u8 bits 9'),
    mended: struct('flags: u16 bits 9'),
  },
  {
    code: 'E1006',
    title: 'a member twice',
    doc: 'A struct has a name once; the members of an unnamed struct or union in it count as its own.',
    frame: 'file',
    bad: struct('id: u64; : union { id: u32; tag: u32 }'),
    mended: struct('id: u64; : union { number: u32; tag: u32 }'),
  },
  {
    code: 'E1007',
    title: 'an enumeration that says something twice',
    doc: 'Each name and each value of an enumeration stands once, and fits into its type. A value that is not given is one more than the one before.',
    frame: 'file',
    bad: struct('state: enum u8 { open = 0, filled = 0 }'),
    mended: struct('state: enum u8 { open = 0, filled = 1 }'),
  },
  {
    code: 'E1008',
    title: 'of what size?',
    doc: 'A member needs a size: a struct cannot hold itself, `void` has none, and what the guest lays out by itself only the guest knows. A pointer to any of them is 8 bytes.',
    frame: 'file',
    bad: struct('next: order; id: u64'),
    mended: struct('next: *order; id: u64'),
  },
  {
    code: 'E1009',
    title: 'a struct of nothing',
    doc: "A struct has members in braces, or is the guest's: `struct task_struct from guest`. What is written out, although the guest's BTF has it too, is compared with that in every run.",
    frame: 'file',
    bad: 'struct order',
    mended: 'struct order { id: u64 }',
  },
  {
    code: 'E1011',
    title: 'no such shape',
    doc: 'A locator says which shape a structure has: `one`, `list`, `hlist`, `llist`, `tree`, `hash`, `array`, `ring`, `freelist`, `bitmap`, `xarray`, `maple`, `graph`. What none of them covers is a `walk` in a validator.',
    frame: 'file',
    bad: ORDERS.replace('list of', 'lists of'),
    mended: ORDERS,
  },
  {
    code: 'E1012',
    title: 'a locator that lacks something',
    doc: 'Every locator says of what, and `from` where; a list or tree also `via` which member, a graph by which `step`, a ring between which indices.',
    frame: 'file',
    bad: `${ORDER}locator orders: list of order from symbols["order_book"]`,
    mended: `${ORDER}locator orders: list of order via link from symbols["order_book"]`,
  },
  {
    code: 'E1013',
    title: 'a clause that means something else',
    doc: "`via`, `key`, `label` and `id` name a member of an element, and `including head` says that the object around a list's head is an element, too.",
    frame: 'file',
    bad: `${ORDER}locator orders: list of order via link from symbols["order_book"] id 7`,
    mended: `${ORDER}locator orders: list of order via link from symbols["order_book"] id id`,
  },
  {
    code: 'E1014',
    title: "a link that is not of the shape's type",
    doc: 'A list goes through `list_head`s, a tree through `rb_node`s, an hlist through `hlist_node`s, a hash through either of them.',
    frame: 'file',
    bad: ORDERS.replace('via link', 'via id'),
    mended: ORDERS,
  },
  {
    code: 'E1015',
    title: 'a name that is no name',
    doc: '`label` is the member that an element is named by in brackets, an array of `char`; `id` and `key` are numbers.',
    frame: 'file',
    bad: `${ORDERS.trimEnd()} label id`,
    mended: `${ORDERS.trimEnd()} label name`,
  },
  {
    code: 'E1016',
    title: 'nested in nothing',
    doc: '`locator slabs in caches` says that each cache has slabs of its own; `from` then begins at a cache, with a dot.',
    frame: 'file',
    bad: `${ORDERS}locator fills in ordrs: list of order via link from .link`,
    mended: `${ORDERS}locator fills in orders: list of order via link from .link`,
  },
  {
    code: 'E1017',
    title: 'no address space',
    doc: 'A structure lies in the kernel\'s address space, or in that of a process: `space tasks["shop"].mm`.',
    frame: 'file',
    bad: ORDERS.replace('tasks["shop"].mm', 'shop'),
    mended: ORDERS,
  },
  {
    code: 'E1018',
    title: 'a structure that nothing looks at',
    doc: 'A locator that no validator uses, that no partition describes and that no scenario names finds elements for nobody. A warning.',
    frame: 'file',
    bad: ORDERS,
    mended: `${ORDERS}validator orders { each o in orders { require o.qty in 1..1000 else RANGE "order {o.id}: quantity {o.qty}" } }`,
  },
  {
    code: 'E1019',
    title: 'a clause of another type',
    doc: '`from` is a place or a pointer, of a list a `list_head`; `length`, `first` and `last` are numbers, so that a symbol says what it holds: `symbols["spare_count"] as u32`; `step` is a pointer to an element; `guard` is a lock: a struct of the kernel\'s, or an unsigned word.',
    frame: 'file',
    bad: `${ORDER}locator spare: array of order from symbols["spare"] length symbols["spare_count"] space tasks["shop"].mm`,
    mended: `${ORDER}locator spare: array of order from symbols["spare"] length symbols["spare_count"] as u32 space tasks["shop"].mm`,
  },
];
