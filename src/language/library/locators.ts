import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, LocatorModel, Shape, TypeModel } from '../../model/structure.ts';
import { findMember } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { docAbove } from '../docs.ts';
import { evaluate } from '../evaluate.ts';
import { stringText } from '../literal.ts';
import { fail, spanOf } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { clauseNamed, clausesOf, single, wantInt } from '../settings.ts';
import type { Clauses } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import type { Clause, Locator, Name } from '../tree.ts';
import { needed } from './cast.ts';
import { withElementOf } from './context.ts';
import type { Context, Needs } from './context.ts';
import { contextOf, readFormula } from './formula.ts';
import type { Names } from './names.ts';
import { checkCount, checkExtent, checkFrom, checkGuard, checkStep } from './locator-types.ts';
import { memberPath } from './member-path.ts';
import { COMMON, SHAPES } from './shapes.ts';
import { typeModel } from './types.ts';
import type { TypeContext } from './type-context.ts';
import { checkFormula } from './check.ts';

/** So many elements are gone through where no `limit` says that more are damage. */
const DEFAULT_LIMIT = 1_048_576;
export const MOST = 16_777_216;
/** Locators may be nested this deep. */
const NESTED = 16;

/** Elaborates the locators of a file into its names, each after the one that it is nested in. */
export function readLocators(
  scope: Scope,
  names: Names,
  types: TypeContext,
  needs: Map<string, Needs>,
): void {
  const open: string[] = [];
  const done = new Set<string>();
  // What formulas may name at once: a guard or a bound may ask of a locator further down.
  for (const name of scope.unit.locators.keys()) locator(name);

  function locator(name: string, at?: Name): void {
    const declared = scope.unit.locators.get(name);
    if (declared?.unit !== scope.unit || done.has(name) || scope.problems.full(scope.unit.file)) return;
    if (open.includes(name) || open.length >= NESTED) {
      if (at !== undefined)
        fail(
          scope,
          'E1016',
          at,
          open.includes(name)
            ? `locator \`${name}\` is nested in itself`
            : `locators are nested more than ${NESTED} deep`,
          'no further',
        );
      return;
    }
    open.push(name);
    const { node } = declared;
    if (node.parent !== undefined) locator(node.parent.text, node.parent);
    const context = contextOf(scope, names);
    const model = readLocator(node, context, types);
    open.pop();
    done.add(name);
    if (model === undefined) return;
    names.locators.set(name, model);
    needs.set(`locators ${name}`, context.needs);
  }
}

function readLocator(node: Locator, context: Context, types: TypeContext): LocatorModel | undefined {
  const { scope, names } = context;
  const shape = shapeOf(node, scope);
  const of = node.of === undefined ? undefined : typeModel(node.of, types);
  const parent = parentOf(node, context);
  if (node.of === undefined) {
    const help = `as in \`locator ${node.name.text}: ${node.shape.text} of task_struct …\``;
    fail(scope, 'E1012', node.shape, `locator \`${node.name.text}\` does not say of what`, 'no `of`', help);
  }
  if (shape === undefined || of === undefined || parent === 'wrong') return undefined;
  needed(of, context);
  const rule = SHAPES[shape];
  const clauses = clausesOf(node.shape, node.clauses, [...rule.takes, ...COMMON], scope);
  for (const word of ['from', ...rule.needs]) {
    if (clauseNamed(clauses, word) !== undefined) continue;
    if (node.clauses.some((one) => ![...rule.takes, ...COMMON].includes(one.word.text))) break;
    fail(
      scope,
      'E1012',
      node.name,
      `a locator of shape \`${shape}\` needs \`${word}\``,
      'incomplete',
      rule.doc,
    );
    return undefined;
  }
  return fill(node, { shape, of, parent, clauses }, names.source.locator(parent ?? '')?.of, context);
}

interface Draft {
  readonly shape: Shape;
  readonly of: TypeModel;
  readonly parent: string | undefined;
  readonly clauses: Clauses;
}

function fill(
  node: Locator,
  { shape, of, parent, clauses }: Draft,
  parent_of: TypeModel | undefined,
  context: Context,
): LocatorModel | undefined {
  const { scope } = context;
  const before = scope.problems.errors;
  const above: FormulaType | undefined =
    parent === undefined || parent_of === undefined
      ? undefined
      : { kind: 'place', type: parent_of, locator: parent };
  const nested = above === undefined ? context : withElementOf(context, above);
  const from = formulas(clauseNamed(clauses, 'from'), nested);
  // An element of `one` is no part of what it lies in.
  const whole: FormulaType | undefined = shape === 'one' ? { kind: 'place', type: of } : undefined;
  const root = above ?? whole ?? rootOf(from[0], context);
  const at_root = root === undefined ? context : withElementOf(context, root);
  const element: FormulaType = { kind: 'place', type: of, locator: node.name.text };
  const inside: Context = { ...withElementOf(context, element), bare: true };
  const step = formulas(clauseNamed(clauses, 'step'), inside);
  const one = (word: string): Formula | undefined => formulas(clauseNamed(clauses, word), at_root, true)[0];
  const [length, first, last, guard] = [one('length'), one('first'), one('last'), one('guard')];
  const described = { shape, of, name: node.name };
  for (const formula of from) checkFrom(formula, described, nested);
  for (const [word, formula] of Object.entries({ length, first, last })) checkCount(word, formula, at_root);
  checkExtent(from, length, described, nested);
  for (const formula of step) checkStep(formula, described, inside);
  checkGuard(guard, at_root);
  const path = (word: string): readonly string[] =>
    memberPath(clauseNamed(clauses, word), word, shape, of, context);
  const [via, key, label, id] = [path('via'), path('key'), path('label'), path('id')];
  const including_head = headOf(clauseNamed(clauses, 'including'), scope);
  const space = spaceOf(clauseNamed(clauses, 'space'), scope);
  const limit = clauseNamed(clauses, 'limit');
  const most = limit && wantInt(limit.values, limit.word, { low: 1, high: MOST }, scope);
  if (scope.problems.errors > before) return undefined;
  const doc = docAbove(scope.unit, node.start);
  return {
    name: node.name.text,
    ...(parent === undefined ? {} : { parent }),
    shape,
    of,
    via,
    from,
    including_head,
    step,
    ...(length === undefined ? {} : { length }),
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    key,
    label,
    id,
    ...(space === undefined ? {} : { space }),
    ...(guard === undefined ? {} : { guard }),
    limit: most ?? DEFAULT_LIMIT,
    ...(most === undefined ? {} : { beyond: 'damage' }),
    shipped: scope.unit.shipped.ships,
    ...(doc === undefined ? {} : { doc }),
    span: spanOf(scope.unit, node),
  };
}

