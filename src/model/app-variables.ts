import { partsOf } from './formula-parts.ts';
import type { AppFill, LparModel } from './machine.ts';
import type { Formula, LocatorModel, StructModel, TypeModel } from './structure.ts';

/** A variable of a process at a symbol of its own. */
export interface AppVariable {
  /** The process's. */
  readonly comm: string;
  /** What a locator says that lies there; undefined where only a width is said. */
  readonly type?: TypeModel;
  readonly bytes: number;
}

const KNOWN = new WeakMap<LparModel, ReadonlyMap<string, AppVariable>>();

/**
 * By symbol, what the applications of a partition have, and what the structures that its region describes in a process
 * name: where they begin, how many there are, their locks.
 */
export function appVariables(lpar: LparModel): ReadonlyMap<string, AppVariable> {
  const known = KNOWN.get(lpar);
  if (known !== undefined) return known;
  const found = new Map<string, AppVariable>();
  for (const { name, fills, words, locks, structs } of lpar.apps ?? []) {
    for (const fill of fills) visitLocator(fill.locator, name, structs, found, fill);
    for (const { symbol, bytes } of words)
      if (found.get(symbol)?.type === undefined) found.set(symbol, { comm: name, bytes });
    for (const lock of locks) note(found, lock, name, undefined);
  }
  const { locators = [], structs = [] } = lpar.metadata;
  for (const one of locators) {
    const comm = commOf(one, locators);
    if (comm !== undefined) visitLocator(one, comm, structs, found);
  }
  KNOWN.set(lpar, found);
  return found;
}

/** A nested structure lies where its parent does. */
function commOf(locator: LocatorModel, among: readonly LocatorModel[]): string | undefined {
  let at: LocatorModel | undefined = locator;
  for (let depth = 0; at !== undefined && at.space === undefined && depth < 16; depth++) {
    const { parent }: LocatorModel = at;
    at = among.find(({ name }) => name === parent);
  }
  return at?.space?.comm;
}

type Found = Map<string, AppVariable>;

function note(found: Found, symbol: string, comm: string, type: TypeModel | undefined): void {
  const known = found.get(symbol);
  if (known?.type !== undefined || (known !== undefined && type === undefined)) return;
  found.set(symbol, { comm, bytes: 8, ...(type === undefined ? {} : { type }) });
}

function visitLocator(
  locator: LocatorModel,
  comm: string,
  structs: readonly StructModel[],
  found: Found,
  fill?: AppFill,
): void {
  const visit = (formula: Formula, type: TypeModel | undefined): void => {
    if (formula.kind === 'symbol') return note(found, formula.name, comm, type);
    const inner = formula.kind === 'cast' ? formula.type : undefined;
    for (const part of partsOf(formula)) visit(part, inner);
  };
  for (const from of locator.from) visit(from, beginning(locator, structs, fill));
  const { length, first, last, guard } = locator;
  for (const formula of [length, first, last, guard]) if (formula !== undefined) visit(formula, undefined);
}

const HEADS: Partial<Record<LocatorModel['shape'], string>> = {
  list: 'list_head',
  hlist: 'hlist_head',
  llist: 'llist_head',
  tree: 'rb_root_cached',
  xarray: 'xarray',
  maple: 'maple_tree',
};

/** What lies where a structure begins at a symbol that has no `as`. */
function beginning(
  locator: LocatorModel,
  structs: readonly StructModel[],
  fill: AppFill | undefined,
): TypeModel | undefined {
  const { shape, of } = locator;
  const entries = locator.length?.kind === 'int' ? Number(locator.length.value) : undefined;
  switch (shape) {
    case 'one':
      return of;
    case 'freelist':
    case 'graph':
      return { kind: 'pointer', to: of };
    case 'hash':
      return entries === undefined ? undefined : several(bucketOf(locator, structs), entries);
    case 'array':
    case 'ring':
      return several(of, entries ?? fill?.count);
    case 'bitmap': {
      const word: TypeModel = { kind: 'int', name: 'u64', bytes: 8, signed: false, big_endian: false };
      return several(word, entries === undefined ? undefined : Math.ceil(entries / 64));
    }
    default:
      return { kind: 'named', name: HEADS[shape] as string };
  }
}

const several = (of: TypeModel, count: number | undefined): TypeModel | undefined =>
  count === undefined || count === 0 ? undefined : { kind: 'array', of, count };

/** A bucket is an `hlist_head`, or the `list_head` of a ring, as the link of its elements says. */
function bucketOf({ of, via }: LocatorModel, structs: readonly StructModel[]): TypeModel {
  let link: TypeModel | undefined = of;
  for (const member of via) {
    const name: string = link?.kind === 'named' ? link.name : '';
    link = structs.find((one) => one.name === name)?.members.find((one) => one.name === member)?.type;
  }
  return {
    kind: 'named',
    name: link?.kind === 'named' && link.name === 'list_head' ? 'list_head' : 'hlist_head',
  };
}
