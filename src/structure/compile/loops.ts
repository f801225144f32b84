import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula } from '../../model/structure.ts';
import { arithmetic } from './arithmetic.ts';
import type { Code } from './code.ts';
import type { Compiled, Context, ElementAtoms, Place } from './context.ts';
import { nameOf, resolved, sizeOf, typed, Unlinkable } from './context.ts';
import { castOf, elementPlace, perCpuPlace } from './anchors.ts';
import { entryObject, entryPlace, follow, holesOf, memberPlace, unmapped } from './place.ts';
import { addressValue, asNumber, exact } from './value.ts';
import { compileAddress, compileFormula, compileNumber } from './values.ts';

/** What is done for each: `stop` is the statement that ends the whole loop. */
type Visit = (each: Compiled, context: Context, stop: string) => void;

/**
 * Code that goes through the elements of a locator, the entries of an array, CPUs' copies, a range, a set, or the CPUs.
 */
export function forEach(over: Formula, context: Context, visit: Visit): void {
  context.code.labelled((label) =>
    through(over, context, (each, inner) => visit(each, inner, `break ${label};`), `break ${label};`),
  );
}

function through(
  over: Formula,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  const { code } = context;
  switch (over.kind) {
    case 'collection':
      return elements(over.locator, undefined, context, visit, stop);
    case 'cpus': {
      const at = counted(context, 'R.cpus.length', stop, (index, inner) =>
        visit({ kind: 'cpu', code: inner.code.keep(`R.cpus[${index}]`) }, inner),
      );
      return at;
    }
    case 'range': {
      const [low, high] = [bound(over.low, context), bound(over.high, context)];
      const at = code.fresh();
      code.block(`for (let ${at} = ${low.code}; ${at} <= ${high.code}; ${at}++)`, () => {
        code.line(`if (!R.step()) ${stop}`);
        const value = exact(at, low.low, high.high);
        const limit = high.from ?? low.from;
        apart(context, (inner) =>
          visit({ kind: 'value', value, type: { kind: 'number', signed: false }, bound: limit }, inner),
        );
      });
      return;
    }
    case 'set':
      for (const item of over.items) code.block('', () => visit(compileFormula(item, context), context));
      return;
    case 'every':
      return entries(over.of, context, visit, stop);
    default:
      return spine(over, context, visit, stop);
  }
}

/** Formulas that say what is done with each of what they are about. */
function spine(
  over: Formula,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  const { code } = context;
  const type = typed(over, context);
  if (type.kind === 'elements' && type.locator !== undefined && over.kind === 'member') {
    const parent = asNumber(code, compileAddress(over.of, context).value);
    return elements(type.locator, parent, context, visit, stop);
  }
  if (type.kind !== 'elements') return entries(over, context, visit, stop);
  switch (over.kind) {
    case 'member':
      return through(over.of, context, (each, inner) => visit(member(each, over.name, inner), inner), stop);
    case 'cast':
      return through(over.of, context, (each, inner) => visit(castOf(each, over.type, inner), inner), stop);
    case 'index':
      if (over.index.kind === 'range') return slice(over.of, over.index, context, visit, stop);
      return through(
        over.of,
        context,
        (each, inner) => {
          const index = compileNumber(over.index, inner);
          visit({ kind: 'place', place: entryPlace(inner, each, index.value, index.from) }, inner);
        },
        stop,
      );
    default:
      throw new Unlinkable('NO_TYPE', 'there is nothing to go through');
  }
}

/** Those entries of an array, or of each of several, that a range names. */
function slice(
  of: Formula,
  range: Formula,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  const pick = (array: Compiled, inner: Context): void =>
    through(
      range,
      inner,
      (index, within) => {
        if (index.kind === 'value')
          visit({ kind: 'place', place: entryPlace(within, array, index.value, index.bound) }, within);
      },
      stop,
    );
  if (typed(of, context).kind === 'elements') through(of, context, pick, stop);
  else pick(compileFormula(of, context), context);
}

function member(each: Compiled, name: string, context: Context): Compiled {
  const place = memberPlace(context, each, name);
  const position = each.kind === 'place' ? each.place.position : undefined;
  return { kind: 'place', place: position === undefined ? place : { ...place, position } };
}

/** Every entry of an array, every CPU's copy of a symbol or of what a pointer stands for. */
function entries(
  of: Formula,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  const type = typed(of, context);
  if (type.kind === 'elements' && type.locator !== undefined) return through(of, context, visit, stop);
  if (type.kind === 'elements')
    return through(of, context, (each, inner) => entriesOf(each, type.of, inner, visit, stop), stop);
  entriesOf(compileFormula(of, context), type, context, visit, stop);
}

