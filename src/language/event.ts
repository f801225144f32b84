import type { EventPattern } from '../model/scenario.ts';
import { eventNamed } from './check/event-name.ts';
import { evaluatePath } from './evaluate.ts';
import { fail } from './scope.ts';
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
  return eventNamed(value.value, nth, scope);
}

/** `on 10 ms` waits for a time. */
function exampleFor(expr: Expr): string {
  return expr.kind === 'quantity' ? `write \`at ${expr.text}\`` : 'as in `web.register`';
}
