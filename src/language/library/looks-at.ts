import { partsOf } from '../../model/formula-parts.ts';
import type { Formula, LocatorModel, TypeModel } from '../../model/structure.ts';
import { findMember, pointed, resolveType } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import type { Context } from './context.ts';
import { extentOf } from './layout.ts';
import { same } from './same.ts';

/** Functions and collections read what no formula names. */
const READING = new Set(['collection', 'call', 'every', 'element', 'cpus']);
/** Locators nested deeper than that look at anything. */
const NESTED = 16;

/** A place without the casts that say how it is read. */
export function bare(formula: Formula): Formula {
  return formula.kind === 'cast' ? bare(formula.of) : formula;
}

/** False when a formula says the same whatever is written to a place. What cannot be told before a run looks at it. */
export function looksAt(formula: Formula, place: Formula, context: Context): boolean {
  const { kind } = formula;
  if (kind === 'call' && formula.function === 'count' && formula.args.length === 1)
    return formula.args[0]?.kind !== 'collection' || countsBy(formula.args[0], place, context);
  if (READING.has(kind) || mayBe(bare(formula), place, context)) return true;
  const parts = apart(bare(formula), place) ? besides(bare(formula)) : partsOf(formula);
  return parts.some((part) => looksAt(part, place, context));
}

/** What is read to find an entry of an array. */
function besides(entry: Formula): readonly Formula[] {
  if (entry.kind !== 'index') return partsOf(entry);
  return [entry.index, ...besides(bare(entry.of))];
}

/** The place itself, one within it or around it, or one that may be the same under another name. */
function mayBe(one: Formula, place: Formula, context: Context): boolean {
  if (same(one, place)) return true;
  const [member, other] = [memberOf(one), memberOf(place)];
  if (other === undefined && place.kind === 'index') return PATHS.has(one.kind);
  if (member === undefined || other === undefined) return one.kind === 'index';
  if (member.name === other.name) return !apart(one, place);
  return same(member.of, other.of) && overlap(member, other, context);
}

const PATHS: ReadonlySet<string> = new Set(['member', 'index', 'symbol', 'name', 'address']);

type Member = Formula & { kind: 'member' };

/** The member whose entries a place is one of. */
function memberOf(formula: Formula): Member | undefined {
  const at = bare(formula);
  return at.kind === 'index' ? memberOf(at.of) : at.kind === 'member' ? at : undefined;
}

/** Two entries of one array. */
function apart(one: Formula, other: Formula): boolean {
  if (one.kind !== 'index' || other.kind !== 'index' || !same(one.of, other.of)) return false;
  return one.index.kind === 'int' && other.index.kind === 'int' && one.index.value !== other.index.value;
}

/** Members of one object that share bytes: of a union, or bits of one word. */
function overlap(one: Member, other: Member, context: Context): boolean {
  const { source } = context.typing;
  const struct = pointed(typeOf(one.of, context.typing), source);
  const [first, second] =
    struct === undefined
      ? []
      : [findMember(struct, one.name, source), findMember(struct, other.name, source)];
  if (typeof first !== 'object' || typeof second !== 'object')
    return first === 'opaque' || second === 'opaque';
  if (first.bits !== undefined && second.bits !== undefined) return false;
  const end = (found: typeof first): number => found.offset + (bytesOf(found.type, context) ?? Infinity);
  return first.offset < end(second) && second.offset < end(first);
}

function bytesOf(type: TypeModel, { names, scope }: Context): number | undefined {
  return extentOf(type, (name) => names.structs.get(name) ?? scope.unit.shipped.structs.get(name))?.bytes;
}

/** True unless how many elements there are is told by other members than the one that is written. */
function countsBy(counted: Formula & { kind: 'collection' }, place: Formula, context: Context): boolean {
  const member = place.kind === 'member' ? place : undefined;
  const type = typeOf(place, context.typing);
  const seen = type.kind === 'place' ? resolveType(type.type, context.typing.source) : undefined;
  if (member === undefined || seen === undefined || seen === 'opaque' || !PLAIN.has(seen.kind)) return true;
  const { names, scope } = context;
  let name: string | undefined = counted.locator;
  for (let depth = 0; name !== undefined; depth++) {
    const locator: LocatorModel | undefined =
      names.locators.get(name) ?? scope.unit.shipped.locators.get(name);
    if (locator === undefined || depth > NESTED || LEADING.has(locator.shape)) return true;
    const { from, step, length, first, last, via } = locator;
    const clauses = [...from, ...step, length, first, last];
    if (via.includes(member.name) || clauses.some((one) => one !== undefined && mentions(one, member.name)))
      return true;
    name = locator.parent;
  }
  return counted.of !== undefined && looksAt(counted.of, place, context);
}

/** What is written there is no link. */
const PLAIN: ReadonlySet<string> = new Set(['int', 'enum', 'bool', 'char']);
/** Their elements are filed in nodes whose members no locator names. */
const LEADING: ReadonlySet<string> = new Set(['bitmap', 'xarray', 'maple']);

/** What a step reads at an address that it works out may be any member. */
function mentions(formula: Formula, name: string): boolean {
  if (
    formula.kind === 'member'
      ? formula.name === name
      : formula.kind === 'call' && formula.function.endsWith('_at')
  )
    return true;
  return partsOf(formula).some((part) => mentions(part, name));
}
