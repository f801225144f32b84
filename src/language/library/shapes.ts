import type { Shape } from '../../model/structure.ts';

/** What the language asks of a locator of each shape. */
export interface ShapeRule {
  readonly needs: readonly string[];
  readonly takes: readonly string[];
  /** Types that an element's link member may have. */
  readonly links?: readonly string[];
  /** Types that `from` may have where it is no pointer: heads. */
  readonly begins?: readonly string[];
  /** Members of the structs between the root and its elements; whoever builds one has to know them. */
  readonly made_of?: Readonly<Record<string, readonly string[]>>;
  readonly doc: string;
}

/** Clauses of every shape. */
export const COMMON: readonly string[] = ['from', 'key', 'label', 'id', 'space', 'guard', 'limit'];

export const SHAPES: Readonly<Record<Shape, ShapeRule>> = {
  one: { needs: [], takes: [], doc: 'A single object, at `from`.' },
  list: {
    needs: ['via'],
    takes: ['via', 'including'],
    links: ['list_head'],
    begins: ['list_head'],
    doc: 'A ring of `list_head`s; `from` is its head.',
  },
  hlist: {
    needs: ['via'],
    takes: ['via'],
    links: ['hlist_node'],
    begins: ['hlist_head'],
    doc: 'A chain of `hlist_node`s; `from` is its `hlist_head`.',
  },
  llist: {
    needs: ['via'],
    takes: ['via'],
    links: ['llist_node'],
    begins: ['llist_head'],
    doc: 'A chain without locks; `from` is its `llist_head`.',
  },
  tree: {
    needs: ['via'],
    takes: ['via'],
    links: ['rb_node'],
    begins: ['rb_root', 'rb_root_cached'],
    doc: 'A red-black tree; `from` is its `rb_root` or `rb_root_cached`.',
  },
  hash: {
    needs: ['via', 'length'],
    takes: ['via', 'length'],
    links: ['hlist_node', 'list_head'],
    begins: ['hlist_head', 'list_head'],
    doc: 'An array of `hlist_head`s or `list_head`s, `length` long, or an array by type; `from` is the array.',
  },
  array: {
    needs: [],
    takes: ['length'],
    doc: 'Entries one behind the other; `from` is the array, or a pointer to it with `length`.',
  },
  ring: {
    needs: ['length', 'first', 'last'],
    takes: ['length', 'first', 'last'],
    doc: 'An array of `length` entries in use from `first` up to before `last`, both modulo `length`.',
  },
  freelist: {
    needs: ['step'],
    takes: ['step'],
    doc: 'Free objects, each leading to the next by `step`; `from` is the pointer to the first.',
  },
  bitmap: { needs: ['length'], takes: ['length'], doc: 'Bits, `length` of them; `from` is the array.' },
  xarray: {
    needs: [],
    takes: [],
    begins: ['xarray'],
    made_of: { xarray: ['xa_head'], xa_node: ['shift', 'offset', 'count', 'parent', 'slots'] },
    doc: "Linux's xarray; `from` is the `xarray`.",
  },
  maple: {
    needs: [],
    takes: [],
    begins: ['maple_tree'],
    made_of: { maple_tree: ['ma_root'], maple_range_64: ['parent', 'pivot', 'slot'] },
    doc: "Linux's maple tree; `from` is the `maple_tree`.",
  },
  graph: {
    needs: ['step'],
    takes: ['step'],
    doc: 'Whatever `step` leads to from the element at hand; `from` is the pointer to the first.',
  },
};
