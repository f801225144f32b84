import type { Span } from '../text/span.ts';
import type { FormulaType } from './formula-types.ts';
import { describeType, isWrong, NUMBER, wrong } from './formula-types.ts';
import type { Formula, LocatorModel, MemberModel, TypeModel } from './structure.ts';

/**
 * The static types of formulas: pure, over whatever knows the types by name (a spec's structs and the kernel's as the
 * checker sees them; the guest's own BTF when a library is linked).
 */
export interface TypeSource {
  /**
   * The type behind a name; 'opaque' when it is known to be a guest's and its members are not known here; undefined: no
   * such type.
   */
  named(name: string): TypeModel | 'opaque' | undefined;
  /** Type of a per-CPU variable; undefined when the symbol is none. */
  perCpu(symbol: string): TypeModel | 'opaque' | undefined;
  /**
   * True where the kernel's own types are known in part: a member that is not among those may be in the guest's. Such
   * types have no size here.
   */
  readonly partial?: boolean;
  /** What a formula needs of a locator. */
  locator(name: string): Pick<LocatorModel, 'of' | 'shape' | 'parent'> | undefined;
}

/** What names mean where a formula stands. A scope is immutable: types are remembered in it. */
export interface Scope {
  readonly source: TypeSource;
  readonly names: ReadonlyMap<string, FormulaType>;
  /** What `element` is here. */
  readonly element?: FormulaType;
  readonly known: Map<Formula, FormulaType>;
}

export function scopeOf(
  source: TypeSource,
  names: ReadonlyMap<string, FormulaType> = new Map(),
  element?: FormulaType,
): Scope {
  return { source, names, known: new Map(), ...(element ? { element } : {}) };
}

/** The same scope with one more name. */
export function withName(scope: Scope, name: string, type: FormulaType): Scope {
  return scopeOf(scope.source, new Map([...scope.names, [name, type]]), scope.element);
}

/** The same scope with another element at hand. */
export function withElement(scope: Scope, element: FormulaType): Scope {
  return scopeOf(scope.source, scope.names, element);
}

const NAME_LIMIT = 32;
const MEMBER_DEPTH_LIMIT = 16;

/** The type without names; 'opaque' as in TypeSource; undefined for a name that nothing has, or that never ends. */
export function resolveType(type: TypeModel, source: TypeSource): TypeModel | 'opaque' | undefined {
  let at: TypeModel | 'opaque' | undefined = type;
  for (let step = 0; step < NAME_LIMIT; step++) {
    if (at === undefined || at === 'opaque' || at.kind !== 'named') return at;
    at = source.named(at.name);
  }
  return undefined;
}

/** What was found, by source and struct: a task_struct has hundreds of members, and formulas ask for the same few. */
const FOUND = new WeakMap<TypeSource, WeakMap<TypeModel, Map<string, MemberModel | 'opaque' | undefined>>>();

/** A member by name, anonymous ones searched through; its offset is from the start of the outer aggregate. */
export function findMember(
  type: TypeModel,
  name: string,
  source: TypeSource,
): MemberModel | 'opaque' | undefined {
  const seen = resolveType(type, source);
  if (seen === 'opaque') return 'opaque';
  if (seen?.kind !== 'aggregate') return undefined;
  const of_source =
    FOUND.get(source) ?? new WeakMap<TypeModel, Map<string, MemberModel | 'opaque' | undefined>>();
  FOUND.set(source, of_source);
  const known = of_source.get(seen) ?? new Map<string, MemberModel | 'opaque' | undefined>();
  of_source.set(seen, known);
  if (known.has(name)) return known.get(name);
  const found = searched(seen, name, source, 0);
  known.set(name, found);
  return found;
}

function searched(
  type: TypeModel,
  name: string,
  source: TypeSource,
  depth: number,
): MemberModel | 'opaque' | undefined {
  const seen = resolveType(type, source);
  if (seen === 'opaque') return 'opaque';
  if (seen?.kind !== 'aggregate' || depth > MEMBER_DEPTH_LIMIT) return undefined;
  for (const member of seen.members) {
    if (member.name === name) return member;
    if (member.name !== '') continue;
    const inside = searched(member.type, name, source, depth + 1);
    if (inside === 'opaque') return inside;
    if (inside) return { ...inside, offset: member.offset + inside.offset };
  }
  return source.partial === true && depth === 0 && seen.bytes === 0 ? 'opaque' : undefined;
}

/** What a place holds, where it holds a number, a truth, a text or a pointer; anything else is itself. */
export function valueOf(type: FormulaType, source: TypeSource): FormulaType {
  if (type.kind !== 'place') return type;
  const seen = resolveType(type.type, source);
  if (seen === 'opaque') return { kind: 'unknown' };
  switch (seen?.kind) {
    case 'int':
      return { kind: 'number', signed: seen.signed, bytes: type.bits === undefined ? seen.bytes : 1 };
    case 'enum':
      return { kind: 'number', signed: false, bytes: seen.bytes, no_time: true };
    case 'char':
      return { kind: 'number', signed: false, bytes: 1 };
    case 'bool':
      return { kind: 'bool' };
    case 'pointer':
      return { kind: 'pointer', to: seen.to };
    case 'array':
      return resolveType(seen.of, source) !== 'opaque' &&
        (resolveType(seen.of, source) as TypeModel | undefined)?.kind === 'char'
        ? { kind: 'text' }
        : type;
    default:
      return type;
  }
}

/** The struct that a place is, or that it leads to when it is a pointer: pointers are followed by themselves. */
export function pointed(of: FormulaType, source: TypeSource): TypeModel | undefined {
  if (of.kind === 'pointer') return of.to;
  if (of.kind !== 'place') return undefined;
  const seen = resolveType(of.type, source);
  return seen !== 'opaque' && seen?.kind === 'pointer' ? seen.to : of.type;
}

/** What `each NAME in` this gives the name: an element, an entry, a number. */
export function eachOf(over: FormulaType, source: TypeSource, span: Span): FormulaType {
  if (isWrong(over) || over.kind === 'unknown') return over;
  if (over.kind === 'elements') return over.of.kind === 'place' ? { ...over.of, counted: true } : over.of;
  if (over.kind === 'range') return NUMBER;
  if (over.kind === 'set') return over.of;
  if (over.kind === 'place') {
    const seen = resolveType(over.type, source);
    if (seen === 'opaque') return { kind: 'unknown' };
    if (seen?.kind === 'array') return { kind: 'place', type: seen.of, counted: true };
  }
  return wrong('not_elements', span, `${describeType(over)} is nothing to go through`);
}
