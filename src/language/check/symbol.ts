import type { Path, PathStep } from '../../model/expression.ts';
import { kernelGlobal, kernelPerCpu, kernelVariables } from '../../model/kernel-source.ts';
import type { LparModel } from '../../model/machine.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { nearest } from '../suggest.ts';
import { fields } from './fields.ts';
import { entriesAt, symbolsOf } from './filled.ts';
import type { Place } from './place.ts';

/** `web.symbols["init_task"]`, and what lies there. */
export function symbolPlace(
  lpar: LparModel,
  rest: readonly PathStep[],
  path: Path,
  scope: Scope,
): Place | undefined {
  const [index, entry] = rest;
  if (index?.kind !== 'index' || index.index.kind !== 'string') {
    const help = 'as in `web.symbols["init_task"]`';
    return failAt(scope, 'E0603', index?.span ?? path.span, 'a symbol is named by a string', 'not a name', help); // prettier-ignore
  }
  const name = index.index.value;
  const type = kernelGlobal(name) ?? kernelPerCpu(name);
  if (type === undefined) known(name, index, lpar, scope);
  const entries = entry?.kind === 'index' && entry.index.kind === 'int' ? entriesAt(name, lpar) : undefined;
  if (entries !== undefined && entry?.kind === 'index' && entry.index.kind === 'int') {
    const outside = entry.index.value < 0n || entry.index.value >= BigInt(entries);
    const message = `index ${entry.index.value} is outside the array`;
    if (outside) return failAt(scope, 'E0618', entry.span, message, `it has ${entries} elements, from 0`);
  }
  const place: Place = {
    kind: 'bytes',
    lpar: lpar.name,
    dimension: 'place',
    ...(type === undefined ? {} : { type }),
  };
  return fields(place, rest, 1, scope);
}

/** Of the application that every guest has. */
const SHOP_SYMBOL = 'order_book';

/** Warns of a symbol that is neither a variable of the simulated kernel nor one of an application. What a stock kernel has is seen when it runs. */
function known(name: string, at: PathStep, lpar: LparModel, scope: Scope): void {
  const own = symbolsOf(lpar);
  if (own.has(name) || name === SHOP_SYMBOL || scope.structures?.wrong === true || !scope.simulated) return; // prettier-ignore
  const near = nearest(name, [...own, SHOP_SYMBOL, ...kernelVariables()]);
  const help = near === undefined ? 'a function, or a variable of another kernel, is looked up when the scenario runs' : `did you mean \`${near}\`?`; // prettier-ignore
  const labels = [{ span: at.span, text: 'known to nobody here' }, ...scope.trail];
  scope.problems.warn('E0619', `neither the kernel nor an application of \`${lpar.name}\` has a variable \`${name}\``, labels, help); // prettier-ignore
}
