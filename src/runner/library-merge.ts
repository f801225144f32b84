import type { LibraryModel } from '../model/structure.ts';

/**
 * A worker is given a copy of the scenario with each job: what was merged is known by content, so that it is linked and
 * compiled once.
 */
const known = new WeakMap<LibraryModel, Map<string, LibraryModel>>();
const KEPT = 32;

/**
 * Both libraries; of two declarations with one name, the scenario's own. The same two give the same object, against
 * which things are linked.
 */
export function mergedLibrary(shipped: LibraryModel, own: LibraryModel | undefined): LibraryModel {
  if (own === undefined || own.locators.length + own.structs.length + own.validators.length === 0)
    return shipped;
  const of_shipped = known.get(shipped) ?? new Map<string, LibraryModel>();
  known.set(shipped, of_shipped);
  const content = JSON.stringify(own, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const merged = of_shipped.get(content) ?? joined(own, shipped);
  // The one that was used last is dropped last.
  of_shipped.delete(content);
  if (of_shipped.size >= KEPT) of_shipped.delete(of_shipped.keys().next().value as string);
  of_shipped.set(content, merged);
  return merged;
}

/** Everything of the first, and of the second what the first has no name for. */
export function joined(first: LibraryModel, second: LibraryModel): LibraryModel {
  const both = <T extends { readonly name: string }>(one: readonly T[], other: readonly T[]): T[] => {
    const names = new Set(one.map(({ name }) => name));
    return [...one, ...other.filter(({ name }) => !names.has(name))];
  };
  return {
    structs: both(first.structs, second.structs),
    locators: both(first.locators, second.locators),
    validators: both(first.validators, second.validators),
    lists: { ...second.lists, ...first.lists },
    defs: bothOf(first.defs, second.defs),
    lets: bothOf(first.lets, second.lets),
    texts: { ...second.texts, ...first.texts },
  };
}

/** Of a name that both have, the files of both. */
function bothOf(
  first: LibraryModel['defs'] = {},
  second: LibraryModel['defs'] = {},
): NonNullable<LibraryModel['defs']> {
  const all = new Map(Object.entries(first));
  for (const [name, files] of Object.entries(second)) all.set(name, [...(all.get(name) ?? []), ...files]);
  return Object.fromEntries(all);
}
