import type { Path } from '../model/expression.ts';
import type { EventPattern } from '../model/scenario.ts';
import { EVENTS } from '../model/vocabulary.ts';
import type { EventSubject } from '../model/vocabulary.ts';
import { resolvePlace } from './check/place.ts';
import { own } from './check/words.ts';
import { evaluatePath } from './evaluate.ts';
import { fail, failAt } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Expr } from './tree.ts';

/** `web.register`, `web.tasks["nginx"].run`, `rescue.diagnosed`: whose event, which, and of what. */
export function eventPattern(expr: Expr, nth: number, scope: Scope): EventPattern | undefined {
  if (expr.kind !== 'path')
    return fail(scope, 'E0506', expr, 'an event is named by its subject', 'no event', exampleFor(expr));
  const value = evaluatePath(expr, scope);
  if (value === undefined) return undefined;
  if (value.kind === 'word') {
    const names = [...(scope.parties?.lpars.keys() ?? []), ...(scope.parties?.ambulances.keys() ?? [])];
    const help = didYouMean(value.value, names, 'subjects are') ?? 'as in `web.register`';
    return fail(scope, 'E0506', expr, `\`${value.value}\` is no event`, 'whose?', help);
  }
  if (value.kind !== 'path')
    return fail(scope, 'E0506', expr, 'this is no event', 'a value', 'as in `web.register`');
  return named(value.value, nth, scope);
}

/** `on 10 ms` waits for a time. */
function exampleFor(expr: Expr): string {
  return expr.kind === 'quantity' ? `write \`at ${expr.text}\`` : 'as in `web.register`';
}

function named(path: Path, nth: number, scope: Scope): EventPattern | undefined {
  const last = path.steps.at(-1);
  if (last?.kind !== 'field') {
    const names = Object.keys(EVENTS);
    return failAt(
      scope,
      'E0506',
      path.span,
      'the event is missing',
      'names no event',
      didYouMean('', names, 'events are'),
    );
  }
  const subject: Path = { root: path.root, steps: path.steps.slice(0, -1), span: path.span };
  const kind = subjectKind(subject, scope);
  if (kind === undefined) return undefined;
  const names = Object.keys(EVENTS).filter((name) => own(EVENTS, name)?.of.includes(kind) === true);
  if (!names.includes(last.name)) {
    const whose = { lpar: 'a partition', task: 'a task', device: 'a device', ambulance: 'an ambulance' }[
      kind
    ];
    const help = didYouMean(last.name, names, `${whose} has`);
    return failAt(scope, 'E0506', last.span, `${whose} has no event \`${last.name}\``, 'unknown event', help);
  }
  const place = subject.steps.length === 0 ? {} : { place: subject };
  return { subject: path.root, event: last.name, ...place, nth, span: path.span };
}

function subjectKind(subject: Path, scope: Scope): EventSubject | undefined {
  const place = resolvePlace(subject, scope);
  if (place === undefined) return undefined;
  const { kind } = place;
  if (kind === 'lpar' || kind === 'ambulance' || kind === 'device' || kind === 'task') return kind;
  return failAt(
    scope,
    'E0506',
    subject.span,
    'events are of partitions, tasks, devices and ambulances',
    'has no events',
  );
}
