import { describeType, isWrong } from '../../model/formula-types.ts';
import type { FormulaType } from '../../model/formula-types.ts';
import { goTogether } from '../../model/quantities.ts';
import type { Formula } from '../../model/structure.ts';
import { resolveType, valueOf } from '../../model/type-source.ts';
import type { TypeSource } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';

/** False when a place cannot hold a value, which is reported with both types. */
export function checkAssign(place: Formula, value: Formula, context: Context): boolean {
  const { typing, scope } = context;
  const [holds, given] = [typeOf(place, typing), typeOf(value, typing)];
  if (isWrong(holds) || isWrong(given)) return true;
  const [taken, written] = [valueOf(holds, typing.source), valueOf(given, typing.source)];
  const why = misfit(taken, written, place, value, typing.source);
  if (why !== undefined) {
    const shown = given.kind === 'place' ? given : written;
    const message = `${describeType(holds)} and ${describeType(shown)}: ${why}`;
    failAt(scope, 'E1025', value.span, message, 'these do not go together');
    return false;
  }
  const bits = holds.kind === 'place' ? (holds.bits ?? bitsOf(taken)) : undefined;
  if (value.kind !== 'int' || bits === undefined || bits === 64 || fitsIn(value.value, bits)) return true;
  const help = `${bits} bits hold 0 to 0x${((1n << BigInt(bits)) - 1n).toString(16)}`;
  failAt(
    scope,
    'E0516',
    value.span,
    `${value.value} does not fit in ${bits} bits`,
    'too large for its place',
    help,
  );
  return false;
}

/** False when a value is no number, which is reported. */
export function checkNumber(value: Formula, { typing, scope }: Context): boolean {
  const type = valueOf(typeOf(value, typing), typing.source);
  if (['number', 'pointer', 'unknown', 'wrong'].includes(type.kind)) return true;
  failAt(
    scope,
    'E1026',
    value.span,
    `a number is needed here, and this is ${describeType(type)}`,
    'no number',
    type.kind === 'symbol' || type.kind === 'place' ? 'where it lies is `&` before it' : undefined,
  );
  return false;
}

function misfit(
  taken: FormulaType,
  written: FormulaType,
  place: Formula,
  value: Formula,
  source: TypeSource,
): string | undefined {
  if (taken.kind === 'unknown' || written.kind === 'unknown') return undefined;
  const number = written.kind === 'number' || written.kind === 'pointer';
  switch (taken.kind) {
    case 'number':
      if (written.kind === 'bool') return undefined;
      return number && goTogether(taken, place, written, value) ? undefined : 'the one cannot hold the other';
    case 'pointer':
      return number && goTogether(taken, place, written, value) ? undefined : 'an address is written to it';
    case 'bool':
      return written.kind === 'bool' || (value.kind === 'int' && value.value <= 1n)
        ? undefined
        : 'the one cannot hold the other';
    case 'symbol':
      return number || written.kind === 'bool' ? undefined : 'a number is written to it';
    case 'place':
      return number && isWord(taken, source) ? undefined : 'one number is written, and this holds none';
    default:
      return 'one number is written, and this holds none';
  }
}

/** A struct that is written as one number: a lock. How long one of the guest is, only the guest can tell. */
function isWord(place: FormulaType & { kind: 'place' }, source: TypeSource): boolean {
  const seen = resolveType(place.type, source);
  return seen === 'opaque' || (seen?.kind === 'aggregate' && [0, 1, 2, 4, 8].includes(seen.bytes));
}

function bitsOf(type: FormulaType): number | undefined {
  if (type.kind === 'bool') return 8;
  return type.kind === 'number' && type.bytes !== undefined ? type.bytes * 8 : undefined;
}

/** Numbers are unsigned here: what is negative has its high bits set. */
function fitsIn(value: bigint, bits: number): boolean {
  return value < 1n << BigInt(bits) || BigInt.asUintN(64, BigInt.asIntN(bits, value)) === value;
}
