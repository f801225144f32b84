import type { Formula } from './structure.ts';

/** The formulas that one is made of. */
export function partsOf(formula: Formula): readonly Formula[] {
  switch (formula.kind) {
    case 'member':
    case 'every':
    case 'cast':
    case 'address':
      return [formula.of];
    case 'index':
      return [formula.of, formula.index];
    case 'unary':
      return [formula.operand];
    case 'binary':
      return [formula.left, formula.right];
    case 'conditional':
      return [formula.condition, formula.then, formula.otherwise];
    case 'range':
      return [formula.low, formula.high];
    case 'set':
      return formula.items;
    case 'call':
      return formula.args;
    default:
      return [];
  }
}
