import { FINDINGS, SHAPE_FINDINGS } from '../../model/findings.ts';
import type { ValidatorModel } from '../../model/structure.ts';
import type { Scope } from '../scope.ts';

/** Codes that any structure can have: it could not be reached, or was not judged. */
const GENERAL: readonly string[] = [...FINDINGS.values()]
  .filter(({ collections, shapes }) => collections.length === 0 && shapes === undefined)
  .map(({ code }) => code);
const UNREACHED = ['LOCATOR_BUDGET', 'LOCATOR_STACK'];

/** The verdict that a code of no catalogue leads to. */
export function leadsTo(code: string): 'corrupt' | 'unreachable' {
  return UNREACHED.includes(code) ? 'unreachable' : 'corrupt';
}

interface Known {
  all?: Set<string>;
  readonly of: Map<string, Set<string> | undefined>;
}
const KNOWN = new WeakMap<object, Known>();
/** Rows of a table ask the same again and again, and so do files that declare nothing. */
function known({ structures, unit }: Scope): Known {
  const own = structures !== undefined && structures.validators.size + structures.locators.size > 0;
  const key = own ? structures : unit.shipped;
  const found = KNOWN.get(key) ?? { of: new Map() };
  KNOWN.set(key, found);
  return found;
}

/** Every code that a claim may name here. */
export function knownCodes(scope: Scope): ReadonlySet<string> {
  return (known(scope).all ??= allCodes(scope));
}

function allCodes(scope: Scope): Set<string> {
  const validators = [
    ...(scope.structures?.validators.values() ?? []),
    ...scope.unit.shipped.validators.values(),
  ];
  return new Set([
    ...FINDINGS.keys(),
    ...Object.values(SHAPE_FINDINGS).flat(),
    ...UNREACHED,
    ...validators.flatMap(({ codes }) => codes.map(({ code }) => code)),
  ]);
}

/** The structures whose validators give a code. */
export function givenBy(code: string, scope: Scope): readonly string[] {
  const own = [...(scope.structures?.validators.values() ?? [])];
  const shipped = [...scope.unit.shipped.validators.values()].filter(
    ({ name }) => scope.structures?.validators.has(name) !== true,
  );
  return [...own, ...shipped]
    .filter(({ codes }) => codes.some((one) => one.code === code))
    .map(({ name }) => name);
}

/**
 * The codes that the validator and the shapes of a structure can give; undefined where nothing of that name is
 * declared.
 */
export function codesOf(name: string, scope: Scope): ReadonlySet<string> | undefined {
  const { of } = known(scope);
  if (!of.has(name)) of.set(name, gatheredCodes(name, scope));
  return of.get(name);
}

function gatheredCodes(name: string, scope: Scope): Set<string> | undefined {
  const { structures } = scope;
  const { shipped } = scope.unit;
  const validator: ValidatorModel | undefined =
    structures?.validators.get(name) ?? shipped.validators.get(name);
  const locators = [...(structures?.locators.values() ?? []), ...shipped.locators.values()];
  const locator = structures?.locators.get(name) ?? shipped.locators.get(name);
  if (validator === undefined && locator === undefined) return undefined;
  // Its own first: that is the order in which they are suggested.
  const codes = new Set(validator?.codes.map(({ code }) => code));
  if (locator !== undefined) for (const code of SHAPE_FINDINGS[locator.shape] ?? []) codes.add(code);
  // What it walks besides, nested or by name, speaks with its own shape.
  const text = validator === undefined ? '' : JSON.stringify(validator, plain);
  for (const other of locators) {
    if (!text.includes(JSON.stringify(other.name))) continue;
    for (const code of SHAPE_FINDINGS[other.shape] ?? []) codes.add(code);
  }
  for (const code of [...GENERAL, ...UNREACHED]) codes.add(code);
  return codes;
}

const plain = (key: string, value: unknown): unknown =>
  key === 'span' ? undefined : typeof value === 'bigint' ? String(value) : value;
