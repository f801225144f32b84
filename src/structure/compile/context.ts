import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, TypeModel } from '../../model/structure.ts';
import type { Scope, TypeSource } from '../../model/type-source.ts';
import { resolveType } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { bytesOf } from '../size.ts';
import type { Code } from './code.ts';
import type { Tables } from './tables.ts';
import type { Value } from './value.ts';

/** Memory of a known type at an address that is known when the code runs. */
export interface Place {
  /** Local of the reader. */
  readonly space: string;
  /** Where it is counted from, as a number that may be rounded, and exactly. */
  readonly base: string;
  readonly value: Value;
  /** Bytes from there. */
  readonly offset: number;
  /** Undefined: a symbol that has not been cast. */
  readonly type: TypeModel | undefined;
  /** Name of its type, '' when it has none. */
  readonly named: string;
  readonly bits?: { readonly from: number; readonly width: number };
  readonly text: Text;
  /** The pointer that was followed to get here. */
  readonly via?: Place;
  /** The struct that it is part of. */
  readonly object?: { readonly type: string; readonly base: string; readonly text?: Text };
  /** Set where it is an element of a locator. */
  readonly element?: ElementAtoms;
  /** Its position in the loop that bound it. */
  readonly position?: string;
}

/** Locals of an element: the `Elements` and the index in it. */
export interface ElementAtoms {
  readonly elements: string;
  readonly index: string;
  readonly locator: string;
}

/** A place's name: fixed text, and what only a run can tell. */
export type Text = readonly TextPart[];
type TextPart =
  | string
  /** The name of a locator's element by its address. */
  | { readonly hole: 'element'; readonly locator: number; readonly atom: string }
  | { readonly hole: 'number' | 'address'; readonly atom: string };

/** What a formula has become. */
export type Compiled =
  | { readonly kind: 'place'; readonly place: Place }
  /**
   * `from`: the place that it was read at, for blame; `bound`: of what runs through a range, the place that says how
   * far.
   */
  | {
      readonly kind: 'value';
      readonly value: Value;
      readonly type: FormulaType;
      readonly from?: Place | undefined;
      readonly bound?: Place | undefined;
    }
  | { readonly kind: 'bool'; readonly code: string; readonly from?: Place | undefined }
  | { readonly kind: 'text'; readonly code: string; readonly from?: Place | undefined }
  | { readonly kind: 'cpu'; readonly code: string; readonly from?: undefined };

/** Where code is being made. */
export interface Context {
  readonly code: Code;
  readonly tables: Tables;
  readonly scope: Scope;
  readonly names: ReadonlyMap<string, Compiled>;
  readonly element?: Compiled;
  /** Local of the reader that symbols are read through. */
  readonly space: string;
  /** Statement that gives up what is being worked out. */
  readonly bail: string;
  /** True where memory that cannot be read is no news: in what is said about a finding. */
  readonly quiet: boolean;
  /** True where a pointer that is NULL leads to nothing that anybody asked for: in what a locator begins at. */
  readonly skips_null?: boolean;
  /** compile/formula.ts, which everything that it is made of calls back. */
  readonly compile: (formula: Formula, context: Context) => Compiled;
  /** Statements that end the walks around this, by the name that each binds. */
  readonly walks: ReadonlyMap<string, string>;
  /** Loops over locators around this, the innermost first. */
  readonly loops: readonly ElementAtoms[];
}

/** Why something cannot be linked against this kernel; caught where linking begins. */
export class Unlinkable extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the types did not foresee. */
export function missing(what: string): never {
  throw new Unlinkable('NO_TYPE', `there is no ${what} here`);
}

/** The type of a formula here. */
export function typed(formula: Formula, context: Context): FormulaType {
  const type = typeOf(formula, context.scope);
  if (type.kind === 'wrong') throw new Unlinkable('NO_TYPE', type.message);
  if (type.kind === 'unknown') throw new Unlinkable('NO_TYPE', 'a type is not in BTF');
  return type;
}

/** A type without its name. */
export function resolved(type: TypeModel, source: TypeSource): TypeModel {
  const seen = resolveType(type, source);
  if (seen === undefined || seen === 'opaque')
    throw new Unlinkable('NO_TYPE', `BTF has no ${type.kind === 'named' ? type.name : type.kind}`);
  return seen;
}

export function nameOf(type: TypeModel): string {
  return type.kind === 'named' ? type.name : '';
}

/** Bytes of a value of a type; what a `*void` leads to is counted in bytes. */
export function sizeOf(type: TypeModel, source: TypeSource): number {
  if (resolved(type, source).kind === 'void') return 1;
  const bytes = bytesOf(type, source);
  if (bytes === undefined) throw new Unlinkable('NO_TYPE', 'a type is not in BTF, or has no end');
  return bytes;
}
