import type { Expression } from '../model/expression.ts';
import { isLater } from '../model/later.ts';
import type { Action, EventPattern } from '../model/scenario.ts';
import { VERBS } from '../model/verbs.ts';
import type { ClauseRule, Verb } from '../model/verbs.ts';
import { checkClauseValues, checkSubject } from './check/verbs.ts';
import { evaluate } from './evaluate.ts';
import { fileScope } from './file-scope.ts';
import { laterWord } from './later.ts';
import { elaborateService } from './service.ts';
import { fail, label, spanAt, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, single, wantCondition } from './settings.ts';
import type { Clauses } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Clause, Fault, Item, Phrase } from './tree.ts';
import { bounded } from './weight.ts';

/** Faults may call faults this deep. */
const CALL_DEPTH = 16;
/** One trigger does at most this much. */
const ACTION_LIMIT = 256;
/** And goes through this many sentences of faults, those that an `if` leaves out included. */
const STEP_LIMIT = 4096;

/** What an action is part of. */
export interface ActionContext {
  /** The event of its trigger, when it waits for one. */
  readonly event: EventPattern | undefined;
  /** What the trigger has gathered so far. */
  readonly actions: Action[];
  /** The sentence in the scenario, and the faults on the way from it. */
  /** How many sentences it has gone through; above the limit, all the others are left out. */
  readonly work: { steps: number };
  readonly call: { readonly span: Action['span']; readonly faults: readonly Fault[] } | undefined;
}

/** One sentence after a trigger: a verb, or a fault of the user's own, which becomes the verbs that it is made of. */
export function elaborateAction(item: Item, scope: Scope, context: ActionContext): void {
  const { work } = context;
  if (work.steps > STEP_LIMIT || scope.problems.full(scope.unit.file)) return;
  if (++work.steps > STEP_LIMIT) {
    const message = `one trigger goes through more than ${STEP_LIMIT} sentences of faults`;
    return fail(scope, 'E0521', item, message, 'too many');
  }
  if (item.kind === 'broken') return;
  if (item.kind !== 'phrase') return noAction(item, scope);
  const does = doneBy(item, scope);
  if (does === undefined) return;
  if ('parameters' in does) callFault(item, does, { ...scope, unit: scope.unit }, context);
  else builtIn(does, item, scope, context);
}

/** What can be said of a fault's action before it is called: what it does, and the words of its clauses. */
export function checkAction(item: Item, scope: Scope): void {
  if (item.kind === 'broken') return;
  if (item.kind !== 'phrase') return noAction(item, scope);
  const does = doneBy(item, scope);
  if (does === undefined) return;
  if ('parameters' in does) parametersOf(item, does, scope);
  else verbClauses(does, item, scope);
}

function noAction(item: Item, scope: Scope): void {
  const help = 'as in `set web.tasks["nginx"].pid to 0`';
  fail(scope, 'E0519', item, 'an action is a verb and a place', 'no action', help);
}

/** The verb, or the fault of the user's own, that a sentence calls. */
function doneBy(item: Phrase, scope: Scope): Verb | Fault | undefined {
  const name = item.head.text;
  const declared = scope.unit.names.get(name);
  if (declared?.node.kind === 'fault') return declared.node;
  const verb = VERBS.get(name);
  if (verb === undefined) {
    if (isLater(name, 'verb')) return laterWord(scope, item.head, name);
    const faults = [...scope.unit.names].filter(([, one]) => one.node.kind === 'fault').map(([text]) => text);
    const help = didYouMean(name, [...VERBS.keys(), ...faults], 'verbs are');
    return fail(scope, 'E0507', item.head, `there is no verb \`${name}\``, 'unknown', help);
  }
  if (item.body === undefined || verb.name === 'service') return verb;
  const message = `\`${name}\` takes no braces`;
  return fail(scope, 'E0519', item.head, message, 'a verb and its clauses, and that is all');
}

