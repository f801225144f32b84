import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import type { Compiled, Context, Place } from './context.ts';
import { Unlinkable } from './context.ts';
import { addressOf, load } from './place.ts';
import type { Value } from './value.ts';

/** The code that works a formula out, and where its result stands. */
export function compileFormula(formula: Formula, context: Context): Compiled {
  return context.compile(formula, context);
}

/** What a place holds; other things are themselves. */
export function compileValue(formula: Formula, context: Context): Compiled {
  const made = compileFormula(formula, context);
  return made.kind === 'place' && made.place.type !== undefined ? load(context, made.place) : made;
}

/** A number. */
export function compileNumber(
  formula: Formula,
  context: Context,
): { value: Value; type: FormulaType; from: Place | undefined } {
  const made = compileValue(formula, context);
  if (made.kind !== 'value')
    throw new Unlinkable('NO_TYPE', `a number is needed where a ${made.kind} stands`);
  return { value: made.value, type: made.type, from: made.from };
}

/** A condition, as an expression or local. */
export function compileCondition(formula: Formula, context: Context): string {
  const made = compileValue(formula, context);
  if (made.kind !== 'bool')
    throw new Unlinkable('NO_TYPE', `a condition is needed where a ${made.kind} stands`);
  return made.code;
}

/** An address: of a struct or an array itself, else a number or pointer. Exact, and where it was read. */
export function compileAddress(
  formula: Formula,
  context: Context,
): { value: Value; from: Place | undefined; space: string } {
  const made = compileFormula(formula, context);
  if (made.kind === 'place') {
    const { place } = made;
    if (
      place.type === undefined ||
      place.type.kind === 'array' ||
      place.type.kind === 'aggregate' ||
      place.type.kind === 'void'
    )
      return { value: addressOf(context, place), from: place, space: place.space };
  }
  const number = made.kind === 'place' ? load(context, made.place) : made;
  if (number.kind !== 'value')
    throw new Unlinkable('NO_TYPE', `an address is needed where a ${number.kind} stands`);
  return { value: number.value, from: number.from, space: number.from?.space ?? context.space };
}

export function signOf(type: FormulaType): boolean | undefined {
  return type.kind === 'number' ? type.signed : false;
}
