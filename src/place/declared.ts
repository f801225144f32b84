import type { Address } from '../base/address.ts';
import { memberOf, resolved, sizeOf } from '../formats/locator-code/types.ts';
import type { FoundMember, LocatorTypes } from '../formats/locator-code/types.ts';
import type { LparModel, TopologyModel } from '../model/machine.ts';
import { numberField } from '../model/number-field.ts';
import type { LibraryModel, LocatorModel, StructModel, TypeModel } from '../model/structure.ts';
import { link } from '../structure/link.ts';
import type { LinkedLibrary } from '../structure/link.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace, Reading } from './place.ts';
import type { Naming } from './bytes-at.ts';
import { numbered, runsAt } from './bytes-at.ts';

const libraries = new WeakMap<LparModel, LibraryModel>();

/** The structures that a spec declares and a partition has: what its apps fill, and what its region describes. */
function declaredIn(lpar: LparModel): LibraryModel {
  const known = libraries.get(lpar);
  if (known) return known;
  const locators = new Map<string, LocatorModel>();
  const structs = new Map<string, StructModel>();
  for (const { fills, structs: own } of lpar.apps ?? []) {
    for (const { locator } of fills) locators.set(locator.name, locator);
    for (const one of own) structs.set(one.name, one);
  }
  for (const one of lpar.metadata.locators ?? []) if (!locators.has(one.name)) locators.set(one.name, one);
  for (const one of lpar.metadata.structs ?? []) if (!structs.has(one.name)) structs.set(one.name, one);
  const library = { structs: [...structs.values()], locators: [...locators.values()], validators: [] };
  libraries.set(lpar, library);
  return library;
}

/** True for the name of a structure that a partition's spec declares. */
export function declaredCollection(lpar: LparModel | undefined, name: string): boolean {
  return lpar !== undefined && declaredIn(lpar).locators.some((one) => one.name === name);
}

/** The declared structures of a partition against its kernel's types; undefined when it has none. */
export function declaredOf(kernel: Kernel, topology: TopologyModel): LinkedLibrary | undefined {
  const lpar = topology.lpars.find(({ name }) => name === kernel.partition.name);
  const library = lpar && declaredIn(lpar);
  if (!library || library.locators.length + library.structs.length === 0) return undefined;
  const btf = kernel.btf();
  return link(library, btf.ok ? btf.value : undefined, kernel.fold);
}

/** True where the kernel or the spec says how large something of a type is. */
export function hasSize(linked: LinkedLibrary, type: TypeModel): boolean {
  return sizeOf(typesOf(linked), type) !== undefined;
}

/** A type for places: names are the kernel's own, else the spec's. */
function typesOf(linked: LinkedLibrary): LocatorTypes {
  return { named: (name) => linked.typeNamed(name), variable: () => undefined, perCpu: () => false };
}

/** An object of a declared type. */
export function declaredAt(
  kernel: Kernel,
  linked: LinkedLibrary,
  address: Address,
  type: TypeModel,
  naming: Naming,
  bits?: FoundMember['bits'],
): Outcome<BytesPlace> {
  const types = typesOf(linked);
  const bytes = sizeOf(types, type);
  if (bytes === undefined) return lost('NO_TYPE', naming.text, 'nothing is known of its type');
  const place = runsAt(kernel, address, bytes, naming);
  return place.ok
    ? found({
        ...place.value,
        declared: type,
        reading: readingOf(types, type),
        ...numbered(numberField(resolved(types, type), bits)),
      })
    : place;
}

/** What a declared type calls a number; undefined when it is no enumeration or the number has no name. */
export function declaredName(linked: LinkedLibrary, type: TypeModel, number: bigint): string | undefined {
  const seen = resolved(typesOf(linked), type);
  return seen?.kind === 'enum' ? seen.values.find(({ value }) => value === number)?.name : undefined;
}

function readingOf(types: LocatorTypes, type: TypeModel): Reading {
  const seen = resolved(types, type);
  switch (seen?.kind) {
    case 'int':
      return seen.signed ? 'signed' : 'unsigned';
    case 'enum':
    case 'char':
      return 'unsigned';
    case 'bool':
    case 'pointer':
      return seen.kind;
    case 'array':
      return resolved(types, seen.of)?.kind === 'char' ? 'text' : 'aggregate';
    default:
      return 'aggregate';
  }
}

/** `place.name` of a declared type; a pointer is followed first. */
export function declaredMember(
  kernel: Kernel,
  linked: LinkedLibrary,
  place: BytesPlace,
  name: string,
): Outcome<BytesPlace> {
  const types = typesOf(linked);
  const base = followed(kernel, types, place);
  if (!base.ok) return base;
  const { type, address } = base.value;
  const member = memberOf(types, type, name);
  const seen = resolved(types, type);
  if (!member) {
    if (seen?.kind !== 'aggregate')
      return lost('NOT_A_PLACE', place.text, `it has no member ${name}: it is no struct`);
    const names = seen.members
      .map((known) => known.name)
      .filter(Boolean)
      .slice(0, 16);
    return lost('NO_MEMBER', place.text, `it has no member ${name}`, names);
  }
  return declaredAt(
    kernel,
    linked,
    address + member.offset,
    member.type,
    named(place, `${place.text}.${name}`),
    member.bits,
  );
}

/** `place[index]` of a declared type. */
export function declaredElement(
  kernel: Kernel,
  linked: LinkedLibrary,
  place: BytesPlace,
  index: number,
): Outcome<BytesPlace> {
  const types = typesOf(linked);
  const naming = named(place, `${place.text}[${index}]`);
  const seen = resolved(types, place.declared);
  if (seen?.kind === 'array' && place.address !== undefined) {
    if (index < 0 || index >= seen.count)
      return lost('INDEX', place.text, `${index} is outside its ${seen.count} elements`);
    return declaredAt(kernel, linked, place.address + index * (sizeOf(types, seen.of) ?? 0), seen.of, naming);
  }
  if (seen?.kind !== 'pointer') return lost('NOT_A_PLACE', place.text, 'it is no array');
  const base = followed(kernel, types, place);
  if (!base.ok) return base;
  return declaredAt(
    kernel,
    linked,
    base.value.address + index * (sizeOf(types, seen.to) ?? 0),
    seen.to,
    naming,
  );
}

function named(place: BytesPlace, text: string): Naming {
  return place.space === undefined ? { text } : { text, space: place.space };
}

/** Type and address, through one pointer where the place is one. */
function followed(
  kernel: Kernel,
  types: LocatorTypes,
  place: BytesPlace,
): Outcome<{ readonly type: TypeModel; readonly address: Address }> {
  const { declared, address } = place;
  if (declared === undefined || address === undefined)
    return lost('NO_TYPE', place.text, 'nothing is known of its type');
  const seen = resolved(types, declared);
  if (seen?.kind !== 'pointer') return found({ type: declared, address });
  const to = kernel.u64(address, place.space);
  return to === undefined
    ? lost('UNMAPPED', place.text, 'it cannot be read')
    : found({ type: seen.to, address: to });
}
