import type { Expr } from './tree.ts';

/** How tightly an operator binds; comparisons do not chain. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['==', 4],
  ['!=', 4],
  ['<', 4],
  ['<=', 4],
  ['>', 4],
  ['>=', 4],
  ['in', 4],
  ['contains', 4],
  ['..', 5],
  ['|', 6],
  ['^', 7],
  ['&', 8],
  ['<<', 9],
  ['>>', 9],
  ['+', 10],
  ['-', 10],
  ['*', 11],
  ['/', 11],
  ['mod', 11],
]);
/** `not` binds looser than a comparison: `not a == b` is `not (a == b)`. */
const NOT_PRECEDENCE = 3;

/** What the parser read in a row: prefix operators, operands, operators. */
export type Piece =
  | { readonly kind: 'prefixed'; readonly operators: readonly Prefix[]; readonly operand: Expr }
  | { readonly kind: 'operator'; readonly text: string };
export interface Prefix {
  readonly text: string;
  readonly start: number;
}

/**
 * Makes the tree of a flat row `operand {operator operand}` by precedence climbing. The row's length is bounded by the
 * lexer, and with it the recursion.
 */
export function climb(pieces: readonly Piece[]): Expr {
  let at = 0;
  const binary = (minimum: number): Expr => {
    let left = operand();
    for (;;) {
      const piece = pieces[at];
      if (piece?.kind !== 'operator') return left;
      const precedence = PRECEDENCE.get(piece.text) ?? 0;
      if (precedence < minimum) return left;
      at++;
      const right = binary(precedence + 1);
      left = { kind: 'binary', operator: piece.text, left, right, start: left.start, end: right.end };
    }
  };
  const operand = (): Expr => {
    const piece = pieces[at++] as Piece & { kind: 'prefixed' };
    return prefixed(piece.operators, 0, piece.operand);
  };
  const prefixed = (operators: readonly Prefix[], from: number, innermost: Expr): Expr => {
    const prefix = operators[from];
    if (prefix === undefined) return innermost;
    let inner = prefixed(operators, from + 1, innermost);
    if (prefix.text === 'not') inner = extend(inner);
    return { kind: 'prefix', operator: prefix.text, operand: inner, start: prefix.start, end: inner.end };
  };
  /** Lets `not` take the comparison that follows its operand. */
  const extend = (first: Expr): Expr => {
    let left = first;
    for (;;) {
      const piece = pieces[at];
      if (piece?.kind !== 'operator') return left;
      const precedence = PRECEDENCE.get(piece.text) ?? 0;
      if (precedence <= NOT_PRECEDENCE) return left;
      at++;
      const right = binary(precedence + 1);
      left = { kind: 'binary', operator: piece.text, left, right, start: left.start, end: right.end };
    }
  };
  return binary(1);
}
