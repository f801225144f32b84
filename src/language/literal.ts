import type { Span } from '../text/span.ts';
import type { Expression } from '../model/expression.ts';
import { fail, spanAt } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Node } from './tree.ts';
import { UNITS, unitMeant } from './units.ts';

/** Numbers that were read before: a file says `40 ms` a thousand times. */
const READ = new Map<string, Quantity>();
const READ_LIMIT = 4096;
type Quantity = Extract<Expression, { kind: 'int' | 'time' | 'size' | 'percent' }>;

/** `64 MiB`, `10 ms`, `99.5%`, whole numbers in three bases. */
export function literalNumber(text: string, node: Node, scope: Scope): Expression | undefined {
  const span = spanAt(scope.unit, node.start, node.end);
  const known = READ.get(text);
  // A literal, and no spread: this is done for every number of a file.
  if (known !== undefined) return { kind: known.kind, value: known.value, span } as Quantity;
  const value = readNumber(text, node, span, scope);
  if (value === undefined) return undefined;
  if (READ.size >= READ_LIMIT) READ.clear();
  READ.set(text, value);
  return value;
}

function readNumber(text: string, node: Node, span: Span, scope: Scope): Quantity | undefined {
  const match = /^(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]+|%)$/.exec(text);
  if (match !== null && !/^0[xb]/i.test(text)) {
    const unitName = match[2] as string;
    const amount = Number((match[1] as string).replaceAll('_', ''));
    if (unitName === '%') return { kind: 'percent', value: amount / 100, span };
    const unit = UNITS.get(unitName);
    if (unit === undefined) return badUnit(unitName, node, scope);
    const value = Math.round(amount * unit.scale);
    if (!Number.isSafeInteger(value)) return tooLarge(text, node, scope);
    return { kind: unit.kind, value, span };
  }
  const digits = text.replaceAll('_', '');
  if (!/^(?:0x[0-9a-f]+|0b[01]+|\d+)$/i.test(digits)) {
    const help = digits.includes('.')
      ? 'a number without a unit is whole; a share is written in percent, as `12.5%`'
      : 'numbers are written `12`, `2_000`, `0xdead_0000` or `0b1010`';
    return fail(scope, 'E0207', node, `\`${text}\` is not a number`, 'cannot be read', help);
  }
  if (digits.length > 70) return tooLarge(`${text.slice(0, 20)}...`, node, scope);
  const value = BigInt(digits);
  if (value >= 1n << 64n) return tooLarge(text, node, scope);
  return { kind: 'int', value, span };
}

function tooLarge(text: string, node: Node, scope: Scope): undefined {
  const help = 'numbers have 64 bits; times reach 104 days and sizes 8 PiB';
  return fail(scope, 'E0207', node, `\`${text}\` is too large`, 'does not fit', help);
}

function badUnit(unit: string, node: Node, scope: Scope): undefined {
  const meant = unitMeant(unit);
  const help =
    meant === undefined ? didYouMean(unit, [...UNITS.keys(), '%'], 'the units are') : `write \`${meant}\``;
  return fail(scope, 'E0206', node, `\`${unit}\` is no unit`, 'unknown unit', help);
}

/** The text between the quotes, escapes undone. `\{` stays as it is for interpolation. */
export function stringText(image: string): string {
  const inner = image.slice(1, image.endsWith('"') && image.length > 1 ? -1 : undefined);
  if (!inner.includes('\\')) return inner;
  return inner.replace(/\\(.)/g, (all, escaped: string) =>
    escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped === '{' || escaped === '}' ? all : escaped,
  );
}

/** The text of a string that is not interpolated. */
export function plainText(image: string): string {
  return stringText(image).replace(/\\([{}])/g, '$1');
}
