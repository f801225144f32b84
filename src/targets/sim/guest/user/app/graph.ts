import type { Address } from '../../../../../base/address.ts';
import type { Random } from '../../../../../base/random.ts';
import { resolved } from '../../../../../formats/locator-code/types.ts';
import { isBitField } from '../../../../../model/number-field.ts';
import type { Formula } from '../../../../../model/structure.ts';
import type { AppData, Shaped } from './data.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { memberAt, NotBuilt, numbersOf, spotsOf } from './spots.ts';

/**
 * A graph is built as a tree: a B-tree where the step is a range of an array, else one with as many children as there
 * are steps.
 */
export function linkGraph(fill: FillLayout, layout: AppLayout, data: AppData, random: Random): Shaped {
  const [step] = fill.locator.step;
  if (!step) throw new NotBuilt('it does not say what follows an element');
  const wide = fill.locator.step.length === 1 ? bTreeOf(step, fill, layout) : undefined;
  return wide ? linkBTree(wide, fill, layout, data, random) : linkNarrow(fill, layout, data);
}

/** Offset of the one pointer that `step` follows. */
export function pointerTo({ locator }: FillLayout, layout: AppLayout): number {
  const [step] = locator.step;
  if (!step) throw new NotBuilt('it does not say by which member');
  return pointerOffset(step, locator.of, layout);
}

function pointerOffset(step: Formula, of: FillLayout['locator']['of'], layout: AppLayout): number {
  const [spot] = spotsOf(step, layout, { address: 0, type: of, object: 0, object_type: of });
  if (!spot || resolved(layout.types, spot.type)?.kind !== 'pointer')
    throw new NotBuilt('its step is no pointer');
  return spot.address;
}

/** The nth element's children are the next ones by breadth. */
function linkNarrow(fill: FillLayout, layout: AppLayout, data: AppData): Shaped {
  const { locator, total } = fill;
  const pointers = locator.step.map((step) => pointerOffset(step, locator.of, layout));
  for (let index = 0; index < total; index++) {
    pointers.forEach((offset, number) => {
      const child = index * pointers.length + number + 1;
      if (child < total) data.pointer(fill.element(index) + offset, fill.element(child));
    });
  }
  rootAt(fill, data, fill.element(0));
  return { childless: (index) => index * pointers.length + 1 >= total, own: [] };
}

function rootAt(fill: FillLayout, data: AppData, root: Address): void {
  for (const head of fill.heads) if (fill.total > 0) data.pointer(head.address, root);
}

/** What a B-tree's node is made of. */
export interface BTree {
  /** Offset of the array of children, and how many fit. */
  readonly child: number;
  readonly children: number;
  /** The number of keys: its offset, its bytes, its path. */
  readonly count: number;
  readonly count_bytes: number;
  readonly count_path: string;
  /** Children above the number of keys: 1 in `child[0..count]`. */
  readonly extra: number;
  /** Keys of a node but the root. */
  readonly low: number;
  readonly high: number;
}

/** `child[0..count]`: undefined when the step is of another kind. */
export function bTreeOf(step: Formula, fill: FillLayout, layout: AppLayout): BTree | undefined {
  if (step.kind !== 'index' || step.index.kind !== 'range' || step.index.low.kind !== 'int') return undefined;
  const { of } = fill.locator;
  const array = memberAt(layout.types, of, pathOf(step.of));
  const type = resolved(layout.types, array.type);
  if (type?.kind !== 'array' || resolved(layout.types, type.of)?.kind !== 'pointer') return undefined;
  const { high, low } = step.index;
  const shift =
    high.kind === 'binary' && high.right.kind === 'int'
      ? (high.operator === '-' ? -1 : 1) * Number(high.right.value)
      : 0;
  const path = pathOf(high.kind === 'binary' ? high.left : high);
  const count = memberAt(layout.types, of, path);
  const number = numbersOf(layout.types, count)?.field;
  if (!number || isBitField(number) || number.big_endian)
    throw new NotBuilt(`${path.join('.')} counts keys, and is no plain number`);
  const extra = shift + 1 - Number(low.value);
  const most = type.count - extra;
  const said = fill.fill.fields.find((field) => field.member.join('.') === path.join('.'))?.value;
  const [least, greatest] =
    said?.kind === 'range'
      ? [Number(said.low), Number(said.high)]
      : said?.kind === 'constant'
        ? [Number(said.value), Number(said.value)]
        : [most >> 1, most];
  if (greatest > most || least < 1 || least + extra < 2)
    throw new NotBuilt(`${least} to ${greatest} keys do not go with ${type.count} children`);
  return {
    child: array.offset,
    children: type.count,
    count: count.offset,
    count_bytes: number.bytes,
    count_path: path.join('.'),
    extra,
    low: least,
    high: greatest,
  };
}

