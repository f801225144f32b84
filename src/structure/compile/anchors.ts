import type { FormulaType } from '../../model/formula-types.ts';
import type { TypeModel } from '../../model/structure.ts';
import { arithmetic } from './arithmetic.ts';
import type { Compiled, Context, Place } from './context.ts';
import { missing, nameOf, resolved } from './context.ts';
import { holesOf } from './place.ts';
import { addressValue, asNumber, exact } from './value.ts';

/** The place at a kernel symbol. */
export function symbolPlace(context: Context, name: string): Place {
  const { code, tables, space } = context;
  const base = code.keep(`R.symbols[${tables.symbols.index(name)}]`);
  return {
    space,
    base,
    value: addressValue(code, base),
    offset: 0,
    type: undefined,
    named: '',
    text: [`symbols[${JSON.stringify(name)}]`],
  };
}

/** A CPU's copy of a per-CPU symbol. */
export function perCpuPlace(context: Context, symbol: Place, type: TypeModel, cpu: string): Place {
  const { code, bail, quiet, tables } = context;
  const base = code.keep(`R.perCpu(${cpu}) + ${symbol.base}`);
  const text = [...symbol.text, '[', { hole: 'number', atom: cpu } as const, ']'];
  const report = quiet
    ? ''
    : `R.outside(${symbol.space}, ${symbol.base}, ${cpu}, R.cpu_count, ${tables.template(symbol.text)}${holesOf(symbol.text)});`;
  code.line(`if (${base} !== ${base}) { ${report} ${bail} }`);
  const named = nameOf(type);
  return {
    ...symbol,
    base,
    value: addressValue(context.code, base),
    type: resolved(type, context.scope.source),
    named,
    text,
    position: cpu,
    object: { type: named, base, text },
  };
}

/** An element of a locator by its address. */
export function elementPlace(
  context: Context,
  locator: string,
  type: FormulaType,
  base: string,
  atoms?: { elements: string; index: string },
): Place {
  if (type.kind !== 'place') return missing(`element of ${locator}`);
  const index = context.tables.locators.index(locator);
  const named = nameOf(type.type);
  return {
    space: context.tables.space(locator),
    base,
    value: addressValue(context.code, base),
    offset: 0,
    type: resolved(type.type, context.scope.source),
    named,
    text: [{ hole: 'element', locator: index, atom: base }],
    object: { type: named, base },
    ...(atoms ? { element: { ...atoms, locator }, position: atoms.index } : {}),
  };
}

/** Another type for a place, another width for a number, a pointer made of a number. */
export function castOf(of: Compiled, type: TypeModel, context: Context): Compiled {
  const to = type.kind === 'void' ? type : resolved(type, context.scope.source);
  if (of.kind === 'place') {
    const { bits: _, ...place } = of.place;
    const named = nameOf(type);
    return {
      kind: 'place',
      place: {
        ...place,
        type: to,
        named,
        object: place.object ?? { type: named, base: place.base, text: place.text },
      },
    };
  }
  if (of.kind !== 'value') return missing(`cast of a ${of.kind}`);
  if (to.kind === 'pointer') return { ...of, type: { kind: 'pointer', to: to.to } };
  if (to.kind !== 'int') return missing('such cast of a number');
  const bits = to.bytes * 8;
  if (bits === 64) return { ...of, type: { kind: 'number', signed: to.signed } };
  const mask = 2 ** bits - 1;
  const low = arithmetic(context.code, '&', of.value, exact(`${mask}`, mask, mask), false, () => undefined);
  const away = 32 - bits;
  const value = to.signed
    ? exact(
        context.code.keep(`(${asNumber(context.code, low)} << ${away}) >> ${away}`),
        -(2 ** (bits - 1)),
        2 ** (bits - 1) - 1,
      )
    : low;
  return { kind: 'value', value, type: { kind: 'number', signed: to.signed }, from: of.from };
}
