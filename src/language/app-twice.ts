import type { AppField } from '../model/machine.ts';
import type { LocatorModel, TypeModel } from '../model/structure.ts';
import { resolveType } from '../model/type-source.ts';
import type { TypeSource } from '../model/type-source.ts';
import { namesOf } from './library/library.ts';
import type { Scope } from './scope.ts';

/** Anonymous structs and unions are looked through this deep. */
const ANONYMOUS = 16;

/** One step down into a struct: which member, and whether the others lie in the same place. */
interface Down {
  readonly member: number;
  readonly union: boolean;
}

/**
 * Reports members of an element that are filled twice, by their name or by lying in one place: only the last would
 * count.
 */
export function checkFilledOnce(fields: readonly AppField[], { of }: LocatorModel, scope: Scope): void {
  const { source } = namesOf(scope.unit, scope.problems);
  const seen: { readonly field: AppField; readonly way: readonly Down[] }[] = [];
  for (const field of fields) {
    const way = wayTo(field.member, of, source);
    if (way === undefined) continue;
    const first = seen.find((one) => overlap(one.way, way));
    seen.push({ field, way });
    if (first === undefined) continue;
    const [name, other] = [field.member.join('.'), first.field.member.join('.')];
    const message =
      name === other
        ? `\`${name}\` is filled twice`
        : `\`${name}\` and \`${other}\` are members of one union, and lie in the same place`;
    scope.problems.error('E0310', message, [
      { span: field.span, text: 'again' },
      { span: first.field.span, text: 'first here' },
    ]);
  }
}

/** True when two ways end in the same place, or part in a union. */
function overlap(one: readonly Down[], other: readonly Down[]): boolean {
  const apart = one.findIndex(({ member }, at) => member !== other[at]?.member);
  return apart < 0 || other[apart] === undefined || one[apart]?.union === true;
}

/** The way down to a member, anonymous structs and unions included; undefined where the guest alone knows. */
function wayTo(path: readonly string[], of: TypeModel, source: TypeSource): readonly Down[] | undefined {
  let [type, way]: [TypeModel, readonly Down[]] = [of, []];
  for (const name of path) {
    const found = memberOf(type, name, source, 0);
    if (found === undefined) return undefined;
    way = [...way, ...found.way];
    ({ type } = found);
  }
  return way;
}

function memberOf(
  type: TypeModel,
  name: string,
  source: TypeSource,
  depth: number,
): { readonly type: TypeModel; readonly way: readonly Down[] } | undefined {
  const seen = resolveType(type, source);
  if (seen === undefined || seen === 'opaque' || seen.kind !== 'aggregate' || depth > ANONYMOUS)
    return undefined;
  for (const [member, one] of seen.members.entries()) {
    const down: Down = { member, union: seen.union };
    if (one.name === name) return { type: one.type, way: [down] };
    const inside = one.name === '' ? memberOf(one.type, name, source, depth + 1) : undefined;
    if (inside !== undefined) return { type: inside.type, way: [down, ...inside.way] };
  }
  return undefined;
}
