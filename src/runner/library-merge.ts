import type { LibraryModel } from '../model/structure.ts';

const known = new WeakMap<LibraryModel, WeakMap<LibraryModel, LibraryModel>>();

/** Both libraries; of two declarations with one name, the scenario's own. The same two give the same object, against which things are linked. */
export function mergedLibrary(shipped: LibraryModel, own: LibraryModel | undefined): LibraryModel {
  if (own === undefined || own.locators.length + own.structs.length + own.validators.length === 0)
    return shipped;
  const of_shipped = known.get(shipped) ?? new WeakMap<LibraryModel, LibraryModel>();
  known.set(shipped, of_shipped);
  const merged = of_shipped.get(own) ?? joined(own, shipped);
  of_shipped.set(own, merged);
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
  };
}
