import type { Address } from '../../../../../base/address.ts';
import type { LocatorTypes } from '../../../../../formats/locator-code/types.ts';
import { memberOf, resolved, sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { NumberField } from '../../../../../model/number-field.ts';
import { numberField } from '../../../../../model/number-field.ts';
import type { Formula, MemberModel, TypeModel } from '../../../../../model/structure.ts';
import type { Shaped } from './data.ts';

/** Shapes without a below. */
export const NO_BELOW: Shaped = { childless: () => false, own: [] };

/** Why a structure cannot be built before the process runs. */
export class NotBuilt extends Error {}

/** A place in an app's memory, as its compiler and linker know it. */
export interface Spot {
  readonly address: Address;
  readonly type: TypeModel | undefined;
  readonly bits?: MemberModel['bits'];
  /** The object that it is part of: what a leading dot of `guard` means. */
  readonly object: Address;
  readonly object_type: TypeModel | undefined;
}

export interface Named {
  readonly types: LocatorTypes;
  readonly symbols: ReadonlyMap<string, Address>;
}

/**
 * The places that a formula means: symbols, casts, members and entries of arrays. Pointers are not followed: nothing
 * lies there yet.
 */
export function spotsOf(formula: Formula, named: Named, element?: Spot): readonly Spot[] {
  switch (formula.kind) {
    case 'element':
      if (!element) throw new NotBuilt('there is no element here');
      return [element];
    case 'symbol': {
      const address = named.symbols.get(formula.name);
      if (address === undefined) throw new NotBuilt(`${formula.name} is no variable of it`);
      return [{ address, type: undefined, object: address, object_type: undefined }];
    }
    case 'cast':
      return spotsOf(formula.of, named, element).map((spot) => ({
        ...spot,
        type: formula.type,
        object_type: spot.address === spot.object ? formula.type : spot.object_type,
      }));
    case 'member':
      return spotsOf(formula.of, named, element).map((spot) => {
        const member = memberOf(named.types, spot.type, formula.name);
        if (!member) throw new NotBuilt(`there is no member ${formula.name}`);
        const { bits: _outer, ...outer } = spot;
        return {
          ...outer,
          address: spot.address + member.offset,
          type: member.type,
          ...(member.bits ? { bits: member.bits } : {}),
        };
      });
    case 'every':
      return spotsOf(formula.of, named, element).flatMap((spot) => entriesOf(spot, named.types));
    case 'index': {
      const { index } = formula;
      if (index.kind !== 'int') throw new NotBuilt('an index is a number before the process runs');
      return spotsOf(formula.of, named, element).map((spot) => {
        const entry = entriesOf(spot, named.types)[Number(index.value)];
        if (!entry) throw new NotBuilt(`there is no entry ${index.value}`);
        return entry;
      });
    }
    default:
      throw new NotBuilt(`${formula.kind} is no place before the process runs`);
  }
}

const ENTRIES_LIMIT = 65_536;

/** The entries of an array, each as it lies there. */
export function entriesOf(spot: Spot, types: LocatorTypes): Spot[] {
  const array = resolved(types, spot.type);
  const bytes = array?.kind === 'array' ? sizeOf(types, array.of) : undefined;
  if (array?.kind !== 'array' || bytes === undefined || array.count > ENTRIES_LIMIT)
    throw new NotBuilt('it is no array');
  return Array.from({ length: array.count }, (_, index) => {
    const address = spot.address + index * bytes;
    // An entry of an array that is no member is an object of its own.
    const whole = spot.address === spot.object;
    return {
      address,
      type: array.of,
      object: whole ? address : spot.object,
      object_type: whole ? array.of : spot.object_type,
    };
  });
}

/** A member of an element: where it begins, and what it is. */
export interface MemberSpot {
  readonly offset: number;
  readonly type: TypeModel;
  readonly bits?: MemberModel['bits'];
}

/** A member by its path. */
export function memberAt(types: LocatorTypes, of: TypeModel, path: readonly string[]): MemberSpot {
  let at: MemberSpot = { offset: 0, type: of };
  for (const name of path) {
    const member = memberOf(types, at.type, name);
    if (!member) throw new NotBuilt(`there is no member ${path.join('.')} to fill`);
    at = { ...member, offset: at.offset + member.offset };
  }
  return at;
}

/** How the number of a member lies, or each number of an array of them; undefined where there is none. */
export function numbersOf(
  types: LocatorTypes,
  { type, bits }: Omit<MemberSpot, 'offset'>,
): { readonly field: NumberField; readonly entries: number } | undefined {
  let [at, entries] = [resolved(types, type), 1];
  while (at?.kind === 'array') [at, entries] = [resolved(types, at.of), entries * at.count];
  const field = numberField(at, bits);
  return field && { field, entries };
}
