import type { FormulaFunction, FormulaParameter } from './formula-functions.ts';
import type { FormulaType } from './formula-types.ts';
import { COUNT, NUMBER } from './formula-types.ts';
import { isTime } from './quantities.ts';
import type { TypeModel } from './structure.ts';

/** For diagnostics. */
export const PARAMETER_WORDS: Readonly<Record<FormulaParameter, string>> = {
  elements: 'the elements of a locator or an array',
  each_value: 'a number',
  each_condition: 'a condition',
  element_or_elements: 'an element of a locator, or a locator',
  element: 'an element of a locator',
  number: 'a number',
  address: 'an address or a place',
  text: 'a text',
  cpu: 'a CPU',
  texts: 'a set of texts',
  symbol: 'a symbol',
};

interface Types {
  named(name: string): TypeModel | 'opaque' | undefined;
}

/** Whether an argument's type will do; scalar places are values already. */
export function fitsParameter(parameter: FormulaParameter, type: FormulaType, source: Types): boolean {
  if (type.kind === 'unknown') return true;
  switch (parameter) {
    case 'elements':
      return (
        type.kind === 'elements' || type.kind === 'range' || type.kind === 'set' || isArray(type, source)
      );
    case 'element_or_elements':
      return (
        (type.kind === 'elements' && type.locator !== undefined) ||
        (type.kind === 'place' && type.locator !== undefined)
      );
    case 'element':
      return type.kind === 'place' && type.locator !== undefined;
    case 'each_condition':
      return type.kind === 'bool';
    case 'each_value':
      return type.kind === 'number' || type.kind === 'pointer';
    case 'number':
      return (type.kind === 'number' && !isTime(type)) || type.kind === 'pointer';
    case 'address':
      // What 32 bits hold, or is a time, is an offset at best; what is calculated may be anything.
      if (type.kind === 'number')
        return type.bytes === undefined ? type.quantity === undefined : type.bytes === 8;
      return (
        type.kind === 'pointer' || type.kind === 'place' || type.kind === 'symbol' || type.kind === 'text'
      );
    case 'symbol':
      return type.kind === 'symbol';
    case 'text':
      return type.kind === 'text';
    case 'cpu':
      return type.kind === 'cpu';
    case 'texts':
      return type.kind === 'set' && (type.of.kind === 'text' || type.of.kind === 'unknown');
  }
}

function isArray(type: FormulaType, source: Types): boolean {
  if (type.kind !== 'place') return false;
  let at: TypeModel | 'opaque' | undefined = type.type;
  for (let step = 0; step < 32 && typeof at === 'object' && at.kind === 'named'; step++)
    at = source.named(at.name);
  return typeof at === 'object' && at.kind === 'array';
}

/** Numbers that may be times if what they are made of is. */
const OF_ANYTHING: ReadonlySet<string> = new Set(['sum', 'swab16', 'swab32', 'swab64']);

/** What a function gives for arguments of those types. */
export function resultOf({ name, gives }: FormulaFunction, types: readonly FormulaType[]): FormulaType {
  switch (gives) {
    case 'number':
      return OF_ANYTHING.has(name) ? NUMBER : COUNT;
    case 'bool':
    case 'text':
      return { kind: gives };
    case 'value':
      return types[1] ?? NUMBER;
    case 'element': {
      const [first] = types;
      const of = first?.kind === 'elements' ? first.of : first;
      return of?.kind === 'place' ? { kind: 'pointer', to: of.type } : { kind: 'unknown' };
    }
    default: {
      const bytes = ({ u8: 1, u16: 2, u32: 4, u64: 8 } as const)[gives];
      return { kind: 'place', type: { kind: 'int', name: gives, bytes, signed: false, big_endian: false } };
    }
  }
}
