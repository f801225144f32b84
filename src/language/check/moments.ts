import type { NamedMoment } from '../../model/scenario.ts';
import { VERBS } from '../../model/verbs.ts';
import { eventPattern } from '../event.ts';
import { fail, label, spanOf } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Clause, Item, Trigger } from '../tree.ts';

/**
 * `of NAME`, `given NAME.activated`: the name must be `called` somewhere, and what it calls must be able to reach the
 * moment.
 */
export function momentOf(
  clause: Clause,
  called: ReadonlyMap<string, Trigger>,
  scope: Scope,
): NamedMoment | undefined {
  const [expr] = clause.values;
  const word = clause.word.text;
  if (expr?.kind === 'path' && clause.values.length === 1 && isParty(expr.root.text, called, scope)) {
    const event = eventPattern(expr, 1, scope);
    return (
      event && {
        name: scope.unit.source.text.slice(expr.start, expr.end),
        moment: 'event',
        event,
        span: spanOf(scope.unit, expr),
      }
    );
  }
  if (expr?.kind !== 'path' || clause.values.length !== 1 || expr.steps.length > 1) {
    return fail(
      scope,
      'E0709',
      expr ?? clause,
      `\`${word}\` takes a name that a trigger is \`called\`, or an event`,
      'no name',
    );
  }
  const name = expr.root.text;
  const trigger = called.get(name);
  if (trigger === undefined) {
    const help =
      didYouMean(name, called.keys(), 'called are') ?? 'name a trigger, as in `at 40 ms called smash:`';
    return fail(scope, 'E0709', expr, `nothing is called \`${name}\``, 'unknown', help);
  }
  const [step] = expr.steps;
  const moment =
    step === undefined ? (word === 'given' ? 'activated' : 'fired') : step.kind === 'field' ? step.name : '';
  if (moment !== 'fired' && moment !== 'activated') {
    const help = didYouMean(moment, ['fired', 'activated'], 'its moments are');
    return fail(scope, 'E0709', step ?? expr, `\`${name}\` has no moment \`${moment}\``, 'unknown', help);
  }
  if (moment === 'activated' && !canActivate(trigger, scope)) {
    const message = `\`${name}\` damages no bytes, so it is never activated`;
    const more = [label(scope.unit, trigger.head, 'what it does')];
    const help = step === undefined ? undefined : `count from \`${name}\` itself`;
    return fail(scope, 'E0710', expr, message, 'cannot come to pass', help, more);
  }
  return { name, moment, span: spanOf(scope.unit, expr) };
}

/** `of spare.resume`: an event, unless a trigger is called so. */
function isParty(name: string, called: ReadonlyMap<string, Trigger>, scope: Scope): boolean {
  if (called.has(name)) return false;
  return scope.parties?.lpars.has(name) === true || scope.parties?.ambulances.has(name) === true;
}

/** Verbs whose damage is bytes that the guest may read. */
const DAMAGING = new Set(['set', 'flip', 'zero', 'fill', 'leak', 'smash', 'dma', 'lose', 'misregister']);

/** True unless every action is a stimulus, a request or a stop: a user's own fault may do anything. */
function canActivate(trigger: Trigger, scope: Scope): boolean {
  return trigger.actions.some((item: Item) => {
    if (item.kind !== 'phrase') return true;
    const verb = VERBS.get(item.head.text);
    return verb === undefined || scope.unit.names.has(item.head.text) || DAMAGING.has(verb.name);
  });
}
