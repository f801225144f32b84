import type { Span } from '../text/span.ts';
import type { Quantity } from './quantities.ts';
import type { TypeModel } from './structure.ts';

/** The type of a formula. */
export type FormulaType =
  /**
   * 64 bits; `signed` is undefined for constants, which take after what they are used with. `quantity`: of what it is a
   * number; `bytes`: of the member that it was read from, undefined for what is calculated; `no_time`: however wide it
   * is, it counts or names something.
   */
  | {
      readonly kind: 'number';
      readonly signed: boolean | undefined;
      readonly quantity?: Quantity;
      readonly bytes?: number;
      readonly no_time?: true;
    }
  | { readonly kind: 'bool' }
  | { readonly kind: 'text' }
  /**
   * Memory of that type: it has an address, can be blamed and set. `counted`: bound by `each`, so that `.index` is its
   * position.
   */
  | {
      readonly kind: 'place';
      readonly type: TypeModel;
      readonly locator?: string;
      readonly bits?: number;
      readonly counted?: boolean;
    }
  /** The value of a pointer. */
  | { readonly kind: 'pointer'; readonly to: TypeModel; readonly counted?: boolean }
  /** A place of unknown type until it is cast; a per-CPU variable is indexed by CPU instead. */
  | { readonly kind: 'symbol'; readonly name: string; readonly per_cpu?: TypeModel | 'opaque' }
  /** What `each` goes through. With `locator`, the elements of that one. */
  | { readonly kind: 'elements'; readonly of: FormulaType; readonly locator?: string }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'range'; readonly of: FormulaType }
  | { readonly kind: 'set'; readonly of: FormulaType }
  | { readonly kind: 'enumeration'; readonly type: TypeModel }
  /** Of a guest's type that is not known here: nothing is said about it before it is linked. */
  | { readonly kind: 'unknown' }
  | Wrong;

/** No type: what is wrong, for people, and where. */
export interface Wrong {
  readonly kind: 'wrong';
  readonly problem:
    | 'no_name'
    | 'no_element'
    | 'no_locator'
    | 'no_member'
    | 'no_type'
    | 'no_function'
    | 'arguments'
    | 'mismatch'
    | 'not_a_number'
    | 'not_a_place'
    | 'not_elements'
    | 'out_of_bounds';
  readonly message: string;
  readonly span: Span;
}

export const NUMBER: FormulaType = { kind: 'number', signed: false };
/** How many there are, where something lies, what comes out of a checksum. */
export const COUNT: FormulaType = { kind: 'number', signed: false, no_time: true };

/** Kinds that a cast gives another type without changing where they are. */
export const PLACE_TYPES: ReadonlySet<FormulaType['kind']> = new Set(['place', 'symbol', 'unknown']);

export function wrong(problem: Wrong['problem'], span: Span, message: string): Wrong {
  return { kind: 'wrong', problem, span, message };
}

export function isWrong(type: FormulaType): type is Wrong {
  return type.kind === 'wrong';
}

const isQuantity = (type: FormulaType): type is FormulaType & { kind: 'number'; quantity: Quantity } =>
  type.kind === 'number' && type.quantity !== undefined;

/** True for two places of one struct by name. */
export function sameAggregate(one: FormulaType, other: FormulaType): boolean {
  if (one.kind !== 'place' || other.kind !== 'place') return false;
  return one.type.kind === 'named' && other.type.kind === 'named' && one.type.name === other.type.name;
}

/** As a diagnostic names it: `u32`, `*node`, `order[4]`, `text`, `elements of order`. */
export function describeType(type: FormulaType): string {
  switch (type.kind) {
    case 'number':
      if (type.quantity !== undefined) return `a ${type.quantity}`;
      return type.signed === true ? 'a signed number' : 'a number';
    case 'bool':
      return 'a truth';
    case 'text':
      return 'a text';
    case 'place':
      return `\`${spelled(type.type)}\``;
    case 'pointer':
      return `\`*${spelled(type.to)}\``;
    case 'symbol':
      return `the place \`symbols["${type.name}"]\`, of no type before \`as\``;
    case 'elements':
      return type.locator === undefined
        ? `several of ${describeType(type.of)}`
        : `the elements of \`${type.locator}\``;
    case 'cpu':
      return 'a CPU';
    case 'range':
      return isQuantity(type.of) ? `a range of ${type.of.quantity}s` : 'a range';
    case 'set':
      return 'a set';
    case 'enumeration':
      return `the values of \`${spelled(type.type)}\``;
    case 'unknown':
      return 'something of the guest';
    case 'wrong':
      return 'nothing';
  }
}

/** A type as the language writes it. */
export function spelled(type: TypeModel): string {
  switch (type.kind) {
    case 'int':
    case 'named':
      return type.name;
    case 'pointer':
      return `*${spelled(type.to)}`;
    case 'array':
      return `${spelled(type.of)}[${type.count}]`;
    case 'enum':
      return `enum u${type.bytes * 8}`;
    case 'aggregate':
      return type.union ? 'union' : 'struct';
    default:
      return type.kind;
  }
}
