import type { Expression } from '../model/expression.ts';
import type { Action, EventPattern } from '../model/scenario.ts';
import { SERVICE_STEPS } from '../model/verbs.ts';
import type { Verb } from '../model/verbs.ts';
import type { Place } from './check/place.ts';
import { checkClauseValues, checkSubject, mayAttend } from './check/verbs.ts';
import { evaluate } from './evaluate.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, single } from './settings.ts';
import type { Clauses } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Phrase } from './tree.ts';

/** Steps that a service has at most once, and where. */
const FRAME = new Set(['park', 'verify', 'resume']);

/** What stands in the braces of `service LPAR { … }`; empty for `by advice`, undefined when something is wrong. */
export function elaborateService(
  item: Phrase,
  patient: Place,
  clauses: Clauses,
  scope: Scope,
  event: EventPattern | undefined,
): readonly Action[] | undefined {
  const by = clauseNamed(clauses, 'by');
  if ((by === undefined) === (item.body === undefined)) {
    const message =
      by === undefined
        ? 'a service says nothing of what is to be done'
        : 'a service is by advice or by steps';
    const help =
      'write `service web by advice`, or the steps in braces: `{ park web.cpus; …; verify web; resume web }`';
    return fail(scope, 'E0531', by ?? item.head, message, by === undefined ? 'what?' : 'not both', help);
  }
  if (event !== undefined && !mayAttend(event.subject, patient.lpar ?? '', item, scope)) return undefined;
  if (
    ![...(scope.parties?.ambulances.values() ?? [])].some((one) => one.attends.includes(patient.lpar ?? ''))
  ) {
    const message = `no ambulance attends \`${patient.lpar}\``;
    return fail(scope, 'E0522', item, message, 'by whom?', 'add it to what an ambulance `attends`');
  }
  const steps: Action[] = [];
  const phrases: Phrase[] = [];
  let sound = true;
  for (const step of item.body ?? []) {
    if (step.kind === 'broken') sound = false;
    else if (step.kind === 'phrase') phrases.push(step);
    else {
      sound = false;
      fail(scope, 'E0525', step, 'a service is made of steps', 'no step', STEPS);
    }
  }
  for (const phrase of phrases) {
    const step = stepOf(phrase, patient, scope);
    if (step === undefined) sound = false;
    else steps.push(step);
  }
  return sound && inOrder(phrases, item, scope) ? steps : undefined;
}
const STEPS = `steps are \`${[...SERVICE_STEPS.keys()].join('`, `')}\``;

function stepOf(phrase: Phrase, patient: Place, scope: Scope): Action | undefined {
  const { head } = phrase;
  const verb = SERVICE_STEPS.get(head.text);
  if (verb === undefined || phrase.body !== undefined) {
    const help = didYouMean(head.text, SERVICE_STEPS.keys(), 'steps are');
    return fail(scope, 'E0525', head, `a service has no step \`${head.text}\``, 'unknown', help);
  }
  const known = Object.keys(verb.clauses);
  const clauses = clausesOf(head, phrase.clauses, known, scope);
  const expr = single(phrase.values, head, scope);
  const subject = expr === undefined ? undefined : evaluate(expr, scope);
  if (expr === undefined || subject === undefined) return undefined;
  const place = checkSubject(verb, subject, expr, scope, undefined);
  if (place === undefined) return undefined;
  if (place.lpar !== patient.lpar) {
    const message = `this is in \`${place.lpar}\`, and the service is of \`${patient.lpar}\``;
    return fail(scope, 'E0530', expr, message, 'another partition');
  }
  const values = valuesOf(verb, phrase, clauses, place, scope);
  return values && { verb: verb.name, subject, clauses: values, span: spanOf(scope.unit, phrase) };
}

function valuesOf(
  verb: Verb,
  phrase: Phrase,
  clauses: Clauses,
  place: Place,
  scope: Scope,
): Record<string, readonly Expression[]> | undefined {
  const values: Record<string, readonly Expression[]> = {};
  for (const [word, rule] of Object.entries(verb.clauses)) {
    const clause = clauseNamed(clauses, word);
    if (clause === undefined) {
      if (!rule.required) continue;
      return fail(
        scope,
        'E0509',
        phrase,
        `\`${verb.name}\` needs \`${word}\``,
        'incomplete',
        `${word}: ${rule.doc}`,
      );
    }
    const checked = checkClauseValues(verb, word, rule, clause, place, scope);
    if (checked === undefined) return undefined;
    values[word] = checked;
  }
  return values;
}

/**
 * Park, write, verify, resume: what is written is written while nothing runs, and nothing runs on it that was not
 * looked at.
 */
function inOrder(phrases: readonly Phrase[], item: Phrase, scope: Scope): boolean {
  const at = new Map<string, number>();
  for (const [index, { head }] of phrases.entries()) {
    const { text } = head;
    const first = at.get(text);
    if (first !== undefined && FRAME.has(text)) {
      const here = label(scope.unit, (phrases[first] as Phrase).head, 'first here');
      fail(scope, 'E0528', head, `a service has one \`${text}\``, 'again', undefined, [here]);
      return false;
    }
    if (first === undefined) at.set(text, index);
  }
  if (item.body === undefined) return true;
  if (at.get('park') !== 0) {
    const [first] = phrases;
    const message = 'nothing is written before the CPUs are parked';
    fail(
      scope,
      'E0526',
      first?.head ?? item.head,
      message,
      'not first',
      'begin with `park`, as in `park web.cpus`',
    );
    return false;
  }
  const last = phrases.length - 1;
  if (at.get('resume') !== last) {
    const head = phrases[(at.get('resume') ?? last) + 1]?.head ?? phrases[last]?.head ?? item.head;
    const message = 'a service ends with `resume`';
    const text = at.has('resume') ? 'after it has gone on' : 'it never goes on';
    fail(
      scope,
      'E0527',
      head,
      message,
      text,
      'roll-back is promised only while the CPUs are parked: write `resume web` last',
    );
    return false;
  }
  if (at.get('verify') !== last - 1) {
    const message = 'what a service has written is looked at before the partition goes on';
    fail(
      scope,
      'E0529',
      (phrases[last] as Phrase).head,
      message,
      'not verified',
      'write `verify web` before `resume web`',
    );
    return false;
  }
  if (last > 2) return true;
  fail(
    scope,
    'E0531',
    item.head,
    'a service writes something',
    'nothing to do',
    'between `park` and `verify`',
  );
  return false;
}
