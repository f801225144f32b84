import type { Address } from '../../../../../base/address.ts';
import type { Random } from '../../../../../base/random.ts';
import { memberOf, resolved } from '../../../../../formats/locator-code/types.ts';
import { numberField, plainField } from '../../../../../model/number-field.ts';
import type { Formula } from '../../../../../model/structure.ts';
import type { AppData, Shaped } from './data.ts';
import { linkGraph, pointerTo } from './graph.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { isRing } from './layout.ts';
import { linkMaple } from './maple.ts';
import { memberAt, NO_BELOW, NotBuilt, numbersOf, spotsOf } from './spots.ts';
import { linkXarray } from './xarray.ts';

/** Links the elements of a structure by its shape, from its heads on. */
export function linkShape(fill: FillLayout, layout: AppLayout, data: AppData, random: Random): Shaped {
  const { locator } = fill;
  switch (locator.shape) {
    case 'list':
      return eachHead(fill, (head, elements) =>
        ring(
          data,
          head,
          elements.map((at) => at + linkOf(fill, layout)),
        ),
      );
    case 'hlist':
      return hash(fill, layout, data);
    case 'hash':
      return isRing(locator, layout.types) ? rings(fill, layout, data) : hash(fill, layout, data);
    case 'llist':
      return eachHead(fill, (head, elements) =>
        chain(
          data,
          head,
          elements.map((at) => at + linkOf(fill, layout)),
          0,
        ),
      );
    case 'freelist':
      return eachHead(fill, (head, elements) => chain(data, head, elements, pointerTo(fill, layout)));
    case 'tree':
      return tree(fill, layout, data);
    case 'graph':
      return linkGraph(fill, layout, data, random);
    case 'bitmap':
      return bitmap(fill, layout, data);
    case 'ring':
      return inUse(fill, layout, data);
    case 'xarray':
      linkXarray(fill, layout.types, data);
      return NO_BELOW;
    case 'maple':
      linkMaple(fill, layout.types, data);
      return NO_BELOW;
    case 'array':
      if (fill.locator.parent === undefined) counted(fill, layout, data);
      return pointed(fill, data);
    case 'one':
      return pointed(fill, data);
  }
}

/** Elements are dealt to the heads in turn; of a nested structure, each parent has its own. */
function eachHead(fill: FillLayout, link: (head: Address, elements: readonly Address[]) => void): Shaped {
  const nested = fill.locator.parent !== undefined;
  fill.heads.forEach((head, number) => {
    const elements: Address[] = [];
    if (nested)
      for (let index = 0; index < fill.count; index++)
        elements.push(fill.element(number * fill.count + index));
    else
      for (let index = number; index < fill.total; index += fill.heads.length)
        elements.push(fill.element(index));
    link(head.address, elements);
  });
  return NO_BELOW;
}

function linkOf(fill: FillLayout, layout: AppLayout): number {
  return memberAt(layout.types, fill.locator.of, fill.locator.via).offset;
}

/** list_head: next, prev. */
function ring(data: AppData, head: Address, links: readonly Address[]): void {
  const all = [head, ...links];
  all.forEach((link, index) => {
    data.pointer(link, all[(index + 1) % all.length] as Address);
    data.pointer(link + 8, all[(index + all.length - 1) % all.length] as Address);
  });
}

/** Each leads to the next by the pointer at `offset`; the head is a pointer too. */
function chain(data: AppData, head: Address, elements: readonly Address[], offset: number): void {
  elements.forEach((element, index) =>
    data.pointer(index === 0 ? head : (elements[index - 1] as Address) + offset, element),
  );
}

/** hlist_node: next, pprev. */
function hash(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const link = linkOf(fill, layout);
  inBuckets(fill, layout, data).forEach((elements, number) => {
    let last = fill.heads[number]?.address ?? 0;
    for (const element of elements) {
      const node = element + link;
      data.pointer(last, node);
      data.pointer(node + 8, last);
      last = node;
    }
  });
  return NO_BELOW;
}

/** A ring for every bucket, those of the empty ones closed in themselves. */
function rings(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const link = linkOf(fill, layout);
  inBuckets(fill, layout, data).forEach((elements, number) =>
    ring(
      data,
      fill.heads[number]?.address ?? 0,
      elements.map((at) => at + link),
    ),
  );
  return NO_BELOW;
}

/**
 * What hangs in each bucket. Where there is a key, and many buckets, it chooses: key mod buckets, whatever the elements
 * are filled with.
 */
