import { formatTime, NS_PER_US } from '../base/units.ts';
import type { Action, Trigger as TriggerModel, When } from '../model/scenario.ts';
import { elaborateAction } from './action.ts';
import { evaluate, later } from './evaluate.ts';
import { eventPattern } from './event.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clausesOf, mismatch, wantCondition, wantInt } from './settings.ts';
import type { Clause, Expr, Name, Node, Trigger } from './tree.ts';

/** `every` fires at most this often in one run. */
const OCCURRENCE_LIMIT = 100_000;

/** One trigger; undefined when its moment is wrong. `duration_ns` is the scenario's. */
export function elaborateTrigger(node: Trigger, duration_ns: number, scope: Scope): TriggerModel | undefined {
  if (node.each !== undefined) return later(scope, node.each, '`on each`');
  const head = node.head.text;
  const own = head === 'every' ? ['from', 'to'] : head === 'on' ? ['nth'] : [];
  const clauses = clausesOf(node, ['called', 'if', ...own], scope);
  const when = node.moment === undefined ? undefined : moment(node, node.moment, clauses, duration_ns, scope);
  const condition = clauses.get('if');
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
  for (const item of node.actions)
    if (!scope.problems.full(scope.unit.file))
      elaborateAction(item, scope, { event, actions, call: undefined });
  const wanted = condition === undefined ? undefined : wantCondition(condition, scope);
  const name = calledName(node);
  if (when === undefined) return undefined;
  return {
    when,
    ...(name === undefined ? {} : { name: name.text }),
    ...(wanted === undefined ? {} : { condition: wanted }),
    // A list that grew by `push` keeps room for sixteen: models live long.
    actions: actions.slice(),
    span: spanOf(scope.unit, { start: node.start, end: node.end }),
  };
}

/** The name after `called`. */
export function calledName(node: Trigger): Name | undefined {
  const clause = node.clauses.find((one) => one.word.text === 'called');
  const [value] = clause?.values ?? [];
  return value?.kind === 'path' && value.steps.length === 0 ? value.root : undefined;
}

function moment(
  node: Trigger,
  expr: Expr,
  clauses: ReadonlyMap<string, Clause>,
  duration_ns: number,
  scope: Scope,
): When | undefined {
  const called = clauses.get('called');
  if (called !== undefined && (called.values.length !== 1 || calledName(node) === undefined)) {
    fail(scope, 'E0308', called.values[0] as Node, '`called` takes one name', 'no name');
  }
  if (node.head.text === 'on') {
    const nth = clauses.get('nth');
    const count = nth === undefined ? 1 : wantInt(nth.values, nth.word, { low: 1, high: 1_000_000 }, scope);
    const pattern = eventPattern(expr, count ?? 1, scope);
    return pattern === undefined || count === undefined ? undefined : { kind: 'on', pattern };
  }
  const time = instant(expr, node.head, scope);
  if (time === undefined) return undefined;
  if (node.head.text === 'at') {
    return inRun(time, expr, duration_ns, scope) ? { kind: 'at', time_ns: time } : undefined;
  }
  return every(time, expr, clauses, duration_ns, scope);
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
  clauses: ReadonlyMap<string, Clause>,
  duration_ns: number,
  scope: Scope,
): When | undefined {
  if (period < NS_PER_US)
    return fail(scope, 'E0504', expr, `a period of ${formatTime(period)} is too short`, 'at least 1 us');
  const bound = (word: string, otherwise: number): number | undefined => {
    const clause = clauses.get(word);
    const [value] = clause?.values ?? [];
    return clause === undefined || value === undefined ? otherwise : instant(value, clause.word, scope);
  };
  const from = bound('from', 0);
  const to = bound('to', duration_ns);
  if (from === undefined || to === undefined) return undefined;
  const at = clauses.get('from') ?? expr;
  if (!inRun(from, at, duration_ns, scope)) return undefined;
  const end = clauses.get('to');
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
