import type { Span } from '../text/span.ts';
import type { FormulaFunction } from './formula-functions.ts';
import { FORMULA_FUNCTIONS } from './formula-functions.ts';
import { fitsParameter, PARAMETER_WORDS, resultOf } from './formula-parameters.ts';
import type { FormulaType, Wrong } from './formula-types.ts';
import { calculated, goTogether, isTime } from './quantities.ts';
import { isWrong, describeType, sameAggregate, wrong } from './formula-types.ts';
import type { Formula, FormulaOperator } from './structure.ts';
import type { Scope } from './type-source.ts';
import { eachOf, resolveType, valueOf, withElement } from './type-source.ts';
import { addressOf, castOf, entryOf, everyOf, mapped, memberOf, noType } from './typing-places.ts';

/** The type of a formula; `{ kind: 'wrong' }` says what is wrong and where, naming both types. */
export function typeOf(formula: Formula, scope: Scope): FormulaType {
  const known = scope.known.get(formula);
  if (known) return known;
  const type = compute(formula, scope);
  scope.known.set(formula, type);
  return type;
}

function compute(formula: Formula, scope: Scope): FormulaType {
  switch (formula.kind) {
    case 'int':
      return { kind: 'number', signed: undefined, ...(formula.quantity && { quantity: formula.quantity }) };
    case 'bool':
      return { kind: 'bool' };
    case 'text':
      return { kind: 'text' };
    case 'name':
      return (
        scope.names.get(formula.name) ??
        wrong('no_name', formula.span, `there is no name \`${formula.name}\``)
      );
    case 'element':
      return (
        scope.element ??
        wrong('no_element', formula.span, 'a leading dot means an element, and there is none here')
      );
    case 'collection': {
      const locator = scope.source.locator(formula.locator);
      if (!locator) return wrong('no_locator', formula.span, `there is no locator \`${formula.locator}\``);
      return {
        kind: 'elements',
        of: { kind: 'place', type: locator.of, locator: formula.locator },
        locator: formula.locator,
      };
    }
    case 'cpus':
      return { kind: 'elements', of: { kind: 'cpu' } };
    case 'symbol': {
      const type = scope.source.perCpu(formula.name);
      return { kind: 'symbol', name: formula.name, ...(type === undefined ? {} : { per_cpu: type }) };
    }
    case 'member':
      return mapped(typeOf(formula.of, scope), (of) => memberOf(of, formula.name, formula.span, scope));
    case 'index':
      return indexed(formula, scope);
    case 'every':
      return everyOf(typeOf(formula.of, scope), formula.span, scope);
    case 'cast':
      return mapped(typeOf(formula.of, scope), (of) => castOf(of, formula.type, formula.span, scope));
    case 'address':
      return mapped(typeOf(formula.of, scope), (of) => addressOf(of, formula.span));
    case 'unary':
      return unaryOf(formula, scope);
    case 'binary':
      return binaryOf(formula, scope);
    case 'conditional':
      return conditionalOf(formula, scope);
    case 'range': {
      const { low, high } = formula;
      return (
        numeric(low, scope) ??
        numeric(high, scope) ??
        joined(formula, '-', low, high, scope, (of) => ({ kind: 'range', of }))
      );
    }
    case 'set': {
      const types = formula.items.map((item) => valueOf(typeOf(item, scope), scope.source));
      const bad = types.find(isWrong);
      if (bad) return bad;
      for (const [index, type] of types.entries()) {
        const [first, item] = [formula.items[0] as Formula, formula.items[index] as Formula];
        if (
          index > 0 &&
          !(
            comparable(types[0] as FormulaType, type) &&
            goTogether(types[0] as FormulaType, first, type, item)
          )
        ) {
          return mismatch(types[0] as FormulaType, type, item.span, 'the items of a set are alike');
        }
      }
      return { kind: 'set', of: types[0] ?? { kind: 'unknown' } };
    }
    case 'enumeration': {
      const seen = resolveType(formula.type, scope.source);
      if (seen === 'opaque') return { kind: 'unknown' };
      if (seen?.kind === 'enum') return { kind: 'enumeration', type: seen };
      return wrong(
        'mismatch',
        formula.span,
        `${describeType({ kind: 'place', type: formula.type })} is no enumeration`,
      );
    }
    case 'call':
      return callOf(formula, scope);
    case 'sizeof': {
      const seen = resolveType(formula.type, scope.source);
      return seen === undefined ? noType(formula.type, formula.span) : { kind: 'number', signed: undefined };
    }
  }
}

function indexed(formula: Formula & { kind: 'index' }, scope: Scope): FormulaType {
  const index = valueOf(typeOf(formula.index, scope), scope.source);
  if (isWrong(index)) return index;
  const of = typeOf(formula.of, scope);
  if (of.kind === 'elements' && of.locator !== undefined) {
    if (index.kind === 'number' || index.kind === 'text' || index.kind === 'unknown') return of.of;
    return wrong(
      'mismatch',
      formula.index.span,
      `an element is chosen by a number or a name, not by ${describeType(index)}`,
    );
  }
  if (index.kind === 'range') {
    const one = mapped(of, (each) => entryOf(each, formula, scope));
    return isWrong(one) || one.kind === 'unknown'
      ? one
      : { kind: 'elements', of: one.kind === 'elements' ? one.of : one };
  }
  if ((index.kind !== 'number' || isTime(index)) && index.kind !== 'unknown')
    return wrong('mismatch', formula.index.span, `an index is a number, not ${describeType(index)}`);
  return mapped(of, (one) => entryOf(one, formula, scope));
}

