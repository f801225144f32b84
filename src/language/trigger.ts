import { formatTime, NS_PER_US } from '../base/units.ts';
import { ATTACH_NS } from '../model/costs.ts';
import type { Action, Trigger as TriggerModel, When } from '../model/scenario.ts';
import { EVENTS } from '../model/vocabulary.ts';
import { elaborateAction } from './action.ts';
import { own } from './check/words.ts';
import { evaluate } from './evaluate.ts';
import { eventPattern } from './event.ts';
import { fail, failAt, label, spanAt } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, mismatch, wantCondition, wantInt } from './settings.ts';
import type { Clauses } from './settings.ts';
import { nearest } from './suggest.ts';
import type * as tree from './tree.ts';
import type { Clause, Expr, Name, Node, Trigger } from './tree.ts';

/** `every` fires at most this often in one run. */
const OCCURRENCE_LIMIT = 100_000;

const OF_AT = ['called', 'if'];
const OF_EVERY = [...OF_AT, 'from', 'to'];
const OF_ON = [...OF_AT, 'nth'];

/** A second `on each` would be a run for every pair: one is enough to look at. */
export function checkEach(body: readonly tree.Item[], scope: Scope): void {
  let first: Trigger | undefined;
  let second: Trigger | undefined;
  for (const item of body) {
    if (item.kind !== 'trigger' || item.each === undefined) continue;
    if (first === undefined) first = item;
    else second ??= item;
  }
  if (first === undefined || second === undefined) return;
  const here = label(scope.unit, first.head, 'first here');
  const help = 'write two scenarios, or `on … nth N` for one of them';
  fail(scope, 'E0532', second.head, 'a scenario has one `on each`', 'again', help, [here]);
}

/** One trigger; undefined when its moment is wrong. `duration_ns` is the scenario's. */
export function elaborateTrigger(node: Trigger, duration_ns: number, scope: Scope): TriggerModel | undefined {
  const head = node.head.text;
  const known = head === 'every' ? OF_EVERY : head === 'on' ? OF_ON : OF_AT;
  const clauses = clausesOf(node.head, node.clauses, known, scope);
  const when = node.moment === undefined ? undefined : moment(node, node.moment, clauses, duration_ns, scope);
  const condition = clauseNamed(clauses, 'if');
  const actions: Action[] = [];
  const event = when?.kind === 'on' ? when.pattern : undefined;
  if (node.actions.length === 0) {
    fail(
      scope,
      'E0519',
      node,
      'a trigger without an action does nothing',
      'nothing to do',
      'write `:` and an action',
    );
  }
  const work = { steps: 0 };
  for (const item of node.actions)
    if (!scope.problems.full(scope.unit.file))
      elaborateAction(item, scope, { event, actions, work, call: undefined });
  if (when !== undefined) checkSummons(when, actions, duration_ns, scope);
  const wanted = condition === undefined ? undefined : wantCondition(condition, scope);
  const name = calledName(node);
  if (when === undefined) return undefined;
  // A list that grew by `push` keeps room for sixteen: models live long.
  const kept = actions.slice();
  const span = spanAt(scope.unit, node.start, node.end);
  if (wanted !== undefined) {
    const named = name === undefined ? {} : { name: name.text };
    return { when, ...named, condition: wanted, actions: kept, span };
  }
  return name === undefined ? { when, actions: kept, span } : { when, name: name.text, actions: kept, span };
}

/** A rescue that is asked for so late that the run has ended before the ambulance is attached. */
function checkSummons(when: When, actions: readonly Action[], duration_ns: number, scope: Scope): void {
  if (when.kind === 'on') return;
  const first = when.kind === 'at' ? when.time_ns : when.from_ns;
  const summons = first + ATTACH_NS > duration_ns ? actions.find((one) => one.verb === 'summon') : undefined;
  if (summons === undefined) return;
  const message = `an ambulance takes ${formatTime(ATTACH_NS)} to attach, and the run ends at ${formatTime(duration_ns)}`;
  const help = 'summon it earlier, or let the scenario `run` longer';
  failAt(scope, 'E0524', summons.span, message, 'too late', help);
}

/** `calld`, which is reported with the clauses. */
function isSlip({ word: { text } }: Clause): boolean {
  return text.startsWith('cal') && nearest(text, ['called']) !== undefined;
}

/** The name after `called`. */
export function calledName(node: Trigger): Name | undefined {
  const clause = clauseNamed(node.clauses, 'called') ?? node.clauses.find(isSlip);
  const value = clause?.values[0];
  return value?.kind === 'path' && value.steps.length === 0 ? value.root : undefined;
}

