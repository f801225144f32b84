import { spelled } from '../../model/formula-types.ts';
import type { PathStep } from '../../model/expression.ts';
import { isLater } from '../../model/later.ts';
import { kernelPerCpu, kernelType } from '../../model/kernel-source.ts';
import type { TypeModel } from '../../model/structure.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import type { TypeSource } from '../../model/type-source.ts';
import { laterWordAt } from '../later.ts';
import { memberNames } from '../library/members-of.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Place } from './place.ts';

/** Where no file's structures are known: the kernel's own types. */
const KERNEL: TypeSource = { named: kernelType, perCpu: kernelPerCpu, locator: () => undefined };

/**
 * Follows fields and array indices from `steps[from]` on, as C would: a pointer to a struct is followed, anonymous
 * members are searched through. Where the type is not known, any field is taken: a run will tell.
 */
export function fields(
  start: Place,
  steps: readonly PathStep[],
  from: number,
  scope: Scope,
): Place | undefined {
  const source = scope.structures?.source ?? KERNEL;
  if (from >= steps.length) {
    // A variable may be a single number.
    const own = start.type && start.width_bits === undefined ? widthOf(start.type, source) : undefined;
    return own === undefined ? start : { ...start, width_bits: own };
  }
  let type: TypeModel | 'opaque' | undefined = start.type;
  for (let at = from; at < steps.length; at++) {
    const step = steps[at] as PathStep;
    if (step.kind === 'all' || step.kind === 'call') {
      return failAt(scope, 'E0603', step.span, 'a single place has no `*` and takes no call', 'not a list');
    }
    if (isRange(step) && at < steps.length - 1)
      return failAt(scope, 'E0603', step.span, 'several entries have no parts', 'a single one has');
    if (type === undefined || type === 'opaque') break;
    type = step.kind === 'field' ? member(type, step, source, scope) : item(type, step, source, scope);
    if (type === undefined) return undefined;
  }
  const place: { -readonly [Key in keyof Place]: Place[Key] } = { kind: 'bytes', dimension: 'place' };
  if (start.lpar !== undefined) place.lpar = start.lpar;
  if (start.collection !== undefined) place.collection = start.collection;
  if (type === undefined || type === 'opaque') return place;
  place.type = type;
  if (isText(type, source)) place.dimension = 'string';
  const bits = widthOf(type, source);
  if (bits !== undefined) place.width_bits = bits;
  return place;
}

const isRange = (step: PathStep): boolean => step.kind === 'index' && step.index.kind === 'range';

/** The type without names; undefined also for what only the guest knows. */
function plain(type: TypeModel, source: TypeSource): TypeModel | undefined {
  const seen = resolveType(type, source);
  return seen === 'opaque' ? undefined : seen;
}

function isText(type: TypeModel, source: TypeSource): boolean {
  const seen = plain(type, source);
  return seen?.kind === 'array' && plain(seen.of, source)?.kind === 'char';
}

/** Bits of a scalar; undefined for what is more than one. */
function widthOf(type: TypeModel, source: TypeSource): number | undefined {
  const seen = plain(type, source);
  switch (seen?.kind) {
    case 'int':
    case 'enum':
      return seen.bytes * 8;
    case 'char':
    case 'bool':
      return 8;
    case 'pointer':
      return 64;
    default:
      return undefined;
  }
}

/** Bits of a place, an array of scalars included; undefined where the text does not tell. */
export function bitsOf(place: Place, scope: Scope): number | undefined {
  if (place.width_bits !== undefined || place.type === undefined) return place.width_bits;
  const source = scope.structures?.source ?? KERNEL;
  const seen = plain(place.type, source);
  const of = seen?.kind === 'array' ? widthOf(seen.of, source) : undefined;
  return seen?.kind === 'array' && of !== undefined ? of * seen.count : undefined;
}

function member(
  type: TypeModel,
  step: PathStep & { kind: 'field' },
  source: TypeSource,
  scope: Scope,
): TypeModel | 'opaque' | undefined {
  const seen = plain(type, source);
  const struct = seen?.kind === 'pointer' ? seen.to : type;
  const found = findMember(struct, step.name, source);
  if (found !== undefined) return found === 'opaque' ? found : found.type;
  const names = memberNames(struct, source);
  if (names.length === 0) {
    const said = 'nothing to take a part of';
    return failAt(scope, 'E0604', step.span, `\`${spelled(type)}\` has no fields`, said);
  }
  if (isLater(step.name, 'member')) return laterWordAt(scope, step.span, step.name);
  const help = didYouMean(step.name, names, 'its fields are');
  const message = `\`${spelled(struct)}\` has no field \`${step.name}\``;
  return failAt(scope, 'E0604', step.span, message, 'unknown field', help);
}

function item(
  type: TypeModel,
  step: PathStep,
  source: TypeSource,
  scope: Scope,
): TypeModel | 'opaque' | undefined {
  const seen = resolveType(type, source);
  if (seen === 'opaque' || seen === undefined) return 'opaque';
  const of = seen.kind === 'pointer' ? seen.to : seen.kind === 'array' ? seen.of : undefined;
  if (of === undefined)
    return failAt(scope, 'E0603', step.span, `\`${spelled(type)}\` is no array`, 'takes no index');
  const length = seen.kind === 'array' ? seen.count : 0;
  const [low, high] = ends(step);
  if (low !== undefined && high !== undefined && high < low)
    return failAt(scope, 'E0618', step.span, 'this range is empty', 'no entry');
  const outside = [low, high].find((one) => one !== undefined && (one < 0 || (length > 0 && one >= length)));
  if (outside !== undefined) {
    const message = `index ${outside} is outside the array`;
    return failAt(scope, 'E0618', step.span, message, `it has ${length} elements, from 0`);
  }
  return isRange(step) && low !== undefined && high !== undefined
    ? { kind: 'array', of, count: high - low + 1 }
    : of;
}

/** The first and last index of a step, as far as they are known before the run. */
function ends(step: PathStep): readonly (number | undefined)[] {
  if (step.kind !== 'index') return [];
  const { index } = step;
  const of = index.kind === 'range' ? [index.low, index.high] : [index, index];
  return of.map((one) => (one.kind === 'int' ? Number(one.value) : undefined));
}