function unaryOf(formula: Formula & { kind: 'unary' }, scope: Scope): FormulaType {
  if (formula.operator === 'not') return condition(formula.operand, scope) ?? { kind: 'bool' };
  const problem = numeric(formula.operand, scope);
  if (problem) return problem;
  const type = valueOf(typeOf(formula.operand, scope), scope.source);
  return type.kind === 'number' ? type : { kind: 'number', signed: false };
}

function binaryOf(formula: Formula & { kind: 'binary' }, scope: Scope): FormulaType {
  const { operator, left, right } = formula;
  if (operator === 'and' && lacks(left, scope)) return { kind: 'bool' };
  if (operator === 'and' || operator === 'or')
    return condition(left, scope) ?? condition(right, scope) ?? { kind: 'bool' };
  const [one, other] = [
    valueOf(typeOf(left, scope), scope.source),
    valueOf(typeOf(right, scope), scope.source),
  ];
  if (isWrong(one)) return one;
  if (isWrong(other)) return other;
  if (operator === 'in') return inOf(one, other, formula, scope);
  if (operator === '==' || operator === '!=') {
    if (!comparable(one, other))
      return mismatch(
        named(typeOf(left, scope), one),
        named(typeOf(right, scope), other),
        formula.span,
        'they cannot be compared',
      );
    return joined(formula, '-', left, right, scope, () => ({ kind: 'bool' }));
  }
  const problem = numeric(left, scope) ?? numeric(right, scope);
  if (problem) return problem;
  if (ORDERS.has(operator)) return joined(formula, '-', left, right, scope, () => ({ kind: 'bool' }));
  return joined(formula, operator, left, right, scope, (of) => of);
}

/** Two numbers that go together, times and sizes being what they are; else both types are named. */
function joined(
  whole: Formula,
  operator: FormulaOperator,
  left: Formula,
  right: Formula,
  scope: Scope,
  make: (of: FormulaType) => FormulaType,
): FormulaType {
  const [one, other] = [typeOf(left, scope), typeOf(right, scope)];
  const [first, second] = [valueOf(one, scope.source), valueOf(other, scope.source)];
  const part = calculated(operator, first, left, second, right);
  if (part === undefined)
    return mismatch(named(one, first), named(other, second), whole.span, 'they do not go together');
  return make({ kind: 'number', signed: signedResult(first, second, operator), ...part });
}

/** For a diagnostic: a place by its type, a value by what it is. */
const named = (type: FormulaType, value: FormulaType): FormulaType => (type.kind === 'place' ? type : value);

const ORDERS: ReadonlySet<FormulaOperator> = new Set(['<', '<=', '>', '>=']);

/** As in C: signed when both are, a constant being either; a shift takes after its left side. */
export function signedResult(
  left: FormulaType,
  right: FormulaType,
  operator: FormulaOperator,
): boolean | undefined {
  const one = left.kind === 'number' ? left.signed : false;
  const other = right.kind === 'number' ? right.signed : false;
  if (operator === '<<' || operator === '>>') return one;
  if (one === undefined) return other;
  return other === undefined ? one : one && other;
}

function inOf(
  one: FormulaType,
  set: FormulaType,
  formula: Formula & { kind: 'binary' },
  scope: Scope,
): FormulaType {
  const bool: FormulaType = { kind: 'bool' };
  const number = one.kind === 'number' || one.kind === 'pointer' || one.kind === 'unknown';
  switch (set.kind) {
    case 'unknown':
      return bool;
    case 'range':
    case 'enumeration':
      if (!number) return mismatch(one, set, formula.left.span, 'only a number can be in it');
      return set.kind === 'enumeration' || alike(one, set.of, formula)
        ? bool
        : mismatch(named(typeOf(formula.left, scope), one), set, formula.span, 'they do not go together');
    case 'set':
      return comparable(one, set.of) && alike(one, set.of, formula)
        ? bool
        : mismatch(named(typeOf(formula.left, scope), one), set.of, formula.span, 'they cannot be compared');
    case 'elements':
      return isAddress(one, formula.left, set)
        ? bool
        : mismatch(
            named(typeOf(formula.left, scope), one),
            set,
            formula.left.span,
            'only an element, or the address of one, can be in it',
          );
    default:
      return wrong(
        'not_elements',
        formula.right.span,
        `${describeType(set)} is no range, set or enumeration`,
      );
  }
}

