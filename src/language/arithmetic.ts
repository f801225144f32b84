/** What a comparison of two constants gives; undefined for an operator that compares nothing. */
export function compared<Value extends bigint | number>(
  operator: string,
  a: Value,
  b: Value,
): boolean | undefined {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return undefined;
  }
}

/**
 * Whole numbers, exact and not cut; undefined for another operator. The caller sees to it that nothing is divided by 0
 * and no shift is below 0 or above 63.
 */
export function wholeNumber(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case 'mod':
      return a % b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    default:
      return undefined;
  }
}