function entriesOf(
  of: Compiled,
  type: FormulaType,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  if (of.kind !== 'place') throw new Unlinkable('NO_TYPE', 'what is no place has no entries');
  if (type.kind === 'symbol' && type.per_cpu !== undefined && type.per_cpu !== 'opaque') {
    const each = type.per_cpu;
    counted(context, 'R.cpu_count', stop, (cpu, inner) =>
      visit({ kind: 'place', place: perCpuPlace(inner, of.place, each, cpu) }, inner),
    );
  } else if (of.place.type?.kind === 'array') {
    const array = of.place.type;
    counted(context, `${array.count}`, stop, (index, inner) =>
      visit({ kind: 'place', place: arrayEntry(of.place, array.of, index, inner) }, inner),
    );
  } else {
    const pointed = follow(context, of);
    counted(context, 'R.cpu_count', stop, (cpu, inner) => {
      const base = copyOf(inner.code, cpu, pointed);
      unmapped(inner, `${base} !== ${base}`, pointed);
      const text = [...(pointed.via?.text ?? pointed.text), '[', { hole: 'number', atom: cpu } as const, ']'];
      const place: Place = {
        ...pointed,
        base,
        value: addressValue(context.code, base),
        text,
        position: cpu,
        object: { type: pointed.named, base, text },
      };
      visit({ kind: 'place', place }, inner);
    });
  }
}

/**
 * A CPU's copy of what a pointer stands for. Areas made later lie further from the first than a folded number tells.
 */
function copyOf(code: Code, cpu: string, { base, value }: Place): string {
  if (!code.folds) return code.keep(`R.perCpu(${cpu}) + ${base}`);
  const area = addressValue(code, code.keep(`R.perCpu(${cpu})`));
  return asNumber(
    code,
    arithmetic(code, '+', area, value, false, () => undefined),
  );
}

function arrayEntry(array: Place, of: Parameters<typeof sizeOf>[0], index: string, context: Context): Place {
  const bytes = sizeOf(of, context.scope.source);
  const base = context.code.keep(`${array.base} + ${index} * ${bytes}`);
  const { bits: _, element: __, ...rest } = array;
  const text = [...array.text, '[', { hole: 'number', atom: index } as const, ']'];
  return {
    ...rest,
    base,
    value: addressValue(context.code, base),
    type: resolved(of, context.scope.source),
    named: nameOf(of),
    text,
    position: index,
    ...entryObject(array, nameOf(of), base, text),
  };
}

/** A loop over 0 … count - 1 that counts its steps. */
function counted(
  context: Context,
  count: string,
  stop: string,
  inside: (index: string, inner: Context) => void,
): void {
  const { code } = context;
  const index = code.fresh();
  code.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
    code.line(`if (!R.step()) ${stop}`);
    apart(context, (inner) => inside(index, inner));
  });
}

/** Of several places to begin at, one that is NULL does not end the others. */
function apart(context: Context, inside: (inner: Context) => void): void {
  if (!context.skips_null) return inside(context);
  context.code.labelled((label) => inside({ ...context, bail: `break ${label};` }));
}

/** The elements of a locator; of a nested one, those that hang off `parent`. */
function elements(
  name: string,
  parent: string | undefined,
  context: Context,
  visit: (each: Compiled, inner: Context) => void,
  stop: string,
): void {
  const { code, tables } = context;
  const locator = tables.locators.index(name);
  const of = typed({ kind: 'collection', locator: name, span: NOWHERE }, context);
  const all = code.keep(
    parent === undefined ? `R.elements(${locator})` : `R.elementsOf(${locator}, ${parent})`,
  );
  const index = code.fresh();
  code.block(`for (let ${index} = 0; ${index} < ${all}.length || ${all}.more(); ${index}++)`, () => {
    code.line(`if (!R.step()) ${stop}`);
    const base = code.keep(`${all}.bases[${index}]`);
    const atoms: ElementAtoms = { elements: all, index, locator: name };
    const place = elementPlace(context, name, of.kind === 'elements' ? of.of : of, base, atoms);
    const shape = context.scope.source.locator(name)?.shape;
    const position =
      shape !== undefined && NUMBERED.has(shape) ? code.keep(`${all}.numberOf(${index})`) : index;
    visit({ kind: 'place', place: { ...place, position } }, { ...context, loops: [atoms, ...context.loops] });
  });
}

/** Shapes that number their elements themselves. */
const NUMBERED: ReadonlySet<string> = new Set(['bitmap', 'ring', 'xarray', 'maple']);

const NOWHERE = { file: '', start: 0, end: 0 };

/** An end of a range as a number; one that wrapped is an outcome of its own. */
function bound(
  formula: Formula,
  context: Context,
): { code: string; low: number; high: number; from: Place | undefined } {
  const { code, tables, bail, quiet } = context;
  const { value, type, from } = compileNumber(formula, context);
  const number = asNumber(code, value);
  const signed = type.kind === 'number' && type.signed !== false;
  const low = value.form === 'exact' ? value.low : -(2 ** 63);
  if (!signed && low < 0) {
    const text = from?.text ?? ['a bound'];
    const report = quiet
      ? ''
      : `R.wrapped(${from?.space ?? context.space}, ${from ? `${from.base} + ${from.offset}` : 'NaN'}, ${tables.template(text)}${holesOf(text)});`;
    code.line(`if (${number} < 0) { ${report} ${bail} }`);
  }
  return {
    code: number,
    low: signed ? low : Math.max(low, 0),
    high: value.form === 'exact' ? value.high : 2 ** 53 - 1,
    from,
  };
}