function shapeOf({ shape }: Locator, scope: Scope): Shape | undefined {
  if (Object.hasOwn(SHAPES, shape.text)) return shape.text as Shape;
  const help = didYouMean(shape.text, Object.keys(SHAPES), 'shapes are');
  return fail(scope, 'E1011', shape, `there is no shape \`${shape.text}\``, 'unknown', help);
}

function parentOf(node: Locator, { scope, names, needs }: Context): string | undefined | 'wrong' {
  const { parent } = node;
  if (parent === undefined) return undefined;
  if (names.source.locator(parent.text) !== undefined) {
    needs.locators.add(parent.text);
    const { of } = names.source.locator(parent.text) as { of: TypeModel };
    const member = findMember(of, node.name.text, names.source);
    if (member === undefined || member === 'opaque') return parent.text;
    const message = `what \`${parent.text}\` finds has a member \`${node.name.text}\`, which hides this locator`;
    fail(scope, 'E1016', node.name, message, 'never meant', 'give it another name');
    return 'wrong';
  }
  // One of this file that is wrong was told.
  if (scope.unit.locators.has(parent.text)) return 'wrong';
  const known = [...scope.unit.locators.keys(), ...scope.unit.shipped.locators.keys()];
  const help = didYouMean(parent.text, known, 'there are');
  fail(scope, 'E1016', parent, `there is no locator \`${parent.text}\` to be nested in`, 'unknown', help);
  return 'wrong';
}

/** The values of a clause, each as a formula of a sound type. */
function formulas(clause: Clause | undefined, context: Context, alone = false): readonly Formula[] {
  if (clause === undefined) return [];
  const values = alone ? [single(clause.values, clause.word, context.scope)] : clause.values;
  const read = values.map((value) => value && readFormula(value, context));
  return read.filter((one): one is Formula => one !== undefined && checkFormula(one, context));
}

/**
 * The object that a leading dot in `guard`, `length`, `first` and `last` is a part of: what the members before the
 * structure's head belong to. Of `symbols["timer_bases"][*][*].vectors[*]`, an entry of the symbol's array.
 */
function rootOf(from: Formula | undefined, context: Context): FormulaType | undefined {
  let at = from;
  while (at?.kind === 'every' || at?.kind === 'index') at = at.of;
  // Of a whole object it is that object itself.
  if (at?.kind !== 'member') {
    const type = from && typeOf(from, context.typing);
    const whole = type?.kind === 'elements' ? type.of : type;
    return whole?.kind === 'place' ? whole : undefined;
  }
  while (at.kind === 'member') at = at.of;
  const type = typeOf(at, context.typing);
  return type.kind === 'elements' ? type.of : type;
}

/** `including head`. */
function headOf(clause: Clause | undefined, scope: Scope): boolean {
  if (clause === undefined) return false;
  const expr = single(clause.values, clause.word, scope);
  if (expr?.kind === 'path' && expr.steps.length === 0 && expr.root.text === 'head') return true;
  if (expr !== undefined)
    fail(scope, 'E1013', expr, '`including` takes `head`, and nothing else', 'what is that?');
  return false;
}

/** `space tasks["shop"].mm`: of a place that leads to an address space, the task's name. */
function spaceOf(clause: Clause | undefined, scope: Scope): LocatorModel['space'] {
  const expr = clause && single(clause.values, clause.word, scope);
  if (expr === undefined) return undefined;
  const [index, mm, ...rest] = expr.kind === 'path' && expr.root.text === 'tasks' ? expr.steps : [];
  const named = index?.kind === 'index' && index.index.kind === 'string' ? index.index : undefined;
  if (named === undefined || mm?.kind !== 'field' || mm.name !== 'mm' || rest.length > 0) {
    const help = 'as in `space tasks["shop"].mm`';
    return fail(scope, 'E1017', expr, '`space` takes the address space of a process', 'none', help);
  }
  const value = evaluate(named, scope);
  const comm = value?.kind === 'string' ? value.value : stringText(named.text);
  if (comm.length >= 1 && comm.length <= 15) return { comm };
  return fail(scope, 'E1017', named, 'the name of a task has 1 to 15 characters', 'no such task');
}
