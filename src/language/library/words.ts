import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import { fail, spanOf } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Expr, PathExpr } from '../tree.ts';
import type { Context } from './context.ts';
import { constantOf } from './let-value.ts';

/** What is no name of anybody's. */
const ROOTS = new Set(['symbols', 'cpus', 'it', 'true', 'false']);

/** True when a bare word means something here. */
function means(name: string, context: Context): boolean {
  const { scope, names, bound } = context;
  return (
    ROOTS.has(name) ||
    bound.has(name) ||
    (context.bare && ofElement(name, context)) ||
    scope.values.has(name) ||
    names.source.locator(name) !== undefined
  );
}

/** In `step child[0..count]`, both are members of the element. */
export function ofElement(name: string, { typing }: Context): boolean {
  const { element, source } = typing;
  // What a type may have besides does not make members of all words.
  return (
    element?.kind === 'place' && findMember(element.type, name, { ...source, partial: false }) !== undefined
  );
}

/** A bare word that is no name here: one of an enumeration, or of a CPU's mode, if anything. */
export function isWord(expr: Expr, context: Context): expr is PathExpr {
  return expr.kind === 'path' && expr.steps.length === 0 && !means(expr.root.text, context);
}

/** True for a bare word that is one of an enumeration's and at most a locator's beside: what ships has many names. */
export function isOfEnumeration(expr: Expr, type: FormulaType, context: Context): expr is PathExpr {
  if (!mayBeWord(expr, context)) return false;
  const seen = type.kind === 'place' ? resolveType(type.type, context.names.source) : undefined;
  const { text } = (expr as PathExpr).root;
  return typeof seen === 'object' && seen.kind === 'enum' && seen.values.some(({ name }) => name === text);
}

/** A bare word that the text itself gives no meaning. */
export function mayBeWord(expr: Expr, context: Context): boolean {
  if (expr.kind !== 'path' || expr.steps.length > 0) return false;
  const { text } = expr.root;
  const { scope, bound } = context;
  const given = ROOTS.has(text) || bound.has(text) || scope.values.has(text) || scope.unit.locators.has(text);
  return !given && !(context.bare && ofElement(text, context));
}

/** What a word stands for beside something of that type: a value of its enumeration, or the text that it is. */
export function wordAs(expr: PathExpr, type: FormulaType, context: Context): Formula | undefined {
  const { text } = expr.root;
  const span = spanOf(context.scope.unit, expr);
  if (type.kind === 'text') return { kind: 'text', value: text, span };
  // Beside a parameter of a `def` only those who use it can tell.
  if (type.kind === 'unknown' && context.defs.length > 0) return { kind: 'int', value: 0n, span };
  const seen = type.kind === 'place' ? resolveType(type.type, context.names.source) : undefined;
  if (typeof seen === 'object' && seen.kind === 'enum') {
    const value = seen.values.find((one) => one.name === text);
    if (value !== undefined) return { kind: 'int', value: value.value, span };
    const names = seen.values.map((one) => one.name);
    return fail(
      context.scope,
      'E1021',
      expr,
      `this enumeration has no \`${text}\``,
      'unknown',
      didYouMean(text, names, 'it has'),
    );
  }
  return shippedOrUnknown(expr, context);
}

/** A `let` of what ships, which gives way to every other name; else nothing has it. */
export function shippedOrUnknown(expr: PathExpr, context: Context): Formula | undefined {
  const ships = context.scope.unit.shipped_defs.valueOf(expr.root.text);
  return ships === undefined ? unknownName(expr, context) : constantOf(ships, expr, context);
}

/** A name that nothing has. */
function unknownName(expr: PathExpr, context: Context): undefined {
  const { scope, names, bound } = context;
  // What is declared and wrong was told there.
  if (scope.unit.locators.has(expr.root.text)) return undefined;
  const nothing = ['NULL', 'null', 'nullptr', 'nil', 'None', 'undefined'].includes(expr.root.text);
  if (nothing)
    return fail(
      scope,
      'E1021',
      expr.root,
      `there is no name \`${expr.root.text}\` here`,
      'unknown',
      'a pointer to nothing is 0',
    );
  const known = [
    ...bound.keys(),
    ...scope.values.keys(),
    ...names.locators.keys(),
    ...names.structs.keys(),
    'symbols',
    'cpus',
  ];
  const help =
    scope.unit.shipped_defs.whichLet(expr.root.text) ??
    didYouMean(expr.root.text, known, 'the names here are', scope.unit.shipped.locators.keys());
  return fail(scope, 'E1021', expr.root, `there is no name \`${expr.root.text}\` here`, 'unknown', help);
}
