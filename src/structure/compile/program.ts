import type { Formula, LocatorModel, RepairModel, TypeModel, ValidatorModel } from '../../model/structure.ts';
import type { TypeSource } from '../../model/type-source.ts';
import { scopeOf } from '../../model/type-source.ts';
import type { Bindings } from './capture.ts';
import { Code } from './code.ts';
import type { Compiled, Context } from './context.ts';
import { compileFormula } from './formula.ts';
import { compileGuard, compileRoots, compileSteps } from './locator.ts';
import { elementPlace } from './anchors.ts';
import { load } from './place.ts';
import { accuse } from './report.ts';
import { compileStatements } from './statement.ts';
import { Tables } from './tables.ts';
import { asNumber, asPair } from './value.ts';
import { compileCondition, compileNumber } from './values.ts';
import type { Frame } from '../frame.ts';

/** A generated function: it speaks to the runtime that it is given and returns nothing. */
export type Generated = (frame: Frame) => void;

/** What generated functions of one validator or locator share. */
interface Program {
  readonly tables: Tables;
  readonly run: Generated;
  /** Its text, for tests and for the curious. */
  readonly source: string;
}

/** What code is made for. */
export interface Around {
  readonly source: TypeSource;
  /** comm of a locator's address space, '' for the kernel's. */
  readonly spaceOf: (locator: string) => string;
  /** True where addresses are folded into numbers. */
  readonly folds: boolean;
}

/** A validator's function, and the repairs of its findings, which are compiled when they are first asked for. */
export interface ValidatorProgram extends Program {
  readonly guard: Generated | undefined;
  /** By rule. */
  readonly bindings: ReadonlyMap<number, Bindings>;
}

export function compileValidator(model: ValidatorModel, around: Around): ValidatorProgram {
  const tables = new Tables(around.spaceOf);
  const bindings = new Map<number, Bindings>();
  const made = generate(tables, around, model.name, undefined, (context) =>
    compileStatements(model.body, context, (rule, names) => bindings.set(rule, names)),
  );
  const { guard } = model;
  const guarded =
    guard && generate(tables, around, model.name, undefined, (context) => compileGuard(guard, context));
  return { tables, ...made, guard: guarded?.run, bindings };
}

export interface LocatorProgram extends Program {
  /** Of each `from`. */
  readonly root_types: readonly (TypeModel | undefined)[];
  readonly steps: Generated | undefined;
}

/**
 * A locator's functions: `run` tells the roots (of `parent`'s element at `R.at`), `steps` what follows the element at
 * `R.at`.
 */
export function compileLocator(model: LocatorModel, around: Around): LocatorProgram {
  const tables = new Tables(around.spaceOf);
  let root_types: readonly (TypeModel | undefined)[] = [];
  const run = generate(tables, around, model.name, model.parent, (context) => {
    root_types = compileRoots(model, context);
  });
  const steps =
    model.step.length > 0
      ? generate(tables, around, model.name, model.name, (context) => compileSteps(model.step, context))
      : undefined;
  return { tables, ...run, root_types, steps: steps?.run };
}

/** What a repair asks for, with the names of the finding bound: each part where it is there. */
export function compileRepair(
  model: RepairModel,
  names: Bindings | undefined,
  tables: Tables,
  around: Around,
  structure: string,
): Generated {
  return generate(tables, around, structure, undefined, (outer) => {
    const { code } = outer;
    const context: Context = names ? { ...outer, scope: names.scope, names: names.restore(code) } : outer;
    const part = (formula: Formula | undefined, make: (formula: Formula, inner: Context) => void): void => {
      if (formula)
        code.labelled((label) => make(formula, { ...context, quiet: true, bail: `break ${label};` }));
    };
    part(model.only_if, (formula, inner) => code.line(`R.only_if = ${compileCondition(formula, inner)};`));
    part(model.subject, (formula, inner) => subject(compileFormula(formula, inner), model.verb, inner));
    part(model.to, (formula, inner) => {
      const { value } = compileNumber(formula, inner);
      const pair = asPair(code, value);
      code.line(`R.expect(${asNumber(code, value)}, ${pair.high}, ${pair.low});`);
    });
  }).run;
}

const ON_ELEMENTS: ReadonlySet<string> = new Set(['unlink', 'quarantine', 'rearm']);

/** What a repair acts on: a place, or the object that a pointer leads to. */
function subject(made: Compiled, verb: RepairModel['verb'], context: Context): void {
  if (made.kind === 'place') {
    accuse(made.place, context);
    const [whole, ...member] = made.place.text;
    if (typeof whole === 'object' && whole.hole === 'element' && member.length === 0)
      context.code.line(`R.hangsIn(${whole.locator});`);
    // Of a pointer, what is taken off is what it leads to.
    if (made.place.type?.kind === 'pointer' && ON_ELEMENTS.has(verb))
      subject(load(context, made.place), verb, context);
    return;
  }
  if (made.kind !== 'value') return;
  if (made.from) accuse(made.from, context);
  context.code.line(`R.aim(${asNumber(context.code, made.value)});`);
}

function generate(
  tables: Tables,
  around: Around,
  structure: string,
  element_of: string | undefined,
  make: (context: Context) => void,
): { run: Generated; source: string } {
  const code = new Code(around.folds);
  const space = tables.space(structure);
  let context: Context = {
    code,
    tables,
    scope: scopeOf(around.source),
    names: new Map(),
    space,
    bail: 'return;',
    quiet: false,
    walks: new Map(),
    loops: [],
    compile: compileFormula,
  };
  if (element_of !== undefined) {
    const locator = around.source.locator(element_of);
    if (locator) {
      const type = { kind: 'place', type: locator.of, locator: element_of } as const;
      const base = code.keep('R.at');
      const place = elementPlace(context, element_of, type, base);
      context = {
        ...context,
        scope: scopeOf(around.source, new Map(), type),
        element: { kind: 'place', place },
      };
    }
  }
  make(context);
  const readers = tables.spaces.items.map((_, index) => `const m${index} = R.readers[${index}];`);
  const source = `'use strict';\n${code.aside}\nreturn (function (R) {\n${readers.join('\n')}\n${code.text}\n});`;
  return { run: (new Function(source) as () => Generated)(), source };
}