/** A verb's clauses as they are gone through for every action. */
interface Form {
  readonly words: readonly string[];
  readonly rules: readonly (readonly [word: string, rule: ClauseRule])[];
}
const FORMS: ReadonlyMap<Verb, Form> = new Map(
  [...VERBS.values()].map((verb) => [
    verb,
    { words: [...Object.keys(verb.clauses), 'if'], rules: Object.entries(verb.clauses) },
  ]),
);

/** The clauses of a verb that it knows; those that it needs and has not are reported. */
function verbClauses(verb: Verb, item: Phrase, scope: Scope): Clauses {
  const { words, rules } = FORMS.get(verb) as Form;
  const clauses = clausesOf(item.head, item.clauses, words, scope);
  for (const [word, rule] of rules) {
    if (!rule.required || clauseNamed(clauses, word) !== undefined) continue;
    // An unknown clause was reported with those that there are.
    if (item.clauses.some(({ word: { text } }) => !words.includes(text))) break;
    // Of a sentence that could not be read to its end that was told.
    if (scope.unit.whole)
      fail(scope, 'E0509', item, `\`${verb.name}\` needs \`${word}\``, 'incomplete', `${word}: ${rule.doc}`);
  }
  if (verb.some && item.clauses.length === 0) {
    const all = rules.map(([word]) => `\`${word}\``).join(', ');
    const docs = rules.map(([word, { doc }]) => `${word}: ${doc}`).join('; ');
    fail(scope, 'E0509', item, `\`${verb.name}\` needs one of ${all}`, 'incomplete', docs);
  }
  return clauses;
}

function builtIn(verb: Verb, item: Phrase, scope: Scope, context: ActionContext): void {
  const clauses = verbClauses(verb, item, scope);
  const expr = single(item.values, item.head, scope);
  const subject = expr === undefined ? undefined : evaluate(expr, scope);
  const place =
    subject === undefined || expr === undefined
      ? undefined
      : checkSubject(verb, subject, expr, scope, context.event);
  const values: Record<string, readonly Expression[]> = {};
  for (const [word, rule] of (FORMS.get(verb) as Form).rules) {
    const clause = clauseNamed(clauses, word);
    if (clause === undefined) continue;
    const checked = checkClauseValues(verb, word, rule, clause, place, scope);
    if (checked !== undefined) values[word] = checked;
  }
  if (!wanted(clauseNamed(clauses, 'if'), scope) || subject === undefined || place === undefined) return;
  if (context.actions.length >= ACTION_LIMIT) {
    context.work.steps = Infinity;
    return fail(scope, 'E0521', item, `one trigger does more than ${ACTION_LIMIT} things`, 'too many');
  }
  const fault = context.call?.faults[0];
  const span = context.call?.span ?? spanAt(scope.unit, item.start, item.end);
  if (fault !== undefined && !scope.problems.spend(1, { span, text: 'no further than here' })) return;
  const { name } = verb;
  if (name === 'service') {
    const steps = elaborateService(item, place, clauses, scope, context.event);
    if (steps !== undefined)
      context.actions.push({
        verb: name,
        subject,
        clauses: values,
        ...(steps.length > 0 && { steps }),
        ...(fault && { from_fault: fault.name.text }),
        span,
      });
    return;
  }
  context.actions.push(
    fault === undefined
      ? { verb: name, subject, clauses: values, span }
      : { verb: name, subject, clauses: values, from_fault: fault.name.text, span },
  );
}

/** An action's `if` chooses among the rows of a table; what only a run can tell belongs to the trigger. */
function wanted(clause: Clause | undefined, scope: Scope): boolean {
  if (clause === undefined) return true;
  const condition = wantCondition(clause, scope);
  if (condition === undefined) return false;
  if (condition.kind === 'bool') return condition.value;
  const help = 'put it on the trigger, as in `at 40 ms if …:`';
  fail(scope, 'E0520', clause, "only a run can tell this action's condition", 'not known before', help);
  return false;
}

