import { partsOf } from '../../model/formula-parts.ts';
import type { Formula, LocatorModel, Statement, StructModel, TypeModel } from '../../model/structure.ts';
import type { Scope } from '../scope.ts';
import { namesOf } from './library.ts';
import { SHAPES } from './shapes.ts';

/** A locator that a sentence may name: of its file, imported, or shipped. */
export function locatorNamed(name: string, scope: Scope): LocatorModel | undefined {
  return namesOf(scope.unit, scope.problems).locators.get(name) ?? scope.unit.shipped.locators.get(name);
}

/** What `describes NAME` stands for: the locator of that name, and those that its validator goes through. */
export function locatorsBehind(name: string, scope: Scope): LocatorModel[] {
  const own = namesOf(scope.unit, scope.problems);
  const { shipped } = scope.unit;
  const validator = own.validators.get(name) ?? shipped.validators.get(name);
  const found = new Set<LocatorModel>();
  const add = (locator: LocatorModel | undefined): void => {
    if (locator !== undefined) found.add(locator);
  };
  add(locatorNamed(name, scope));
  if (validator !== undefined)
    for (const { over } of loopsOf(validator.body)) for (const walked of walkedBy(over, scope)) add(walked);
  return [...found];
}

/** Every `each` of a validator. */
function loopsOf(body: readonly Statement[]): (Statement & { kind: 'each' })[] {
  return body.flatMap((one) => {
    if (one.kind === 'each') return [one, ...loopsOf(one.body)];
    return 'body' in one ? loopsOf(one.body) : [];
  });
}

/** Locators that a loop goes through: by name, or nested ones as members. */
function walkedBy(over: Formula, scope: Scope): LocatorModel[] {
  const named = over.kind === 'collection' ? locatorNamed(over.locator, scope) : undefined;
  const nested = over.kind === 'member' ? locatorNamed(over.name, scope) : undefined;
  const own = [named, nested?.parent === undefined ? undefined : nested].filter((one) => one !== undefined);
  return [...own, ...partsOf(over).flatMap((part) => walkedBy(part, scope))];
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

/**
 * The structs that locators need and that a spec writes out, by name: of their elements, of where they begin, and of
 * their shape.
 */
export function structsBehind(locators: readonly LocatorModel[], scope: Scope): StructModel[] {
  const types = locators.flatMap(({ of, shape, from, step, length, first, last, guard }) => [
    of,
    ...Object.keys(SHAPES[shape].made_of ?? {}).map((name): TypeModel => ({ kind: 'named', name })),
    ...[...from, ...step, length, first, last, guard].flatMap((formula) => (formula ? typesIn(formula) : [])),
  ]);
  return structsOf(types, scope);
}

/** What a formula says of types. */
function typesIn(formula: Formula): TypeModel[] {
  const own = formula.kind === 'cast' ? [formula.type] : [];
  return [...own, ...partsOf(formula).flatMap(typesIn)];
}

function structsOf(types: readonly TypeModel[], scope: Scope): StructModel[] {
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
