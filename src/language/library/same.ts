import { partsOf } from '../../model/formula-parts.ts';
import type { Formula } from '../../model/structure.ts';

/** True for two formulas that say the same. */
export function same(one: Formula, other: Formula): boolean {
  if (one.kind !== other.kind) return false;
  const [parts, others] = [partsOf(one), partsOf(other)];
  if (parts.length !== others.length) return false;
  if (said(one) !== said(other)) return false;
  return parts.every((part, at) => same(part, others[at] as Formula));
}

/** What a formula says besides its parts. */
function said(formula: Formula): string {
  switch (formula.kind) {
    case 'int':
    case 'bool':
    case 'text':
      return String(formula.value);
    case 'name':
    case 'symbol':
    case 'member':
      return formula.name;
    case 'collection':
      return formula.locator;
    case 'unary':
    case 'binary':
      return formula.operator;
    case 'call':
      return formula.function;
    case 'cast':
    case 'sizeof':
    case 'enumeration':
      return JSON.stringify(formula.type, (key, value: unknown) =>
        key === 'span' ? undefined : typeof value === 'bigint' ? String(value) : value,
      );
    default:
      return '';
  }
}
