import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, LocatorModel, TypeModel } from '../../model/structure.ts';
import { withElement } from '../../model/type-source.ts';
import { beginsWhereHeld } from '../shapes/hlist.ts';
import type { Compiled, Context, Place, Text } from './context.ts';
import { typed, Unlinkable } from './context.ts';
import { forEach } from './loops.ts';
import { addressCode, holesOf } from './place.ts';
import { addressValue, asNumber } from './value.ts';
import { compileAddress, compileFormula, compileNumber } from './values.ts';

/** Code that tells the runtime where a locator's shapes begin, and the types that they have there. */
export function compileRoots(model: LocatorModel, context: Context): readonly (TypeModel | undefined)[] {
  return model.from.map((from, index) => {
    let type: TypeModel | undefined;
    const visit = (each: Compiled, inner: Context): void => {
      if (each.kind === 'value' && each.type.kind === 'pointer') type = { kind: 'pointer', to: each.type.to };
      else if (each.kind === 'place') type = each.place.type;
      else throw new Unlinkable('NO_TYPE', `${model.name} begins at no place`);
      compileRoot(model, each, index, { ...inner, skips_null: false });
    };
    context.code.labelled((label) => {
      const inner = { ...context, bail: `break ${label};`, skips_null: true };
      if (typed(from, inner).kind === 'elements') forEach(from, inner, visit);
      else visit(compileFormula(from, inner), inner);
    });
    return type;
  });
}

function compileRoot(model: LocatorModel, root: Compiled, index: number, context: Context): void {
  const { code } = context;
  const place = root.kind === 'place' ? root.place : root.kind === 'value' ? root.from : undefined;
  const address =
    root.kind === 'place'
      ? addressCode(root.place)
      : root.kind === 'value'
        ? asNumber(code, root.value)
        : 'NaN';
  const tell = (): void => tellRoot(model, place, address, index, context);
  // An empty bucket has nothing to be gone through, and of buckets there are many.
  if (!beginsWhereHeld(model.shape)) return tell();
  code.block(`if (${place?.space ?? context.space}.u64(${address}) !== 0)`, tell);
}

function tellRoot(
  model: LocatorModel,
  place: Place | undefined,
  address: string,
  index: number,
  context: Context,
): void {
  const { code, tables } = context;
  const text: Text = place?.text ?? [{ hole: 'address', atom: address }];
  const object = place?.object ?? { type: '', base: address };
  code.line(
    `R.root(${index}, ${place?.space ?? context.space}, ${address}, ${tables.texts.index(object.type)}, ${object.base}, ${tables.template(text)}${holesOf(text)});`,
  );
  const own = place ? rootContext(context, model.shape === 'one' ? itself(place) : place) : context;
  if (model.guard) compileGuard(model.guard, own);
  for (const key of ['length', 'first', 'last'] as const) {
    const formula = model[key];
    if (!formula) continue;
    code.labelled((label) => {
      const { value, from } = compileNumber(formula, { ...own, bail: `break ${label};` });
      code.line(`R.root_${key} = ${asNumber(code, value)};`);
      if (from) boundAt(key, from, own);
    });
  }
  code.line('R.endRoot();');
}

/** Whose value bounds the walk. */
function boundAt(key: 'length' | 'first' | 'last', from: Place, { code, tables }: Context): void {
  code.line(`R.${key}At(${addressCode(from)}, ${tables.template(from.text)}${holesOf(from.text)});`);
}

/** A place as an object of its own. */
function itself(place: Place): Place {
  return { ...place, object: { type: place.named, base: addressCode(place), text: place.text } };
}

