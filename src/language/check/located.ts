import type { Collection } from '../../model/collections.ts';
import type { Path, PathStep } from '../../model/expression.ts';
import type { LparModel } from '../../model/machine.ts';
import type { LocatorModel } from '../../model/structure.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { fields } from './fields.ts';
import { isFilled } from './filled.ts';
import type { Place } from './place.ts';

const KNOWN = new WeakMap<object, Collection>();

/** What a locator finds, as a collection. */
function collectionOf(locator: LocatorModel): Collection {
  const known = KNOWN.get(locator);
  if (known !== undefined) return known;
  const index: Collection['index'][number][] = ['position'];
  if (locator.label.length > 0) index.push('name');
  if (locator.id.length > 0) index.push('number');
  const { name, doc = '' } = locator;
  const element = locator.of.kind === 'named' ? locator.of.name : '';
  const collection: Collection = { name, element, index, judged: true, describable: true, doc };
  KNOWN.set(locator, collection);
  return collection;
}

/** Structures that the file declares, or imports. */
export function ownStructureNames({ structures }: Scope): string[] {
  return [...(structures?.locators.keys() ?? []), ...(structures?.validators.keys() ?? [])];
}

/**
 * True for what an application of the partition fills, or its region describes, under a name that this file does not
 * know.
 */
export function isFilledThere(name: string, { apps = [], metadata }: LparModel): boolean {
  const filled = apps.flatMap(({ fills }) => fills).map(({ locator }) => locator);
  return [...filled, ...(metadata.locators ?? [])].some((one) => one.name === name);
}

/** A name of structures that scenarios may use besides those that every guest has. */
export function structureNames(scope: Scope): string[] {
  const { unit } = scope;
  return [
    ...new Set([
      ...ownStructureNames(scope),
      ...unit.shipped.locators.keys(),
      ...unit.shipped.validators.keys(),
    ]),
  ];
}

/**
 * A structure of a spec's own or of the library, one of its elements, or a part of one; `none` when the name is no such
 * structure's, or when the built-in collection of that name says the same.
 */
export function located(
  name: string,
  built_in: Collection | undefined,
  lpar: LparModel,
  path: Path,
  from: number,
  scope: Scope,
): Place | undefined | 'none' {
  const { structures } = scope;
  const own = structures?.locators.get(name);
  if (structures?.wrong_locators.has(name) === true) return undefined;
  if (built_in !== undefined && (own === undefined || sameElement(own, built_in, scope))) return 'none';
  const { shipped } = scope.unit;
  const locator = own ?? shipped.locators.get(name);
  if (locator !== undefined) return elementOf(locator, lpar, path, from, scope);
  const validator = structures?.validators.get(name) ?? shipped.validators.get(name);
  if (validator === undefined) return 'none';
  return validated(name, validator, lpar, path, from, scope);
}

/** True for a locator over what the guest has anyway, not over a struct that the spec writes out. */
function sameElement({ of }: LocatorModel, built_in: Collection, { structures }: Scope): boolean {
  if (of.kind !== 'named' || of.name !== built_in.element) return false;
  return structures?.structs.get(of.name)?.from_guest !== false;
}

/** What a validator judges without a locator of its name: a whole, and no elements. */
function validated(
  name: string,
  validator: object,
  lpar: LparModel,
  path: Path,
  from: number,
  scope: Scope,
): Place | undefined {
  const collection = KNOWN.get(validator) ?? {
    name,
    element: '',
    index: [],
    judged: true,
    describable: true,
    doc: '',
  };
  KNOWN.set(validator, collection);
  const step = path.steps[from];
  if (step === undefined) return { kind: 'collection', lpar: lpar.name, collection, dimension: 'set' };
  const help = `as in \`verdict ${lpar.name}.${name} is intact\``;
  return failAt(
    scope,
    'E0602',
    step.span,
    `\`${name}\` is what a validator judges: it has no elements`,
    'no part',
    help,
  );
}

function elementOf(
  locator: LocatorModel,
  lpar: LparModel,
  path: Path,
  from: number,
  scope: Scope,
): Place | undefined {
  const { steps } = path;
  const collection = collectionOf(locator);
  const index = steps[from];
  if (index === undefined || (index.kind === 'all' && from === steps.length - 1))
    return { kind: 'collection', lpar: lpar.name, collection, dimension: 'set' };
  const start: Place = { kind: 'bytes', lpar: lpar.name, collection, dimension: 'place', type: locator.of };
  // What there is one of needs no number.
  const single = locator.shape === 'one' && !locator.from.some((one) => one.kind === 'every');
  if (single && index.kind === 'field') return fields(start, steps, from, scope);
  if (index.kind !== 'any' && !chosen(index, locator, path, scope)) return undefined;
  if (!isFilled(locator, index, lpar, scope)) return undefined;
  const next = steps[from + 1];
  const nested = next?.kind === 'field' ? nestedIn(locator, next.name, scope) : undefined;
  if (nested !== undefined) return elementOf(nested, lpar, path, from + 2, scope);
  return fields(start, steps, from + 1, scope);
}

/** The locator of that name that is nested in the elements of another. */
function nestedIn(parent: LocatorModel, name: string, scope: Scope): LocatorModel | undefined {
  const found = scope.structures?.locators.get(name) ?? scope.unit.shipped.locators.get(name);
  return found?.parent === parent.name ? found : undefined;
}

/** False when a step does not say which element, which is reported. */
function chosen(step: PathStep, locator: LocatorModel, path: Path, scope: Scope): boolean {
  const named = locator.label.length > 0;
  const { index } = step as PathStep & { kind: 'index' };
  const sound =
    step.kind === 'index' &&
    ((index.kind === 'string' && named) ||
      (index.kind === 'int' && index.value >= 0n) ||
      index.kind === 'path' ||
      index.kind === 'binary');
  if (sound) return true;
  const wanted = `${locator.id.length > 0 ? `its \`${locator.id.join('.')}\`` : 'a number from 0'}${named ? ` or its \`${locator.label.join('.')}\`` : ''}`;
  const message =
    step.kind === 'index'
      ? `\`${locator.name}\` takes ${wanted} in its brackets`
      : `\`${locator.name}\` are many: say which one`;
  failAt(
    scope,
    'E0603',
    step.span,
    message,
    `expected ${wanted}`,
    `as in \`${path.root}.${locator.name}[any]\``,
  );
  return false;
}
