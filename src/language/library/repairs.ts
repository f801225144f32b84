import type { Formula, RepairModel, RepairVerb } from '../../model/structure.ts';
import { typeOf } from '../../model/typing.ts';
import { fail, label, spanOf } from '../scope.ts';
import { clauseNamed, clausesOf, single, wantName } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import type { Item, Name, Phrase, Repair } from '../tree.ts';
import { checkAct, givenByShapes } from './acts.ts';
import { checkAssign, checkNumber } from './assign.ts';
import { checkFormula } from './check.ts';
import type { Context } from './context.ts';
import { readAs, readFormula } from './formula.ts';
import { REPAIR_VERBS } from './repair-verbs.ts';
import type { VerbRule } from './repair-verbs.ts';
import { checkPlace } from './places.ts';
import { checkAllSatisfy, checkSatisfies } from './satisfy.ts';
import { conditionOf } from './clause-formulas.ts';
import { codeOf } from './told.ts';
import type { Code, Told } from './told.ts';

const ALWAYS = ['only_if', 'unless'];

/**
 * The repairs of a validator: each for a code that it gives, seeing the names that were bound where its requirement
 * stands.
 */
export function readRepairs(told: Told, outer: Context): RepairModel[] {
  const repairs: RepairModel[] = [];
  const seen = new Map<string, Name>();
  for (const { node } of told.repairs) {
    for (const name of node.codes) {
      const { scope } = outer;
      const code = codeOf(name, name, outer);
      if (code === undefined) continue;
      const first = seen.get(code);
      if (first !== undefined) {
        const more = [label(scope.unit, first, 'first here')];
        fail(scope, 'E1046', name, `there are two repairs for \`${code}\``, 'again', 'one is enough', more);
        continue;
      }
      seen.set(code, name);
      const given = told.codes.get(code);
      if (given === undefined && !outer.scope.unit.whole) continue;
      const repair = readRepair(node, code, name, given, told, outer);
      if (repair !== undefined) repairs.push(repair);
    }
  }
  return repairs;
}

function readRepair(
  node: Repair,
  code: string,
  at: Name,
  given: Code | undefined,
  told: Told,
  outer: Context,
): RepairModel | undefined {
  const steps = node.steps.map((step) => readStep(node, step, code, at, given, told, outer));
  const [first, ...more] = steps;
  if (node.steps.length === 0)
    return fail(
      outer.scope,
      'E1045',
      node,
      `a repair says what is to be done`,
      'nothing',
      'as in `repair COUNT: recount`',
    );
  const sound = more.filter((step) => step !== undefined);
  if (first === undefined || sound.length < more.length) return undefined;
  if (sound.length === 0) return first;
  const sets = [first, ...sound].flatMap(({ verb, subject: place, to }) =>
    verb === 'set' && place && to ? [{ place, to }] : [],
  );
  // What other steps do is not known before a run.
  const told_by = given?.condition;
  if (told_by !== undefined && sets.length === steps.length) {
    const context = given?.context ?? outer;
    if (!checkAllSatisfy(sets, told_by, letsIn(context), context)) return undefined;
  }
  return { ...first, more: sound };
}

/** What each `let` in sight stands for. */
function letsIn(context: Context): ReadonlyMap<string, Formula> {
  const lets = new Map<string, Formula>();
  for (const [name, { value }] of context.bound) if (value !== undefined) lets.set(name, value);
  return lets;
}

