import type { Formula, FormulaOperator } from '../../model/structure.ts';
import type { FormulaType } from '../../model/formula-types.ts';
import { literalNumber, plainText } from '../literal.ts';
import { fail, spanOf } from '../scope.ts';
import type { Scope } from '../scope.ts';
import type { Expr } from '../tree.ts';
import { sized } from './build.ts';
import type { Context } from './context.ts';
import type { Names } from './names.ts';
import { readSteps } from './steps.ts';
import { folded } from './constants.ts';
import { readPath } from './path.ts';
import { readCastType } from './cast.ts';
import { scopeOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { isOfEnumeration, isWord, mayBeWord, wordAs } from './words.ts';

/** What formulas of a file are read against. */
export function contextOf(scope: Scope, names: Names, element?: FormulaType): Context {
  const typing = scopeOf(names.source, new Map(), element);
  const needs = { structs: new Set<string>(), locators: new Set<string>() };
  return {
    scope,
    names,
    bound: new Map(),
    typing,
    bare: false,
    inside: 0,
    defs: [],
    needs,
    read: readFormula,
  };
}

/**
 * Reads an expression of a declaration: names looked up, every `def` expanded, constants folded. Undefined when
 * something in it was wrong (and reported).
 */
export function readFormula(expr: Expr, context: Context): Formula | undefined {
  const formula = read(expr, context);
  return formula && sized(formula, expr, context);
}

function read(expr: Expr, context: Context): Formula | undefined {
  const { scope } = context;
  const span = spanOf(scope.unit, expr);
  switch (expr.kind) {
    case 'number':
    case 'quantity': {
      const value = literalNumber(expr.text, expr, scope);
      if (value === undefined) return undefined;
      if (value.kind === 'int') return { kind: 'int', value: BigInt.asUintN(64, value.value), span };
      if (value.kind === 'size' || value.kind === 'time')
        return { kind: 'int', value: BigInt(value.value), quantity: value.kind, span };
      return fail(scope, 'E1026', expr, 'a share is no number of a structure', 'not a number');
    }
    case 'string':
      return { kind: 'text', value: plainText(expr.text), span };
    case 'date':
      return fail(scope, 'E0210', expr, 'a date stands only after `until`', 'no value');
    case 'path':
      return readPath(expr, context);
    case 'fieldpath':
      return readSteps({ kind: 'element', span }, expr.steps, expr, context);
    case 'part': {
      const operand = readFormula(expr.operand, context);
      return operand && readSteps(operand, expr.steps, expr, context);
    }
    case 'list': {
      const items = expr.items.map((item) => readFormula(item, context));
      return items.includes(undefined) ? undefined : { kind: 'set', items: items as Formula[], span };
    }
    case 'prefix': {
      const operand = readFormula(expr.operand, context);
      if (operand === undefined) return undefined;
      if (expr.operator === '&') return { kind: 'address', of: operand, span };
      return folded({ kind: 'unary', operator: expr.operator as 'not' | '-' | '~', operand, span });
    }
    case 'binary':
      return readBinary(expr, context);
    case 'conditional': {
      const condition = readFormula(expr.condition, context);
      const chosen = readFormula(expr.chosen, context);
      const otherwise = readFormula(expr.otherwise, context);
      if (condition === undefined || chosen === undefined || otherwise === undefined) return undefined;
      if (condition.kind === 'bool') return condition.value ? chosen : otherwise;
      // oxlint-disable-next-line unicorn/no-thenable -- plain data, never awaited
      return { kind: 'conditional', condition, then: chosen, otherwise, span };
    }
    case 'cast': {
      const of = readFormula(expr.operand, context);
      const type = readCastType(expr.type, context);
      return of === undefined || type === undefined ? undefined : { kind: 'cast', of, type, span };
    }
  }
}

const MATCHING = new Set(['==', '!=', 'in']);

/** Of `n.leaf == inner` one side is a word of the other's enumeration. */
function readBinary(expr: Expr & { kind: 'binary' }, context: Context): Formula | undefined {
  const span = spanOf(context.scope.unit, expr);
  const { operator } = expr;
  if (operator === '..') {
    const [low, high] = [readFormula(expr.left, context), readFormula(expr.right, context)];
    return low === undefined || high === undefined ? undefined : { kind: 'range', low, high, span };
  }
  if (operator === 'contains') {
    const [text, part] = [readFormula(expr.left, context), readFormula(expr.right, context)];
    if (text === undefined || part === undefined) return undefined;
    return { kind: 'call', function: 'contains', args: [text, part], span };
  }
  const matching = MATCHING.has(operator);
  const turned =
    matching && operator !== 'in' && !isWord(expr.right, context) && mayBeWord(expr.left, context);
  const [first, second] = turned ? [expr.right, expr.left] : [expr.left, expr.right];
  const one = readFormula(first, context);
  if (one === undefined) {
    // Words of the other side are of a type that is not known: what was said is enough.
    // In a `def` it is told once.
    const told = context.defs.length > 0 || (matching && hasWord(second, context));
    if (!told) readFormula(second, context);
    return undefined;
  }
  const other = matching
    ? readAs(second, typeOf(one, context.typing), context)
    : readFormula(second, context);
  if (other === undefined) return undefined;
  const [left, right] = turned ? [other, one] : [one, other];
  const formula: Formula = { kind: 'binary', operator: operator as FormulaOperator, left, right, span };
  return folded(formula, (node) => divides(node, expr, context));
}

function divides(_formula: Formula, expr: Expr & { kind: 'binary' }, context: Context): undefined {
  return fail(context.scope, 'E1026', expr.right, 'nothing can be divided by 0', 'zero');
}

function hasWord(expr: Expr, context: Context): boolean {
  if (expr.kind === 'list') return expr.items.some((item) => hasWord(item, context));
  return isWord(expr, context);
}

/**
 * Reads what is compared with, or becomes the value of, something of a type: its words may be those of an enumeration.
 */
export function readAs(expr: Expr, type: FormulaType, context: Context): Formula | undefined {
  if (expr.kind === 'list') {
    const items = expr.items.map((item) => readAs(item, type, context));
    if (items.includes(undefined)) return undefined;
    const set: Formula = { kind: 'set', items: items as Formula[], span: spanOf(context.scope.unit, expr) };
    return sized(set, expr, context);
  }
  if (isWord(expr, context) || isOfEnumeration(expr, type, context)) return wordAs(expr, type, context);
  return readFormula(expr, context);
}
