import type { LocatorModel, StructModel, TypeModel } from '../../model/structure.ts';
import type { Scope } from '../scope.ts';
import { namesOf } from './library.ts';

/** A locator that a sentence may name: of its file, imported, or shipped. */
export function locatorNamed(name: string, scope: Scope): LocatorModel | undefined {
  return namesOf(scope.unit, scope.problems).locators.get(name) ?? scope.unit.shipped.locators.get(name);
}

/** The locators a sentence may name. */
export function locatorNames(scope: Scope): string[] {
  const own = namesOf(scope.unit, scope.problems).locators;
  return [...new Set([...own.keys(), ...scope.unit.shipped.locators.keys()])];
}

/** Locators with those that they are nested in, which come first. */
export function withParents(locators: readonly LocatorModel[], scope: Scope): LocatorModel[] {
  const found = new Set<LocatorModel>();
  const add = (locator: LocatorModel): void => {
    if (found.has(locator)) return;
    const parent = locator.parent === undefined ? undefined : locatorNamed(locator.parent, scope);
    // Nesting ends: a ring of parents was refused.
    if (parent !== undefined) add(parent);
    found.add(locator);
  };
  for (const locator of locators) add(locator);
  return [...found];
}

/** The structs that types need and that a spec writes out, by name. */
export function structsOf(types: readonly TypeModel[], scope: Scope): StructModel[] {
  const { structs } = namesOf(scope.unit, scope.problems);
  const { shipped } = scope.unit;
  const found = new Map<string, StructModel>();
  const left = [...types];
  for (let type = left.pop(); type !== undefined; type = left.pop()) {
    if (type.kind === 'pointer') left.push(type.to);
    else if (type.kind === 'array') left.push(type.of);
    else if (type.kind === 'aggregate') left.push(...type.members.map((member) => member.type));
    else if (type.kind === 'named' && !found.has(type.name)) {
      const struct = structs.get(type.name) ?? shipped.structs.get(type.name);
      if (struct === undefined || struct.from_guest) continue;
      found.set(type.name, struct);
      left.push(...struct.members.map((member) => member.type));
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