function moment(
  node: Trigger,
  expr: Expr,
  clauses: Clauses,
  duration_ns: number,
  scope: Scope,
): When | undefined {
  const called = clauseNamed(clauses, 'called');
  if (called !== undefined && (called.values.length !== 1 || calledName(node) === undefined)) {
    fail(scope, 'E0308', called.values[0] as Node, '`called` takes one name', 'no name');
  }
  if (node.head.text === 'on') {
    const nth = clauseNamed(clauses, 'nth');
    const count = nth === undefined ? 1 : wantInt(nth.values, nth.word, { low: 1, high: 1_000_000 }, scope);
    const pattern = eventPattern(expr, count ?? 1, scope);
    if (pattern === undefined || count === undefined) return undefined;
    return node.each === undefined ? { kind: 'on', pattern } : { kind: 'on', pattern, each: true };
  }
  const event = eventOf(expr);
  if (event !== undefined) {
    const help = `write \`on ${event}\``;
    fail(scope, 'E0308', expr, `\`${node.head.text}\` takes a time, not an event`, 'an event', help);
    // Read as it was meant, so that what may be done at that event only is not complained of.
    const pattern = eventPattern(expr, 1, scope);
    return pattern === undefined ? undefined : { kind: 'on', pattern };
  }
  const time = instant(expr, node.head, scope);
  if (time === undefined) return undefined;
  if (node.head.text === 'at') {
    return inRun(time, expr, duration_ns, scope) ? { kind: 'at', time_ns: time } : undefined;
  }
  return every(time, expr, clauses, duration_ns, scope);
}

/** `web.register`, of a partition's or an ambulance's events: as text, when an expression is that and nothing else. */
function eventOf(expr: Expr): string | undefined {
  if (expr.kind !== 'path') return undefined;
  const [step] = expr.steps;
  if (expr.steps.length !== 1 || step?.kind !== 'field' || own(EVENTS, step.name) === undefined)
    return undefined;
  return `${expr.root.text}.${step.name}`;
}

function instant(expr: Expr, owner: Name, scope: Scope): number | undefined {
  const value = evaluate(expr, scope);
  if (value === undefined) return undefined;
  return value.kind === 'time' ? value.value : mismatch(value, 'time', owner, expr, scope);
}

function inRun(time: number, at: Node, duration_ns: number, scope: Scope): boolean {
  if (time < 0) {
    const help = 'what happens while booting is waited for, as in `on web.register`';
    fail(scope, 'E0501', at, `${formatTime(time)} is before t = 0, where the run starts`, 'too early', help);
    return false;
  }
  if (time < duration_ns) return true;
  const message = `${formatTime(time)} is not before the end of the run, which lasts ${formatTime(duration_ns)}`;
  fail(
    scope,
    'E0502',
    at,
    message,
    'never happens',
    'let it happen earlier, or let the scenario `run` longer',
  );
  return false;
}

function every(
  period: number,
  expr: Expr,
  clauses: Clauses,
  duration_ns: number,
  scope: Scope,
): When | undefined {
  if (period < NS_PER_US)
    return fail(scope, 'E0504', expr, `a period of ${formatTime(period)} is too short`, 'at least 1 us');
  const bound = (word: string, otherwise: number): number | undefined => {
    const clause = clauseNamed(clauses, word);
    const [value] = clause?.values ?? [];
    return clause === undefined || value === undefined ? otherwise : instant(value, clause.word, scope);
  };
  const from = bound('from', 0);
  const to = bound('to', duration_ns);
  if (from === undefined || to === undefined) return undefined;
  const at = clauseNamed(clauses, 'from') ?? expr;
  if (!inRun(from, at, duration_ns, scope)) return undefined;
  const end = clauseNamed(clauses, 'to');
  if (to < from) {
    const message = `the range from ${formatTime(from)} to ${formatTime(to)} is empty`;
    return fail(scope, 'E0503', end ?? at, message, 'ends before it starts', 'exchange the two');
  }
  if (to > duration_ns && end !== undefined) {
    const message = `${formatTime(to)} is after the end of the run, which lasts ${formatTime(duration_ns)}`;
    return fail(scope, 'E0502', end, message, 'never reached', 'leave `to` out: it ends with the run');
  }
  if ((to - from) / period > OCCURRENCE_LIMIT) {
    return fail(scope, 'E0504', expr, `this fires more than ${OCCURRENCE_LIMIT} times`, 'too often');
  }
  return { kind: 'every', period_ns: period, from_ns: from, to_ns: to };
}
