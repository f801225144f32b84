import type { FormulaType } from '../../model/formula-types.ts';
import { calculated } from '../../model/quantities.ts';
import type { Formula } from '../../model/structure.ts';
import { compared, wholeNumber } from '../arithmetic.ts';

const cut = (value: bigint): bigint => BigInt.asUintN(64, value);
const constant = ({ quantity }: Formula & { kind: 'int' }): FormulaType => ({
  kind: 'number',
  signed: undefined,
  ...(quantity === undefined ? {} : { quantity }),
});

/** A formula of constants is one: 64 bits, unsigned, wrapping. `nothing` tells of a division by zero. */
export function folded(
  formula: Formula,
  nothing: (formula: Formula) => undefined = () => undefined,
): Formula | undefined {
  const { span } = formula;
  if (formula.kind === 'unary') {
    const { operand, operator } = formula;
    if (operator === 'not' && operand.kind === 'bool') return { kind: 'bool', value: !operand.value, span };
    if (operand.kind !== 'int' || operator === 'not') return formula;
    return { ...operand, value: cut(operator === '-' ? -operand.value : ~operand.value), span };
  }
  if (formula.kind !== 'binary') return formula;
  const { left, right, operator } = formula;
  if ((operator === '/' || operator === 'mod') && right.kind === 'int' && right.value === 0n)
    return nothing(formula);
  if (left.kind === 'bool' && right.kind === 'bool') {
    if (operator === 'and') return { kind: 'bool', value: left.value && right.value, span };
    if (operator === 'or') return { kind: 'bool', value: left.value || right.value, span };
  }
  if (left.kind !== 'int' || right.kind !== 'int') return formula;
  // What makes no sense with times and sizes is left as it is: the types tell.
  const part = calculated(
    compared(operator, 0n, 0n) === undefined ? operator : '-',
    constant(left),
    left,
    constant(right),
    right,
  );
  if (part === undefined) return formula;
  const { quantity } = part;
  const result = compared(operator, left.value, right.value) ?? calculate(operator, left.value, right.value);
  if (typeof result === 'bigint')
    return { kind: 'int', value: cut(result), ...(quantity === undefined ? {} : { quantity }), span };
  return result === undefined ? formula : { kind: 'bool', value: result, span };
}

/** A shift by 64 bits or more leaves nothing. */
function calculate(operator: string, a: bigint, b: bigint): bigint | undefined {
  if ((operator === '<<' || operator === '>>') && b >= 64n) return 0n;
  return wholeNumber(operator, a, b);
}
