import type { CType } from '../../model/c-types.ts';
import type { PathStep } from '../../model/expression.ts';
import { AGGREGATES, ENUMS, findMember, membersOf, underlying } from '../../model/kernel-types.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Place } from './place.ts';

/**
 * Follows fields and array indices from `steps[from]` on, as C would: a pointer to a struct is followed, anonymous members are
 * searched through. Where the type is not known, any field is taken: a run will tell.
 */
export function fields(
  start: Place,
  steps: readonly PathStep[],
  from: number,
  scope: Scope,
): Place | undefined {
  if (from >= steps.length) return start;
  let { type } = start;
  for (let at = from; at < steps.length; at++) {
    const step = steps[at] as PathStep;
    if (step.kind === 'all' || step.kind === 'call') {
      return failAt(scope, 'E0603', step.span, 'a single place has no `*` and takes no call', 'not a list');
    }
    if (type === undefined) break;
    type = step.kind === 'field' ? member(type, step, scope) : item(type, step, scope);
    if (type === undefined) return undefined;
  }
  const place: { -readonly [Key in keyof Place]: Place[Key] } = { kind: 'bytes', dimension: 'place' };
  if (start.lpar !== undefined) place.lpar = start.lpar;
  if (start.collection !== undefined) place.collection = start.collection;
  if (type === undefined) return place;
  place.type = type;
  if (isText(type)) place.dimension = 'string';
  const bits = widthOf(type);
  if (bits !== undefined) place.width_bits = bits;
  return place;
}

function isText(type: CType): boolean {
  const seen = underlying(type);
  if (seen.kind !== 'array') return false;
  const of = underlying(seen.of);
  return of.kind === 'int' && of.name === 'char';
}

/** Bits of a scalar; undefined for what is more than one. */
function widthOf(type: CType): number | undefined {
  const seen = underlying(type);
  if (seen.kind === 'int') return seen.bytes * 8;
  if (seen.kind === 'pointer') return 64;
  if (seen.kind === 'enum') return (ENUMS.get(seen.name)?.bytes ?? 4) * 8;
  return undefined;
}

function member(type: CType, step: PathStep & { kind: 'field' }, scope: Scope): CType | undefined {
  const seen = underlying(type);
  const struct = seen.kind === 'pointer' ? underlying(seen.to) : seen;
  const found = findMember(struct, step.name);
  if (found !== undefined) return found.type;
  const names = memberNames(struct);
  if (names.length === 0) {
    return failAt(
      scope,
      'E0604',
      step.span,
      `\`${typeName(type)}\` has no fields`,
      'nothing to take a part of',
    );
  }
  const help = didYouMean(step.name, names, 'its fields are');
  return failAt(
    scope,
    'E0604',
    step.span,
    `\`${typeName(struct)}\` has no field \`${step.name}\``,
    'unknown field',
    help,
  );
}

function item(type: CType, step: PathStep, scope: Scope): CType | undefined {
  const seen = underlying(type);
  if (seen.kind === 'pointer') return seen.to;
  if (seen.kind !== 'array') {
    return failAt(scope, 'E0603', step.span, `\`${typeName(type)}\` is no array`, 'takes no index');
  }
  const index = step.kind === 'index' && step.index.kind === 'int' ? Number(step.index.value) : 0;
  if (index < 0 || (seen.length > 0 && index >= seen.length)) {
    const message = `index ${index} is outside the array`;
    return failAt(scope, 'E0618', step.span, message, `it has ${seen.length} elements, from 0`);
  }
  return seen.of;
}

function memberNames(type: CType, depth = 0): string[] {
  if (depth > 4) return [];
  return (membersOf(type) ?? []).flatMap((one) =>
    one.name === '' ? memberNames(one.type, depth + 1) : [one.name],
  );
}

export function typeName(type: CType): string {
  switch (type.kind) {
    case 'pointer':
      return `${typeName(type.to)} *`;
    case 'array':
      return `${typeName(type.of)}[${type.length}]`;
    case 'anonymous':
      return type.union ? 'union' : 'struct';
    case 'void':
    case 'function':
      return type.kind;
    default:
      return AGGREGATES.has(type.name) ? `struct ${type.name}` : type.name;
  }
}
