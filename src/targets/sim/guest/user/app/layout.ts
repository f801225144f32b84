import type { Address } from '../../../../../base/address.ts';
import type { LocatorTypes } from '../../../../../formats/locator-code/types.ts';
import { memberOf, resolved, sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { AppFill, AppModel } from '../../../../../model/machine.ts';
import type { Formula, LocatorModel, TypeModel } from '../../../../../model/structure.ts';
import { APP_DATA, APP_DATA_STRIDE } from '../../memory-map.ts';
import type { Named, Spot } from './spots.ts';
import { MAPLE_BYTES, mapleNodes } from './maple.ts';
import { entriesOf, memberAt, NotBuilt, spotsOf } from './spots.ts';
import { xaNode, xaNodes } from './xarray.ts';

/** Where an app's compiler and linker put everything: its data is one stretch of its address space. */
export interface AppLayout extends Named {
  readonly model: AppModel;
  readonly base: Address;
  /** A multiple of 4096. */
  readonly bytes: number;
  readonly fills: readonly FillLayout[];
  /** Why structures are not built, by locator. */
  readonly problems: readonly string[];
}

export interface FillLayout {
  readonly fill: AppFill;
  readonly locator: LocatorModel;
  /** Where the shape begins; of a nested structure, one for each of the parent's elements. */
  readonly heads: readonly Spot[];
  /** Elements of one head, and of all. */
  readonly count: number;
  readonly total: number;
  readonly first: Address;
  readonly stride: number;
  /** True when the elements are the entries at the head itself. */
  readonly in_place: boolean;
  /** xarray, maple: where the nodes between its heads and its elements lie, one behind the other. */
  readonly nodes: Address;
  /** Address of the nth element of the whole structure, in its order. Neighbours of the order are none in memory. */
  element(index: number): Address;
}

const PAGE = 4096;
/** The least that C aligns what it is not told to align. */
const ALIGN = 16;
const BYTES_LIMIT = APP_DATA_STRIDE;
/** What a shape begins with, where no cast says what lies at the symbol. */
const HEAD_BYTES: Partial<Record<LocatorModel['shape'], number>> = {
  list: 16,
  tree: 16,
  xarray: 16,
  maple: 16,
};
/** A bucket is an hlist_head, or the list_head of a ring. */
function bucketBytes(locator: LocatorModel, types: LocatorTypes): number {
  return locator.shape === 'hash' && isRing(locator, types) ? 16 : 8;
}

/** True where elements hang in rings: their link has a `prev`. */
export function isRing({ of, via }: LocatorModel, types: LocatorTypes): boolean {
  return memberOf(types, memberAt(types, of, via).type, 'prev') !== undefined;
}

const IN_PLACE: ReadonlySet<string> = new Set(['array', 'ring', 'one', 'bitmap']);

/** Lays an app out; `index` is its place among those of its partition. */
export function layOutApp(model: AppModel, index: number, types: LocatorTypes): AppLayout {
  const base = APP_DATA + index * APP_DATA_STRIDE;
  const symbols = new Map<string, Address>();
  let at = base;
  const reserve = (bytes: number): Address => {
    const address = at;
    at = Math.ceil((at + bytes) / ALIGN) * ALIGN;
    if (at - base > BYTES_LIMIT) throw new NotBuilt('it has more data than an app may have');
    return address;
  };
  for (const [name, bytes] of variablesOf(model, types)) symbols.set(name, reserve(bytes));
  const named: Named = { types, symbols };
  const fills: FillLayout[] = [];
  const problems: string[] = [];
  // Parents come before what is nested in them.
  const ordered = [
    ...model.fills.filter(({ same }) => same === undefined),
    ...model.fills.filter(({ same }) => same !== undefined),
  ];
  for (const fill of ordered) {
    try {
      fills.push(layOutFill(fill, named, fills, reserve));
    } catch (caught) {
      if (!(caught instanceof NotBuilt)) throw caught;
      problems.push(`${fill.locator.name}: ${caught.message}`);
    }
  }
  return { ...named, model, base, bytes: Math.ceil((at - base) / PAGE) * PAGE, fills, problems };
}

function layOutFill(
  fill: AppFill,
  named: Named,
  before: readonly FillLayout[],
  reserve: (bytes: number) => Address,
): FillLayout {
  const { locator } = fill;
  const bytes = locator.shape === 'bitmap' ? 8 : sizeOf(named.types, locator.of);
  if (bytes === undefined || bytes === 0) throw new NotBuilt('the size of its elements is not known');
  const stride = bytes;
  const parent = before.find((one) => one.locator.name === locator.parent);
  if (locator.parent !== undefined && !parent) throw new NotBuilt(`nothing fills ${locator.parent}`);
  const heads = headsOf(locator, named, parent);
  const [head] = heads;
  const count = heads.length === 0 ? 0 : parent ? fill.count : Math.ceil(fill.count / heads.length);
  const total = parent ? fill.count * heads.length : heads.length === 0 ? 0 : fill.count;
  const head_type = resolved(named.types, head?.type);
  const behind_pointer =
    head_type?.kind === 'pointer' && resolved(named.types, locator.of)?.kind !== 'pointer';
  const in_place = IN_PLACE.has(locator.shape) && !behind_pointer;
  if (fill.same !== undefined) {
    const base = before.find((one) => one.locator.name === fill.same);
    if (base === undefined || in_place) throw new NotBuilt(`there are no elements of ${fill.same}`);
    const taken = { ...fill, fields: base.fill.fields };
    return { ...base, fill: taken, locator, heads, count, total: Math.min(total, base.total), in_place };
  }
  const spacing = in_place ? stride : Math.ceil(stride / 8) * 8;
  const first = in_place ? (head?.address ?? 0) : reserve(spacing * Math.max(1, total));
  const odd = coprime(total);
  const plain = in_place || IN_PLACE.has(locator.shape);
  const element = (index: number): Address =>
    plain && parent && in_place
      ? (heads[Math.floor(index / Math.max(1, count))]?.address ?? 0) + (index % Math.max(1, count)) * stride
      : first + (plain ? index : (index * odd) % Math.max(1, total)) * spacing;
  const laid = { fill, locator, heads, count, total, first, stride: spacing, in_place, nodes: 0, element };
  const [nodes, node_bytes] = nodesOf(laid, named.types);
  if (nodes === 0) return laid;
  return {
    ...laid,
    nodes: alignUp(reserve((nodes + 1) * node_bytes), node_bytes === MAPLE_BYTES ? MAPLE_BYTES : ALIGN),
  };
}

/** How many nodes of how many bytes stand between the heads and the elements. */
function nodesOf(fill: FillLayout, types: LocatorTypes): readonly [number, number] {
  const { shape } = fill.locator;
  if (shape === 'xarray') return [xaNodes(fill), xaNode(types).bytes];
  return shape === 'maple' ? [mapleNodes(fill, types), MAPLE_BYTES] : [0, 0];
}

function alignUp(address: Address, align: number): Address {
  return Math.ceil(address / align) * align;
}

function headsOf(locator: LocatorModel, named: Named, parent: FillLayout | undefined): readonly Spot[] {
  if (!parent)
    return locator.from
      .flatMap((from) => spotsOf(from, named))
      .flatMap((spot) => bucketsOf(spot, locator, named));
  return Array.from({ length: parent.total }, (_, index) => {
    const address = parent.element(index);
    const type = parent.locator.of;
    return { address, type, object: address, object_type: type };
  })
    .flatMap((element) => locator.from.flatMap((from) => spotsOf(from, named, element)))
    .flatMap((spot) => bucketsOf(spot, locator, named));
}

/** A hash begins in each of its buckets: those of the array that lies there, or as many as its length says. */
function bucketsOf(spot: Spot, locator: LocatorModel, { types }: Named): readonly Spot[] {
  const { shape, length } = locator;
  if (shape !== 'hash') return [spot];
  const type = resolved(types, spot.type);
  if (type?.kind === 'array') return entriesOf(spot, types);
  if (length === undefined) return [spot];
  if (length.kind !== 'int')
    throw new NotBuilt('how many buckets there are is a number before the process runs');
  if (type?.kind === 'pointer') throw new NotBuilt('its buckets lie behind a pointer');
  const bytes = bucketBytes(locator, types);
  return Array.from({ length: Number(length.value) }, (_, index) => ({
    ...spot,
    address: spot.address + index * bytes,
  }));
}

/** A step through 0..total-1 that comes by every index once and never to the next one, where that is possible. */
export function coprime(total: number): number {
  for (let step = Math.floor(total * 0.618) | 1; step < total; step += 2)
    if (gcd(step, total) === 1) return step;
  return 1;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The variables that the model's formulas name, with what each needs. */
function variablesOf(model: AppModel, types: LocatorTypes): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const need = (name: string, bytes: number): void =>
    void sizes.set(name, Math.max(sizes.get(name) ?? 0, bytes));
  for (const { locator, count } of model.fills) {
    const of = sizeOf(types, locator.of) ?? 8;
    const { shape } = locator;
    const entries = Math.max(count, locator.length?.kind === 'int' ? Number(locator.length.value) : 0);
    const buckets = locator.length?.kind === 'int' ? Number(locator.length.value) : 1;
    const bytes =
      shape === 'hash'
        ? buckets * bucketBytes(locator, types)
        : shape === 'bitmap'
          ? Math.ceil(entries / 64) * 8
          : IN_PLACE.has(shape)
            ? entries * of
            : (HEAD_BYTES[shape] ?? 8);
    for (const from of locator.from) visit(from, bytes);
    for (const other of [locator.guard, locator.length, locator.first, locator.last])
      if (other) visit(other, 8);
  }
  for (const lock of model.locks) need(lock, 8);
  for (const word of model.words) need(word.symbol, word.bytes);
  return sizes;

  function visit(formula: Formula, bytes: number): void {
    if (formula.kind === 'symbol') return need(formula.name, bytes);
    if (formula.kind === 'cast') return visit(formula.of, castBytes(formula.type, bytes));
    if (formula.kind === 'binary') {
      visit(formula.left, bytes);
      return visit(formula.right, bytes);
    }
    return 'of' in formula && formula.of ? visit(formula.of, bytes) : undefined;
  }

  /** An array of one element at the symbol may be meant as the first of many. */
  function castBytes(type: TypeModel, bytes: number): number {
    const said = sizeOf(types, type) ?? bytes;
    return type.kind === 'pointer' ? said : Math.max(said, type.kind === 'named' ? bytes : 0);
  }
}
