import type { Formula, FormulaOperator, TypeModel } from '../../src/model/structure.ts';

/** Formulas by hand, for tests of what is made of them. */
export const span = { file: 'test.spec', start: 0, end: 0 };
export const element: Formula = { kind: 'element', span };
export const cpus: Formula = { kind: 'cpus', span };

export const int = (value: bigint | number): Formula => ({ kind: 'int', value: BigInt(value), span });
export const truth = (value: boolean): Formula => ({ kind: 'bool', value, span });
export const text = (value: string): Formula => ({ kind: 'text', value, span });
export const name = (of: string): Formula => ({ kind: 'name', name: of, span });
export const symbol = (of: string): Formula => ({ kind: 'symbol', name: of, span });
export const collection = (locator: string): Formula => ({ kind: 'collection', locator, span });
export const member = (of: Formula, ...names: string[]): Formula =>
  names.reduce((inner, one): Formula => ({ kind: 'member', of: inner, name: one, span }), of);
export const index = (of: Formula, at: Formula): Formula => ({ kind: 'index', of, index: at, span });
export const every = (of: Formula): Formula => ({ kind: 'every', of, span });
export const cast = (of: Formula, type: TypeModel): Formula => ({ kind: 'cast', of, type, span });
export const address = (of: Formula): Formula => ({ kind: 'address', of, span });
export const binary = (operator: FormulaOperator, left: Formula, right: Formula): Formula => ({
  kind: 'binary',
  operator,
  left,
  right,
  span,
});
export const call = (of: string, ...args: Formula[]): Formula => ({ kind: 'call', function: of, args, span });
export const range = (low: Formula, high: Formula): Formula => ({ kind: 'range', low, high, span });
export const not = (operand: Formula): Formula => ({ kind: 'unary', operator: 'not', operand, span });

export const named = (of: string): TypeModel => ({ kind: 'named', name: of });
export const pointer_to = (to: TypeModel): TypeModel => ({ kind: 'pointer', to });

export function int_type(of: string): TypeModel {
  const bytes = (Number(/\d+/.exec(of)?.[0]) / 8) as 1 | 2 | 4 | 8;
  return { kind: 'int', name: of, bytes, signed: of.startsWith('s'), big_endian: of.startsWith('be') };
}

export function conditional(condition: Formula, yes: Formula, otherwise: Formula): Formula {
  // oxlint-disable-next-line unicorn/no-thenable -- a formula is never awaited
  return { kind: 'conditional', condition, then: yes, otherwise, span };
}