function readStep(
  node: Repair,
  action: Item,
  code: string,
  at: Name,
  given: Code | undefined,
  told: Told,
  outer: Context,
): RepairModel | undefined {
  const { scope } = outer;
  if (action.kind === 'broken') return undefined;
  if (action.kind !== 'phrase' || action.body !== undefined)
    return fail(
      scope,
      'E1043',
      action,
      'a repair is made of steps',
      'no step',
      `steps are \`${Object.keys(REPAIR_VERBS).join('`, `')}\``,
    );
  const verb = action.head.text as RepairVerb;
  const rule = Object.hasOwn(REPAIR_VERBS, verb) ? REPAIR_VERBS[verb] : undefined;
  if (rule === undefined) {
    const help = didYouMean(verb, Object.keys(REPAIR_VERBS), 'repairs are');
    return fail(scope, 'E1043', action.head, `nothing is repaired by \`${verb}\``, 'unknown', help);
  }
  // A shape's own codes have no requirement in the text.
  if (given === undefined && verb !== 'relink' && verb !== 'abandon' && verb !== 'unlink') {
    const help = didYouMean(code, told.codes.keys(), 'it gives');
    return fail(
      scope,
      'E1042',
      at,
      `nothing in this validator gives \`${code}\``,
      'no such requirement',
      help,
    );
  }
  const of_shapes = given === undefined ? givenByShapes(outer) : undefined;
  if (of_shapes?.includes(code) === false) {
    const help = didYouMean(code, [...told.codes.keys(), ...of_shapes], 'there are');
    return fail(
      scope,
      'E1042',
      at,
      `nothing that this validator goes through gives \`${code}\``,
      'given by none',
      help,
    );
  }
  const context = given?.context ?? outer;
  const repair = readAction(node, action, code, verb, rule, context);
  const { subject, to } = repair ?? {};
  const act = { verb, subject, to, code, given, structure: told.structure, span: spanOf(scope.unit, action) };
  if (repair === undefined || !checkAct(act, context)) return undefined;
  // Of several steps it takes all of them.
  if (
    node.steps.length > 1 ||
    verb !== 'set' ||
    subject === undefined ||
    to === undefined ||
    given?.condition === undefined
  )
    return repair;
  return checkSatisfies(subject, to, given.condition, letsIn(context), context) ? repair : undefined;
}

function readAction(
  node: Repair,
  action: Phrase,
  code: string,
  verb: RepairVerb,
  rule: VerbRule,
  context: Context,
): RepairModel | undefined {
  const { scope } = context;
  const clauses = clausesOf(action.head, action.clauses, [...rule.takes, ...ALWAYS], scope);
  const missing = rule.needs.find((word) => clauseNamed(clauses, word) === undefined);
  const expr = action.values.length > 0 ? single(action.values, action.head, scope) : undefined;
  if (missing !== undefined || (rule.subject === 'required' && action.values.length === 0)) {
    const what = missing === undefined ? 'a place' : `\`${missing}\``;
    return fail(scope, 'E1045', action, `\`${verb}\` needs ${what}`, 'incomplete', rule.doc);
  }
  if (rule.subject === 'none' && expr !== undefined)
    return fail(scope, 'E1045', expr, `\`${verb}\` takes no place`, 'one too many', rule.doc);
  const subject = expr && readFormula(expr, context);
  if (subject !== undefined && checkFormula(subject, context)) checkPlace(subject, verb, context);
  const to = toOf(action, clauses, subject, context);
  const only_if = conditionOf(clauseNamed(clauses, 'only_if'), context);
  const unless = clauseNamed(clauses, 'unless');
  const loss = unless && single(unless.values, unless.word, scope);
  if (loss !== undefined && wantName(loss, (unless as Phrase['clauses'][number]).word, scope) !== 'loss')
    fail(scope, 'E1045', loss, '`unless` takes `loss`, and nothing else', 'what is that?');
  const loses = clauseNamed(clauses, 'loses');
  const lost = loses && single(loses.values, loses.word, scope);
  const given_up = lost && wantName(lost, (loses as Phrase['clauses'][number]).word, scope);
  if ((expr !== undefined && subject === undefined) || (clauseNamed(clauses, 'to') && to === undefined))
    return undefined;
  return {
    code,
    verb,
    ...(subject === undefined ? {} : { subject }),
    ...(to === undefined ? {} : { to }),
    ...(only_if === undefined ? {} : { only_if }),
    unless_loss: unless !== undefined,
    ...(given_up === undefined ? {} : { loses: given_up }),
    span: spanOf(scope.unit, node),
  };
}

const checked = (formula: Formula, sound: boolean): Formula | undefined => (sound ? formula : undefined);

/** `to VALUE`; a word of the place's enumeration stands for its value. */
function toOf(
  action: Phrase,
  clauses: Phrase['clauses'],
  subject: Formula | undefined,
  context: Context,
): Formula | undefined {
  const clause = clauseNamed(clauses, 'to');
  const expr = clause && single(clause.values, clause.word, context.scope);
  if (expr === undefined) return undefined;
  const type = subject === undefined ? undefined : typeOf(subject, context.typing);
  const to = type === undefined ? readFormula(expr, context) : readAs(expr, type, context);
  if (to === undefined || !checkFormula(to, context)) return undefined;
  // Of the others `to` says a count, a lock's free word, a bucket: all are numbers.
  const holds = subject !== undefined && action.head.text === 'set';
  return holds ? checked(to, checkAssign(subject, to, context)) : checked(to, checkNumber(to, context));
}