/** The object that a root is part of is the element at hand, unless there is a parent's. */
function rootContext(context: Context, { object, space, text: whole }: Place): Context {
  if (context.element || !object || object.type === '') return context;
  const type = { kind: 'named', name: object.type } as const;
  const resolved = context.scope.source.named(object.type);
  if (resolved === undefined || resolved === 'opaque') return context;
  const value = addressValue(context.code, object.base);
  const text = object.text ?? whole;
  const place: Place = {
    space,
    base: object.base,
    value,
    offset: 0,
    type: resolved,
    named: object.type,
    text,
    object,
  };
  return {
    ...context,
    scope: withElement(context.scope, { kind: 'place', type }),
    element: { kind: 'place', place },
  };
}

/** The lock that writers hold. */
function compileGuard(guard: Formula, context: Context): void {
  const { code, tables } = context;
  code.labelled((label) => {
    const inner: Context = { ...context, bail: `break ${label};`, quiet: true };
    const made = compileFormula(guard, inner);
    const place = made.kind === 'place' ? made.place : undefined;
    if (!place) return;
    code.line(
      `R.guard(${place.space}, ${addressCode(place)}, ${tables.texts.index(place.named)}, ${tables.template(place.text)}${holesOf(place.text)});`,
    );
  });
}

export { compileGuard };

/** Code that tells the runtime what follows an element, and the field that says so. */
export function compileSteps(steps: readonly Formula[], context: Context): void {
  const { code, tables } = context;
  const visit = (each: Compiled, inner: Context): void => {
    const place = each.kind === 'place' ? each.place : undefined;
    const field = place?.type?.kind === 'pointer' ? place : undefined;
    const { value, from } = field ? pointerIn(field, inner) : plainValue(each, inner);
    const where = field ?? from;
    const text: Text = where?.text ?? [];
    code.line(
      `R.edge(${asNumber(code, value)}, ${where ? addressCode(where) : 'NaN'}, ${tables.template(text)}${holesOf(text)});`,
    );
  };
  for (const step of steps) {
    code.labelled((label) => {
      const inner = { ...context, bail: `break ${label};` };
      const type = typed(step, inner);
      const sliced = sliceOf(step);
      if (sliced) forEach(sliced.range, inner, (each, within) => visit(entry(sliced, each, within), within));
      else if (type.kind === 'elements') forEach(step, inner, visit);
      else visit(compileFormula(step, inner), inner);
    });
  }
}

function pointerIn(field: Place, context: Context): ReturnType<typeof compileAddress> {
  const { code } = context;
  const read = code.keep(`${field.space}.u64(${addressCode(field)})`);
  code.line(`if (${read} !== ${read}) { R.lostEdge(${addressCode(field)}); ${context.bail} }`);
  return {
    value: { form: 'loaded', code: read, space: field.space, at: addressCode(field) },
    from: field,
    space: field.space,
  };
}

function plainValue(each: Compiled, context: Context): ReturnType<typeof compileAddress> {
  if (each.kind === 'value') return { value: each.value, from: each.from, space: context.space };
  if (each.kind !== 'place') throw new Unlinkable('NO_TYPE', 'what follows an element is an address');
  const { place } = each;
  return { value: place.value, from: place, space: place.space };
}

/** `child[0..count]`: the entries of an array that a range names. */
function sliceOf(step: Formula): { of: Formula; range: Formula; span: Formula['span'] } | undefined {
  return step.kind === 'index' && step.index.kind === 'range'
    ? { of: step.of, range: step.index, span: step.span }
    : undefined;
}

function entry(slice: { of: Formula; span: Formula['span'] }, index: Compiled, context: Context): Compiled {
  const name = '[]';
  const scope = {
    ...context.scope,
    names: new Map([...context.scope.names, [name, NUMBER]]),
    known: new Map(),
  };
  const inner: Context = { ...context, scope, names: new Map([...context.names, [name, index]]) };
  const index_formula: Formula = { kind: 'name', name, span: slice.span };
  return compileFormula({ kind: 'index', of: slice.of, index: index_formula, span: slice.span }, inner);
}

const NUMBER: FormulaType = { kind: 'number', signed: false };
