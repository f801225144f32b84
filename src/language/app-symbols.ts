import { partsOf } from '../model/formula-parts.ts';
import type { Formula, LocatorModel } from '../model/structure.ts';
import { KERNEL_VARIABLES } from '../model/kernel-source.ts';
import type { AppModel } from '../model/machine.ts';
import type { Span } from '../text/span.ts';
import { failAt } from './scope.ts';
import type { Scope } from './scope.ts';

/** Where an application's symbols stand in the text, each once. */
function symbolsOf({ fills, words }: AppModel): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>();
  for (const { locator } of fills)
    for (const [name, span] of symbolsBehind(locator)) if (!found.has(name)) found.set(name, span);
  for (const { symbol, span } of words) if (!found.has(symbol)) found.set(symbol, span);
  return found;
}

function symbolsBehind({ from, length, first, last, guard }: LocatorModel): (readonly [string, Span])[] {
  return [...from, length, first, last, guard].flatMap((formula) => (formula ? symbolsIn(formula) : []));
}

function symbolsIn(formula: Formula): (readonly [string, Span])[] {
  const own = formula.kind === 'symbol' ? [[formula.name, formula.span] as const] : [];
  return [...own, ...partsOf(formula).flatMap(symbolsIn)];
}

/**
 * A guest has one table of symbols: an application's are no variables of the kernel, nor of another application beside
 * it.
 */
export function checkSymbols(app: AppModel, beside: Iterable<AppModel>, scope: Scope): void {
  const shipped = [...scope.unit.shipped.locators.values()].flatMap(symbolsBehind);
  const kernels = new Set([...KERNEL_VARIABLES, ...shipped.map(([name]) => name)]);
  const others = [...beside].filter(({ name }) => name !== app.name);
  for (const [name, span] of symbolsOf(app)) {
    const here = { span: app.span, text: 'in this application' };
    if (kernels.has(name)) {
      const message = `the kernel has a variable \`${name}\`, and \`app ${app.name}\` would have another`;
      failAt(scope, 'E1058', span, message, "the kernel's", 'give it another name', [here]);
      continue;
    }
    const other = others.find((one) => symbolsOf(one).has(name));
    if (other === undefined) continue;
    const message = `\`app ${other.name}\` has a variable \`${name}\`, and \`app ${app.name}\` would have another`;
    failAt(scope, 'E1058', span, message, 'of two', 'give one of them another name', [here]);
  }
}