function conditionalOf(formula: Formula & { kind: 'conditional' }, scope: Scope): FormulaType {
  if (lacks(formula.condition, scope)) return valueOf(typeOf(formula.otherwise, scope), scope.source);
  const problem = condition(formula.condition, scope);
  if (problem) return problem;
  const then = valueOf(typeOf(formula.then, scope), scope.source);
  const otherwise = valueOf(typeOf(formula.otherwise, scope), scope.source);
  if (isWrong(then)) return then;
  if (isWrong(otherwise)) return otherwise;
  if (!comparable(then, otherwise))
    return mismatch(then, otherwise, formula.span, 'both results must be alike');
  if (then.kind === 'number' && otherwise.kind === 'number')
    return joined(formula, '+', formula.then, formula.otherwise, scope, (of) => of);
  return then.kind === 'unknown' || (then.kind === 'number' && otherwise.kind === 'pointer')
    ? otherwise
    : then;
}

/** True for `has(PLACE)` of what these types do not have: what it guards is then no part of the formula. */
export function lacks(formula: Formula, scope: Scope): boolean {
  return (
    formula.kind === 'call' &&
    formula.function === 'has' &&
    formula.args[0] !== undefined &&
    isWrong(typeOf(formula.args[0], scope))
  );
}

function callOf(formula: Formula & { kind: 'call' }, scope: Scope): FormulaType {
  if (formula.function === 'has' && formula.args.length === 1) return { kind: 'bool' };
  const called = FORMULA_FUNCTIONS.get(formula.function);
  if (!called) return wrong('no_function', formula.span, `there is no function \`${formula.function}\``);
  const least = called.parameters.length - called.optional;
  if (formula.args.length < least || formula.args.length > called.parameters.length) {
    const wanted = called.optional > 0 ? `${least} or ${called.parameters.length}` : `${least}`;
    return wrong(
      'arguments',
      formula.span,
      `\`${called.name}\` takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${formula.args.length}`,
    );
  }
  const types: FormulaType[] = [];
  for (const [index, argument] of formula.args.entries()) {
    const parameter = called.parameters[index] as FormulaFunction['parameters'][number];
    const inner = parameter.startsWith('each_')
      ? elementScope(types[0] as FormulaType, scope, argument.span)
      : scope;
    if ('kind' in inner) return inner;
    const plain = typeOf(argument, inner);
    const type =
      parameter === 'elements' || parameter.startsWith('element') ? plain : valueOf(plain, scope.source);
    if (isWrong(type)) return type;
    if (!fitsParameter(parameter, type, scope.source))
      return wrong(
        'mismatch',
        argument.span,
        `\`${called.name}\` takes ${PARAMETER_WORDS[parameter]} here, not ${describeType(type)}`,
      );
    types.push(type);
  }
  return resultOf(called, types);
}

/** The scope in which an `each_` argument is read. */
export function elementScope(over: FormulaType, scope: Scope, span: Span): Scope | Wrong {
  // depth(n, condition) looks at n and what is above it.
  const each = over.kind === 'place' && over.locator !== undefined ? over : eachOf(over, scope.source, span);
  return isWrong(each) ? each : withElement(scope, each);
}

/** What keeps a formula from being a condition. */
export function condition(formula: Formula, scope: Scope): Wrong | undefined {
  const type = valueOf(typeOf(formula, scope), scope.source);
  if (isWrong(type)) return type;
  if (type.kind === 'bool' || type.kind === 'unknown') return undefined;
  const way = type.kind === 'number' || type.kind === 'pointer' ? ': compare it, as in `… != 0`' : '';
  return wrong(
    'mismatch',
    formula.span,
    `a condition is true or false, and this is ${describeType(type)}${way}`,
  );
}

function numeric(formula: Formula, scope: Scope): Wrong | undefined {
  const type = valueOf(typeOf(formula, scope), scope.source);
  if (isWrong(type)) return type;
  if (type.kind === 'number' || type.kind === 'pointer' || type.kind === 'unknown') return undefined;
  return wrong('not_a_number', formula.span, `a number is needed here, and this is ${describeType(type)}`);
}

/**
 * True for what can be one of several: of a locator's elements an element, or a number that is wide enough for its
 * address.
 */
function isAddress(
  one: FormulaType,
  formula: Formula,
  { locator }: FormulaType & { kind: 'elements' },
): boolean {
  if (one.kind === 'pointer' || one.kind === 'unknown' || one.kind === 'place') return true;
  if (one.kind !== 'number') return false;
  return locator === undefined || (formula.kind !== 'int' && !isTime(one) && (one.bytes ?? 8) === 8);
}

const alike = (one: FormulaType, of: FormulaType, { left, right }: Formula & { kind: 'binary' }): boolean =>
  goTogether(one, left, of, right);

/** True when two values can be told equal. */
function comparable(one: FormulaType, other: FormulaType): boolean {
  if (one.kind === 'unknown' || other.kind === 'unknown') return true;
  const number = (type: FormulaType): boolean => type.kind === 'number' || type.kind === 'pointer';
  if (number(one) && number(other)) return true;
  return one.kind === other.kind && (one.kind === 'bool' || one.kind === 'text' || sameAggregate(one, other));
}

function mismatch(one: FormulaType, other: FormulaType, span: Span, why: string): Wrong {
  return wrong('mismatch', span, `${describeType(one)} and ${describeType(other)}: ${why}`);
}
