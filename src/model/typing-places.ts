import type { Span } from '../text/span.ts';
import { CPU_MEMBERS } from './formula-functions.ts';
import type { FormulaType, Wrong } from './formula-types.ts';
import { describeType, isWrong, NUMBER, PLACE_TYPES, spelled, wrong } from './formula-types.ts';
import type { Formula, TypeModel } from './structure.ts';
import type { Scope } from './type-source.ts';
import { findMember, pointed, resolveType, valueOf } from './type-source.ts';

/** Elements are mapped: `x[*].y` has the type of `y` for each `x`. */
export function mapped(of: FormulaType, apply: (type: FormulaType) => FormulaType): FormulaType {
  if (of.kind !== 'elements' || of.locator !== undefined) return apply(of);
  const each = apply(of.of);
  return isWrong(each) ? each : { kind: 'elements', of: each };
}

export function memberOf(of: FormulaType, name: string, span: Span, scope: Scope): FormulaType {
  if (isWrong(of) || of.kind === 'unknown') return of;
  if (of.kind === 'cpu') {
    const member = CPU_MEMBERS.get(name);
    if (!member) return wrong('no_member', span, `a CPU has no \`${name}\``);
    if (member.gives === 'address') return { kind: 'pointer', to: { kind: 'void' } };
    return member.gives === 'number' ? NUMBER : { kind: member.gives };
  }
  if (name === 'index' && (of.kind === 'place' || of.kind === 'pointer') && of.counted === true)
    return NUMBER;
  const target = pointed(of, scope.source);
  if (target === undefined)
    return wrong(
      'no_member',
      span,
      `${describeType(of)} ${of.kind === 'elements' ? 'have' : 'has'} no members, so no \`${name}\``,
    );
  const seen = resolveType(target, scope.source);
  if (seen === undefined) return noType(target, span);
  const member = findMember(target, name, scope.source);
  const locator = of.kind === 'place' ? of.locator : undefined;
  const nested = locator === undefined ? undefined : scope.source.locator(name);
  const own = nested?.parent === locator ? nested : undefined;
  if (own && (!member || (member === 'opaque' && scope.source.partial === true)))
    return { kind: 'elements', of: { kind: 'place', type: own.of, locator: name }, locator: name };
  if (member === 'opaque') return { kind: 'unknown' };
  if (!member)
    return wrong(
      'no_member',
      span,
      `${describeType({ kind: 'place', type: target })} has no member \`${name}\``,
    );
  return { kind: 'place', type: member.type, ...(member.bits ? { bits: member.bits.width } : {}) };
}

export function entryOf(
  of: FormulaType,
  { index, span }: Formula & { kind: 'index' },
  scope: Scope,
): FormulaType {
  if (isWrong(of) || of.kind === 'unknown') return of;
  if (of.kind === 'symbol' && of.per_cpu !== undefined)
    return of.per_cpu === 'opaque' ? { kind: 'unknown' } : { kind: 'place', type: of.per_cpu };
  if (of.kind === 'pointer') return { kind: 'place', type: of.to };
  if (of.kind === 'place') {
    const seen = resolveType(of.type, scope.source);
    if (seen === 'opaque') return { kind: 'unknown' };
    if (seen?.kind === 'pointer') return { kind: 'place', type: seen.to };
    if (seen?.kind === 'array') {
      if (index.kind === 'int' && index.value >= BigInt(seen.count))
        return wrong('out_of_bounds', index.span, `entry ${index.value} of ${describeType(of)}`);
      return { kind: 'place', type: seen.of };
    }
  }
  return wrong('mismatch', span, `${describeType(of)} has no entries`);
}

export function everyOf(of: FormulaType, span: Span, scope: Scope): FormulaType {
  if (isWrong(of) || of.kind === 'unknown') return of;
  if (of.kind === 'elements') {
    if (of.locator !== undefined) return { kind: 'elements', of: of.of };
    const inner = everyOf(of.of, span, scope);
    return inner.kind === 'elements' ? { kind: 'elements', of: inner.of } : inner;
  }
  const one = (type: TypeModel | 'opaque'): FormulaType => ({
    kind: 'elements',
    of: type === 'opaque' ? { kind: 'unknown' } : { kind: 'place', type, counted: true },
  });
  if (of.kind === 'symbol' && of.per_cpu !== undefined) return one(of.per_cpu);
  if (of.kind === 'pointer') return one(of.to);
  if (of.kind === 'place') {
    const seen = resolveType(of.type, scope.source);
    if (seen === 'opaque') return { kind: 'unknown' };
    if (seen?.kind === 'array') return one(seen.of);
    if (seen?.kind === 'pointer') return one(seen.to);
  }
  return wrong('mismatch', span, `${describeType(of)} has no entries`);
}

export function castOf(of: FormulaType, type: TypeModel, span: Span, scope: Scope): FormulaType {
  if (isWrong(of)) return of;
  if (of.kind === 'symbol' && of.per_cpu !== undefined)
    return wrong(
      'mismatch',
      span,
      `each CPU has a \`${of.name}\` of its own, and \`as ${spelled(type)}\` says of none: write \`symbols["${of.name}"][0]\`, or \`[*]\` for all`,
    );
  const seen = resolveType(type, scope.source);
  if (seen === undefined) return noType(type, span);
  const value = valueOf(of, scope.source);
  if (seen !== 'opaque' && (value.kind === 'number' || value.kind === 'pointer') && of.kind !== 'place') {
    if (seen.kind === 'pointer') return { kind: 'pointer', to: seen.to };
    if (seen.kind === 'int') return { kind: 'number', signed: seen.signed };
    return wrong(
      'mismatch',
      span,
      `${describeType(of)} cannot become ${describeType({ kind: 'place', type })}: a place can, and a number can become a pointer`,
    );
  }
  if (PLACE_TYPES.has(of.kind)) return { kind: 'place', type };
  return wrong(
    'mismatch',
    span,
    `${describeType(of)} cannot become ${describeType({ kind: 'place', type })}`,
  );
}

export function addressOf(of: FormulaType, span: Span): FormulaType {
  if (isWrong(of) || of.kind === 'unknown') return of;
  if (of.kind === 'symbol') return { kind: 'pointer', to: { kind: 'void' } };
  if (of.kind !== 'place')
    return wrong('not_a_place', span, `${describeType(of)} is no place and has no address`);
  if (of.bits !== undefined) return wrong('not_a_place', span, 'a bit-field has no address');
  return { kind: 'pointer', to: of.type };
}

export function noType(type: TypeModel, span: Span): Wrong {
  return wrong('no_type', span, `there is no type ${describeType({ kind: 'place', type })}`);
}
