import { describeType, isWrong, spelled } from '../../model/formula-types.ts';
import type { FormulaType } from '../../model/formula-types.ts';
import { isTime } from '../../model/quantities.ts';
import type { Formula, Shape, TypeModel } from '../../model/structure.ts';
import { resolveType, valueOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { fail, failAt } from '../scope.ts';
import type { Name } from '../tree.ts';
import type { Context } from './context.ts';
import { SHAPES } from './shapes.ts';

/** What a structure is made of, as far as its clauses need it. */
interface Described {
  readonly shape: Shape;
  readonly of: TypeModel;
  readonly name: Name;
}

/** Each of what `[*]` or a range gives. */
const each = (type: FormulaType): FormulaType => (type.kind === 'elements' ? each(type.of) : type);

function refuse(formula: Formula, message: string, context: Context, help?: string): undefined {
  return failAt(context.scope, 'E1019', formula.span, message, 'another type', help);
}

/** `from`: a place or a pointer; of the shapes that have a head, one of the head's type. */
export function checkFrom(formula: Formula, described: Described, context: Context): void {
  const type = each(typeOf(formula, context.typing));
  if (isWrong(type) || type.kind === 'unknown' || type.kind === 'symbol') return;
  if (type.kind !== 'place' && type.kind !== 'pointer') {
    const help = type.kind === 'number' ? 'a number becomes a pointer by `as`' : undefined;
    return refuse(
      formula,
      `\`from\` takes a place in memory or a pointer, not ${describeType(type)}`,
      context,
      help,
    );
  }
  const { begins } = SHAPES[described.shape];
  if (begins === undefined || type.kind === 'pointer') return;
  const seen = resolveType(type.type, context.typing.source);
  const held =
    seen !== 'opaque' && seen?.kind === 'array' && described.shape === 'hash' ? seen.of : type.type;
  if (held.kind === 'named' && (begins.includes(held.name) || seen === 'opaque')) return;
  const help = held.kind === 'pointer' ? 'what a pointer leads to is its entry `[0]`' : undefined;
  const heads = begins.map((one) => `\`${one}\``).join(' or ');
  refuse(
    formula,
    `a \`${described.shape}\` begins at ${heads}, and this is ${describeType(type)}`,
    context,
    help,
  );
}

/** `length`, `first`, `last`: numbers. */
export function checkCount(word: string, formula: Formula | undefined, context: Context): void {
  if (formula === undefined) return;
  const type = typeOf(formula, context.typing);
  const value = valueOf(type, context.typing.source);
  if (isWrong(type) || value.kind === 'unknown') return;
  if (value.kind !== 'number' || isTime(value)) {
    const help =
      type.kind === 'symbol' ? `say what is there, as in \`symbols["${type.name}"] as u32\`` : undefined;
    return refuse(formula, `\`${word}\` takes a number, not ${describeType(type)}`, context, help);
  }
  if (word === 'length' && formula.kind === 'int' && formula.value === 0n)
    refuse(formula, '`length` is a number of entries, and 0 of them are no structure', context);
}

/** An array says by its type how long it is, or by `length`. */
export function checkExtent(
  from: readonly Formula[],
  length: Formula | undefined,
  { shape, name }: Described,
  context: Context,
): void {
  if (shape !== 'array') return;
  for (const formula of from) {
    const type = each(typeOf(formula, context.typing));
    const seen = type.kind === 'place' ? resolveType(type.type, context.typing.source) : undefined;
    if (isWrong(type) || type.kind === 'unknown' || seen === 'opaque') continue;
    if (seen?.kind !== 'array') {
      if (length !== undefined) continue;
      const message = `a locator of shape \`array\` needs \`length\` where it begins at ${describeType(type)}`;
      fail(
        context.scope,
        'E1012',
        name,
        message,
        'how long?',
        'say how many entries there are, as in `length 8`',
      );
      return;
    }
    if (length?.kind === 'int' && length.value > BigInt(seen.count))
      refuse(length, `\`length\` is ${length.value}, and \`from\` begins at ${describeType(type)}`, context);
  }
}

/** `step`: pointers to elements. */
export function checkStep(formula: Formula, { of }: Pick<Described, 'of'>, context: Context): void {
  const { source } = context.typing;
  const type = each(typeOf(formula, context.typing));
  const value = valueOf(type, source);
  if (isWrong(type) || value.kind === 'unknown') return;
  const wanted = `*${spelled(of)}`;
  if (value.kind !== 'pointer') {
    const help =
      value.kind === 'number'
        ? `a number becomes a pointer by \`as\`, as in \`(…) as ${wanted}\``
        : undefined;
    return refuse(
      formula,
      `\`step\` leads on by a \`${wanted}\`, not by ${describeType(type)}`,
      context,
      help,
    );
  }
  const { to } = value;
  if (to.kind === 'void' || spelled(to) === spelled(of)) return;
  const [one, other] = [resolveType(to, source), resolveType(of, source)];
  if (one === 'opaque' || (one !== undefined && one === other)) return;
  refuse(
    formula,
    `\`step\` leads on by a \`${wanted}\`, not by ${describeType(value)}`,
    context,
    `what lies in an element is no element: \`as ${wanted}\` says that it is one`,
  );
}

/** `step` of a walk: what leads on is of the type that it stands at, or a number as wide as an address. */
export function checkWalkStep(name: string, formula: Formula, at: FormulaType, context: Context): void {
  if (formula.kind === 'name' && formula.name === name)
    return refuse(
      formula,
      `\`step ${name}\` leads from \`${name}\` to itself`,
      context,
      `as in \`step ${name}.next\``,
    );
  const value = valueOf(typeOf(formula, context.typing), context.typing.source);
  const wide = value.kind === 'number' && !isTime(value) && (value.bytes ?? 8) === 8;
  const lost = value.kind !== 'pointer' || (at.kind === 'pointer' && at.to.kind !== 'void');
  if (at.kind === 'pointer' && !wide && lost && formula.kind !== 'int')
    return checkStep(formula, { of: at.to }, context);
  if (at.kind === 'number' && !isWrong(value) && !['number', 'pointer', 'unknown'].includes(value.kind))
    refuse(formula, `this walk goes from number to number, and \`step\` is ${describeType(value)}`, context);
}

/** `guard`: a lock, which is a struct of the kernel's or an unsigned word. */
export function checkGuard(formula: Formula | undefined, context: Context): void {
  if (formula === undefined) return;
  const type = typeOf(formula, context.typing);
  if (isWrong(type) || type.kind === 'unknown' || type.kind === 'symbol') return;
  const seen = type.kind === 'place' ? resolveType(type.type, context.typing.source) : undefined;
  if (seen === 'opaque' || seen?.kind === 'aggregate') return;
  if (seen?.kind === 'int' && !seen.signed && !seen.big_endian) return;
  refuse(
    formula,
    `\`guard\` takes the place of a lock, a struct or an unsigned word, not ${describeType(type)}`,
    context,
  );
}