function inBuckets(fill: FillLayout, layout: AppLayout, data: AppData): readonly (readonly Address[])[] {
  const { locator, heads, total, count } = fill;
  const buckets: Address[][] = heads.map(() => []);
  const key = locator.key.length === 0 ? undefined : memberAt(layout.types, locator.of, locator.key);
  const filled = fill.fill.fields.some(({ member }) => member.join('.') === locator.key.join('.'));
  const numbers = key && numbersOf(layout.types, key);
  for (let index = 0; index < total; index++) {
    const element = fill.element(index);
    const chosen =
      filled && key && numbers?.entries === 1
        ? BigInt.asUintN(64, data.numberAt(element + key.offset, numbers.field))
        : BigInt(index);
    const number =
      locator.parent === undefined ? Number(chosen % BigInt(buckets.length)) : Math.floor(index / count);
    buckets[number]?.push(element);
  }
  return buckets;
}

const RB = { parent_colour: 0, right: 8, left: 16, BLACK: 1 } as const;

/** A balanced red-black tree of elements that are in order: black, but for a last level that is not full. */
function tree(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const link = linkOf(fill, layout);
  const leaves = new Set<number>();
  const build = (
    first: number,
    count: number,
    base: number,
    parent: Address,
    depth: number,
    red: number,
  ): Address => {
    if (count === 0) return 0;
    const left = Math.floor(count / 2);
    const index = first + left;
    const node = fill.element(base + index) + link;
    data.pointer(node + RB.parent_colour, parent + (depth === red ? 0 : RB.BLACK));
    data.pointer(node + RB.left, build(first, left, base, node, depth + 1, red));
    data.pointer(node + RB.right, build(index + 1, count - left - 1, base, node, depth + 1, red));
    if (count === 1) leaves.add(base + index);
    return node;
  };
  let base = 0;
  fill.heads.forEach((head, number) => {
    const share =
      fill.locator.parent === undefined
        ? Math.floor((fill.total + fill.heads.length - 1 - number) / fill.heads.length)
        : fill.count;
    const levels = Math.floor(Math.log2(Math.max(1, share)));
    const full = share === 2 ** (levels + 1) - 1;
    data.pointer(head.address, build(0, share, base, 0, 0, full || share < 2 ? -1 : levels));
    const cached = head.type === undefined || memberOf(layout.types, head.type, 'rb_leftmost') !== undefined;
    if (cached && share > 0) data.pointer(head.address + 8, fill.element(base) + link);
    base += share;
  });
  return { childless: (index) => leaves.has(index), own: [] };
}

/** So many bits of `length`, spread evenly. */
function bitmap(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const length = fill.locator.length?.kind === 'int' ? Number(fill.locator.length.value) : fill.fill.count;
  for (const head of fill.heads) {
    for (let index = 0; index < Math.min(fill.fill.count, length); index++) {
      const bit = Math.floor((index * length) / Math.max(1, fill.fill.count));
      const at = head.address + Math.floor(bit / 64) * 8;
      if (at - layout.base + 8 <= layout.bytes)
        data.write(at, data.read(at, 8) | (1n << BigInt(bit % 64)), 8);
    }
  }
  return NO_BELOW;
}

/** The indices of a ring: what is in use begins at its first entry. */
function inUse(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const { length, first, last } = fill.locator;
  putNumber(length, fill.total, fill, layout, data);
  putNumber(first, 0, fill, layout, data);
  putNumber(last, fill.total, fill, layout, data);
  return pointed(fill, data);
}

/** The word that says how long an array is; what is calculated from others is the author's. */
function counted(fill: FillLayout, layout: AppLayout, data: AppData): void {
  try {
    putNumber(fill.locator.length, fill.total, fill, layout, data);
  } catch (caught) {
    if (!(caught instanceof NotBuilt)) throw caught;
  }
}

/** Writes a number to the place that a clause of the locator names; a constant stands in the text. */
function putNumber(
  formula: Formula | undefined,
  value: number,
  fill: FillLayout,
  layout: AppLayout,
  data: AppData,
): void {
  if (!formula || formula.kind === 'int') return;
  const [head] = fill.heads;
  const object = head && {
    address: head.object,
    type: head.object_type,
    object: head.object,
    object_type: head.object_type,
  };
  for (const spot of spotsOf(formula, layout, object)) {
    const field = numberField(resolved(layout.types, spot.type), spot.bits) ?? plainField(8);
    data.number(spot.address, field, BigInt(value));
  }
}

/** Behind a pointer, the elements follow one another where it points. */
function pointed(fill: FillLayout, data: AppData): Shaped {
  if (!fill.in_place)
    fill.heads.forEach((head, number) =>
      data.pointer(head.address, fill.element(fill.locator.parent === undefined ? 0 : number * fill.count)),
    );
  return NO_BELOW;
}
