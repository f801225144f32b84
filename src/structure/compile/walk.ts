import type { Formula, Statement, TypeModel } from '../../model/structure.ts';
import { valueOf, withName } from '../../model/type-source.ts';
import type { Bindings } from './capture.ts';
import { capture } from './capture.ts';
import type { Compiled, Context, Place } from './context.ts';
import { sizeOf, typed, Unlinkable } from './context.ts';
import { addressCode, addressOf, load } from './place.ts';
import { tellLoops } from './report.ts';
import type { Value } from './value.ts';
import { addressValue, asNumber, asPair } from './value.ts';
import { compileCondition, compileFormula, compileNumber } from './values.ts';

const U64: TypeModel = { kind: 'int', name: 'u64', bytes: 8, signed: false, big_endian: false };

/**
 * A walk from value to value, with Brent's check for cycles: it ends well at 0 or where `until` holds, and badly where
 * it meets itself, its limit, or memory that cannot be read.
 */
export function compileWalk(
  statement: Statement & { kind: 'walk' },
  context: Context,
  body: (statements: readonly Statement[], within: Context) => void,
  onRule: (rule: number, bindings: Bindings) => void,
): void {
  const { code, tables } = context;
  const from = typed(statement.from, context);
  const found = valueOf(from, context.scope.source);
  const type = found.kind === 'pointer' ? { ...found, counted: true } : found;
  const start = startOf(compileFormula(statement.from, context), context);
  const limit = asNumber(code, compileNumber(statement.limit, context).value);
  const pair = asPair(code, start.value);
  const [high, low] = [code.variable(pair.high), code.variable(pair.low)];
  const field = code.variable(start.from ? addressCode(start.from) : 'NaN');
  const width = code.variable('8');
  const leads = type.kind === 'pointer';
  const trail = code.keep('R.trail()');
  const means = statement.means === undefined ? {} : { means: statement.means };
  const cycle = tables.rules.push({ code: statement.cycle, message: [], ...means }) - 1;
  const over = tables.rules.push({ code: statement.over_limit, message: [] }) - 1;
  code.labelled((label) => {
    const stop = `break ${label};`;
    code.block('for (;;)', () => {
      code.line(`if ((${high} | ${low}) === 0) ${stop}`);
      // A local of its own for each round: what is made of it must not change under it.
      const value: Value = { form: 'wide', high: code.keep(high), low: code.keep(low) };
      const linked: Place = {
        space: start.space,
        base: code.keep(field),
        value: addressValue(code, field),
        offset: 0,
        type: type.kind === 'pointer' ? { kind: 'pointer', to: type.to } : U64,
        named: '',
        text: start.from ? start.from.text : [{ hole: 'address', atom: field }],
      };
      const held: Place = {
        ...linked,
        text: [{ hole: 'address', atom: linked.base }],
        position: code.keep(`${trail}.length`),
        ...(start.from?.object ? { object: start.from.object } : {}),
      };
      const at: Compiled = { kind: 'value', value, type, from: held };
      const scope = withName(context.scope, statement.name, type);
      const within: Context = {
        ...context,
        scope,
        names: new Map([...context.names, [statement.name, at]]),
        bail: stop,
        walks: new Map([...context.walks, [statement.name, stop]]),
      };
      if (statement.until) code.line(`if (${compileCondition(statement.until, within)}) ${stop}`);
      const ended = (test: string, rule: number, place: string, back = 'NaN'): void =>
        code.block(`if (${test})`, () => {
          code.rarely(() =>
            code.block(`if (R.begin(${rule}))`, () => {
              code.line(`R.ended(${start.space}, ${place}, ${width}, ${leads}, ${trail}, ${back});`);
              tellLoops(context);
              onRule(rule, capture({ ...context, quiet: true }));
              code.line('R.end();');
            }),
          );
          code.line(stop);
        });
      const number = asNumber(code, value);
      const twice = statement.means === 'double_free';
      ended(
        `${trail}.meets(${number}, ${value.high}, ${value.low}, ${linked.base}) || (${trail}.length > ${limit} && ${trail}.comesBack())`,
        cycle,
        `${trail}.${twice ? 'freedTwice' : 'closing'}()`,
        twice ? `${trail}.closing()` : 'NaN',
      );
      ended(`${trail}.length > ${limit}`, over, linked.base);
      code.line(`if (!R.step()) ${stop}`);
      code.labelled((inner) => body(statement.body, { ...within, bail: `break ${inner};` }));
      const next = compileNumber(statement.step, within);
      const after = asPair(code, next.value);
      code.line(`${high} = ${after.high}; ${low} = ${after.low}; ${field} = NaN;`);
      const led = leading(statement.step);
      if (next.from) code.line(`${field} = ${addressCode(next.from)};`);
      else if (led) blamed(led, { field, width }, within);
    });
  });
}

/** What of a step says where it leads: of `x == 0 ? 0 : &table[x.next]` the member. Undefined where several do. */
function leading(step: Formula): Formula | undefined {
  switch (step.kind) {
    case 'conditional':
      if (step.then.kind === 'int') return leading(step.otherwise);
      return step.otherwise.kind === 'int' ? leading(step.then) : undefined;
    case 'address':
    case 'cast':
      return leading(step.of);
    case 'index':
      return step.index.kind === 'int' || step.index.kind === 'name' ? undefined : leading(step.index);
    case 'member':
      return step.name === 'index' ? undefined : step;
    default:
      return undefined;
  }
}

/** Keeps the address of the field that led on. */
function blamed(
  led: Formula,
  { field, width }: { readonly field: string; readonly width: string },
  context: Context,
): void {
  context.code.labelled((label) => {
    const made = compileFormula(led, { ...context, quiet: true, bail: `break ${label};` });
    if (made.kind !== 'place' || !made.place.type) return;
    const bytes = sizeOf(made.place.type, context.scope.source);
    context.code.line(`${field} = ${addressCode(made.place)}; ${width} = ${bytes};`);
  });
}

/** What a walk begins with: a value, or the address of a struct. */
function startOf(made: Compiled, context: Context): { value: Value; from: Place | undefined; space: string } {
  const read = made.kind === 'place' ? load(context, made.place) : made;
  if (read.kind === 'value')
    return { value: read.value, from: read.from, space: read.from?.space ?? context.space };
  if (read.kind === 'place')
    return { value: addressOf(context, read.place), from: undefined, space: read.place.space };
  throw new Unlinkable('NO_TYPE', 'a walk begins at an address');
}
