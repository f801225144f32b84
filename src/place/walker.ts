import type { Expression, PathStep } from '../model/expression.ts';
import { printExpression } from '../model/print.ts';
import type { Selector } from './collections/element.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Place } from './place.ts';
import type { Value } from './value.ts';
import type { World } from './world.ts';

/** Evaluates what stands between brackets; given in by evaluate.ts, which also resolves paths. */
export type EvaluateIndex = (expression: Expression) => Outcome<Value>;

/** What remains of a path, and what to go by. */
export interface Walker {
  readonly world: World;
  readonly steps: readonly PathStep[];
  readonly evaluate: EvaluateIndex;
}

export function selectorAt(walker: Walker, index: number, at: string): Outcome<Selector> {
  const step = walker.steps[index];
  if (step?.kind === 'any') return found('any');
  const value = valueAt(walker, index, at);
  if (!value.ok) return value;
  if (value.value.kind === 'string') return found({ name: value.value.value });
  if (value.value.kind === 'int') return found({ number: Number(value.value.value) });
  return lost('TYPE', at, 'an element is chosen by a name or a number');
}

export function numberAt(walker: Walker, index: number, at: string): Outcome<number> {
  const value = valueAt(walker, index, at);
  if (!value.ok) return value;
  return value.value.kind === 'int'
    ? found(Number(value.value.value))
    : lost('TYPE', at, 'an index is a number');
}

export function placeAt(walker: Walker, index: number, at: string): Outcome<Place> {
  const value = valueAt(walker, index, at);
  if (!value.ok) return value;
  return value.value.kind === 'place'
    ? found(value.value.value)
    : lost('TYPE', at, 'between its brackets stands a place');
}

export function valueAt(walker: Walker, index: number, at: string): Outcome<Value> {
  const step = walker.steps[index];
  if (step?.kind !== 'index') {
    const written = step?.kind === 'field' ? `.${step.name}` : 'nothing';
    return lost('NOT_A_PLACE', at, `brackets are missing: ${written} follows`);
  }
  const value = walker.evaluate(step.index);
  return value.ok ? value : { ...value, at: value.at || `${at}[${printExpression(step.index)}]` };
}
