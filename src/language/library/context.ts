import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { scopeOf } from '../../model/type-source.ts';
import type { Scope as Typing } from '../../model/type-source.ts';
import type { Scope } from '../scope.ts';
import type { Def, Expr, Name } from '../tree.ts';
import type { Names } from './names.ts';

/** A name that a formula may use: a loop's, a `let`'s, a parameter of the `def` that is being expanded. */
export interface Bound {
  /** What stands for it; undefined when that was wrong, which was reported. */
  readonly formula: Formula | undefined;
  readonly at?: Name;
  /** How many arguments that look at each element it stood in when it was given. */
  readonly inside: number;
  used: boolean;
  /** Of a `let`, what it was given. */
  readonly value?: Formula;
}

/** Everything that a formula is read against. */
export interface Context {
  /** Of the file whose text is read: of a `def` that is expanded, its own. */
  readonly scope: Scope;
  readonly names: Names;
  readonly bound: ReadonlyMap<string, Bound>;
  /** Types of the names bound, and of the element at hand. */
  readonly typing: Typing;
  /** Bare words are members of the element: in a locator's `step`. */
  readonly bare: boolean;
  /** How many arguments that look at each element this stands in. */
  readonly inside: number;
  /** The `def`s that are being expanded, from the outermost. */
  readonly defs: readonly Def[];
  /** While a `def` of another file is written out: the names of the file that it is written into. */
  readonly into?: Names;
  /** Reads what stands in it. */
  readonly read: (expr: Expr, context: Context) => Formula | undefined;
  /** Names of locators, and of what the file's `def`s need, are told to it. */
  readonly needs: Needs;
}

/** What a declaration names: it comes along when that is imported. */
export interface Needs {
  readonly structs: Set<string>;
  readonly locators: Set<string>;
}

/** The same with another element at hand. */
export function withElementOf(context: Context, element: FormulaType): Context {
  const typing = scopeOf(context.names.source, context.typing.names, element);
  return { ...context, typing };
}

/** The same with one more name. */
export function bind(
  context: Context,
  name: Name,
  type: FormulaType,
  formula: Formula | undefined,
  value?: Formula,
): Context {
  const some = value === undefined ? {} : { value };
  const entry: Bound = { formula, at: name, inside: context.inside, used: false, ...some };
  const { source, names, element } = context.typing;
  return {
    ...context,
    bound: new Map([...context.bound, [name.text, entry]]),
    typing: scopeOf(source, new Map([...names, [name.text, type]]), element),
  };
}
