import type { Expression } from '../model/expression.ts';
import { evaluate } from './evaluate.ts';
import type { Problems } from './problems.ts';
import type { Scope, Unit } from './scope.ts';
import { bounded } from './weight.ts';

const NO_WORDS: ReadonlySet<string> = new Set();
const NOTHING: ReadonlyMap<string, Expression> = new Map();

const cache = new WeakMap<Unit, Scope>();

/** What the file's own `let`s stand for, its imports' included. */
export function fileScope(unit: Unit, problems: Problems): Scope {
  const known = cache.get(unit);
  if (known !== undefined) return known;
  const values = new Map<string, Expression | undefined>();
  const scope: Scope = {
    unit,
    problems,
    values,
    parties: undefined,
    simulated: true,
    words: NO_WORDS,
    lets: NOTHING,
    structures: undefined,
    trail: [],
  };
  cache.set(unit, scope);
  for (const [name, { unit: from, node }] of unit.names) {
    if (node.kind !== 'let' || problems.full(unit.file)) continue;
    values.set(
      name,
      from === unit
        ? bounded(evaluate(node.value, scope), node.value, scope)
        : fileScope(from, problems).values.get(name),
    );
  }
  return scope;
}
