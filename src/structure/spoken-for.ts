import type { LocatorEntry } from '../formats/locator-code/entry.ts';
import type { LibraryModel, LocatorModel, TypeModel } from '../model/structure.ts';

/**
 * Libraries with what a guest says, by what it says: the region is read anew in each attendance, and nothing shall be
 * linked twice.
 */
const joined = new WeakMap<LibraryModel, Map<string, LibraryModel>>();
const told_otherwise = new WeakMap<
  LibraryModel,
  WeakMap<ReadonlyMap<string, LocatorEntry>, ReadonlySet<string>>
>();
const KEPT = 32;

/**
 * The library with what the guest says of one of its structures: shape, type of an element, link, names, limit. What
 * only a library knows (the mark of an element, the shape of what lies at a root) stays. The same library where the
 * guest says nothing else, and the same object for the same words.
 */
export function withDescribed(
  library: LibraryModel,
  entries: ReadonlyMap<string, LocatorEntry>,
  structure: string,
): LibraryModel {
  const entry = entries.get(structure);
  if (!entry || !differing(library, entries).has(structure)) return library;
  const known = joined.get(library) ?? new Map<string, LibraryModel>();
  joined.set(library, known);
  const { names, shape, including_head, limit } = entry;
  const key = JSON.stringify([structure, names, shape, including_head, limit]);
  const locators = library.locators.map((model) =>
    model.name === structure ? spokenFor(model, entry) : model,
  );
  const made = known.get(key) ?? { ...library, locators };
  // The one that was used last is dropped last.
  known.delete(key);
  if (known.size >= KEPT) known.delete(known.keys().next().value as string);
  known.set(key, made);
  return made;
}

/** Names of the structures of which the guest says something else than the library. */
function differing(library: LibraryModel, entries: ReadonlyMap<string, LocatorEntry>): ReadonlySet<string> {
  const of_library =
    told_otherwise.get(library) ?? new WeakMap<ReadonlyMap<string, LocatorEntry>, ReadonlySet<string>>();
  told_otherwise.set(library, of_library);
  const known = of_library.get(entries);
  if (known) return known;
  const others = library.locators.filter((model) => {
    const entry = entries.get(model.name);
    return entry !== undefined && spokenFor(model, entry) !== model;
  });
  const found = new Set(others.map(({ name }) => name));
  of_library.set(entries, found);
  return found;
}

/** The same object when the guest says nothing else. */
function spokenFor(model: LocatorModel, entry: LocatorEntry): LocatorModel {
  const { names, shape, including_head, limit } = entry;
  const path = (name: string): readonly string[] => (name === '' ? [] : name.split('.'));
  const of: TypeModel =
    model.of.kind === 'named' && names.type !== '' ? { kind: 'named', name: names.type } : model.of;
  const told = {
    shape,
    of,
    via: path(names.via),
    label: path(names.label),
    id: path(names.id),
    key: path(names.key),
    including_head,
    limit,
  };
  const same = (Object.keys(told) as (keyof typeof told)[]).every(
    (key) => JSON.stringify(told[key]) === JSON.stringify(model[key], plainly),
  );
  if (same) return model;
  // The lower of two limits ends the walk, and what there is beyond it is for neither to judge.
  const disputed =
    limit === model.limit ? {} : { limit: Math.min(limit, model.limit), beyond: 'disputed' as const };
  return { ...model, ...told, ...disputed };
}

/**
 * Without where it was written: a library that was compiled when Siren was built knows that of other things than one
 * compiled now.
 */
function plainly(key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : key === 'span' ? undefined : value;
}
