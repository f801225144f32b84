import type { FormulaType } from '../../model/formula-types.ts';
import { scopeOf } from '../../model/type-source.ts';
import type { Scope } from '../scope.ts';
import { checkedType } from './check.ts';
import type { Bound, Context } from './context.ts';
import { contextOf, readFormula } from './formula.ts';
import { spanOf } from '../scope.ts';
import type { Names } from './names.ts';
import { isExpanded } from './path.ts';

const UNKNOWN: FormulaType = { kind: 'unknown' };

/**
 * Checks the `def`s of a file that nothing in it uses, as far as that can be done without their arguments. Where one is
 * used it is read with what it is given there.
 */
export function checkDefs(scope: Scope, names: Names): void {
  for (const { unit, node } of scope.unit.names.values()) {
    if (node.kind !== 'def' || unit !== scope.unit || isExpanded(node)) continue;
    if (scope.problems.full(unit.file)) return;
    const bound = new Map<string, Bound>();
    const types = new Map<string, FormulaType>();
    for (const { text, start, end } of node.parameters) {
      const span = spanOf(unit, { start, end });
      bound.set(text, { formula: { kind: 'name', name: text, span }, inside: 0, used: false });
      types.set(text, UNKNOWN);
    }
    const plain = contextOf(scope, names);
    const context: Context = { ...plain, bound, typing: scopeOf(names.source, types), defs: [node] };
    const formula = readFormula(node.value, context);
    if (formula !== undefined) checkedType(formula, context);
  }
}
