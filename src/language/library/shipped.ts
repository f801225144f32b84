import type { LibraryModel, LocatorModel, StructModel, ValidatorModel } from '../../model/structure.ts';

/** What ships, by name. */
export interface Shipped {
  readonly structs: ReadonlyMap<string, StructModel>;
  readonly locators: ReadonlyMap<string, LocatorModel>;
  readonly validators: ReadonlyMap<string, ValidatorModel>;
  /** The files that it was declared in. */
  readonly files: ReadonlySet<string>;
  /** True while what ships is itself compiled. */
  readonly ships: boolean;
}

const indexed = new WeakMap<LibraryModel, Shipped>();

/** The library is one object for all compilations of a process: it is gone through once. */
export function shippedOf(library: LibraryModel, ships: boolean): Shipped {
  const known = indexed.get(library);
  if (known !== undefined && known.ships === ships) return known;
  const shipped: Shipped = {
    structs: new Map(library.structs.map((one) => [one.name, one])),
    locators: new Map(library.locators.map((one) => [one.name, one])),
    validators: new Map(library.validators.map((one) => [one.name, one])),
    files: new Set(
      [...library.structs, ...library.locators, ...library.validators].map(({ span }) => span.file),
    ),
    ships,
  };
  indexed.set(library, shipped);
  return shipped;
}
