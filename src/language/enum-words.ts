import type { Expression } from '../model/expression.ts';
import { kernelPerCpu, kernelType } from '../model/kernel-source.ts';
import type { TypeModel } from '../model/structure.ts';
import { resolveType } from '../model/type-source.ts';
import type { TypeSource } from '../model/type-source.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Expr } from './tree.ts';

const KERNEL: TypeSource = { named: kernelType, perCpu: kernelPerCpu, locator: () => undefined };

/** True for a bare word that is no name of the scenario's own, or that a column of a table has given. */
export function isBareWord(expr: Expr, scope: Scope): boolean {
  return bareWord(expr, scope) !== undefined;
}

function bareWord(expr: Expr, { values, parties }: Scope): string | undefined {
  if (expr.kind !== 'path' || expr.steps.length > 0) return undefined;
  const { text } = expr.root;
  if (parties?.lpars.has(text) === true || parties?.ambulances.has(text) === true) return undefined;
  const value = values.get(text);
  if (value?.kind === 'word') return value.value;
  return values.has(text) ? undefined : text;
}

/**
 * What a word stands for beside a place of that type: `CLOSED` beside `web.doors[3].state` is a value of the
 * enumeration. `none` where the place is of another type, or the expression no word; undefined when the enumeration has
 * no such word, which is reported.
 */
export function enumWord(
  expr: Expr,
  type: TypeModel | undefined,
  scope: Scope,
): Expression | undefined | 'none' {
  const word = type === undefined ? undefined : bareWord(expr, scope);
  if (word === undefined || type === undefined) return 'none';
  const seen = resolveType(type, scope.structures?.source ?? KERNEL);
  if (typeof seen !== 'object' || seen.kind !== 'enum') return 'none';
  const span = spanOf(scope.unit, expr);
  const found = seen.values.find(({ name }) => name === word);
  if (found !== undefined) return { kind: 'int', value: found.value, span };
  const help = didYouMean(
    word,
    seen.values.map(({ name }) => name),
    'it has',
  );
  return fail(scope, 'E0614', expr, `this enumeration has no \`${word}\``, 'unknown', help);
}