/** `.a.b` of the element. */
function pathOf(formula: Formula): readonly string[] {
  const names: string[] = [];
  let at: Formula = formula;
  for (; at.kind === 'member'; at = at.of) names.unshift(at.name);
  if (at.kind !== 'element') throw new NotBuilt('its step begins at no member');
  return names;
}

/**
 * Numbers of nodes by level, the root's first, that add up to `total`, with least and most children between two levels.
 */
export function levelsOf(total: number, low: number, high: number): readonly number[] {
  for (let depth = 1; depth <= 64; depth++) {
    const found = below([1], total - 1, depth - 1, low, high);
    if (found) return found;
    if (low >= 2 && 2 * low ** (depth - 1) > total) break;
  }
  throw new NotBuilt(`no tree has just ${total} nodes with ${low} to ${high} children each`);
}

function below(
  levels: readonly number[],
  left: number,
  deeper: number,
  low: number,
  high: number,
): readonly number[] | undefined {
  if (deeper === 0) return left === 0 ? levels : undefined;
  const last = levels.at(-1) as number;
  // The root may have two children.
  const least = levels.length === 1 ? 2 : last * low;
  const most = last * high;
  let [sum_low, sum_high] = [0, 0];
  for (let level = 0; level < deeper; level++) {
    sum_low += low ** level;
    sum_high += high ** level;
  }
  const from = Math.max(least, Math.ceil(left / sum_high));
  const to = Math.min(most, Math.floor(left / sum_low));
  // The middle first: nodes half full, as a tree that has grown.
  const middle = Math.floor((from + to) / 2);
  for (let distance = 0; distance <= to - from && distance < 64; distance++) {
    for (const next of [middle - distance, middle + distance]) {
      if (next < from || next > to) continue;
      const found = below([...levels, next], left - next, deeper - 1, low, high);
      if (found) return found;
    }
  }
  return undefined;
}

function linkBTree(shape: BTree, fill: FillLayout, layout: AppLayout, data: AppData, random: Random): Shaped {
  if (fill.heads.length !== 1 && fill.total > 0) throw new NotBuilt('a tree begins at one place');
  const levels =
    fill.total === 0 ? [] : levelsOf(fill.total, shape.low + shape.extra, shape.high + shape.extra);
  const keys: number[] = [];
  const children: number[][] = [];
  let first = 0;
  levels.forEach((count, level) => {
    const next = levels[level + 1];
    for (let number = 0; number < count; number++) {
      const from = next === undefined ? 0 : Math.floor((number * next) / count);
      const to = next === undefined ? 0 : Math.floor(((number + 1) * next) / count);
      children.push(Array.from({ length: to - from }, (_, index) => first + count + from + index));
      keys.push(
        next === undefined ? shape.low + random.below(shape.high - shape.low + 1) : to - from - shape.extra,
      );
    }
    first += count;
  });
  keys.forEach((count, index) => {
    const at = fill.element(index);
    data.write(at + shape.count, BigInt(count), shape.count_bytes);
    (children[index] as number[]).forEach((child, number) =>
      data.pointer(at + shape.child + number * 8, fill.element(child)),
    );
  });
  rootAt(fill, data, fill.total > 0 ? fill.element(0) : 0);
  return {
    childless: (index) => (children[index] as number[]).length === 0,
    own: [shape.count_path],
    entries: (member) => inOrder(member, fill, layout, keys, children),
  };
}

/** The keys in use in the order of the tree; undefined order for arrays that hold something else. */
function inOrder(
  member: readonly string[],
  fill: FillLayout,
  layout: AppLayout,
  keys: readonly number[],
  children: readonly number[][],
): { element: number; entry: number }[] {
  const array = resolved(layout.types, memberAt(layout.types, fill.locator.of, member).type);
  const entries = array?.kind === 'array' ? array.count : 1;
  const list: { element: number; entry: number }[] = [];
  const visit = (element: number): void => {
    const count = keys[element] as number;
    const under = children[element] as readonly number[];
    for (let entry = 0; entry < Math.max(count, under.length); entry++) {
      const child = under[entry];
      if (child !== undefined) visit(child);
      if (entry < count && entry < entries) list.push({ element, entry });
    }
  };
  if (keys.length > 0) visit(0);
  return list;
}
