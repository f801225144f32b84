import type { Shape } from './structure.ts';

/**
 * The finding codes that no validator gives: those of the walkers, by shape, and of what could not be got to or judged.
 * Stable, upper snake case, one document each. All others are a validator's, and documented in its text.
 */
export interface FindingDoc {
  readonly code: string;
  /** The verdict that a finding with this code leads to. */
  readonly leads_to: 'corrupt' | 'unreachable' | 'unchecked';
  readonly collections: readonly string[];
  /** Walkers that give it, on any structure of that shape. */
  readonly shapes?: readonly Shape[];
  readonly doc: string;
}

const rings: readonly Shape[] = ['list', 'hash'];
const limited: readonly Shape[] = [
  'list',
  'hlist',
  'hash',
  'tree',
  'llist',
  'freelist',
  'graph',
  'ring',
  'xarray',
  'maple',
  'array',
  'bitmap',
];
const FINDING_LIST: readonly FindingDoc[] = [
  {
    code: 'LIST_NEXT_POISON',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'A next link holds LIST_POISON1 or a value of that page: the entry was deleted, or the poison was written.',
  },
  {
    code: 'LIST_PREV_POISON',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'A prev link holds LIST_POISON2 or a value of that page.',
  },
  {
    code: 'LIST_NULL',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'A link of a ring is NULL.',
  },
  {
    code: 'LIST_NEXT_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'A next link is not canonical, not aligned, or leads to no mapped memory.',
  },
  {
    code: 'LIST_PREV_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'A prev link is not canonical, not aligned, or leads to no mapped memory.',
  },
  {
    code: 'LIST_BACKLINK',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: "The next entry's prev link does not point back. The place is the field whose value is wrong.",
  },
  {
    code: 'LIST_CYCLE',
    leads_to: 'corrupt',
    collections: [],
    shapes: rings,
    doc: 'The ring closes without passing its head.',
  },
  {
    code: 'RB_POINTER',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['tree'],
    doc: 'A tree link leads to no mapped memory, or the walk never ends.',
  },
  {
    code: 'RB_PARENT',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['tree'],
    doc: "A child's parent link does not lead to its parent.",
  },
  {
    code: 'RB_COLOUR',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['tree'],
    doc: 'A red root, two reds in a row, or unequal black heights.',
  },
  { code: 'RB_ORDER', leads_to: 'corrupt', collections: [], shapes: ['tree'], doc: 'Keys are out of order.' },
  {
    code: 'RB_LEFTMOST',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['tree'],
    doc: 'The cached leftmost node is not the leftmost.',
  },
  {
    code: 'LLIST_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['llist'],
    doc: 'A link of a lock-less list leads to no mapped memory.',
  },
  {
    code: 'LLIST_CYCLE',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['llist'],
    doc: 'A lock-less list leads back to what was passed before. The place is the link that does.',
  },
  {
    code: 'FREELIST_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['freelist'],
    doc: 'A free object names a next one where no memory is mapped.',
  },
  {
    code: 'FREELIST_CYCLE',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['freelist'],
    doc: 'A free list leads back to an object that was passed before. Most likely that was freed twice, so the place is the link of that object, which the second time overwrites. The link that leads back may as well be the one that is wrong: the ring does not tell them apart, and the message names both. The diagnosis is double_free there, and second to it wild_pointer at the link that leads back.',
  },
  {
    code: 'GRAPH_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['graph'],
    doc: 'A step of a graph leads to no mapped memory.',
  },
  {
    code: 'GRAPH_CYCLE',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['graph'],
    doc: 'A step of a graph leads back to an element above. Two ways to one element are no damage.',
  },
  {
    code: 'RING_BOUNDS',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['ring'],
    doc: 'The first and the last entry of a ring are farther apart than it is long, or the last lies before the first.',
  },
  {
    code: 'XA_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['xarray'],
    doc: 'A slot of an xarray leads to no mapped memory, or to a node that was passed before, or holds a value where its node counts none.',
  },
  {
    code: 'XA_PARENT',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['xarray'],
    doc: "A node's parent link does not lead to the node whose slot leads to it.",
  },
  {
    code: 'XA_OFFSET',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['xarray'],
    doc: 'A node says that it hangs in another slot.',
  },
  {
    code: 'XA_SHIFT',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['xarray'],
    doc: "A node's shift is not six below its parent's.",
  },
  {
    code: 'XA_COUNT',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['xarray'],
    doc: 'A node counts another number of slots in use than there are.',
  },
  {
    code: 'MAPLE_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['maple'],
    doc: 'A slot of a maple tree leads to no mapped memory, or to a node that was passed before.',
  },
  {
    code: 'MAPLE_PARENT',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['maple'],
    doc: "A node's parent link does not lead to the node whose slot leads to it.",
  },
  {
    code: 'MAPLE_ORDER',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['maple'],
    doc: 'A pivot is below the one before, or beyond what its node is for.',
  },
  {
    code: 'TOO_MANY',
    leads_to: 'corrupt',
    collections: [],
    shapes: limited,
    doc: 'There are more elements than the `limit` of the locator. The place is the word that says how many there are, where one does, else where the structure begins.',
  },
  {
    code: 'HLIST_PPREV',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['hlist', 'hash'],
    doc: "An entry's pprev does not point at who points to it.",
  },
  {
    code: 'HLIST_WILD',
    leads_to: 'corrupt',
    collections: [],
    shapes: ['hlist', 'hash'],
    doc: 'A bucket link leads to no mapped memory, or the bucket never ends.',
  },
  {
    code: 'SEAL',
    leads_to: 'corrupt',
    collections: ['metadata'],
    doc: "The region's seal does not match its bytes; compared with the registered copy, the place is the first byte that differs.",
  },
  {
    code: 'REGION_HEADER',
    leads_to: 'corrupt',
    collections: ['metadata'],
    doc: 'The header of the live region is not well formed.',
  },
  {
    code: 'REGION_ENTRY',
    leads_to: 'corrupt',
    collections: ['metadata'],
    doc: 'An entry reaches outside the region, or is malformed.',
  },
  {
    code: 'NO_REGION',
    leads_to: 'unreachable',
    collections: [],
    doc: 'No region was registered, none was kept, and none was found by a scan.',
  },
  {
    code: 'NO_LOCATOR',
    leads_to: 'unchecked',
    collections: [],
    doc: 'The guest describes no such structure.',
  },
  {
    code: 'NO_VALIDATOR',
    leads_to: 'unchecked',
    collections: [],
    doc: 'A structure that is described and that nothing knows how to check.',
  },
  {
    code: 'NO_SYMBOL',
    leads_to: 'unreachable',
    collections: [],
    doc: 'A symbol that the locator names is not in kallsyms. Of what a guest does not describe itself that is no damage: its kernel has no such thing, and it is unchecked.',
  },
  {
    code: 'NO_TYPE',
    leads_to: 'unreachable',
    collections: [],
    doc: 'A type or member that is needed is not in BTF. Of what a guest does not describe itself that is no damage: its kernel has no such thing, and it is unchecked.',
  },
  {
    code: 'NO_REFERENCE',
    leads_to: 'unchecked',
    collections: [],
    doc: 'What is compared with memory as it was when the guest had booted, and nobody kept that: a dump tells only what is. `siren diagnose FILE --booted EARLIER` takes it from an earlier dump.',
  },
  {
    code: 'LOCATOR_MALFORMED',
    leads_to: 'unreachable',
    collections: [],
    doc: 'The locator entry cannot be read, or its code holds something that is no instruction.',
  },
  {
    code: 'LOCATOR_STACK',
    leads_to: 'unreachable',
    collections: [],
    doc: "The locator's code takes a value that is not on its stack, or puts on more than it holds.",
  },
  {
    code: 'LOCATOR_BUDGET',
    leads_to: 'unreachable',
    collections: [],
    doc: "The locator's code used up its steps, its loads or its roots: it loops, or says it is all over memory.",
  },
  {
    code: 'LOCATOR_ROOTS',
    leads_to: 'unreachable',
    collections: [],
    doc: "The locator's code gives no place where the structure begins, or others than the library finds by the kernel's own symbols. Neither is believed.",
  },
  {
    code: 'LOCATOR_LIMIT',
    leads_to: 'unreachable',
    collections: [],
    doc: 'There are more elements than the lower of two limits, the one that the guest says of its structure and the one that the library does. Neither is believed.',
  },
  {
    code: 'UNMAPPED',
    leads_to: 'unreachable',
    collections: [],
    doc: 'The structure itself, not one link of it, lies in memory that is not mapped.',
  },
  {
    code: 'PARENT_UNREACHABLE',
    leads_to: 'unreachable',
    collections: [],
    doc: 'It hangs in another structure, and not one element of that could be reached. The place is where that failed.',
  },
  {
    code: 'WRAP',
    leads_to: 'unreachable',
    collections: [],
    doc: 'A bound or a length that a validator works out from memory is less than nothing.',
  },
  {
    code: 'INDEX',
    leads_to: 'unreachable',
    collections: [],
    doc: 'An index that was read from memory is outside its array. The place is where it was read; where it was worked out of several, the array.',
  },
  {
    code: 'DIVISION',
    leads_to: 'unreachable',
    collections: [],
    doc: 'A formula divides by what memory says is zero.',
  },
  {
    code: 'NO_ELEMENT',
    leads_to: 'unreachable',
    collections: [],
    doc: 'A structure has no element of the name or number that a validator asks for.',
  },
  {
    code: 'NOT_IN_FILE',
    leads_to: 'unreachable',
    collections: [],
    doc: 'Some of it lies in memory that the machine had and that is not in the dump: the file is cut short, or was made without those pages. Nothing is concluded of what cannot be seen.',
  },
  {
    code: 'FIVE_LEVELS',
    leads_to: 'unreachable',
    collections: [],
    doc: 'The kernel uses page tables of five levels, and says (`page_offset_base`, `vmalloc_base`, `vmemmap_base`) that it has its memory where no such kernel can: what its pointers stand for is not known.',
  },
  {
    code: 'BUDGET',
    leads_to: 'unreachable',
    collections: [],
    doc: 'The walk used up its steps or bytes, or met more elements than it goes through where the locator says no `limit`: 1,048,576. What took more steps than each structure has at first (65,536, or one for each KiB of memory) is looked at again when the rest has been told.',
  },
];

export const FINDINGS: ReadonlyMap<string, FindingDoc> = new Map(FINDING_LIST.map((doc) => [doc.code, doc]));

/** Of those, the ones for which the structure's other links say what would be right: `relink` writes it. */
export const RELINKED: RegExp =
  /^LIST_|^RB_(?:PARENT|LEFTMOST|COLOUR)$|^XA_(?:PARENT|OFFSET|COUNT)$|^(?:HLIST_PPREV|MAPLE_PARENT)$/;

/** What the walkers of each shape can say of its links. */
export const SHAPE_FINDINGS: Readonly<Partial<Record<Shape, readonly string[]>>> = byShape();

function byShape(): Partial<Record<Shape, string[]>> {
  const found: Partial<Record<Shape, string[]>> = {};
  for (const { code, shapes } of FINDING_LIST)
    for (const shape of shapes ?? []) (found[shape] ??= []).push(code);
  return found;
}