function callFault(item: Phrase, fault: Fault, scope: Scope, context: ActionContext): void {
  const faults = [...(context.call?.faults ?? []), fault];
  if (faults.length > CALL_DEPTH) {
    const message = `faults call faults more than ${CALL_DEPTH} deep`;
    return fail(scope, 'E0523', item.head, message, 'one too many', 'let a fault do more by itself');
  }
  if (faults.indexOf(fault) < faults.length - 1) {
    const message = `fault \`${fault.name.text}\` leads back to itself`;
    return fail(scope, 'E0513', item.head, message, 'never ends', 'a fault is a list of actions, not a loop');
  }
  const declared = scope.unit.names.get(item.head.text);
  const unit = declared?.unit ?? scope.unit;
  const values = new Map(fileScope(unit, scope.problems).values);
  const args = argumentsOf(item, fault, scope);
  if (args === undefined) return;
  for (const [name, value] of args) values.set(name, value);
  const trail = [label(scope.unit, item, `called here`), ...scope.trail];
  const inner: Scope = { ...scope, unit, values, trail };
  const call = { span: context.call?.span ?? spanOf(scope.unit, item), faults };
  if (
    !wanted(
      item.clauses.find((clause) => clause.word.text === 'if'),
      scope,
    )
  )
    return;
  for (const step of fault.body) elaborateAction(step, inner, { ...context, call });
}

/** `NAME PLACE {WORD VALUE}`: each parameter but the first by its word; undefined when one is missing. */
function parametersOf(item: Phrase, fault: Fault, scope: Scope): Map<string, Clause> | undefined {
  const [first, ...others] = fault.parameters;
  const signature = `${fault.name.text}${first === undefined ? '' : ` ${first.text.toUpperCase()}`}${others.map((one) => ` ${one.text} …`).join('')}`;
  const known = others.map((one) => one.text);
  const clauses = new Map<string, Clause>();
  let refused = false;
  for (const clause of item.clauses) {
    const word = clause.word.text;
    if (known.includes(word) && !clauses.has(word)) clauses.set(word, clause);
    else if (word !== 'if') {
      refused = true;
      const help = didYouMean(word, known, 'it takes') ?? `it is called as \`${signature}\``;
      fail(
        scope,
        'E0514',
        clause.word,
        `fault \`${fault.name.text}\` has no parameter \`${word}\` left`,
        'unknown',
        help,
      );
    }
  }
  if (first === undefined && item.values.length > 0) {
    fail(
      scope,
      'E0514',
      item.values[0] as Phrase['values'][number],
      `fault \`${fault.name.text}\` takes no place`,
      'one too many',
    );
  }
  let complete = true;
  for (const name of others) {
    if (clauses.has(name.text)) continue;
    complete = false;
    if (refused) continue;
    const message = `fault \`${fault.name.text}\` needs \`${name.text}\``;
    fail(scope, 'E0515', item, message, 'incomplete', `it is called as \`${signature}\``);
  }
  return complete ? clauses : undefined;
}

/** What the parameters of a fault stand for in one call: the first is what it acts on. */
function argumentsOf(
  item: Phrase,
  fault: Fault,
  scope: Scope,
): Map<string, Expression | undefined> | undefined {
  const args = new Map<string, Expression | undefined>();
  const clauses = parametersOf(item, fault, scope);
  const [first] = fault.parameters;
  if (first !== undefined) {
    const expr = single(item.values, item.head, scope);
    if (expr === undefined) return undefined;
    args.set(first.text, bounded(evaluate(expr, scope), expr, scope));
  }
  for (const [name, clause] of clauses ?? []) {
    const expr = single(clause.values, clause.word, scope);
    args.set(name, expr === undefined ? undefined : bounded(evaluate(expr, scope), expr, scope));
  }
  return clauses === undefined ? undefined : args;
}
