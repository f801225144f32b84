import type { Expression } from '../model/expression.ts';
import { evaluate } from './evaluate.ts';
import { isConstant } from './fold.ts';
import { Quiet } from './problems.ts';
import { fail, label } from './scope.ts';
import type { Scope, Values } from './scope.ts';
import type * as tree from './tree.ts';
import { bounded } from './weight.ts';

/** The scenario's `let`s that need no machine, so that its machine may be described with them. */
export function constants(node: tree.Scenario, scope: Scope): Values {
  if (!node.body.some((item) => item.kind === 'let')) return scope.values;
  const values = new Map(scope.values);
  const quiet = new Quiet();
  for (const item of node.body) {
    if (item.kind !== 'let') continue;
    const inner = { ...scope, values, problems: quiet };
    const value = bounded(evaluate(item.value, inner), item.value, inner);
    if (value !== undefined && isConstant(value) && value.kind !== 'word') values.set(item.name.text, value);
  }
  return values;
}

/**
 * All the scenario's `let`s. Constants, plain places and words replace their name; what is drawn or measured stays a
 * `let` of the model, and a path may start with its name.
 */
export function bindLets(node: tree.Scenario, scope: Scope): Scope {
  if (!node.body.some((item) => item.kind === 'let')) return scope;
  const values = new Map(scope.values);
  const lets = new Map<string, Expression>();
  const seen = new Map<string, tree.Let>();
  for (const item of node.body) {
    if (item.kind !== 'let') continue;
    const name = item.name.text;
    const other = seen.get(name);
    if (other !== undefined) {
      fail(scope, 'E0404', item.name, `\`${name}\` is declared twice`, 'again', undefined, [
        label(scope.unit, other.name, 'first here'),
      ]);
      continue;
    }
    seen.set(name, item);
    if (scope.parties?.lpars.has(name) === true || scope.parties?.ambulances.has(name) === true) {
      fail(scope, 'E0404', item.name, `\`${name}\` is a partition's name`, 'taken', 'give it another name');
      continue;
    }
    if (scope.problems.full(scope.unit.file)) break;
    const inner = { ...scope, values, lets };
    const value = bounded(evaluate(item.value, inner), item.value, inner);
    const drawn = value?.kind === 'path' && value.value.steps.some((step) => step.kind === 'any');
    if (value === undefined || (!drawn && !['unary', 'binary', 'conditional', 'call'].includes(value.kind)))
      values.set(name, value);
    else lets.set(name, value);
  }
  return { ...scope, values, lets };
}
